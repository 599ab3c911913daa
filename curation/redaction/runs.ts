/** Finds unbroken runs of the characters that tokens are made of. */

/** Length of the shortest run that is looked at, in UTF-16 units. */
export const MIN_RUN = 13;

/** By UTF-16 unit: 1 letter, 2 digit, 3 other token character, 0 anything else. */
const KIND = new Uint8Array(65_536);
for (let code = 48; code < 123; code++) {
  if (code < 58) KIND[code] = 2;
  else if ((code >= 65 && code <= 90) || code >= 97) KIND[code] = 1;
}
for (const char of '+/_-') KIND[char.charCodeAt(0)] = 3;

/** True for letters, digits and the marks of base64 and its form for addresses. */
export function isTokenUnit(code: number): boolean {
  return KIND[code]! > 0;
}

const isEscapeLetter = (code: number): boolean => code === 110 || code === 114 || code === 116;

/** True where a letter or digit right before `at` makes a match there a part of something longer; the letter of `\n` does not. */
export function isGlued(text: string, at: number): boolean {
  if (at === 0) return false;
  const before = text.charCodeAt(at - 1);
  const kind = KIND[before];
  if (kind !== 1 && kind !== 2) return false;
  return !(text.charCodeAt(at - 2) === 92 && isEscapeLetter(before));
}

/** Stands in the length of a run that has a digit: past the length of any text. */
export const HAS_DIGIT = 0x2000_0000;

/**
 * By UTF-16 unit how the length of the run of token characters goes on: `((length | (step & HAS_DIGIT)) + 1) & (step >> 31)` is zero behind the
 * run, and within it bears the mark from its first digit on.
 */
export const RUN_STEP = new Int32Array(65_536).map((_, code) =>
  KIND[code] === 0 ? 0 : KIND[code] === 2 ? -0x8000_0000 | HAS_DIGIT : -0x8000_0000,
);

/** Where a run begins: the letter of an escaped line break before it is no part of it. */
export function runStart(text: string, start: number): number {
  return text.charCodeAt(start - 1) === 92 && isEscapeLetter(text.charCodeAt(start)) ? start + 1 : start;
}
