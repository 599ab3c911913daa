/** What an example shares with private code: taken out of the prompt line by line, and the whole example where the completion is touched. */
import { normalisedFingerprintsOf, type FingerprintKey } from '../../overlap/fingerprint.ts';
import { guard } from '../../overlap/guard.ts';
import type { PreferencePair } from '../../labels/pairs.ts';
import type { ExampleText, RedactedText } from '../../text.ts';

export interface PrivateOverlap {
  key: FingerprintKey;
  /** Whether a k-gram stands in private code of this run or of a named private corpus. */
  has(high: number, low: number): boolean;
  /** Whether a k-gram is boilerplate that public repositories share. */
  isPublic?(high: number, low: number): boolean;
}

/** After this many rounds a text whose prompt still changes goes as a whole. */
const ROUNDS = 4;

/**
 * The text without lines that stand in private code; null where the completion (or a pair's side) shares a k-gram with it.
 * What one guard takes out joins lines that another may know, so all are asked again until none takes anything.
 */
export function stripPrivate<T extends ExampleText>(
  text: T,
  pair: PreferencePair | null,
  overlaps: readonly PrivateOverlap[],
): T | null {
  let rest: T = text;
  for (let round = 0; round < ROUNDS; round++) {
    let stripped = 0;
    for (const overlap of overlaps) {
      const once = stripOnce(rest, pair, overlap);
      if (once === null) return null;
      rest = once.text;
      stripped += once.stripped;
    }
    if (stripped === 0 || overlaps.length === 1) return rest;
  }
  return null;
}

function stripOnce<T extends ExampleText>(
  text: T,
  pair: PreferencePair | null,
  overlap: PrivateOverlap,
): { text: T; stripped: number } | null {
  const check = (prefix: string, completion: string, suffix: string) =>
    guard({ prefix, completion, suffix }, overlap.key, overlap.has, overlap.isPublic);
  const main = check(text.prefix, text.completion, text.suffix);
  if (main.touchesCompletion) return null;
  if (pair && [pair.chosen, pair.rejected].some((side) => check(text.prefix, side, text.suffix).touchesCompletion))
    return null;
  let { stripped } = main;
  const context = text.context
    .map((piece) => {
      const checked = check(piece.text, '', '');
      stripped += checked.stripped;
      return { ...piece, text: checked.prefix as RedactedText };
    })
    .filter((piece) => piece.text.trim() !== '');
  return {
    text: { ...text, prefix: main.prefix as RedactedText, suffix: main.suffix as RedactedText, context },
    stripped,
  };
}

/** Whether 40 lexemes of a text are those of private code but for the names in them: for people to look at, no reason to drop it. */
export function looksRenamed(text: ExampleText, overlaps: readonly PrivateOverlap[]): boolean {
  const parts = [text.prefix + text.completion + text.suffix, ...text.context.map((piece) => piece.text)];
  return overlaps.some(({ key, has, isPublic }) => {
    let found = false;
    for (const part of parts)
      normalisedFingerprintsOf(part, key, (high, low) => {
        if (!found && has(high, low) && !isPublic?.(high, low)) found = true;
      });
    return found;
  });
}
