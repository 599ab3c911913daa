/**
 * Keeps private code in disguise out: looks up the fingerprints of an example's joined text, drops the example where its completion is touched,
 * and takes out the prompt's lines where only they are.
 */
import {
  eachStart,
  eachWindow,
  type FingerprintKey,
  type FingerprintTest,
  K,
  lengthMarker,
  SHORTEST,
  withWindows,
} from './fingerprint.ts';
import { lex, type Lexemes, withLexemes } from './lexer.ts';

export interface GuardVerdict {
  /** A fingerprinted run touches the completion: the example must go. `prefix` and `suffix` are empty then. */
  touchesCompletion: boolean;
  prefix: string;
  suffix: string;
  /** Lines taken out of prefix and suffix. */
  stripped: number;
}

/** A place in a text, in UTF-16 units, `end` exclusive. */
export interface Span {
  start: number;
  end: number;
}

export interface Parts {
  prefix: string;
  completion: string;
  suffix: string;
}

/** After this many rounds of taking lines out the rest of the prompt goes, so that no text costs more than that many readings. */
const ROUNDS = 8;

const never: FingerprintTest = () => false;

/**
 * The guard's verdict on one example. `has` asks the merged filter of private text, `isPublic` whether the same run stands in enough public
 * repositories to be boilerplate. Taking lines out joins what stood around them, so the rest is read again until nothing is found: applying the
 * guard to its own result changes nothing.
 */
export function guard(
  parts: Parts,
  key: FingerprintKey,
  has: FingerprintTest,
  isPublic: FingerprintTest = never,
): GuardVerdict {
  const { completion } = parts;
  let { prefix, suffix } = parts;
  let stripped = 0;
  const lengths = lengthsIn(key, has);
  const dropped: GuardVerdict = { touchesCompletion: true, prefix: '', suffix: '', stripped: 0 };
  // By itself too: what a prefix runs into (a half word, an open comment) must not hide a completion.
  if (findIn(completion, key, lengths, has, isPublic).length > 0) return dropped;
  for (let round = 0; ; round++) {
    const hits = hitsOf(prefix, completion, suffix, key, lengths, has, isPublic);
    if (hits.length === 0) return { touchesCompletion: false, prefix, suffix, stripped };
    const from = prefix.length;
    const to = from + completion.length;
    if (hits.some((hit) => hit.end > from && hit.start < to)) return dropped;
    const inPrefix = hits.filter((hit) => hit.start < from);
    const inSuffix = hits.filter((hit) => hit.end > to);
    const last = round === ROUNDS - 1;
    const head = last ? { text: '', lines: lineCount(prefix) } : withoutLines(prefix, inPrefix, 0);
    const tail = last ? { text: '', lines: lineCount(suffix) } : withoutLines(suffix, inSuffix, to);
    prefix = head.text;
    suffix = tail.text;
    stripped += head.lines + tail.lines;
  }
}

/** Every place of `text` that is fingerprinted and no boilerplate, in the order of the text; places may overlap. */
export function overlaps(
  text: string,
  key: FingerprintKey,
  has: FingerprintTest,
  isPublic: FingerprintTest = never,
): Span[] {
  return findIn(text, key, lengthsIn(key, has), has, isPublic).sort((a, b) => a.start - b.start || a.end - b.end);
}

/** The lengths of short whole texts, 8 to 19, that the filter says it holds. */
function lengthsIn(key: FingerprintKey, has: FingerprintTest): number[] {
  const lengths: number[] = [];
  for (let size = SHORTEST; size < K; size++) {
    lengthMarker(key, size, (hi, lo) => {
      if (has(hi, lo)) lengths.push(size);
    });
  }
  return lengths;
}

function findIn(
  text: string,
  key: FingerprintKey,
  lengths: readonly number[],
  has: FingerprintTest,
  isPublic: FingerprintTest,
): Span[] {
  return withLexemes(text, (lexemes) => find(lexemes, key, lengths, has, isPublic));
}

function find(
  lexemes: Lexemes,
  key: FingerprintKey,
  lengths: readonly number[],
  has: FingerprintTest,
  isPublic: FingerprintTest,
): Span[] {
  const spans: Span[] = [];
  if (lexemes.count < SHORTEST) return spans;
  const { starts, ends, count } = lexemes;
  withWindows(lexemes, key, (windows) => {
    const look = (size: number, from: number, to: number) =>
      eachWindow(windows, key, size, from, to, (hi, lo, first) => {
        if (has(hi, lo) && !isPublic(hi, lo)) spans.push({ start: starts[first]!, end: ends[first + size - 1]! });
      });
    look(K, 0, count);
    if (lengths.length === 0) return;
    eachStart(windows, key, count, (hi, lo, first) => {
      if (has(hi, lo)) for (const size of lengths) if (first + size <= count) look(size, first, first + size);
    });
  });
  return spans;
}

/** Places in the joined text; where a comment crosses a border of the parts, each part is read by itself as well. */
function hitsOf(
  prefix: string,
  completion: string,
  suffix: string,
  key: FingerprintKey,
  lengths: readonly number[],
  has: FingerprintTest,
  isPublic: FingerprintTest,
): Span[] {
  const joined = prefix + completion + suffix;
  const from = prefix.length;
  const to = from + completion.length;
  return withLexemes(joined, (lexemes) => {
    const hits = find(lexemes, key, lengths, has, isPublic);
    if (swallowsBorder(joined, lexemes, from) || swallowsBorder(joined, lexemes, to)) {
      hits.push(...findIn(prefix, key, lengths, has, isPublic));
      for (const { start, end } of findIn(suffix, key, lengths, has, isPublic))
        hits.push({ start: start + to, end: end + to });
    }
    return hits;
  });
}

/** Whether what lies between the lexemes around `border` is more than white space. */
function swallowsBorder(text: string, { starts, ends, count }: Lexemes, border: number): boolean {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle]! < border) low = middle + 1;
    else high = middle;
  }
  const gapStart = low === 0 ? 0 : ends[low - 1]!;
  const gapEnd = low === count ? text.length : starts[low]!;
  for (let i = gapStart; i < gapEnd; i++) if (text.charCodeAt(i) > 32) return true;
  return false;
}

/** `text` without the lines that the spans touch; `offset` is where the text begins in the spans' count. */
function withoutLines(text: string, spans: Span[], offset: number): { text: string; lines: number } {
  if (spans.length === 0) return { text, lines: 0 };
  spans.sort((a, b) => a.start - b.start);
  let kept = '';
  let lines = 0;
  let done = 0;
  for (const span of spans) {
    const start = Math.max(0, span.start - offset);
    const end = Math.min(text.length, span.end - offset);
    if (end <= done) continue;
    const lineStart = start === 0 ? 0 : Math.max(done, text.lastIndexOf('\n', start - 1) + 1);
    const newline = text.indexOf('\n', end - 1);
    const lineEnd = newline < 0 ? text.length : newline + 1;
    kept += text.slice(done, Math.max(done, lineStart));
    lines += lineCount(text.slice(Math.max(done, lineStart), lineEnd));
    done = lineEnd;
  }
  return { text: kept + text.slice(done), lines };
}

function lineCount(text: string): number {
  if (text === '') return 0;
  let lines = text.endsWith('\n') ? 0 : 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

/**
 * Whether a completion repeats a piece of its prompt: they share 20 lexemes in a row or, where one of the two has 8 to 19 lexemes, it stands
 * wholly in the other. Below 8 lexemes nothing is repeated. Comments and white space do not count.
 */
export function repeatsPiece(completion: string, piece: string): boolean {
  const a = lex(completion);
  const b = lex(piece);
  const [short, long] = a.count <= b.count ? [a, b] : [b, a];
  const size = Math.min(K, short.count);
  if (size < SHORTEST) return false;
  const runs = new Map<number, number[]>();
  eachRun(short, size, (hash, first) => {
    const places = runs.get(hash);
    if (places === undefined) runs.set(hash, [first]);
    // A run that repeats itself hundreds of times says no more than its first places.
    else if (places.length < 4) places.push(first);
  });
  let found = false;
  eachRun(long, size, (hash, first) => {
    const places = runs.get(hash);
    found ||= places?.some((place) => sameRun(short, place, long, first, size)) ?? false;
  });
  return found;
}

function eachRun({ hashes, count }: Lexemes, size: number, visit: (hash: number, first: number) => void): void {
  let power = 1;
  for (let i = 0; i < size; i++) power = Math.imul(power, 0x01000193);
  let hash = 0;
  for (let i = 0; i < count; i++) {
    hash = (Math.imul(hash, 0x01000193) + hashes[i]!) | 0;
    if (i >= size) hash = (hash - Math.imul(hashes[i - size]!, power)) | 0;
    if (i >= size - 1) visit(hash, i - size + 1);
  }
}

function sameRun(a: Lexemes, firstA: number, b: Lexemes, firstB: number, size: number): boolean {
  for (let i = 0; i < size; i++) if (a.hashes[firstA + i] !== b.hashes[firstB + i]) return false;
  return true;
}
