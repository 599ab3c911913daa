/** What becomes of the same records under two policies: every row that differs, with the rule that decides on either side. */
import { isDeepStrictEqual } from 'node:util';
import { loadPolicy } from '../../../config/policy.ts';
import type { LedgerRow } from '../../../curation/stages/ledger.ts';
import { precedence, type Reason } from '../../../curation/verdict.ts';
import { plainRow } from '../ledger.ts';
import { judgeFiles, type JudgeOptions } from './judged.ts';

type Decided = Pick<LedgerRow, 'outcome' | 'reason' | 'rule' | 'label' | 'weight'>;

export interface ChangedRecord {
  source: string;
  line: number | null;
  event: string | null;
  before: Decided;
  after: Decided;
}

export interface PolicyDiff {
  before: { file: string; digest: string };
  after: { file: string; digest: string };
  records: number;
  /** Records whose outcome, reason, label or weight differs. */
  changed: ChangedRecord[];
  /** Of them, how many went from one reason to another: `kept → excluded path_excluded`. */
  moves: Record<string, number>;
  /** Records that only the draw of selection decides otherwise: it depends on the policy's digest. Not among `changed`. */
  drawn: number;
}

/** First reason that selection gives. */
const SELECTION = precedence('near_duplicate');

/** Judges the sample under both policies. @throws ConfigError where one of them or an input cannot be used */
export async function diffPolicies(
  before: string,
  after: string,
  inputs: string[],
  options: JudgeOptions,
  scratch: string,
): Promise<PolicyDiff> {
  const [first, second] = [loadPolicy(before), loadPolicy(after)];
  const old = await judgeFiles(inputs, 'before', { ...options, policy: before }, scratch);
  const fresh = await judgeFiles(inputs, 'after', { ...options, policy: after }, scratch);
  const sameSelection = isDeepStrictEqual(first.selection, second.selection);
  const rows = new Map(fresh.rows.map((row) => [keyOf(row), row]));
  const changed: ChangedRecord[] = [];
  const moves: Record<string, number> = {};
  let drawn = 0;
  for (const row of old.rows) {
    const other = rows.get(keyOf(row))!;
    if (same(row, other)) continue;
    if (sameSelection && bySelection(row) && bySelection(other) && row.outcome !== other.outcome) {
      drawn++;
      continue;
    }
    const { source, line, event } = row;
    changed.push({ source, line, event, before: decided(row), after: decided(other) });
    const move = `${shown(row)} → ${shown(other)}`;
    moves[move] = (moves[move] ?? 0) + 1;
  }
  return {
    before: { file: first.file, digest: first.digest },
    after: { file: second.file, digest: second.digest },
    ...{ records: old.rows.length, changed, moves, drawn },
  };
}

/** The changes record by record, then their sums. */
export function showDiff({ records, changed, moves, drawn }: PolicyDiff): string {
  const lines = changed.flatMap(({ source, line, event, before, after }) => [
    plainRow({ source, line, event, ...before }),
    `  becomes     ${plainRow({ source: '', line: null, event: '', ...after }).trimStart()}`,
  ]);
  lines.push(`${changed.length} of ${records} records change`);
  for (const [move, count] of Object.entries(moves).sort((a, b) => b[1] - a[1])) lines.push(`  ${count}  ${move}`);
  if (drawn > 0)
    lines.push(`${drawn} more are drawn otherwise by selection, whose draw depends on the policy's digest`);
  return lines.join('\n') + '\n';
}

function keyOf({ source, line }: LedgerRow): string {
  return `${source}:${line ?? ''}`;
}

/** The file that a rule stands in, and its line, differ between two policies that say the same. */
function same(a: LedgerRow, b: LedgerRow): boolean {
  return a.outcome === b.outcome && a.reason === b.reason && a.label === b.label && a.weight === b.weight;
}

function decided({ outcome, reason, rule, label, weight }: LedgerRow): Decided {
  return { outcome, reason, rule, label, weight };
}

function bySelection({ outcome, reason }: LedgerRow): boolean {
  return outcome === 'kept' || precedence(reason as Reason) >= SELECTION;
}

function shown({ outcome, reason, label }: LedgerRow): string {
  return outcome === 'kept' ? `kept ${label ?? 'in a pair'}` : `${outcome} ${reason}`;
}
