/** Finds unbroken runs of the characters that tokens are made of. */

/** Length of the shortest run that is looked at, in UTF-16 units. */
const MIN_RUN = 13;

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

/**
 * Calls `take` with every run of `MIN_RUN` or more token characters that has a digit; the letter of an escaped line break before it
 * is no part of it. Looks at every thirteenth unit, since no such run fits between two of them.
 */
export function eachRun(text: string, take: (start: number, end: number) => void): void {
  for (let i = MIN_RUN - 1, length = text.length; i < length; i += MIN_RUN) {
    if (KIND[text.charCodeAt(i)] === 0) continue;
    let start = i;
    let end = i + 1;
    while (start > 0 && KIND[text.charCodeAt(start - 1)]! > 0) start--;
    while (end < length && KIND[text.charCodeAt(end)]! > 0) end++;
    i = end;
    if (end - start < MIN_RUN) continue;
    let p = start;
    while (p < end && KIND[text.charCodeAt(p)] !== 2) p++;
    if (p === end) continue;
    if (text.charCodeAt(start - 1) === 92 && isEscapeLetter(text.charCodeAt(start))) start++;
    take(start, end);
  }
}
