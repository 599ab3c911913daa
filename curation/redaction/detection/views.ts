/** Other readings of a piece of text in which a split or wrapped secret is whole: joined strings, undone escapes, decoded runs. */

import { isBlank, isQuote } from './operator.ts';

/** Where units of a reading come from: those from `at` on stand one by one at `from` on, or, of an escape, all of `size` units are one. */
interface Origin {
  readonly at: number;
  readonly from: number;
  readonly size: number;
}

/** A reading of a text. */
export interface View {
  readonly text: string;
  /** In order; the first begins at 0. */
  readonly origins: readonly Origin[];
  /** The offset up to which the text is covered by this view. */
  readonly upTo: number;
}

/** Where [start, end) of the reading stands in the text that it was made from. */
export function originOf(view: View, start: number, end: number): { start: number; end: number } {
  const first = originAt(view, start);
  const last = originAt(view, end - 1);
  return {
    start: first.size > 1 ? first.from : first.from + start - first.at,
    end: last.size > 1 ? last.from + last.size : last.from + end - last.at,
  };
}

function originAt({ origins }: View, at: number): Origin {
  let low = 0;
  let high = origins.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (origins[middle]!.at <= at) low = middle;
    else high = middle - 1;
  }
  return origins[low]!;
}

/** Characters that print nothing and are used to break a token: zero-width ones, joiners, soft hyphen, variation selectors. */
const INVISIBLES =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]+/g;

/** The text without invisible characters, or null where it has none. */
export function visible(text: string): View | null {
  const origins: Origin[] = [];
  let out = '';
  let from = 0;
  for (const match of text.matchAll(INVISIBLES)) {
    origins.push({ at: out.length, from, size: 1 });
    out += text.slice(from, match.index);
    from = match.index + match[0].length;
  }
  if (origins.length === 0) return null;
  origins.push({ at: out.length, from, size: 1 });
  return { text: out + text.slice(from), origins, upTo: text.length };
}

/** What joins two literals: `+`, `.`, `..`, `&`, `,` of a list that is joined, a continued line, `+=` on the next line, or nothing. */
const JOIN =
  /(\\{0,3}["'`])(?:[ \t]{0,8}\\?(?:\r?\n|\\n)?[ \t]{0,40}(?:\+|\.\.?|&|<>|\|\||,|\\|~|\+\+)?[ \t]{0,8}[\\_]?(?:\r?\n|\\n)?[ \t]{0,40}|\)?;?[ \t]{0,4}\r?\n?[ \t]{0,40}[$\w.]{1,40}[ \t]{0,4}(?:\+|\.)=[ \t]{0,4}|\)?\s{0,40}\.(?:concat|append|Append|add|push|write|print)\(|\)?[ \t]{0,4}\+[ \t]{0,4}(?:String|str)\()[bru]?\\{0,3}["'`]/y;
const CONTINUED = /\\[ \t]{0,4}\r?\n[ \t]{0,40}/y;
const PIECE = /[A-Za-z0-9+/=_.:@%~-]{0,400}/y;
const MAX_PIECES = 24;

function isPiece(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 45 && code <= 58) ||
    code === 95 ||
    code === 43 ||
    code === 61
  );
}

/**
 * The string that literals joined at `at` (a quote, or the backslash of a continued line) make, with up to 120 units of
 * the line before it, or null where nothing that a token could be made of is joined there. The text is empty where a list is
 * not joined.
 */
export function joined(text: string, at: number): View | null {
  if (!isPiece(text.charCodeAt(at - 1)) || !mayJoin(text, at)) return null;
  const first = joinEnd(text, at);
  if (first < 0 || !isPiece(text.charCodeAt(first))) return null;
  // Most of what looks joined is a list: its literals are gone through before anything is put together.
  const ends = [at];
  const froms = [at];
  let p = at;
  let listed = false;
  while (ends.length < MAX_PIECES) {
    const from = p === at ? first : joinEnd(text, p);
    if (from < 0) break;
    listed ||= text.slice(p, from).includes(',');
    PIECE.lastIndex = from;
    PIECE.test(text);
    if (PIECE.lastIndex === from) break;
    froms.push(from);
    ends.push((p = PIECE.lastIndex));
  }
  if (ends.length === 1) return null;
  let pieceStart = at;
  while (pieceStart > 0 && at - pieceStart < 400 && isPiece(text.charCodeAt(pieceStart - 1))) pieceStart--;
  let lead = pieceStart;
  while (lead > 0 && pieceStart - lead < 120 && text.charCodeAt(lead - 1) !== 10) lead--;
  const size = ends.reduce((sum, end, n) => sum + end - froms[n]!, at - pieceStart);
  if (size < 10) return null;
  if (listed) {
    const after = text.slice(p, p + 48);
    if (!IS_JOINED.test(after) || !JOINER.test(text.slice(Math.max(0, lead - 40), pieceStart) + after))
      return { text: '', origins: [], upTo: p };
  }
  const origins: Origin[] = [{ at: 0, from: lead, size: 1 }];
  let out = text.slice(lead, at);
  // The pattern of a call that formats is no part of what it makes.
  if (/%s|\{\}/.test(text.slice(pieceStart, at))) {
    origins.push({ at: out.length, from: at, size: 1 });
    out += ' ';
  }
  for (let n = 1; n < ends.length; n++) {
    origins.push({ at: out.length, from: froms[n]!, size: 1 });
    out += text.slice(froms[n], ends[n]);
  }
  origins.push({ at: out.length, from: p, size: 1 });
  return { text: out + text.slice(p, p + 4), origins, upTo: p };
}

/** What follows a list that is joined, and what joins it. */
const IS_JOINED = /^\\?["'`][\s,]{0,20}[\])][\s)]{0,20}\.?(?:join|implode|concat|reduce|\.)|^\\?["'`]/;
const JOINER = /join|implode|concat|paste|strcat|str_c|fold|reduce|append|format/i;

/** Where the literal begins that is joined to the one which ends at `p`, or -1. */
function joinEnd(text: string, p: number): number {
  if (text.charCodeAt(p + 1) === 44) {
    // By far the commonest: the next of a list, on this line or the next.
    let q = p + 2;
    while (isBlank(text.charCodeAt(q)) && q < p + 10) q++;
    if (text.charCodeAt(q) === 10) for (q++; isBlank(text.charCodeAt(q)) && q < p + 42;) q++;
    if (isQuote(text.charCodeAt(q)) && isQuote(text.charCodeAt(p))) return q + 1;
  }
  const join = text.charCodeAt(p) === 92 && /\s/.test(text[p + 1] ?? '') ? CONTINUED : JOIN;
  join.lastIndex = p;
  return join.test(text) ? join.lastIndex : -1;
}

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);
/** A part of a name or of a member's: `[$\w.]`. */
const isNamed = (code: number): boolean => (isPiece(code) && code !== 43 && code !== 61 && code !== 45 && code !== 47 && code !== 58) || code === 36; // prettier-ignore

/**
 * False where `JOIN` cannot match at the quote at `at`, by what follows it: after a comma nothing but the next literal, after `;` or `)`
 * an assignment or a call. Most literals of code end so, and are told here at a tenth of the price.
 */
function mayJoin(text: string, at: number): boolean {
  let p = at + 1;
  const after = text.charCodeAt(p);
  if (after !== 44 && after !== 59 && after !== 41) return true;
  p++;
  if (after === 41 && text.charCodeAt(p) === 59) p++;
  while (isSpace(text.charCodeAt(p))) p++;
  const next = text.charCodeAt(p);
  // b, r or u before a quote, and what continues a line.
  if (after === 44) return next === 34 || next === 39 || next === 96 || next === 92 || next === 95 || next === 98 || next === 114 || next === 117; // prettier-ignore
  if (next === 43) return true;
  if (next > 127) return true;
  const start = p;
  while (isNamed(text.charCodeAt(p)) && p - start <= 40) p++;
  while (text.charCodeAt(p) === 32 || text.charCodeAt(p) === 9) p++;
  const last = text.charCodeAt(p);
  return last === 43 || last === 61 || (last === 40 && next === 46) || p - start > 40;
}

const ENTITIES: Record<string, string> = { quot: '"', apos: "'", amp: '&', lt: '<', gt: '>' };
const ESCAPE =
  /%([2-7][0-9a-fA-F])|\\x([2-7][0-9a-fA-F])|\\u00([2-7][0-9a-fA-F])|\\u\{([2-7][0-9a-fA-F])\}|\\(["'`/\\nrt])|&(quot|apos|amp|lt|gt);|&#(\d{2,3});|&#x([2-7][0-9a-fA-F]);/g;
const BACKSLASHED: Record<string, string> = { n: '\n', r: '\r', t: '\t' };
/** How much of a line is read before and after an escape. */
const LEAD_UNITS = 256;
const VIEW_UNITS = 4096;

/** The line round an escape at `at`, from no earlier than `floor`, with escapes undone once. */
export function unescaped(text: string, at: number, floor: number): View | null {
  let from = at;
  const least = Math.max(0, floor - LEAD_UNITS, at - LEAD_UNITS);
  while (from > least && text.charCodeAt(from - 1) !== 10) from--;
  const ahead = text.slice(at, at + VIEW_UNITS);
  const lineEnd = ahead.indexOf('\n');
  const to = at + (lineEnd < 0 ? ahead.length : lineEnd);
  const line = text.slice(from, to);
  const origins: Origin[] = [];
  let out = '';
  let done = 0;
  ESCAPE.lastIndex = 0;
  for (let match = ESCAPE.exec(line); match !== null; match = ESCAPE.exec(line)) {
    if (match.index > done) {
      origins.push({ at: out.length, from: from + done, size: 1 });
      out += line.slice(done, match.index);
    }
    origins.push({ at: out.length, from: from + match.index, size: match[0].length });
    out += unescapedUnit(match);
    done = match.index + match[0].length;
  }
  if (done === 0) return null;
  origins.push({ at: out.length, from: from + done, size: 1 });
  return { text: out + line.slice(done), origins, upTo: to };
}

/** The character that an escape stands for. */
function unescapedUnit(match: RegExpExecArray): string {
  const hex = match[1] ?? match[2] ?? match[3] ?? match[4] ?? match[8];
  if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
  if (match[5] !== undefined) return BACKSLASHED[match[5]] ?? match[5];
  return match[6] !== undefined ? ENTITIES[match[6]]! : String.fromCharCode(Number(match[7]));
}

const SEXTET = new Int8Array(128).fill(-1);
for (const [index, char] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries())
  SEXTET[char.charCodeAt(0)] = index;
SEXTET[45] = 62;
SEXTET[95] = 63;

const isPrintable = (byte: number): boolean => (byte >= 32 && byte < 127) || byte === 10 || byte === 13 || byte === 9;
const nibble = (code: number): number => (code <= 57 ? code - 48 : (code | 32) - 87);

/** What a run of base64 or hex says, or null where it is not plain ASCII text. Looks at 12 units before it decodes up to 8 Ki. */
export function decoded(text: string, start: number, end: number): string | null {
  const probe = Math.min(end, start + 16) - 3;
  let isText = end - start >= 16;
  for (let i = start; isText && i < probe; i += 4) {
    const bits =
      (SEXTET[text.charCodeAt(i)]! << 18) | (SEXTET[text.charCodeAt(i + 1)]! << 12) | (SEXTET[text.charCodeAt(i + 2)]! << 6) | SEXTET[text.charCodeAt(i + 3)]!; // prettier-ignore
    isText = bits >= 0 && isPrintable(bits >> 16) && isPrintable((bits >> 8) & 255) && isPrintable(bits & 255);
  }
  if (isText) {
    let out = '';
    const bytes = Buffer.from(text.slice(start, Math.min(end, start + 8192)), 'base64');
    for (const byte of bytes) if (isPrintable(byte)) out += String.fromCharCode(byte);
    return out.length >= bytes.length * 0.9 ? out : null;
  }
  if ((end - start) % 2 !== 0 || end - start < 32) return null;
  let out = '';
  for (let i = start; i + 1 < end && i < start + 8192; i += 2) {
    const byte = nibble(text.charCodeAt(i)) * 16 + nibble(text.charCodeAt(i + 1));
    if (!isPrintable(byte)) return null;
    out += String.fromCharCode(byte);
  }
  return out;
}
