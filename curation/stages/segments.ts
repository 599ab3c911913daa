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
  /** Offsets of the capture in the redacted captured code, where the event gives them. */
  captured: { capturedFrom?: number; capturedTo?: number };
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
  let captured: AdmittedSegments['captured'] = {};
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
    // Cut where the capture begins and ends, so that both places are known in the redacted text too.
    const { from, to } = capturedSpan(event);
    const pieces = [capturedCode.raw.slice(0, from), capturedCode.raw.slice(from, to), capturedCode.raw.slice(to)];
    const clean = redactor.redact(pieces.map((piece) => judged({ raw: piece })));
    add(clean.counts);
    text.captured = clean.fields.join('') as RedactedText;
    const start = clean.fields[0]!.length;
    captured = { capturedFrom: start, capturedTo: start + clean.fields[1]!.length };
  }
  return { text, captured, counts, covered: completion ? (redacted.covered[1] ?? 0) : 0 };
}

/** The event's own span, the whole where it names none or one that is not there. */
function capturedSpan({ capturedCode, capturedFrom, capturedTo }: CanonicalEvent): { from: number; to: number } {
  const length = capturedCode!.raw.length;
  const from = capturedFrom ?? 0;
  const to = capturedTo ?? length;
  return from <= to && to <= length ? { from, to } : { from: 0, to: length };
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
