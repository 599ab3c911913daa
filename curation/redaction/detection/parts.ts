/** Puts together a token whose parts are kept in variables: `const a = 'ghp_…'; const b = '…'; const token = a + b`. */

/** A part: its offsets in the text. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/** How far before and after the first part the others are looked for, in UTF-16 units. */
const REACH = 1200;
const MAX_PARTS = 8;
const PIECE = /[A-Za-z0-9+/=_.:~-]{0,400}/y;
const ASSIGNED =
  /([A-Za-z_$][\w$]{0,48})["']?\]?[ \t]{0,8}(?::[ \t]{0,4}[\w<>&' .]{1,24})?[ \t]{0,8}(?::=|=>|=|:|<-|,|\()[ \t]{0,8}[bruf@]?["'`]$/;
/** What joins a name or a literal to the next name. */
const JOINED =
  /^["'`]?\}{0,2}["'`]?[ \t]{0,4}(?:\.to_?[sS]tring\(\))?(?:(?:\+|\.\.?|&|<<|<>|\|\||~|,|\)\.(?:append|concat)\(|\.(?:concat|append|plus)\()[ \t]{0,4}\n?[ \t]{0,16})?["'`]?(?:[$#%]?\{{1,2}|\$|@|%|!)?[ \t]?(?:self\.|this\.|\w{1,16}\()?([A-Za-z_$][\w$]{0,48})/;

/** The end of the run of token characters at `at`, at most 400 units on. */
export function pieceEnd(text: string, at: number): number {
  PIECE.lastIndex = at;
  PIECE.test(text);
  return PIECE.lastIndex;
}

/**
 * The parts of the token whose first part begins at `at`, in the order in which they are joined, or null where the literal it
 * stands in is joined to nothing.
 */
export function parts(text: string, at: number): Part[] | null {
  const end = pieceEnd(text, at);
  const next = text[end] ?? '';
  if (!/["'`$#{\\]/.test(next)) return null;
  const first = { start: at, end };
  const direct = JOINED.exec(text.slice(end, end + 120));
  const inside = next !== '"' && next !== "'" && next !== '`';
  if (direct !== null && (inside || /^["'`][ \t]{0,4}(?:\+|\.\.?|&|<<|<>|\|\||~)/.test(text.slice(end, end + 8)))) {
    const rest = chain(text, end, at);
    if (rest.length > 0) return [first, ...rest];
  }
  if (inside || !/["'`]/.test(text.charAt(at - 1))) return null;
  const lead = text.slice(Math.max(0, at - 96), at);
  const variable = ASSIGNED.exec(lead)?.[1];
  if (variable === undefined) return null;
  const ahead = text.slice(end, end + REACH);
  for (let far = ahead.indexOf(variable); far >= 0; far = ahead.indexOf(variable, far + variable.length)) {
    const use = end + far;
    if (/[\w]/.test(text[use + variable.length] ?? '')) continue;
    if (/[\w]/.test(text[use - 1] ?? '') && text[use - 1] !== '$') continue;
    const rest = chain(text, use + variable.length, at);
    if (rest.length > 0) return [first, ...rest];
  }
  return null;
}

/** The literals of the names that follow one another from `p` on, joined. */
function chain(text: string, p: number, at: number): Part[] {
  const found: Part[] = [];
  while (found.length < MAX_PARTS) {
    const match = JOINED.exec(text.slice(p, p + 120));
    if (match === null) break;
    const literal = literalOf(text, match[1]!, at);
    if (literal === null) break;
    found.push(literal);
    p += match[0].length;
  }
  return found;
}

/** The literal that is assigned to a name round `at`. */
function literalOf(text: string, name: string, at: number): Part | null {
  const from = Math.max(0, at - REACH);
  const around = text.slice(from, at + REACH);
  for (let use = around.indexOf(name); use >= 0; use = around.indexOf(name, use + name.length)) {
    if (/\w/.test(around[use - 1] ?? '') || /\w/.test(around[use + name.length] ?? '')) continue;
    const match = /^["']?\]?[ \t]{0,8}(?::[ \t]{0,4}[\w<>&' .]{1,24})?[ \t]{0,8}(?::=|=>|=|:|<-|,)[ \t]{0,8}[bruf@]?["'`]([A-Za-z0-9+/=_.:~-]{1,400})["'`]/.exec(around.slice(use + name.length, use + name.length + 480)); // prettier-ignore
    if (match === null) continue;
    const start = from + use + name.length + match[0].length - 1 - match[1]!.length;
    return { start, end: start + match[1]!.length };
  }
  return null;
}
