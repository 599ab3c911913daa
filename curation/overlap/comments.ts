/**
 * Tells comments from code without knowing the language, by what stands directly around the marker.
 *
 * Whatever is taken for a comment is left out of fingerprints, so where a marker is ambiguous the reading that keeps text wins:
 * `#include`, `#[derive]`, `#field = 1`, `#fff`, `n // 2`, `src/*.ts`, `https://` are code. Every decision looks only at characters near
 * the marker (and at where a block comment closes), so that a copy at another place is read like the original.
 */
const NEWLINE = 10;
const SPACE = 32;
const DIRECTIVES =
  /^(?:include|define|undef|if|ifdef|ifndef|elif|elifdef|else|endif|error|pragma|warning|import|region|endregion|nullable|line)\b/;

/** Finds where comments end in one text; remembers the next closing marker, so that a text of many openings is still read in linear time. */
export class CommentReader {
  private readonly text: string;
  private newline = -1;
  private blockEnd = -1;
  private markupEnd = -1;
  private luaEnd = -1;

  constructor(text: string) {
    this.text = text;
  }

  /** Position of the line feed at or after `at`, or the length of the text. */
  lineEnd(at: number): number {
    if (this.newline < at) {
      const found = this.text.indexOf('\n', at);
      this.newline = found < 0 ? this.text.length : found;
    }
    return this.newline;
  }

  /**
   * Where the comment that opens at `at` ends (exclusive), or -1 where the character there is code.
   * `code` is the character at `at`: one of `/ # - < % ;`.
   */
  end(at: number, code: number): number {
    const next = this.text.charCodeAt(at + 1);
    switch (code) {
      case 47: // /
        if (next === 47) return this.isDoubleSlashComment(at) ? this.lineEnd(at) : -1;
        return next === 42 ? this.endOfBlock(at) : -1;
      case 35: // #
        return this.isHashComment(at, next) ? this.lineEnd(at) : -1;
      case 45: // -
        return next === 45 ? this.endOfDashes(at) : -1;
      case 60: // <
        return next === 33 && this.text.startsWith('--', at + 2) ? this.endOfMarkup(at) : -1;
      case 37: // %
        return (next === SPACE || next === 37) && this.opensLine(at) ? this.lineEnd(at) : -1;
      default: // ;
        return next === 59 && this.opensLine(at) ? this.lineEnd(at) : -1;
    }
  }

  private endOfBlock(at: number): number {
    if (this.blockEnd < at + 2) {
      const found = this.text.indexOf('*/', at + 2);
      this.blockEnd = found < 0 ? Infinity : found;
    }
    if (this.blockEnd === Infinity) return -1;
    // `src/*.ts`, `**/*`: a glob, unless it closes within the line.
    if (isPathCharacter(this.text.charCodeAt(at - 1)) && this.blockEnd > this.lineEnd(at)) return -1;
    return this.blockEnd + 2;
  }

  private endOfMarkup(at: number): number {
    if (this.markupEnd < at + 4) {
      const found = this.text.indexOf('-->', at + 4);
      this.markupEnd = found < 0 ? Infinity : found;
    }
    return this.markupEnd === Infinity ? -1 : this.markupEnd + 3;
  }

  private endOfDashes(at: number): number {
    const before = this.text.charCodeAt(at - 1);
    if (at > 0 && before > SPACE) return -1;
    const after = this.text.charCodeAt(at + 2);
    if (after === 91 && this.text.charCodeAt(at + 3) === 91) {
      if (this.luaEnd < at + 4) {
        const found = this.text.indexOf(']]', at + 4);
        this.luaEnd = found < 0 ? Infinity : found;
      }
      if (this.luaEnd !== Infinity) return this.luaEnd + 2;
    }
    return after === SPACE || (after === 45 && this.opensLine(at)) || after === NEWLINE ? this.lineEnd(at) : -1;
  }

  /** Not after a colon (a URL), and not the floor division of Python: `n // 2`, `(a // b)`, `a //= 3`. */
  private isDoubleSlashComment(at: number): boolean {
    const text = this.text;
    let before = text.charCodeAt(at - 1);
    if (at > 0 && before === 58) return false;
    if (before === SPACE) before = text.charCodeAt(at - 2);
    if (at === 0 || !(isWord(before) || before === 41 || before === 93)) return true;
    let i = at + 2;
    if (text.charCodeAt(i) === 61 && text.charCodeAt(i + 1) === SPACE) return false;
    if (text.charCodeAt(i) === SPACE) i++;
    const first = text.charCodeAt(i);
    if (!isWord(first)) return true;
    while (isWord(text.charCodeAt(i))) i++;
    while (text.charCodeAt(i) === SPACE) i++;
    const after = text.charCodeAt(i);
    if (after === 41 || after === 93 || after === 42 || after === 43) return false;
    const endsLine = i >= text.length || after === NEWLINE || after === 13;
    return !(first >= 48 && first <= 57 && (endsLine || after === 58 || after === 44));
  }

  private isHashComment(at: number, next: number): boolean {
    if (at > 0 && this.text.charCodeAt(at - 1) > SPACE) return false;
    if (!(next > SPACE) || next === 35) return true;
    const text = this.text;
    if (next === 33) return text.charCodeAt(at + 2) !== 91;
    if (!isWord(next)) return !'[{(\'"\\:?.&<>/@^_+~'.includes(text.charAt(at + 1)) && text.charCodeAt(at + 2) === next;
    const opensLine = this.opensLine(at);
    if (next >= 48 && next <= 57) return opensLine && !isColour(text, at + 1);
    if (opensLine && DIRECTIVES.test(text.slice(at + 1, at + 13))) return false;
    if (isColour(text, at + 1) && !opensLine) return false;
    let i = at + 1;
    while (isWord(text.charCodeAt(i)) || text.charCodeAt(i) === 45) i++;
    while (text.charCodeAt(i) === SPACE) i++;
    const after = text.charCodeAt(i);
    return i >= text.length || after === NEWLINE || after === 13 || isWord(after);
  }

  private opensLine(at: number): boolean {
    let i = at - 1;
    while (i >= 0) {
      const code = this.text.charCodeAt(i);
      if (code === NEWLINE) return true;
      if (code !== SPACE && code !== 9 && code !== 13) return false;
      i--;
    }
    return true;
  }
}

function isWord(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 95 ||
    code === 36 ||
    code >= 128
  );
}

/** What may stand before `/*` in a path pattern: word characters, `. * ~ / } -` and quotes. */
function isPathCharacter(code: number): boolean {
  return (
    isWord(code) ||
    code === 46 ||
    code === 42 ||
    code === 126 ||
    code === 47 ||
    code === 125 ||
    code === 45 ||
    code === 34 ||
    code === 39
  );
}

/** Three, four, six or eight hexadecimal digits, then no further word character. */
function isColour(text: string, at: number): boolean {
  let i = at;
  while (i - at <= 8 && /[0-9a-fA-F]/.test(text.charAt(i))) i++;
  const digits = i - at;
  return (digits === 3 || digits === 4 || digits === 6 || digits === 8) && !isWord(text.charCodeAt(i));
}
