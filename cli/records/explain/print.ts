/** How an explanation looks on a terminal: each segment with the rules that passed, the one that decided, the facts, and what would flip it. */
import type { SegmentChain } from '../../../curation/rules/judge.ts';
import type { LedgerRow } from '../../../curation/stages/ledger.ts';
import { outcomeOf, precedence, type Reason } from '../../../curation/verdict.ts';
import { plainRow } from '../ledger.ts';

export interface ExplainedSegment extends SegmentChain {
  /** `stripped`: the piece goes and the record stays. */
  outcome: 'kept' | 'stripped' | 'out';
}

const THEN = 'at the event: ';
const NOW = 'now: ';
const WIDTH = 120;
const INDENT = ' '.repeat(14);

/** What would change the outcome of records that no rule of origin decided. */
const FLIPS: Partial<Record<Reason, string>> = {
  id_conflict: 'the producer gives every event of a user an id of its own',
  duplicate: 'nothing: the other record with this id counts',
  outside_window: '--window takes in the first event of the suggestion',
  no_text: 'a record of the suggestion carries its completion',
  empty: 'completion and prompt hold more than white space',
  bidi_control_in_code: 'the code holds no direction override',
  redaction_covered: 'less of the completion is secrets or personal data, or redaction.dropWhenCovered is higher',
  sentinel_text: 'the text spells no token of a training format',
  not_feedback: 'nothing: this kind of record says nothing of a suggestion',
  no_outcome: 'a record says whether the suggestion was accepted or rejected',
  private_overlap: 'the text shares no long run with code that rules took out, or those rules let that code through',
  contaminated: 'the text holds none of the snippets that selection keeps out',
  near_duplicate: 'nothing: an example like it counts',
  contribution_bound: 'selection allows more examples of one person or repository',
  balanced_out: 'selection balances less',
};

/** One record: its row, then its segments, or the note why there are none. */
export function showRecord(row: LedgerRow, segments: readonly ExplainedSegment[], note?: string): string {
  const lines = [plainRow(row)];
  for (const segment of segments) lines.push(...showSegment(segment));
  if (note !== undefined) lines.push(...wrapped('  no chain    ', note));
  const after = afterwards(row, segments);
  if (after !== '') lines.push(...wrapped('  then        ', after));
  return lines.join('\n') + '\n';
}

/** One segment as lines, without the final line feed. */
export function showSegment({ segment, path, repositories, outcome, verdict, steps }: ExplainedSegment): string[] {
  const place = [path, repositories.join(' and ')].filter(Boolean).join(' of ');
  const decided = steps.find((step) => step.outcome === 'decided');
  const names = (wanted: string) => steps.filter((step) => step.outcome === wanted).map(({ rule }) => rule);
  const facts = mergeTimes(
    new Set(steps.flatMap((step) => (step.facts ?? '').split('; ').filter((fact) => / /.test(fact)))),
  );
  const lines = [`  ${segment}${place && ` ${place}`}: ${outcome}${verdict.keep ? '' : ` (${verdict.reason})`}`];
  if (names('pass').length > 0) lines.push(...wrapped('    passed    ', names('pass').join(', ')));
  if (decided) {
    lines.push(...wrapped('    decided   ', decided.rule));
    lines.push(...wrapped('    by        ', decided.source ?? ''));
  }
  for (const fact of facts) lines.push(...wrapped('    fact      ', fact));
  if (decided?.flip) lines.push(...wrapped('    to flip   ', decided.flip));
  if (decided && names('skipped').length > 0) lines.push(...wrapped('    not asked ', names('skipped').join(', ')));
  return lines.map(printable);
}

/** A state that holds at the event and now is shown once. */
function mergeTimes(facts: ReadonlySet<string>): string[] {
  const then = [...facts].filter((fact) => fact.startsWith(THEN)).map((fact) => fact.slice(THEN.length));
  const both = then.filter((fact) => facts.has(NOW + fact));
  return [...facts].flatMap((fact) =>
    both.includes(fact.slice(THEN.length)) && fact.startsWith(THEN)
      ? [`at the event and now: ${fact.slice(THEN.length)}`]
      : fact.startsWith(NOW) && both.includes(fact.slice(NOW.length))
        ? []
        : [fact],
  );
}

/** Why the record is out where none of its own segments says so. */
function afterwards(row: LedgerRow, segments: readonly ExplainedSegment[]): string {
  if (row.outcome === 'kept') return '';
  const reason = row.reason as Reason;
  if (segments.some(({ verdict, outcome }) => outcome === 'out' && !verdict.keep && verdict.reason === reason))
    return '';
  const flip = FLIPS[reason];
  if (flip !== undefined) return `${reason} by ${row.rule}; to flip: ${flip}`;
  if (outcomeOf(reason) === 'rejected') return `${reason}: the record itself is bad; to flip: the producer mends it`;
  const own = precedence(reason) <= precedence('rule_error');
  return own ? `${reason} by another record of the suggestion: ${row.rule}` : `${reason} by ${row.rule}`;
}

function wrapped(head: string, text: string): string[] {
  const lines: string[] = [];
  let line = head;
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > WIDTH && line.trim() !== '' && line !== head) {
      lines.push(line.trimEnd());
      line = INDENT;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}

/** Paths and patterns may hold anything: control and direction characters do not reach the terminal. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '\ufffd');
}
