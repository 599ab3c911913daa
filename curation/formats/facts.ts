/** What is known of a dataset when it is published: one set of figures for the card, Croissant, the report and the attestations. */
import type { Reason } from '../verdict.ts';
import { formatOf, type Column, type FieldName, type FormatName } from './example.ts';

export type SplitName = 'train' | 'validation' | 'test';
export const SPLIT_NAMES: readonly SplitName[] = ['train', 'validation', 'test'];

/** A data file by its path in the folder, `data/<format>/…`, without `.age`. Digest and bytes are of the plaintext. */
export interface DataFile {
  path: string;
  sha256: string;
  bytes: number;
  examples: number;
}

/** A distribution: bin i counts values v with edges[i] <= v < edges[i + 1]; the last bin is open where the last edge is null. */
export interface Histogram {
  edges: (number | null)[];
  positive: number[];
  negative: number[];
}

/** One point of a retention curve: the share (0 to 1) of accepted suggestions still there, and among how many that was observed. */
export interface RetentionPoint {
  seconds: number;
  share: number;
  observed: number;
  /** Bounds of the interval (95%), where one was computed. */
  low?: number;
  high?: number;
}

/** Ledger rows of one UTC day: records kept, and records taken out by reason. */
export interface DayFacts {
  day: string;
  kept: number;
  reasons: Partial<Record<Reason, number>>;
}

/** `all`: every copy of 20 lexemes was looked for; `winnow`: of 30. Corpora are the named ones, by key id and digest of their guard file. */
export interface GuardFacts {
  mode: 'all' | 'winnow';
  corpora: { keyId: string; sha256: string }[];
  /** Examples that read like private code with other names, kept for people to look at; null where that was not measured. */
  renamed: number | null;
}

/** Bands of MinHash signatures that texts of two splits share, told from the written rows; texts of fewer lexemes are left out. */
export interface LeakageFacts {
  hits: 0;
  minLexemes: number;
  bands: number;
  rows: number;
}

export interface DatasetFacts {
  name: string;
  version: string;
  /** See `datasetDigest`. */
  digest: string;
  /** First and last day, `YYYY-MM-DD`. */
  window: { from: string; to: string };
  purpose: string;
  audience: string[];
  /** Hex sha256 of the policy and of the facts snapshot. */
  policyDigest: string;
  factsDigest: string;
  codeVersion: string;
  /** The run's `--now`, ISO. */
  now: string;
  /** records = kept + excluded + rejected; examples are suggestions, of which each has several records. */
  counts: { records: number; kept: number; excluded: number; rejected: number; examples: number };
  /** Records not kept, by the reason that decided. */
  reasons: Partial<Record<Reason, number>>;
  /** Examples by the reason of their label; weight is the sum, in thousandths. */
  labels: Record<string, { label: 'positive' | 'negative'; count: number; weight: number }>;
  languages: Record<string, { positive: number; negative: number }>;
  models?: Record<string, number>;
  /** Length of completions in UTF-16 units. */
  lengths: Histogram;
  /** Weights in thousandths. */
  weights?: Histogram;
  /** Per format and split; absent splits have no files. */
  splits: Partial<Record<FormatName, Partial<Record<SplitName, DataFile[]>>>>;
  /** Examples by label in each split: what the kto weights are computed from. */
  balance: Partial<Record<SplitName, { positive: number; negative: number }>>;
  duplicates: { exact: number; near: number; clusters: number; largestCluster: number };
  /** Absent where there are no rows of suggestions. */
  leakage?: LeakageFacts;
  /** Examples left after each step of selection, in order. */
  selection: { step: string; left: number }[];
  retention: RetentionPoint[];
  /** Findings replaced, by rule. */
  redactions: Record<string, number>;
  /** Examples by SPDX licence of their repository, `unknown` where there is none. */
  licences: Record<string, number>;
  /** The rule set's version and what it found of the project's own labelled secrets (0 to 1); null where it was not measured. */
  redaction: { version: string; recall: number | null };
  /** How code was compared with private code; null where the policy has no guard. */
  guard?: GuardFacts | null;
  consent: { plans: string[] };
  /** Fewest people behind a published cell; null where no gate was set. */
  kThreshold: number | null;
  /** Hex sha256 of each source object, sorted; names of sources are private. */
  inputs: string[];
  /** Merkle root of the ledger's rows, hex, over `counts.records` entries. */
  ledgerRoot: string;
  /** Who publishes, for the card and Croissant. */
  publisher?: string;
  /** A licence of the dataset itself: an SPDX id. */
  license?: string;
  files: 'parquet' | 'jsonl' | 'jsonl.zst';
  /** Columns that the policy names beside those of the formats; absent where there are none. */
  fields?: FieldName[];
  /** The version that this one replaces, how many examples were taken out of it, and why; its other figures are those of the run. */
  replaces?: { version: string; digest: string; removed: number; why: 'erasure' };
  timeline?: DayFacts[];
}

/** The columns of a format's files in this dataset. */
export function columnsOf({ fields = [] }: Pick<DatasetFacts, 'fields'>, format: FormatName): Column[] {
  return formatOf(format, { fields }).columns;
}

/** What no row of this dataset tells of: ` There is no user, path of its document or repository in any row.`, less the fields that it has. */
export function untold({ fields = [] }: Pick<DatasetFacts, 'fields'>): string {
  const names = { user: 'user', path: 'path of its document', repository: 'repository' };
  const all = (Object.keys(names) as (keyof typeof names)[])
    .filter((name) => !fields.includes(name))
    .map((name) => names[name]);
  if (all.length === 0) return '';
  const listed = all.length === 1 ? all[0]! : `${all.slice(0, -1).join(', ')} or ${all.at(-1)!}`;
  return ` There is no ${listed} in any row.`;
}

/** Formats that have files, in alphabetical order. */
export function formatNames(facts: Pick<DatasetFacts, 'splits'>): FormatName[] {
  const names = Object.keys(facts.splits) as FormatName[];
  return names.filter((name) => splitsOf(facts, name).length > 0).sort();
}

/** Splits of a format that have files, train first. */
export function splitsOf(
  facts: Pick<DatasetFacts, 'splits'>,
  format: FormatName,
): { name: SplitName; files: DataFile[] }[] {
  return SPLIT_NAMES.flatMap((name) => {
    const files = facts.splits[format]?.[name] ?? [];
    return files.length > 0 ? [{ name, files: [...files].sort((a, b) => (a.path < b.path ? -1 : 1)) }] : [];
  });
}

/** All data files, by path. */
export function dataFiles(facts: Pick<DatasetFacts, 'splits'>): DataFile[] {
  const files = formatNames(facts).flatMap((format) => splitsOf(facts, format).flatMap((split) => split.files));
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Sum of one figure of the files. */
export function sumOf(files: readonly DataFile[], figure: 'bytes' | 'examples'): number {
  return files.reduce((sum, file) => sum + file[figure], 0);
}

/** Examples by label in what is trained on: the train split, or all splits where there is no train split. */
export function trainedBalance(facts: Pick<DatasetFacts, 'balance'>): { positive: number; negative: number } {
  const splits = facts.balance.train ? [facts.balance.train] : Object.values(facts.balance);
  return splits.reduce(
    (sum, { positive, negative }) => ({ positive: sum.positive + positive, negative: sum.negative + negative }),
    { positive: 0, negative: 0 },
  );
}

/**
 * Loss weights for KTO that make up for unequal counts: the smaller side is weighted up so that desirable_weight × positives is 7/6 of
 * undesirable_weight × negatives, the middle of the range 1 to 4/3 that the paper advises (KTO, arXiv 2402.01306, section 4.2)
 * and TRL's trainer checks. Null where one label is missing: KTO needs both.
 */
export function ktoWeights(counts: {
  positive: number;
  negative: number;
}): { desirable: number; undesirable: number } | null {
  const { positive, negative } = counts;
  if (positive === 0 || negative === 0) return null;
  const desirable = ((7 / 6) * negative) / positive;
  return desirable >= 1
    ? { desirable: rounded(desirable), undesirable: 1 }
    : { desirable: 1, undesirable: rounded(1 / desirable) };
}

/** Counts with thin grouping for people, the same in every locale: 1234567 → "1,234,567". */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A share of a whole as a percentage with one decimal: "12.3%"; "–" of nothing, "<0.1%" where rounding would say none. */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) return '–';
  const percent = (part / whole) * 100;
  if (percent > 0 && percent < 0.1) return '<0.1%';
  if (percent < 100 && percent >= 99.95) return '>99.9%';
  return `${percent.toFixed(1)}%`;
}

/** Bytes for people, in powers of 1,000: "1.2 MB". */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let value = bytes;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${bytes} B` : `${value.toFixed(1)} ${units[unit]}`;
}

/** What of private code was looked for, in a sentence of Markdown; what it says of names is digits alone. */
export function guardSentence({ guard }: Pick<DatasetFacts, 'guard'>): string {
  if (!guard) return 'Examples were not compared with private code.';
  const { mode, corpora, renamed } = guard;
  const named =
    corpora.length > 0 ? ` and that of ${corpora.length} named code base${corpora.length > 1 ? 's' : ''}` : '';
  const review =
    renamed === null ? '' : ` ${formatCount(renamed)} examples read like it with other names and were kept.`;
  return `No example shares ${mode === 'all' ? 20 : 30} lexemes in a row with the private code that the rules took out (what public repositories share apart)${named}.${review}`;
}

/** Rows of a Markdown table: guard files by the id of their key, with their digests; both are hex. */
export function guardFileRows({ guard }: Pick<DatasetFacts, 'guard'>): string {
  return (guard?.corpora ?? []).map(({ keyId, sha256 }) => `| guard file of key ${keyId} | \`${sha256}\` |\n`).join('');
}

/** Entries of a table of counts, largest first, then by name. */
export function byCount<T>(table: Readonly<Record<string, T>>, count: (value: T) => number): [string, T][] {
  return Object.entries(table).sort(([a, x], [b, y]) => count(y) - count(x) || (a < b ? -1 : a > b ? 1 : 0));
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
