/** Self-contained HTML pages of the four purposes. */
import { escapeHtml, figures, page, section, table } from '../../formats/page.ts';
import { columns, curve, legend, type Series } from '../../formats/plot.ts';
import type { Suspect } from '../abuse/signals.ts';
import type { Release } from '../aggregates/aggregate.ts';
import { NESTED } from '../evaluation/cube.ts';
import type { Cell, Evaluation } from '../evaluation/evaluate.ts';
import { measureNamed } from '../evaluation/measures.ts';
import { change, changes, percent, quantities, quantity } from '../evaluation/quantity.ts';
import type { Assessment, Comparison } from '../experiment/assess.ts';

export interface PageFacts {
  name: string;
  purpose: string;
  window: { from: string; to: string };
  audience: readonly string[];
  minimumUsers: number;
  records: number;
  suggestions: number;
}

const DIMENSION_TITLES: Record<string, string> = {
  ide: 'By editor',
  extensionVersion: 'By extension version',
  language: 'By language',
  model: 'By model',
  plan: 'By plan',
};
const WITHHELD_TITLES: Record<string, string> = {
  ...{
    all: 'The whole window',
    day: 'Day',
    ide: 'Editor',
    extensionVersion: 'Extension version',
    language: 'Language',
  },
  ...{ model: 'Model', plan: 'Plan', [NESTED]: 'Editor, model and language together' },
};
const METHODS = { wilson: 'Wilson', bootstrap: 'bootstrap', none: '' };
const NOTHING =
  '<p class="empty">Nothing can be told here: fewer users than the threshold stand behind every value.</p>';

function framed(facts: PageFacts, title: string, tiles: readonly (readonly [string, string])[], body: string): string {
  const lead = `${facts.name}, ${facts.window.from} to ${facts.window.to}. For ${facts.audience.join(', ')}. ${count(facts.records)} records, ${count(facts.suggestions)} suggestions.`;
  const list = tiles.map(([value, what]) => `<div class="tile"><b>${escapeHtml(value)}</b><span>${escapeHtml(what)}</span></div>`); // prettier-ignore
  return page(
    `${facts.name}: ${title}`,
    `<h1>${escapeHtml(title)}</h1><p class="lead">${escapeHtml(lead)}</p><div class="tiles">${list.join('')}</div>`,
    body,
  );
}

export function evaluationPage(evaluation: Evaluation, facts: PageFacts): string {
  const all = evaluation.cells.find(({ dimension }) => dimension === 'all');
  const tile = (measure: string, what: string) => [figureText(all, measure), what] as const;
  const tiles = [
    tile('acceptance_rate', 'accepted, of read impressions'),
    tile('retained_characters_300', 'of accepted characters there after 300 s'),
    [figureText(all, 'accepted_characters_per_impression').replace(' characters', ''), 'accepted characters an impression'] as const, // prettier-ignore
    tile('model_written_share', 'of the code at suggestions’ places by the model'),
    [
      all?.latency ? `${Math.round(all.latency.p50)} / ${Math.round(all.latency.p95)} ms` : '–',
      'latency p50 / p95',
    ] as const,
  ];
  const dimensions = [...new Set(evaluation.cells.map(({ dimension }) => dimension))];
  const groups = Object.keys(evaluation.withheld).filter((name) => !['all', 'day', NESTED].includes(name));
  const parts = [
    headlineSection(all, facts),
    retentionSection(all),
    dimensions.includes('day') ? daySection(evaluation.cells.filter(({ dimension }) => dimension === 'day')) : '',
    ...groups.map((name) => groupSection(name, evaluation)),
    section('What is not told', withheldTable(evaluation), {
      wide: true,
      note: `A figure is told where ${facts.minimumUsers} users or more stand behind it, and behind its difference to any other figure of the same kind. Elsewhere stands –.`,
    }),
  ];
  return framed(facts, 'Product evaluation', tiles, parts.join(''));
}

function headlineSection(all: Cell | undefined, facts: PageFacts): string {
  if (!all) return section('Figures', NOTHING, { wide: true });
  const rows = all.figures.map((figure) => [
    measureNamed(figure.measure)!.title,
    quantity(figure.measure, figure.value),
    figure.low === null ? '–' : quantities(figure.measure, figure.low, figure.high!),
    METHODS[figure.method],
    figure.users,
  ]);
  const note = `95% intervals. Wilson takes suggestions as independent, which those of one user are not: where it matters, believe the bootstrap, which is over users. Users are told in whole tens, and never below ${facts.minimumUsers}.`;
  return section('Figures', table(['Figure', 'Value', 'Interval', 'Method', 'Users'], rows, count), {
    wide: true,
    note,
  });
}

function retentionSection(all: Cell | undefined): string {
  const points = all?.survival ?? [];
  if (points.length === 0) return section('Retention of accepted suggestions', NOTHING);
  const drawn = points.map(({ time, survival, low, high }) => ({
    x: time,
    label: `${time} s`,
    y: survival,
    low,
    high,
  }));
  const rows = points.map((p) => [`${p.time} s`, p.atRisk, p.events, p.censored, percent(p.survival), `${percent(p.low)} – ${percent(p.high)}`]); // prettier-ignore
  const figuresTable = table(['Seen after', 'At risk', 'Lost', 'Last seen', 'Kept', 'Band'], rows, count);
  return section(
    'Retention of accepted suggestions',
    curve(drawn, 'seconds after the accept', 'Share of accepted suggestions not yet lost') + figures(figuresTable),
    { note: 'Kaplan–Meier with Greenwood bands: lost at the first look at which more than the threshold has changed.' },
  );
}

function daySection(days: Cell[]): string {
  if (days.length === 0) return '';
  const series: Series[] = [
    { name: 'accepted', colour: 'positive', values: days.map(({ totals }) => totals['accepts'] ?? 0) },
    { name: 'other impressions', colour: 'plain', values: days.map(({ totals }) => ('accepts' in totals ? Math.max(0, (totals['impressions'] ?? 0) - totals['accepts']!) : 0)) }, // prettier-ignore
  ];
  if (days.some(({ totals }) => !('accepts' in totals)))
    series.push({ name: 'impressions, accepts not told', colour: 's6', values: days.map(({ totals }) => ('accepts' in totals ? 0 : (totals['impressions'] ?? 0))) }); // prettier-ignore
  const labels = days.map(({ value }) => value.slice('2026-'.length));
  const rows = days.map((day) => [day.value, day.totals['impressions'] ?? '–', day.totals['accepts'] ?? '–', figureText(day, 'acceptance_rate')]); // prettier-ignore
  return section(
    'By day',
    legend(series) +
      columns(labels, series, 'month and day (UTC)', 'Impressions by day, accepted and other') +
      figures(table(['Day', 'Impressions', 'Accepts', 'Acceptance'], rows, count)),
  );
}

function groupSection(dimension: string, { cells }: Evaluation): string {
  const own = cells.filter((cell) => cell.dimension === dimension);
  const rows = own
    .sort((a, b) => (b.totals['impressions'] ?? 0) - (a.totals['impressions'] ?? 0))
    .map((cell) => [
      ...[
        cell.value,
        'impressions' in cell.totals ? count(cell.totals['impressions']!) : '–',
        figureText(cell, 'acceptance_rate', true),
      ],
      ...[figureText(cell, 'retained_300', true), cell.latency ? `${Math.round(cell.latency.p50)} / ${Math.round(cell.latency.p95)}` : '–'], // prettier-ignore
    ]);
  const head = ['Value', 'Impressions', 'Acceptance', 'Retained 300 s', 'p50 / p95 ms'];
  return section(DIMENSION_TITLES[dimension] ?? dimension, rows.length > 0 ? table(head, rows, count) : NOTHING, { wide: true }); // prettier-ignore
}

function withheldTable({ withheld }: Evaluation): string {
  const rows = Object.entries(withheld).map(([name, { whole, part }]) => [WITHHELD_TITLES[name] ?? name, whole, part]);
  return table(['Grouped by', 'Values not told', 'Values told in part'], rows, count);
}

export function assessmentPage(assessment: Assessment, facts: PageFacts): string {
  const { words, assignment, arms } = assessment;
  const observed = Object.entries(assignment.observed);
  const tiles = observed.map(([arm, users]) => [users > 0 ? count(users) : '–', `users in ${arm}`] as const);
  const rows = (list: readonly Comparison[]) =>
    list.map((one) => [
      ...[measureNamed(one.measure)!.title, quantity(one.measure, one.control), quantity(one.measure, one.treatment)],
      ...[change(one.measure, one.effect.value), changes(one.measure, one.effect.low, one.effect.high)],
      ...[one.method === 'cuped' ? 'for the pre-period' : 'no', one.adjusted.toPrecision(2), one.moved],
    ]);
  const head = ['Measure', 'Control', 'Treatment', 'Difference', 'Interval', 'Adjusted', 'Corrected p', 'Moved'];
  const note =
    'Control and treatment are raw values. A difference that is adjusted for the pre-period (CUPED) is not treatment less control: what users did before is taken out of it. pp: percentage points.';
  const body = arms.flatMap(({ arm, primary, guardrails, languages }) => [
    section(`${arm}: primary measure and guardrails`, table(head, rows([...(primary ? [primary] : []), ...guardrails])), { wide: true, note }), // prettier-ignore
    languages.length > 0
      ? section(`${arm}: by language`, table(['Language', ...head.slice(1)], languages.map((one, at) => [one.language, ...rows(languages)[at]!.slice(1)])), { wide: true }) // prettier-ignore
      : '',
  ]);
  const verdict = section('Verdict', words.map((word) => `<p>${escapeHtml(word)}</p>`).join(''), { wide: true });
  return framed(facts, `Experiment ${assessment.experiment}`, tiles, verdict + body.join(''));
}

export function abusePage(suspects: readonly Suspect[], facts: PageFacts): string {
  const rows = suspects.flatMap(({ user, score, signals }) =>
    signals.map((one, at) => [
      ...[at === 0 ? user : '', at === 0 ? score : '', one.signal, Number(one.value.toPrecision(4)), one.threshold],
      ...[one.count, moment(one.from), moment(one.to)],
    ]),
  );
  const head = ['Pseudonym', 'Score', 'Signal', 'Figure', 'Threshold', 'Of', 'From', 'To'];
  const body = rows.length > 0 ? table(head, rows, String) : '<p class="empty">Nobody came into the queue.</p>';
  const note = 'A queue for people who review. A signal is not a finding, and nobody is kept from training by it.';
  return framed(facts, 'Abuse review', [[count(suspects.length), 'in the queue']], section('Queue', body, { wide: true, note })); // prettier-ignore
}

export function aggregatesPage(release: Release, facts: PageFacts): string {
  const rows = release.cells.map(({ language, framework, shape, outcome, count: n }) => [language, framework, shape, outcome, n]); // prettier-ignore
  const body =
    rows.length > 0 ? table(['Language', 'Framework', 'Shape', 'Outcome', 'Suggestions'], rows, count) : NOTHING;
  const note = release.noise
    ? `Laplace noise, ε = ${release.noise.epsilon}, δ = ${release.noise.delta}; cells are told from a noisy ${release.threshold} users on.`
    : `Cells are told from ${release.threshold} users on; no noise is added. ${count(release.withheld ?? 0)} cells are not told.`;
  return framed(facts, 'Aggregates for related products', [[count(rows.length), 'cells told']], section('Suggestions', body, { wide: true, note })); // prettier-ignore
}

function figureText(cell: Cell | undefined, measure: string, interval = false): string {
  const found = cell?.figures.find((figure) => figure.measure === measure);
  if (!found) return '–';
  const text = quantity(measure, found.value);
  return interval && found.low !== null ? `${text} (${quantities(measure, found.low, found.high!)})` : text;
}

function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

function moment(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}
