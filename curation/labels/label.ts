/** Labels a suggestion: positive, negative or neither, with a weight, the reason and the row of the rubric that decided. */
import type { Reason } from '../verdict.ts';
import { matches, splitsPair } from './capture.ts';
import type { Lifecycle, RetentionCheck } from './lifecycle.ts';
import type { LabelRubric } from './rubric.ts';

export interface Label {
  label: 'positive' | 'negative' | null;
  /** Thousandths, an integer, after inverse propensity; 0 where label is null. Integers so that sums depend on no order. */
  weight: number;
  /** The rubric's name of the evidence, e.g. `accepted_retained_600`; the exclusion's where label is null. */
  reason: string;
  /** UTF-16 length of the accepted part a positive example consists of; absent: the whole completion. */
  span?: number;
  /** Why there is no example, where label is null. */
  exclude?: Reason;
  /** The row of the rubric, as the policy names it, e.g. `labels.accepted.retained600`. */
  rule: string;
}

/**
 * Applies the rubric; of the rows for accepts the first that matches decides. Rows for what was not accepted, in their order: typed by
 * hand, superseded, typed after a reject, not read, rejected, ignored.
 * @param lifecycle of one suggestion, by `summarise`
 * @param completion the text that was suggested
 */
export function labelSuggestion(lifecycle: Lifecycle, completion: string, rubric: LabelRubric): Label {
  switch (lifecycle.outcome) {
    case 'none':
      return without('no_outcome', 'labels.outcome');
    case 'accepted':
      return labelFate(lifecycle, rubric) ?? labelAccepted(lifecycle, rubric);
    case 'accepted_partly':
      return labelFate(lifecycle, rubric) ?? labelPartly(lifecycle, completion, rubric);
    case 'rejected':
    case 'ignored':
      return labelUnaccepted(lifecycle, completion, rubric);
  }
}

/** A weight in thousandths, grown by the clipped inverse propensity where the display probability was logged. */
export function weigh(weight: number, lifecycle: Lifecycle, rubric: LabelRubric): number {
  const probability = lifecycle.displayProbability;
  const factor = probability === undefined ? 1 : Math.max(1, Math.min(1 / probability, rubric.propensity.clip));
  return Math.round(weight * 1000 * factor);
}

/** What holds for whole and partial accepts alike: text that was deleted at once is unwanted. */
function labelFate(life: Lifecycle, rubric: LabelRubric): Label | undefined {
  const { reverted } = rubric.accepted;
  if (wasReverted(life.checks, reverted.distance, reverted.withinSeconds)) {
    const weight = weigh(reverted.weight, life, rubric);
    return { label: 'negative', weight, reason: 'accepted_reverted', rule: 'labels.accepted.reverted' };
  }
  if (life.goneWithBranch && rubric.accepted.revertedBranch === 'exclude') {
    return without('reverted_branch', 'labels.accepted.revertedBranch');
  }
  return undefined;
}

/** Gone at an early check, and no later check finds more of it: text can come back. */
function wasReverted(checks: RetentionCheck[], distance: number, withinSeconds: number): boolean {
  const goneFrom = checks[checks.findLastIndex((check) => check.editDistance < distance) + 1];
  return goneFrom !== undefined && goneFrom.afterSeconds <= withinSeconds;
}

function labelAccepted(life: Lifecycle, rubric: LabelRubric): Label {
  const { retained600, retained300, edited, censored } = rubric.accepted;
  const last = life.checks.at(-1);
  const positive = (row: string, weight: number, reason: string): Label => ({
    label: 'positive',
    weight: weigh(weight, life, rubric),
    reason,
    rule: `labels.accepted.${row}`,
  });
  if (last !== undefined) {
    const { afterSeconds, editDistance } = last;
    if (afterSeconds >= retained600.atSeconds && editDistance <= retained600.distance) {
      return positive('retained600', retained600.weight, 'accepted_retained_600');
    }
    const laterUnobserved = afterSeconds < retained600.atSeconds;
    if (laterUnobserved && afterSeconds >= retained300.atSeconds && editDistance <= retained300.distance) {
      return positive('retained300', retained300.weight, 'accepted_retained_300');
    }
    if (editDistance > edited.above && editDistance <= edited.distance) {
      return positive('edited', edited.weight, 'accepted_edited');
    }
  }
  if (wasRewritten(life, rubric)) return without('accepted_rewritten', 'labels.accepted.rewritten');
  return positive('censored', censored.weight, 'accepted_censored');
}

function wasRewritten(life: Lifecycle, rubric: LabelRubric): boolean {
  return life.checks.some((check) => check.editDistance > rubric.accepted.rewritten.above);
}

function labelPartly(life: Lifecycle, completion: string, rubric: LabelRubric): Label {
  if (wasRewritten(life, rubric)) return without('accepted_rewritten', 'labels.accepted.rewritten');
  // An unknown or empty span is no example: what was taken decides what a positive consists of.
  const span = life.acceptedLength === undefined ? 0 : wholeSpan(completion, life.acceptedLength);
  if (span === 0) return without('no_outcome', 'labels.partial.length');
  const { major, minor } = rubric.partial;
  const isMajor = span >= major.share * completion.length;
  return {
    label: 'positive',
    weight: weigh(isMajor ? major.weight : minor.weight, life, rubric),
    reason: isMajor ? 'partial_major' : 'partial_minor',
    span,
    rule: isMajor ? 'labels.partial.major' : 'labels.partial.minor',
  };
}

/** The accepted length, less the half of a surrogate pair it might end in. */
export function wholeSpan(completion: string, length: number): number {
  const span = Math.min(Math.floor(length), completion.length);
  return splitsPair(completion, span) ? span - 1 : span;
}

const UNDECIDED: ReadonlySet<Lifecycle['outcomeReason']> = new Set(['superseded', 'focus_lost', 'cancelled']);

function labelUnaccepted(life: Lifecycle, completion: string, rubric: LabelRubric): Label {
  const { typed, rejectedThenTyped, rejected, ignored, reading } = rubric;
  if (life.typedShare !== undefined && life.typedShare >= typed.share) {
    const weight = weigh(typed.weight, life, rubric);
    return { label: 'positive', weight, reason: 'typed_as_suggested', rule: 'labels.typed' };
  }
  if (UNDECIDED.has(life.outcomeReason)) return without('superseded', 'labels.superseded');
  const wasRejected = life.outcome === 'rejected';
  if (wasRejected && life.capture && matches(life.capture.code, completion, rejectedThenTyped.match)) {
    const weight = weigh(rejectedThenTyped.weight, life, rubric);
    return { label: 'positive', weight, reason: 'rejected_then_typed', rule: 'labels.rejectedThenTyped' };
  }
  if (life.displayedMs === undefined || life.displayedMs < reading.minimumMs) {
    return without('not_read', 'labels.reading');
  }
  if (wasRejected) {
    const weight = weigh(rejected.weight, life, rubric);
    return { label: 'negative', weight, reason: 'rejected_explicit', rule: 'labels.rejected' };
  }
  if (life.typingDisagreed === true) {
    const weight = weigh(ignored.disagreedWeight, life, rubric);
    return { label: 'negative', weight, reason: 'ignored_disagreed', rule: 'labels.ignored' };
  }
  return without('ignored', 'labels.ignored');
}

function without(exclude: Reason, rule: string): Label {
  return { label: null, weight: 0, reason: exclude, exclude, rule };
}
