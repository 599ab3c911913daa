/** Narrows a record that a curation admitted to what a purpose may know of it. Text, paths and repositories end here. */
import type { KeyedHash } from '../../stages/keyed.ts';
import type { AdmittedRecord } from '../../stages/record.ts';
import { precedence } from '../../verdict.ts';
import { plannedOut, type PurposeConsent } from './consent.ts';
import type { OutcomeEvent } from './event.ts';
import { labelled, type MeasuredPurpose, type Pseudonym } from './field.ts';
import { frameworkOf, lineCount, shapeOf } from './text.ts';

/**
 * The curation has judged consent, which must be no wider than the purpose's (measurePlan sees to it). Its reasons up to consent bind a
 * measurement too; those of repositories, paths and text are about text, of which a measurement holds none.
 * @param join of the measurement, for names of suggestions
 */
export function narrowed(
  record: AdmittedRecord,
  purpose: MeasuredPurpose,
  consent: PurposeConsent,
  join: KeyedHash,
): OutcomeEvent {
  const { source, line, event, type, time, content, user, text, plan } = record;
  const { latencyMs, displayedMs, acceptedLength, typedShare, reason, afterSeconds, editDistance, branchChanged } =
    record;
  const { capturedFrom, capturedTo, completionLength: chars } = record;
  const out = binding(record) ?? plannedOut(consent, plan);
  return {
    ...{ source, line, event, type, time, content },
    suggestion: join.of(`suggestion:${record.suggestion}`) as Pseudonym,
    ...(user === undefined ? {} : { user: user as Pseudonym }),
    ...(out ? { out } : {}),
    ...(plan === undefined ? {} : { plan }),
    ...(record.knownPlan === undefined ? {} : { knownPlan: record.knownPlan }),
    ...labelled('ide', record.ide),
    ...labelled('language', record.language),
    ...labelled('model', record.model),
    ...labelled('strategy', record.strategy),
    ...{ latencyMs, displayedMs, acceptedLength, typedShare, reason, afterSeconds, editDistance, branchChanged },
    ...(chars ? { chars } : {}),
    ...(text?.completion ? { lines: lineCount(text.completion) } : {}),
    ...(capturedFrom !== undefined && capturedTo !== undefined && capturedTo >= capturedFrom
      ? { placeChars: capturedTo - capturedFrom }
      : {}),
    ...(purpose === 'related-products' ? subjectOf(record) : {}),
  };
}

/** The record's reason where it is one of consent, or an earlier one. */
function binding({ out }: AdmittedRecord): AdmittedRecord['out'] {
  return out && precedence(out.reason) <= precedence('erased') ? out : undefined;
}

/** What text is about is said of text that is known to be public: it was admitted, and no other record of its request decides on it yet. */
function subjectOf({
  text,
  hasText,
  pending,
  completionLength,
}: AdmittedRecord): Pick<OutcomeEvent, 'framework' | 'shape'> {
  if (hasText && (!text || pending))
    return { framework: 'withheld', ...(completionLength === undefined ? {} : { shape: 'withheld' }) };
  const { prefix, completion } = text ?? {};
  return {
    ...(prefix === undefined ? {} : { framework: frameworkOf(prefix) }),
    ...(completion === undefined ? {} : { shape: shapeOf(prefix ?? '', completion) }),
  };
}
