/** Preference pairs: what the user wrote, chosen over what was suggested, where the code was captured. */
import { labelSuggestion, weigh, wholeSpan } from './label.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { LabelRubric } from './rubric.ts';

export interface PreferencePair {
  chosen: string;
  rejected: string;
  /** `accepted_rewritten` or `rejected_explicit`. */
  reason: string;
  /** Thousandths, an integer, after inverse propensity. */
  weight: number;
}

/**
 * The pair of one suggestion, or null: the edited text over an accept that was rewritten, the code captured later over a suggestion that
 * was read and rejected. None where nothing was captured, where the capture is blank, or where both are equal after trimming.
 * @param lifecycle of one suggestion, by `summarise`
 * @param completion the text that was suggested; of a partial accept only the accepted part is the rejected side
 */
export function pairOf(lifecycle: Lifecycle, completion: string, rubric: LabelRubric): PreferencePair | null {
  const capture = lifecycle.capture;
  if (capture === undefined) return null;
  const { reason } = labelSuggestion(lifecycle, completion, rubric);
  if (reason !== 'accepted_rewritten' && reason !== 'rejected_explicit') return null;
  const isPartial = lifecycle.outcome === 'accepted_partly' && lifecycle.acceptedLength !== undefined;
  const rejected = isPartial ? completion.slice(0, wholeSpan(completion, lifecycle.acceptedLength!)) : completion;
  const chosen = capture.code;
  if (chosen.trim() === '' || rejected.trim() === '' || chosen.trim() === rejected.trim()) return null;
  const { rewritten } = rubric.accepted;
  const base = reason === 'accepted_rewritten' ? rewritten.pairWeight : rubric.rejected.pairWeight;
  return { chosen, rejected, reason, weight: weigh(base, lifecycle, rubric) };
}
