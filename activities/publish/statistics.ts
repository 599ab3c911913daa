/** Counts over examples for card and report; all whole numbers and additive, so that neither order nor the number of parts matters. */
import type { DatasetFacts } from '../../curation/formats/facts.ts';
import { wilson } from '../../curation/measurement/estimators/proportion.ts';
import type { AssembledExample } from '../../curation/stages/example.ts';
import { addCounts } from '../../curation/stages/ledger.ts';
import type { Statistics } from '../types.ts';

/** Edges of the histograms: lengths in UTF-16 units, weights in thousandths; the last bin is open. */
export const LENGTH_EDGES = [1, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120];
export const WEIGHT_EDGES = [0, 200, 400, 600, 800, 1000, 2000, 5000, 10000];
const HORIZONS = [15, 30, 120, 300, 600];
/** An accepted completion counts as retained while at most this share of it has changed. */
const RETAINED_DISTANCE = 0.33;

export function emptyStatistics(): Statistics {
  return {
    examples: 0,
    labels: {},
    languages: {},
    models: {},
    lengths: { positive: LENGTH_EDGES.map(() => 0), negative: LENGTH_EDGES.map(() => 0) },
    weights: { positive: WEIGHT_EDGES.map(() => 0), negative: WEIGHT_EDGES.map(() => 0) },
    balance: {},
    licences: {},
    retention: {},
    renamed: 0,
    from: '',
    to: '',
  };
}

/** What is counted of an example; `length` of its completion in UTF-16 units. */
export interface CountedExample extends Pick<
  AssembledExample,
  'label' | 'reason' | 'weight' | 'language' | 'model' | 'license' | 'outcome' | 'checks' | 'time' | 'renamed'
> {
  length: number;
}

export function countedOf(example: AssembledExample): CountedExample {
  const { label, reason, weight, language, model, license, outcome, checks, time, completion, renamed } = example;
  return {
    ...{ label, reason, weight, language, model, license, outcome, checks, time, length: completion.length },
    ...(renamed ? { renamed } : {}),
  };
}

export function addExample(into: Statistics, example: CountedExample, split: string): void {
  const { label, reason, weight, language, model, length } = example;
  const side = label ?? 'positive';
  into.examples++;
  if (example.renamed) into.renamed++;
  const row = (into.labels[reason] ??= { label: side, count: 0, weight: 0 });
  row.count++;
  row.weight += weight;
  (into.languages[language || 'unknown'] ??= { positive: 0, negative: 0 })[side]++;
  into.models[model || 'unknown'] = (into.models[model || 'unknown'] ?? 0) + 1;
  into.lengths[side][binOf(LENGTH_EDGES, length)]!++;
  into.weights[side][binOf(WEIGHT_EDGES, weight)]!++;
  (into.balance[split] ??= { positive: 0, negative: 0 })[side]++;
  into.licences[example.license || 'unknown'] = (into.licences[example.license || 'unknown'] ?? 0) + 1;
  if (example.outcome === 'accepted') {
    for (const { afterSeconds, editDistance } of example.checks) {
      if (!HORIZONS.includes(afterSeconds)) continue;
      const point = (into.retention[afterSeconds] ??= { kept: 0, observed: 0 });
      point.observed++;
      if (editDistance <= RETAINED_DISTANCE) point.kept++;
    }
  }
  const day = new Date(example.time).toISOString().slice(0, 10);
  if (into.from === '' || day < into.from) into.from = day;
  if (day > into.to) into.to = day;
}

export function addStatistics(into: Statistics, from: Statistics): void {
  into.examples += from.examples;
  into.renamed += from.renamed;
  for (const [reason, { label, count, weight }] of Object.entries(from.labels)) {
    const row = (into.labels[reason] ??= { label, count: 0, weight: 0 });
    row.count += count;
    row.weight += weight;
  }
  for (const [name, sides] of Object.entries(from.languages))
    addCounts((into.languages[name] ??= { positive: 0, negative: 0 }), sides);
  for (const [name, sides] of Object.entries(from.balance))
    addCounts((into.balance[name] ??= { positive: 0, negative: 0 }), sides);
  for (const [name, point] of Object.entries(from.retention))
    addCounts((into.retention[name] ??= { kept: 0, observed: 0 }), point);
  addCounts(into.models, from.models);
  addCounts(into.licences, from.licences);
  for (const side of ['positive', 'negative'] as const) {
    from.lengths[side].forEach((count, bin) => (into.lengths[side][bin]! += count));
    from.weights[side].forEach((count, bin) => (into.weights[side][bin]! += count));
  }
  if (from.from !== '' && (into.from === '' || from.from < into.from)) into.from = from.from;
  if (from.to > into.to) into.to = from.to;
}

/** The figures that a card, a report and the statement show of these examples. */
export function figuresOf(
  statistics: Statistics,
): Pick<
  DatasetFacts,
  'labels' | 'languages' | 'models' | 'lengths' | 'weights' | 'balance' | 'retention' | 'licences'
> {
  const { labels, languages, models, balance, licences, lengths, weights, retention } = statistics;
  return {
    ...{ labels, languages, models: { ...models }, balance, licences },
    lengths: { edges: [...LENGTH_EDGES, null], ...lengths },
    weights: { edges: [...WEIGHT_EDGES, null], ...weights },
    retention: Object.entries(retention).map(([seconds, { kept, observed }]) => {
      const { value: share, low, high } = wilson(kept, observed)!;
      return { seconds: Number(seconds), share, low, high, observed };
    }),
  };
}

function binOf(edges: number[], value: number): number {
  let bin = 0;
  while (bin + 1 < edges.length && value >= edges[bin + 1]!) bin++;
  return bin;
}
