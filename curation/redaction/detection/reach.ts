/** Finds where lines begin and where values without quotes end, so that keys in a row are read in one pass over the text. */

/** Longest value without quotes: longer ones are tokens, which have rules of their own. */
const MAX_BARE_VALUE = 1024;

/** A set of ASCII characters, by code. */
export function charSet(chars: string): Uint8Array {
  const set = new Uint8Array(128);
  for (const char of chars) set[char.charCodeAt(0)] = 1;
  return set;
}

/** What ends a value without quotes, by notation; a backslash ends a plain value where it escapes a line end or a quote. */
const STOPS = {
  markup: charSet('<\n'),
  query: charSet(' \t\r\n&"\'`<>#;)\\'),
  pair: charSet(' \t\r\n"\'`<>;'),
  env: charSet(' \t\r\n\f\v'),
  plain: charSet(' \t\r\n\f\v"\'`<>'),
};
type Stop = keyof typeof STOPS;

/** How far a text is known to hold no end of a value, so that keys which follow one another without a gap are read in one pass. */
export class Reach {
  private readonly from = new Map<Stop, [number, number]>();
  private lineAt = 0;
  private line = 0;

  /** Where the line of `at` begins, at most 200 units before it. */
  lineStart(text: string, at: number): number {
    const floor = Math.max(0, at - 200);
    const known = at >= this.lineAt && this.lineAt >= floor ? this.lineAt : floor;
    let start = at;
    while (start > known && text.charCodeAt(start - 1) !== 10) start--;
    if (start === known && known === this.lineAt) start = Math.max(floor, this.line);
    this.lineAt = at;
    this.line = start;
    return start;
  }

  /** The first offset from `at` on that ends a value, or the length of the text, or -1 where the value is longer than `MAX_BARE_VALUE`. */
  end(text: string, at: number, stop: Stop): number {
    const set = STOPS[stop];
    const limit = Math.min(text.length, at + MAX_BARE_VALUE);
    const known = this.from.get(stop);
    let i = known !== undefined && at >= known[0] && at <= known[1] ? known[1] : at;
    for (; i < limit; i++) {
      const code = text.charCodeAt(i);
      if (code < 128 ? set[code] === 1 : code === 160 || code === 8232 || code === 12288) break;
      if (code === 92 && stop === 'plain' && /[nr"']/.test(text.charAt(i + 1))) break;
    }
    if (known === undefined) this.from.set(stop, [at, i]);
    else {
      known[0] = at;
      known[1] = i;
    }
    return i === limit && limit < text.length ? -1 : i;
  }
}
