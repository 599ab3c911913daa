import { describe, expect, it } from 'vitest';
import { bandHashes, decodeSignature, similarity } from '../../../curation/selection/text/minhash.ts';
import { packageSources } from '../overlap/sources.ts';
import { decide, example, kept, key } from './decide.ts';

describe('near-duplicates', () => {
  it('finds what a comparison of all pairs finds, near-duplicates planted among real files', async () => {
    const files = ['yaml', 'fastify', 'pino', 'webpack', 'eslint', 'rxjs'].flatMap((name) => packageSources(name, 25));
    const texts = files.flatMap((text, i) => {
      const body = text.slice(0, 2000);
      return i % 2 === 0
        ? [body, body.replace(/\b(\w{4,})\b/, `planted${i}`).replace(/;\n/, ';\n// a note\n')]
        : [body];
    });
    const rows = texts.map((text, i) => example(`t${i}`, { text, time: i }));
    expect(rows.length).toBeGreaterThan(180);
    const result = await decide(rows);
    const keeps = rows.map((row) => result.by.get(row.example)!.keep);
    const grams = texts.map(gramSet);
    let alike = 0;
    let missed = 0;
    const near = rows.map(() => false);
    for (let a = 0; a < rows.length; a++) {
      for (let b = a + 1; b < rows.length; b++) {
        const exact = jaccard(grams[a]!, grams[b]!);
        if (exact >= 0.55) near[a] = near[b] = true;
        if (exact < 0.85) continue;
        alike++;
        if (keeps[a] && keeps[b]) missed++;
      }
    }
    expect(alike).toBeGreaterThan(70);
    expect(missed).toBe(0);
    expect(rows.filter((_, i) => !keeps[i] && !near[i])).toEqual([]);
  });

  it('makes the clusters that union over the same candidates makes, computed apart', async () => {
    const base = packageSources('yaml', 25).map((text) => text.slice(0, 1500));
    const rows = Array.from({ length: 150 }, (_, i) => {
      const lines = base[i % base.length]!.split('\n');
      for (let edit = 0; edit < i % 9; edit++)
        lines.splice((i * 31 + edit * 17) % lines.length, 1, `edited${i}_${edit}(${edit});`);
      return example(`k${i}`, { text: lines.join('\n'), time: (i * 37) % 150 });
    });
    const signatures = rows.map((row) => decodeSignature(row.signature));
    const bands = signatures.map((made) => bandHashes(made, key));
    const group = rows.map((_, i) => i);
    for (let a = 0; a < rows.length; a++) {
      for (let b = a + 1; b < rows.length; b++) {
        if (!bands[a]!.some((band, i) => band === bands[b]![i]) || similarity(signatures[a]!, signatures[b]!) < 0.7)
          continue;
        const [from, to] = [group[b], group[a]!];
        group.forEach((member, i) => void (member === from && (group[i] = to)));
      }
    }
    const survivors = [...new Set(group)].map((root) =>
      rows.filter((_, i) => group[i] === root).reduce((oldest, row) => (row.time < oldest.time ? row : oldest)),
    );
    const result = await decide(rows);
    expect(kept(result).sort()).toEqual(survivors.map((row) => row.example).sort());
    expect(survivors.length).toBeGreaterThan(25);
    expect(survivors.length).toBeLessThan(140);
  });

  it('keeps every distinct short text', async () => {
    const rows = Array.from({ length: 300 }, (_, i) =>
      example(`s${i}`, { text: `return ${i % 3 === 0 ? 'value' : 'other'}; // ${i}` }),
    );
    expect((await decide(rows)).counts.kept).toBe(300);
  });

  it('joins a thousand copies of one text to one cluster', async () => {
    const text = packageSources('semver', 1)[0]!.slice(0, 1200);
    const rows = Array.from({ length: 1000 }, (_, i) =>
      example(`c${i}`, { text: i % 2 ? text : `${text}\nadded${i % 40}();`, time: i }),
    );
    const result = await decide(rows);
    expect(result.counts).toMatchObject({ kept: 1, near_duplicate: 999 });
    expect(result.clusters).toBe(1);
  });
});

/** Distinct 5-grams of words and signs, cut by a plain regular expression: independent of the lexer. */
function gramSet(text: string): Set<string> {
  const tokens = text.replace(/\/\*[\s\S]*?\*\/|(?<![:'"])\/\/.*/g, ' ').match(/[\w$]+|[^\s\w]/g) ?? [];
  return new Set(tokens.slice(4).map((_, i) => tokens.slice(i, i + 5).join(' ')));
}

function jaccard(x: Set<string>, y: Set<string>): number {
  let both = 0;
  for (const gram of x) if (y.has(gram)) both++;
  return both / (x.size + y.size - both);
}
