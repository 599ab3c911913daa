/** report.html: loads and runs nothing, escapes everything, shows every figure, and stays whole where there is nothing to show. */
import { describe, expect, it } from 'vitest';
import { formatCount, type DatasetFacts } from '../../../curation/formats/facts.ts';
import { escapeHtml } from '../../../curation/formats/page.ts';
import { columns, curve } from '../../../curation/formats/plot.ts';
import { reportPage } from '../../../curation/formats/report.ts';
import { sampleFacts } from './sample.ts';

const html = reportPage(sampleFacts());

/** Names of open tags at the end, or what closes wrongly: enough of a parser for markup that we write ourselves. */
function unbalanced(text: string): string[] {
  const open: string[] = [];
  for (const [, closing, name, tail] of text.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^<>]*?(\/?)>/gi)) {
    if (['meta', 'br'].includes(name!) || tail) continue;
    if (!closing) open.push(name!);
    else if (open.pop() !== name) return [`</${name}>`];
  }
  return open;
}

describe('the report', () => {
  it('loads nothing from elsewhere and runs no script', () => {
    expect(html).not.toMatch(/<(script|link|iframe|img|object|embed|base|form)\b/i);
    expect(html).not.toMatch(/\b(src|href|srcset|action|xlink:href)\s*=/i);
    expect(html).not.toMatch(/url\(|@import|https?:|\bon[a-z]+=/i);
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  it('is well-formed', () => {
    expect(html.startsWith('<!doctype html>')).toBe(true);
    expect(unbalanced(html)).toEqual([]);
    expect(unbalanced('<p><b>x</p>')).not.toEqual([]);
  });

  it('fits narrow and dark screens', () => {
    expect(html).toContain('width=device-width');
    expect(html).toContain('prefers-color-scheme:dark');
    expect(html).toMatch(/@media \(max-width:\d+px\)/);
  });

  it.each([
    'From records to examples',
    'Why records were not kept',
    'Labels',
    'Weights',
    'Languages',
    'Lengths',
    'Retention',
    'Duplicates',
    'Over time',
    'Redactions by rule',
  ])('has the part %s', (title) => {
    expect(html).toContain(`<h2>${title}</h2>`);
  });

  it('gives the count of every reason, label, language and step', () => {
    const facts = sampleFacts();
    const counts: [string, number][] = [
      ...(Object.entries(facts.reasons) as [string, number][]),
      ...Object.entries(facts.labels).map(([name, { count }]) => [name, count] as [string, number]),
      ...Object.entries(facts.languages).map(([name, row]) => [name, row.positive + row.negative] as [string, number]),
      ...facts.selection.map(({ step, left }) => [step, left] as [string, number]),
    ];
    for (const [name, count] of counts) {
      const row = new RegExp(`<li><span class="name">${name}</span>.*?<span class="count">([0-9,]+)`).exec(html);
      expect(row?.[1], name).toBe(formatCount(count));
    }
  });

  it('never shows text as markup', () => {
    const bad = `<img src=x onerror="alert('1')">&`;
    const page = reportPage(
      sampleFacts({
        name: bad,
        version: bad,
        purpose: bad,
        audience: [bad],
        codeVersion: bad,
        labels: { [bad]: { label: 'positive', count: 600, weight: 1 } },
        languages: { [bad]: { positive: 1, negative: 2 } },
        redactions: { [bad]: 1 },
        licences: { [bad]: 1 },
        selection: [{ step: bad, left: 5 }],
      }),
    );
    expect(page).not.toContain('<img');
    expect(page.split(escapeHtml(bad)).length).toBeGreaterThan(9);
    expect(unbalanced(page)).toEqual([]);
    expect(escapeHtml(`<"'&>`)).toBe('&#60;&#34;&#39;&#38;&#62;');
    expect(escapeHtml('a\u0000b\ud800')).toBe('a\ufffdb\ufffd');
  });

  it('says so where there is nothing, instead of drawing it', () => {
    const empty: Partial<DatasetFacts> = {
      counts: { records: 0, kept: 0, excluded: 0, rejected: 0, examples: 0 },
      reasons: {}, labels: {}, languages: {}, lengths: { edges: [], positive: [], negative: [] }, splits: {}, balance: {},
      duplicates: { exact: 0, near: 0, clusters: 0, largestCluster: 0 }, selection: [], retention: [{ seconds: 15, share: Number.NaN, observed: 0 }], redactions: {}, licences: {}, timeline: [],
    }; // prettier-ignore
    const { weights: _, ...facts } = sampleFacts(empty);
    const page = reportPage(facts);
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
    expect(page.match(/class="empty"/g)!.length).toBeGreaterThan(6);
    expect(unbalanced(page)).toEqual([]);
  });

  it('counts many days by month, and many months by year', () => {
    const days = (number: number, apart: number) =>
      Array.from({ length: number }, (_, at) => ({
        day: new Date(Date.UTC(2025, 0, 1) + at * apart * 86_400_000).toISOString().slice(0, 10),
        kept: 1,
        reasons: { duplicate: 2 },
      }));
    const shown = (number: number, apart: number) =>
      [...reportPage(sampleFacts({ timeline: days(number, apart) })).matchAll(/<td class="short">(20[\d-]+)<\/td><td class="number">(\d+)</g)].map(([, name, kept]) => [name, Number(kept)]); // prettier-ignore
    expect(shown(62, 1)).toHaveLength(62);
    expect(shown(63, 1)).toEqual([['2025-01', 31], ['2025-02', 28], ['2025-03', 4]]); // prettier-ignore
    expect(shown(80, 31).slice(0, 2)).toEqual([['2025', 12], ['2026', 12]]); // prettier-ignore
  });

  it('is the same for the same facts, whatever the order of their tables', () => {
    const facts = sampleFacts();
    const turned = { ...facts, reasons: Object.fromEntries(Object.entries(facts.reasons).reverse()), timeline: [...facts.timeline!].reverse(), retention: [...facts.retention].reverse() }; // prettier-ignore
    expect(reportPage(turned)).toBe(html);
  });
});

describe('plots', () => {
  const numbers = (text: string, attribute: string): number[] => [...text.matchAll(new RegExp(`<rect[^>]* ${attribute}="([0-9.]+)`, 'g'))].map(([, value]) => Number(value)); // prettier-ignore

  it.each([5, 7, 10])('names so few columns that names of %i letters do not meet on a narrow screen', (length) => {
    const labels = Array.from({ length: 62 }, (_, at) => String(at).padStart(length, '0'));
    const svg = columns(labels, [{ name: 'x', colour: 'plain', values: labels.map(() => 1) }], 'axis', 'words');
    const places = [...svg.matchAll(/<text x="([\d.]+)%"/g)].map(([, x]) => Number(x));
    // Percent of the 230 pixels that a plot has on a screen of 320, at seven pixels a letter.
    const wide = ((length * 7) / 230) * 100;
    expect(places.length).toBeGreaterThan(1);
    for (const [at, x] of places.slice(1).entries()) expect(x - places[at]!).toBeGreaterThan(wide);
  });

  it('draws columns in proportion, stacked without gap, inside the frame', () => {
    const svg = columns(['a', 'b'], [
      { name: 'x', colour: 'positive', values: [10, 30] },
      { name: 'y', colour: 'negative', values: [20, 0] },
    ], 'axis', 'words'); // prettier-ignore
    const [heights, tops] = [numbers(svg, 'height'), numbers(svg, 'y')];
    expect(heights).toHaveLength(3);
    expect(heights[1]! / heights[0]!).toBeCloseTo(2, 1);
    expect(heights[2]! / heights[0]!).toBeCloseTo(3, 1);
    expect(tops[1]! + heights[1]!).toBeCloseTo(tops[0]!, 1);
    expect(Math.min(...tops)).toBeGreaterThanOrEqual(0);
    for (const [at, x] of numbers(svg, 'x').entries()) expect(x + numbers(svg, 'width')[at]!).toBeLessThanOrEqual(100);
  });

  it.each([1, 2, 3, 7, 10, 99, 1_234, 9_999_999])('labels the axis by round whole numbers up to at least %i', (max) => {
    const svg = columns(['a'], [{ name: 'x', colour: 'plain', values: [max] }], 'axis', 'words');
    const ticks = [...svg.matchAll(/<span style="top:[^"]*">([0-9,]+)</g)].map(([, text]) =>
      Number(text!.replaceAll(',', '')),
    );
    expect(ticks[0]).toBe(0);
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(max);
    expect(ticks.length).toBeLessThanOrEqual(6);
    expect(new Set(ticks).size).toBe(ticks.length);
    expect(ticks.every(Number.isInteger)).toBe(true);
  });

  it('labels few of many columns', () => {
    const labels = Array.from({ length: 365 }, (_, at) => `day ${at}`);
    const svg = columns(labels, [{ name: 'x', colour: 'plain', values: labels.map(() => 1) }], 'axis', 'words');
    expect(svg.match(/<text/g)!.length).toBeLessThanOrEqual(7);
    expect(svg.match(/<rect/g)).toHaveLength(365);
  });

  it('draws one point, and shares outside 0 to 1, inside the frame', () => {
    const svg = curve([{ x: 15, label: '15 s', y: 1.2 }], 'axis', 'words');
    expect(svg).toContain('cy="0"');
    expect(svg).not.toContain('NaN');
  });
});
