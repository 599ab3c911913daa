/** The ledger: one row for each input record, saying what became of it and what decided. */
import { outcomeOf, precedence, type Outcome, type Reason } from '../verdict.ts';

export interface LedgerRow {
  /** Name of the source object as the run was given it. */
  source: string;
  /** Line from 1; null where the row stands for a whole file. */
  line: number | null;
  /** Id of the event; null where none could be read. */
  event: string | null;
  outcome: Outcome;
  /** Why it was excluded or rejected; for a kept record the label's reason. */
  reason: string;
  /** The rule that decided, with file and line where it stands in one. */
  rule: string;
  label: 'positive' | 'negative' | null;
  /** Weight of the label, 0 to 10; null without a label. */
  weight: number | null;
  /** UTC day of the event, `YYYY-MM-DD`, and nothing finer; null where no time could be read. */
  day: string | null;
}

/** A row whose last word selection may still have: it takes the example's fate. */
export interface PendingRow extends LedgerRow {
  example?: string;
}

/** The UTC day of a moment in milliseconds since 1970-01-01. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** A row for a record, or a whole file (`line` null), that is out. */
export function outRow(
  source: string,
  line: number | null,
  event: string | null,
  reason: Reason,
  rule: string,
  day: string | null,
): LedgerRow {
  return { source, line, event, outcome: outcomeOf(reason), reason, rule, label: null, weight: null, day };
}

/**
 * The one row of a record that became several events (a completion with several choices): kept where any is,
 * else the reason that comes first in the contract's order.
 */
export function mergeRows<T extends LedgerRow>(a: T, b: T): T {
  if (a.outcome === 'kept' || b.outcome === 'kept') return a.outcome === 'kept' ? a : b;
  return precedence(a.reason as Reason) <= precedence(b.reason as Reason) ? a : b;
}

/** Counts that must add up: records = kept + excluded + rejected, and each reason's count. */
export interface Tally {
  records: number;
  kept: number;
  excluded: number;
  rejected: number;
  reasons: Record<string, number>;
}

export function emptyTally(): Tally {
  return { records: 0, kept: 0, excluded: 0, rejected: 0, reasons: {} };
}

export function count(tally: Tally, row: Pick<LedgerRow, 'outcome' | 'reason'>): void {
  tally.records++;
  tally[row.outcome]++;
  const reason = row.outcome === 'kept' ? 'kept' : row.reason;
  tally.reasons[reason] = (tally.reasons[reason] ?? 0) + 1;
}

/** Of one day: records kept, and the others by reason. */
export type DayTally = Record<string, { kept: number; reasons: Record<string, number> }>;

/** Counts a row under its day; one without a day is nowhere. */
export function countDay(
  days: DayTally,
  { day, outcome, reason }: Pick<LedgerRow, 'day' | 'outcome' | 'reason'>,
): void {
  if (day === null) return;
  const of = (days[day] ??= { kept: 0, reasons: {} });
  if (outcome === 'kept') of.kept++;
  else of.reasons[reason] = (of.reasons[reason] ?? 0) + 1;
}

export function addDays(into: DayTally, from: DayTally): void {
  for (const [day, { kept, reasons }] of Object.entries(from)) {
    const of = (into[day] ??= { kept: 0, reasons: {} });
    of.kept += kept;
    addCounts(of.reasons, reasons);
  }
}

export function addTally(into: Tally, from: Tally): void {
  for (const key of ['records', 'kept', 'excluded', 'rejected'] as const) into[key] += from[key];
  addCounts(into.reasons, from.reasons);
}

export function addCounts(into: Record<string, number>, from: Record<string, number>): void {
  for (const [key, value] of Object.entries(from)) into[key] = (into[key] ?? 0) + value;
}
