/** Other readings of a piece of text in which a split or wrapped secret is whole: joined strings, undone escapes, decoded runs. */

/** A reading: unit i of `text` stands at [starts[i], ends[i]) of the text it was made from. */
export interface View {
  readonly text: string;
  readonly starts: ArrayLike<number>;
  readonly ends: ArrayLike<number>;
  /** The offset up to which the text is covered by this view. */
  readonly upTo: number;
}

/** Characters that print nothing and are used to break a token: zero-width ones, joiners, soft hyphen, variation selectors. */
const INVISIBLE =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]/;
const INVISIBLES = new RegExp(INVISIBLE.source, 'g');

/** The text without invisible characters, or null where it has none. */
export function visible(text: string): View | null {
  if (!INVISIBLE.test(text)) return null;
  const starts = new Int32Array(text.length);
  let count = 0;
  let out = '';
  let from = 0;
  const keep = (to: number): void => {
    out += text.slice(from, to);
    for (let i = from; i < to; i++) starts[count++] = i;
  };
  for (const match of text.matchAll(INVISIBLES)) {
    keep(match.index);
    from = match.index + 1;
  }
  keep(text.length);
  return { text: out, starts, ends: starts.subarray(0, count).map((at) => at + 1), upTo: text.length };
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
  if (!isPiece(text.charCodeAt(at - 1))) return null;
  const joinAt = (p: number): RegExpExecArray | null => {
    const join = text.charCodeAt(p) === 92 && /\s/.test(text[p + 1] ?? '') ? CONTINUED : JOIN;
    join.lastIndex = p;
    return join.exec(text);
  };
  const first = joinAt(at);
  if (first === null || !isPiece(text.charCodeAt(at + first[0].length))) return null;
  const starts: number[] = [];
  let out = '';
  const take = (from: number, to: number): void => {
    out += text.slice(from, to);
    for (let i = from; i < to; i++) starts.push(i);
  };
  let pieceStart = at;
  while (pieceStart > 0 && at - pieceStart < 400 && isPiece(text.charCodeAt(pieceStart - 1))) pieceStart--;
  let lead = pieceStart;
  while (lead > 0 && pieceStart - lead < 120 && text.charCodeAt(lead - 1) !== 10) lead--;
  take(lead, at);
  // The pattern of a call that formats is no part of what it makes.
  if (/%s|\{\}/.test(text.slice(pieceStart, at))) {
    out += ' ';
    starts.push(at);
  }
  let p = at;
  let pieces = 1;
  let listed = false;
  for (; pieces < MAX_PIECES; pieces++) {
    const match = joinAt(p);
    if (match === null) break;
    listed ||= match[0].includes(',');
    const from = p + match[0].length;
    PIECE.lastIndex = from;
    PIECE.test(text);
    if (PIECE.lastIndex === from) break;
    take(from, PIECE.lastIndex);
    p = PIECE.lastIndex;
  }
  if (pieces === 1 || out.length - (pieceStart - lead) < 10) return null;
  if (
    listed &&
    !/^\\?["'`][\s,]{0,20}[\])][\s)]{0,20}\.?(?:join|implode|concat|reduce|\.)|^\\?["'`]/.test(text.slice(p, p + 48))
  )
    return { text: '', starts, ends: [], upTo: p };
  if (
    listed &&
    !/join|implode|concat|paste|strcat|str_c|fold|reduce|append|format/i.test(
      text.slice(Math.max(0, lead - 40), lead) + text.slice(lead, pieceStart) + text.slice(p, p + 48),
    )
  )
    return { text: '', starts, ends: [], upTo: p };
  take(p, Math.min(text.length, p + 4));
  return { text: out, starts, ends: starts.map((start) => start + 1), upTo: p };
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
  const starts = new Int32Array(line.length);
  const ends = new Int32Array(line.length);
  let count = 0;
  let out = '';
  let done = 0;
  const plain = (end: number): void => {
    out += line.slice(done, end);
    for (let i = from + done; i < from + end; i++) {
      starts[count] = i;
      ends[count++] = i + 1;
    }
  };
  for (const match of line.matchAll(ESCAPE)) {
    plain(match.index);
    const hex = match[1] ?? match[2] ?? match[3] ?? match[4] ?? match[8];
    const char =
      hex !== undefined
        ? String.fromCharCode(parseInt(hex, 16))
        : match[5] !== undefined
          ? (BACKSLASHED[match[5]] ?? match[5])
          : match[6] !== undefined
            ? ENTITIES[match[6]]!
            : String.fromCharCode(Number(match[7]));
    out += char;
    done = match.index + match[0].length;
    starts[count] = from + match.index;
    ends[count++] = from + done;
  }
  if (done === 0) return null;
  plain(line.length);
  return { text: out, starts, ends, upTo: to };
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
