/** What an example shares with private code: taken out of the prompt line by line, and the whole example where the completion is touched. */
import type { FingerprintKey } from '../overlap/fingerprint.ts';
import { guard } from '../overlap/guard.ts';
import type { PreferencePair } from '../labels/pairs.ts';
import type { RedactedText } from '../text.ts';
import type { ExampleText } from './example.ts';

export interface PrivateOverlap {
  key: FingerprintKey;
  /** Whether a k-gram stands in private code of this run or of a named private corpus. */
  has(high: number, low: number): boolean;
  /** Whether a k-gram is boilerplate that public repositories share. */
  isPublic?(high: number, low: number): boolean;
}

/** The text without lines that stand in private code; null where the completion (or a pair's side) shares a k-gram with it. */
export function stripPrivate<T extends ExampleText>(
  text: T,
  pair: PreferencePair | null,
  overlap: PrivateOverlap,
): T | null {
  const check = (prefix: string, completion: string, suffix: string) =>
    guard({ prefix, completion, suffix }, overlap.key, overlap.has, overlap.isPublic);
  const main = check(text.prefix, text.completion, text.suffix);
  if (main.touchesCompletion) return null;
  if (pair && [pair.chosen, pair.rejected].some((side) => check(text.prefix, side, text.suffix).touchesCompletion))
    return null;
  const context = text.context
    .map((piece) => ({ ...piece, text: check(piece.text, '', '').prefix as RedactedText }))
    .filter((piece) => piece.text.trim() !== '');
  return { ...text, prefix: main.prefix as RedactedText, suffix: main.suffix as RedactedText, context };
}
