/** The code that stood at a suggestion's place some time after its outcome, and whether it is what was suggested. */

/** Captured code, cut to the place of the suggestion. */
export interface Capture {
  code: string;
  afterSeconds?: number;
}

interface CapturedFields {
  capturedCode?: string;
  capturedFrom?: number;
  capturedTo?: number;
  afterSeconds?: number;
}

/**
 * Cuts captured code to `capturedFrom`..`capturedTo` (UTF-16 offsets into it; absent: its start and end), widened by one unit where an
 * edge would split a surrogate pair. Offsets that lie outside or cross mean that the place is not known: undefined.
 */
export function captureOf(event: CapturedFields): Capture | undefined {
  const code = event.capturedCode;
  if (code === undefined) return undefined;
  const from = event.capturedFrom ?? 0;
  const to = event.capturedTo ?? code.length;
  if (from < 0 || to > code.length || from > to) return undefined;
  const cut = code.slice(splitsPair(code, from) ? from - 1 : from, splitsPair(code, to) ? to + 1 : to);
  return event.afterSeconds === undefined ? { code: cut } : { code: cut, afterSeconds: event.afterSeconds };
}

/** Whether a cut before UTF-16 unit `offset` would part a surrogate pair. */
export function splitsPair(text: string, offset: number): boolean {
  if (offset <= 0 || offset >= text.length) return false;
  return isHigh(text.charCodeAt(offset - 1)) && isLow(text.charCodeAt(offset));
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/**
 * Whether captured code is what was suggested: it begins with the completion, line ends and white space at line ends apart.
 * A completion that ends within a word must end that word in the capture too (`val` is not `value`).
 * @param share least part, in [0,1], of the completion's characters that must agree from its start; below 1 the word rule is not applied
 */
export function matches(captured: string, completion: string, share: number): boolean {
  const wanted = withoutTrailingSpace(completion);
  const found = withoutTrailingSpace(captured);
  if (wanted === '') return false;
  let agreeing = 0;
  while (agreeing < wanted.length && wanted.charCodeAt(agreeing) === found.charCodeAt(agreeing)) agreeing++;
  if (agreeing === wanted.length) {
    return share < 1 || !(wordAt(wanted, wanted.length - 1) && wordAt(found, wanted.length));
  }
  return agreeing / wanted.length >= share;
}

function withoutTrailingSpace(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd();
}

const WORD = /[\p{L}\p{N}_$]/u;

function wordAt(text: string, index: number): boolean {
  return index < text.length && WORD.test(text.charAt(index));
}
