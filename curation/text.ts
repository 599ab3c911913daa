/**
 * Types that carry privacy: text as it came in, text that the rules let through, text that redaction has cleaned.
 * Only `RedactedText` may be written anywhere; the brands exist at compile time alone.
 */
declare const judged: unique symbol;
declare const redacted: unique symbol;

/** Text of an event before any rule saw it: never written, logged or sent. */
export interface RawText {
  readonly raw: string;
}
/** Text whose origin passed every rule; secrets and personal data may still stand in it. */
export type JudgedText = string & { readonly [judged]: true };
/** Judged text after redaction: the only text that may be stored. */
export type RedactedText = string & { readonly [redacted]: true };

export const EMPTY_TEXT = '' as RedactedText;

/** Hides a string behind the raw type, so that it cannot be used as text by accident. */
export function raw(text: string): RawText {
  return { raw: text };
}

/** The texts of one example. */
export interface ExampleText {
  prefix: RedactedText;
  suffix: RedactedText;
  completion: RedactedText;
  context: { path: RedactedText; text: RedactedText }[];
}
