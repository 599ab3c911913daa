/** The text of one event as segments: what of it is there, what is stripped, and what redaction makes of the rest. */
import type { CanonicalEvent } from '../events/event.ts';
import type { Redactor } from '../redaction/redactor.ts';
import { EMPTY_TEXT, type JudgedText, type RawText, type RedactedText } from '../text.ts';
import type { Verdict } from '../verdict.ts';
import type { AdmittedText } from './record.ts';

/** True where the event carries any text that rules must judge. */
export function hasText(event: CanonicalEvent): boolean {
  return event.completion !== undefined || event.prompt !== undefined || event.capturedCode !== undefined;
}

/** All text of the event's own document (context pieces apart), raw: for fingerprints of what is taken out. */
export function textsOf(event: CanonicalEvent): string[] {
  const texts: string[] = [];
  // Joined, so that a k-gram across the cursor is private too.
  const joined = (event.prompt?.prefix?.raw ?? '') + (event.completion?.raw ?? '') + (event.prompt?.suffix?.raw ?? '');
  if (joined) texts.push(joined);
  if (event.completion && joined !== event.completion.raw) texts.push(event.completion.raw);
  if (event.capturedCode) texts.push(event.capturedCode.raw);
  return texts;
}

/** The one door from raw to judged: only called for segments whose verdict is to keep. */
function judged(text: RawText): JudgedText {
  return text.raw as JudgedText;
}

export interface AdmittedSegments {
  text: AdmittedText;
  /** Findings by redaction rule. */
  counts: Record<string, number>;
  /** Share of the completion that redaction covered, 0 to 1. */
  covered: number;
}

/** The event's text without the pieces that were judged out, redacted. The document's own verdict must be to keep. */
export function admitText(event: CanonicalEvent, context: Verdict[], redactor: Redactor): AdmittedSegments {
  const text: AdmittedText = {};
  const counts: Record<string, number> = {};
  const add = (more: Record<string, number>) => {
    for (const rule in more) counts[rule] = (counts[rule] ?? 0) + more[rule]!;
  };
  const { prompt, completion, capturedCode } = event;
  const fields = [prompt?.prefix, completion, prompt?.suffix];
  const redacted = redactor.redact(fields.map((field) => (field ? judged(field) : ('' as JudgedText))));
  add(redacted.counts);
  if (prompt) {
    text.prefix = redacted.fields[0]!;
    text.suffix = redacted.fields[2]!;
    text.context = [];
    prompt.context.forEach((piece, index) => {
      if (!context[index]?.keep) return;
      const clean = redactor.redact([judged(piece.text)]);
      const path = piece.path === undefined ? undefined : redactor.redact([piece.path as JudgedText]);
      add(clean.counts);
      if (path) add(path.counts);
      text.context!.push({ path: path?.fields[0] ?? EMPTY_TEXT, text: clean.fields[0]! });
    });
  }
  if (completion) text.completion = redacted.fields[1]!;
  if (capturedCode) {
    const clean = redactor.redact([judged(capturedCode)]);
    add(clean.counts);
    text.captured = clean.fields[0]!;
  }
  return { text, counts, covered: completion ? (redacted.covered[1] ?? 0) : 0 };
}

/** Redacts a text joined from records that were cleaned apart: a secret may straddle the seam. */
export function redactSeams(prefix: RedactedText, completion: RedactedText, suffix: RedactedText, redactor: Redactor) {
  const result = redactor.redact([prefix, completion, suffix] as unknown as JudgedText[]);
  return {
    prefix: result.fields[0]!,
    completion: result.fields[1]!,
    suffix: result.fields[2]!,
    counts: result.counts,
    covered: result.covered[1] ?? 0,
  };
}
