/**
 * Cuts source text of any language into lexemes: words (identifiers, keywords, numbers) and operators; white space and comments are left out.
 *
 * Quotes are operators and what stands inside a literal is cut like code, so that a text cut off in the middle of a literal is read like the
 * whole one from the next lexeme on, and a long literal is guarded piece by piece. A literal only hides comment markers, and only within its
 * line. Three things that formatters change are evened out: a comma before a closing bracket, a backslash before a line end, zero-width characters.
 */
import { CommentReader } from './comments.ts';

export const OPERATOR = 0;
export const IDENTIFIER = 1;
export const NUMBER = 2;
/** Set in `kinds` beside the kind for lexemes inside a literal. */
export const IN_LITERAL = 4;

/** The lexemes of one text; the arrays may be longer than `count`. Positions are UTF-16 units, `ends` exclusive; `hashes` are unkeyed. */
export interface Lexemes {
  count: number;
  starts: Int32Array;
  ends: Int32Array;
  hashes: Int32Array;
  kinds: Uint8Array;
}

const BLANK = 1;
const WORD = 2;
const QUOTE = 3;
const MARKER = 4;
const CLOSER = 5;
const BACKSLASH = 6;
const CLASS = new Uint8Array(128);
for (let c = 0; c <= 32; c++) CLASS[c] = BLANK;
CLASS[127] = BLANK;
for (const c of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$') CLASS[c.charCodeAt(0)] = WORD;
for (const c of '"\'`') CLASS[c.charCodeAt(0)] = QUOTE;
for (const c of '/#-<%;') CLASS[c.charCodeAt(0)] = MARKER;
for (const c of ')]}') CLASS[c.charCodeAt(0)] = CLOSER;
CLASS[92] = BACKSLASH;

/**
 * Operators of two characters; those marked 2 may take a third. Left out are the ones that white space may split with the same meaning
 * (`> >` in templates, `* *` of pointers, `< -`).
 */
const PAIRS = new Uint8Array(128 * 128);
for (const pair of '++ -- += -= *= /= %= &= |= ^= ~= <= >= => -> :: := ?. <<'.split(' ')) PAIRS[pairIndex(pair)] = 1;
for (const pair of '== != && || ?? ..'.split(' ')) PAIRS[pairIndex(pair)] = 2;

const OPERATOR_HASH = new Int32Array(128);
for (let c = 0; c < 128; c++) OPERATOR_HASH[c] = scramble(0x5bd1e995 + c) | 0;
const COMMA = OPERATOR_HASH[44]!;

const SEED = 0x811c9dc5;
const PRIME = 0x01000193;

function pairIndex(pair: string): number {
  return (pair.charCodeAt(0) << 7) | pair.charCodeAt(1);
}

/** The finaliser of MurmurHash3 (Appleby): every input bit reaches every output bit. */
export function scramble(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Room for the lexemes of texts up to `capacity` characters. */
export function lexemeRoom(capacity: number): Lexemes {
  return {
    count: 0,
    starts: new Int32Array(capacity),
    ends: new Int32Array(capacity),
    hashes: new Int32Array(capacity),
    kinds: new Uint8Array(capacity),
  };
}

/**
 * The lexemes of `text`, in linear time. `room` is filled and returned where it is given and large enough (one slot a character),
 * which saves the allocation on hot paths.
 */
export function lex(text: string, room?: Lexemes): Lexemes {
  const length = text.length;
  const out = room !== undefined && room.starts.length >= length ? room : lexemeRoom(length);
  const codes = codesOf(text);
  const { starts, ends, hashes, kinds } = out;
  const comments = new CommentReader(text);
  const unclosed = [-1, -1, -1];
  let literalEnd = -1;
  let count = 0;
  let i = 0;
  for (;;) {
    let c = codes[i]!;
    // The zero behind the text is blank, so only here the end has to be looked for.
    const kind = c < 128 ? CLASS[c]! : classBeyond(c);
    if (kind === BLANK) {
      if (i++ >= length) break;
      continue;
    }
    const start = i;
    if (kind === WORD) {
      const number = c >= 48 && c <= 57;
      let hash = SEED;
      for (;;) {
        if (c < 128 || !isZeroWidth(c)) hash = Math.imul(hash ^ c, PRIME);
        c = codes[++i]!;
        if (c < 128) {
          if (CLASS[c] === WORD) continue;
          // The point of a number belongs to it where a digit follows.
          if (c === 46 && number && isDigit(codes[i + 1]!)) continue;
          break;
        }
        if (classBeyond(c) === BLANK && !isZeroWidth(c)) break;
      }
      kinds[count] = (number ? NUMBER : IDENTIFIER) | (start < literalEnd ? IN_LITERAL : 0);
      hashes[count] = hash;
      starts[count] = start;
      ends[count++] = i;
      continue;
    }
    let next = i + 1;
    const d = codes[next]!;
    let hash = OPERATOR_HASH[c]!;
    if (kind === QUOTE) {
      if (i === literalEnd) literalEnd = -1;
      else if (i > literalEnd) {
        const slot = c === 34 ? 0 : c === 39 ? 1 : 2;
        if (i >= unclosed[slot]!) {
          literalEnd = closingQuote(codes, next, length, c);
          if (literalEnd < 0) unclosed[slot] = comments.lineEnd(i);
        }
      }
    } else if (kind === BACKSLASH) {
      if (d === 10 || (d === 13 && codes[next + 1] === 10)) {
        i = next + 1;
        continue;
      }
      // An escaped character opens nothing: it is taken here, with its backslash.
      if (d > 32 && d < 127 && CLASS[d] !== WORD) {
        hash = Math.imul(hash ^ d, PRIME);
        next++;
      }
    } else {
      if (kind === MARKER && i > literalEnd) {
        const end = comments.end(i, c);
        if (end > 0) {
          i = end;
          continue;
        }
      }
      const pair = d < 128 ? PAIRS[(c << 7) | d]! : 0;
      if (pair !== 0 && !(d === 46 && c === 63 && isDigit(codes[next + 1]!))) {
        hash = Math.imul(hash ^ d, PRIME);
        next++;
        if (pair === 2 && codes[next] === (c === 46 ? 46 : 61)) {
          hash = Math.imul(hash ^ 61, PRIME);
          next++;
        }
      } else if (kind === CLOSER && count > 0 && hashes[count - 1] === COMMA) count--;
    }
    i = next;
    kinds[count] = start < literalEnd ? OPERATOR | IN_LITERAL : OPERATOR;
    hashes[count] = hash;
    starts[count] = start;
    ends[count++] = i;
  }
  out.count = count;
  return out;
}

/** Whether the last lexeme is a comma: before a closing bracket it would not be one. */
export function endsInComma({ hashes, count }: Lexemes): boolean {
  return count > 0 && hashes[count - 1] === COMMA;
}

let spareCodes = new Uint16Array(1 << 14);
const KEPT_ROOM = 1 << 20;

/** The UTF-16 units of `text` and two zeros, in an array that the next call overwrites: reading them is several times faster than charCodeAt. */
function codesOf(text: string): Uint16Array {
  const length = text.length;
  let codes = spareCodes;
  if (codes.length < length + 2) {
    codes = new Uint16Array(Math.max(length + 2, Math.min(KEPT_ROOM, codes.length * 2)));
    if (codes.length <= KEPT_ROOM) spareCodes = codes;
  }
  Buffer.from(codes.buffer).write(text, 0, length * 2, 'utf16le');
  codes[length] = codes[length + 1] = 0;
  return codes;
}

/** Position of the quote that closes on the same line, or -1. */
function closingQuote(codes: Uint16Array, from: number, length: number, quote: number): number {
  for (let i = from; i < length; i++) {
    const c = codes[i]!;
    if (c === quote) return i;
    if (c === 10) return -1;
    if (c === 92) i++;
  }
  return -1;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Characters that show nothing: soft hyphen, zero-width spaces and joiners, directional marks, byte-order mark. */
function isZeroWidth(code: number): boolean {
  return code === 0xad || (code >= 0x200b && code <= 0x200f) || (code >= 0x2060 && code <= 0x2064) || code === 0xfeff;
}

/** Outside ASCII everything is a word, save the spaces and line ends of Unicode and what shows nothing. */
function classBeyond(code: number): number {
  if (code > 0x3000 && code < 0xfeff) return WORD;
  if (code <= 0xa0 || code === 0x3000 || code === 0x1680 || isZeroWidth(code)) return BLANK;
  return (code >= 0x2000 && code <= 0x200a) || (code >= 0x2028 && code <= 0x202f) || code === 0x205f ? BLANK : WORD;
}

let spare: Lexemes | undefined;

/** Runs `work` on the lexemes of `text` in a room that is used again afterwards: nothing of them may be kept. */
export function withLexemes<T>(text: string, work: (lexemes: Lexemes) => T): T {
  const room =
    spare !== undefined && spare.starts.length >= text.length ? spare : lexemeRoom(Math.max(4096, text.length));
  // Taken while in use, so that a nested call gets a room of its own.
  spare = undefined;
  try {
    return work(lex(text, room));
  } finally {
    if (room.starts.length <= KEPT_ROOM) spare = room;
  }
}
