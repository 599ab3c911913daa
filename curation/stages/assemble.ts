/** Assemble: joins the records of a bucket into suggestions, decides each, and makes examples of those that carry a label. */
import { precedence, type Reason } from '../verdict.ts';
import { dayOf, emptyTally, mergeRows, outRow, type PendingRow, type Tally } from './ledger.ts';
import { exampleOf, type AssembledExample, type ExampleSettings } from './example.ts';
import type { ExampleMetadata } from '../selection/policy.ts';
import type { AdmittedRecord } from './record.ts';
import { groupBy } from '../groups.ts';
import { refusals } from './private/guarded.ts';
import type { Rules } from '../rules/judge.ts';

export interface AssembleSettings extends ExampleSettings {
  rules: Rules;
  /** Names of the sources, by index in the plan. */
  sources: readonly string[];
  /** Milliseconds; a suggestion belongs to the window of its first event. From inclusive, to exclusive. */
  window: { from: number; to: number } | null;
}

export interface Assembled {
  examples: AssembledExample[];
  metadata: ExampleMetadata[];
  /** One row a record; those of an example are kept unless selection takes it out. */
  rows: PendingRow[];
  redactions: Record<string, number>;
}

type Decision = { reason: Reason; rule: string };
const lowest = (a: AdmittedRecord, b: AdmittedRecord) => a.source - b.source || a.line - b.line;

/** All records of one bucket, in any order, to examples and ledger rows. */
export function assemble(records: AdmittedRecord[], settings: AssembleSettings): Assembled {
  const sorted = [...records].sort(lowest);
  const rows = new Rows(settings.sources);
  const live = withoutRepeats(sorted, rows);
  const requests = groupBy(live, (record) => record.request ?? record.suggestion);
  const result: Assembled = { examples: [], metadata: [], rows: [], redactions: {} };
  for (const suggestion of groupBy(live, (record) => record.suggestion).values()) {
    for (const unit of byUser(suggestion, rows)) decideUnit(unit, requests, settings, rows, result);
  }
  serveRequests(live, requests, rows);
  result.rows = rows.all();
  return result;
}

/** The rows of a bucket by record; a record of several events has one row in the end. */
class Rows {
  readonly #sources: readonly string[];
  readonly #rows = new Map<AdmittedRecord, PendingRow>();

  constructor(sources: readonly string[]) {
    this.#sources = sources;
  }

  out(record: AdmittedRecord, { reason, rule }: Decision): void {
    this.#rows.set(
      record,
      outRow(this.#sources[record.source]!, record.line, record.event, reason, rule, dayOf(record.time)),
    );
  }

  kept(record: AdmittedRecord, example: AssembledExample): void {
    const { label, weight, reason, rule } = example;
    this.#rows.set(record, {
      ...{ source: this.#sources[record.source]!, line: record.line, event: record.event },
      ...{
        outcome: 'kept',
        reason,
        rule,
        label,
        weight: label === null ? null : weight / 1000,
        day: dayOf(record.time),
        example: example.example,
      },
    });
  }

  copy(record: AdmittedRecord, from: AdmittedRecord): void {
    const row = this.#rows.get(from)!;
    const place = { source: this.#sources[record.source]!, line: record.line, event: record.event };
    this.#rows.set(record, { ...row, ...place, day: dayOf(record.time) });
  }

  of(record: AdmittedRecord): PendingRow | undefined {
    return this.#rows.get(record);
  }

  all(): PendingRow[] {
    const byRecord = new Map<string, PendingRow>();
    for (const [record, row] of this.#rows) {
      const key = `${record.source}:${record.line}`;
      const other = byRecord.get(key);
      byRecord.set(key, other ? mergeRows(other, row) : row);
    }
    return [...byRecord.values()];
  }
}

/** The same (user, suggestion, id) with the same content counts once, the lowest (source, line); with other content none counts. */
function withoutRepeats(sorted: AdmittedRecord[], rows: Rows): AdmittedRecord[] {
  const live: AdmittedRecord[] = [];
  for (const same of groupBy(sorted, ({ user, suggestion, event }) =>
    JSON.stringify([user, suggestion, event]),
  ).values()) {
    const conflict = same.some((record) => record.content !== same[0]!.content);
    if (conflict) for (const record of same) rows.out(record, { reason: 'id_conflict', rule: 'assemble.id' });
    else {
      live.push(same[0]!);
      for (const record of same.slice(1)) rows.out(record, { reason: 'duplicate', rule: 'assemble.id' });
    }
  }
  return live.sort(lowest);
}

/** A suggestion's records by user; records without one are the one user's, and nobody's where there are several or none. */
function byUser(suggestion: AdmittedRecord[], rows: Rows): AdmittedRecord[][] {
  const users = groupBy(suggestion, (record) => record.user ?? '');
  const nameless = users.get('') ?? [];
  users.delete('');
  if (users.size === 1) return [suggestion];
  for (const record of nameless) {
    const out = record.out && precedence(record.out.reason) < precedence('unknown_user') ? record.out : undefined;
    rows.out(record, out ?? { reason: 'unknown_user', rule: 'consent.user' });
  }
  return [...users.values()];
}

function decideUnit(
  unit: AdmittedRecord[],
  requests: Map<string, AdmittedRecord[]>,
  settings: AssembleSettings,
  rows: Rows,
  result: Assembled,
): void {
  const request = requests.get(unit[0]!.request ?? unit[0]!.suggestion) ?? unit;
  const refuse = (decision: Decision) => unit.forEach((record) => rows.out(record, decision));
  const out = firstOut(unit, request, settings);
  // Reasons of text and label come before that of a confirmed abuse.
  const made = exampleOf(unit, request, settings, out === null || out.reason === 'abuse');
  const texts = made.provider && made.provider.out ? first(out, made.provider.out) : out;
  const decision = 'reason' in made.result ? first(texts, made.result) : texts;
  if (decision) return refuse(decision);
  if ('reason' in made.result) return;
  const { example, metadata, redactions } = made.result;
  result.examples.push(example);
  result.metadata.push(metadata);
  for (const rule in redactions) result.redactions[rule] = (result.redactions[rule] ?? 0) + redactions[rule]!;
  for (const record of unit) rows.kept(record, example);
}

/** The first reason of the unit's records, each with its document once that is known, and of the window. */
function firstOut(unit: AdmittedRecord[], request: AdmittedRecord[], settings: AssembleSettings): Decision | null {
  let out: Decision | null = null;
  const started = Math.min(...unit.map(({ time }) => time));
  const { window } = settings;
  if (window && (started < window.from || started >= window.to)) out = { reason: 'outside_window', rule: 'run.window' };
  for (const record of unit) {
    if (record.out) out = first(out, record.out);
    if (record.pending) out = first(out, judgePending(record, request, settings.rules));
  }
  return out;
}

/** Text without a path of its own belongs to every document that its request names: the most restrictive decides. */
function judgePending(record: AdmittedRecord, request: AdmittedRecord[], rules: Rules): Decision | null {
  const documents = request.flatMap(({ document }) => document ?? []);
  if (documents.length === 0) return { reason: 'unresolvable_path', rule: 'paths.document' };
  return refusals(record.pending!, record.time, documents, rules).reduce<Decision | null>(first, null);
}

/** A generated prompt that serves the suggestions of its request is kept if any of them is. */
function serveRequests(live: AdmittedRecord[], requests: Map<string, AdmittedRecord[]>, rows: Rows): void {
  for (const record of live) {
    if (record.type !== 'generated' || record.text?.prefix === undefined || record.out) continue;
    if (rows.of(record)?.outcome === 'kept') continue;
    const kept = requests.get(record.request ?? record.suggestion)?.find((other) => rows.of(other)?.outcome === 'kept');
    if (kept) rows.copy(record, kept);
  }
}

function first(a: Decision | null, b: Decision | null): Decision | null {
  if (!a || !b) return a ?? b;
  return precedence(a.reason) <= precedence(b.reason)
    ? { reason: a.reason, rule: a.rule }
    : { reason: b.reason, rule: b.rule };
}

/** Applies selection's decisions to the rows of a bucket and counts them. */
export function settleRows(
  rows: PendingRow[],
  out: ReadonlyMap<string, Decision>,
): { rows: PendingRow[]; tally: Tally } {
  const tally = emptyTally();
  const settled = rows.map((row) => {
    const decision = row.example === undefined ? undefined : out.get(row.example);
    return decision ? outRow(row.source, row.line, row.event, decision.reason, decision.rule, row.day) : row;
  });
  return { rows: settled, tally };
}
