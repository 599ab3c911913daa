/**
 * Keyed fingerprints of text: one for every run of 20 lexemes, one for the whole where it has 8 to 19, none below.
 *
 * A fingerprint is a polynomial over keyed lexeme hashes in two independent rings modulo 2^32 (Karp–Rabin), finished by a keyed bijective mix:
 * 64 bits, so that two different runs among 10^9 meet with a chance under 10^-10. What is assumed: the key is secret and lives as long as the
 * run. It is no cryptographic hash; with the key anyone can test whether a guessed text was fingerprinted, without it nobody can.
 */
import { createHmac } from 'node:crypto';
import { endsInComma, IDENTIFIER, lex, type Lexemes, scramble, withLexemes } from './lexer.ts';

/** Lexemes of a run (privacy-and-trust.md: 0.6% of unrelated snippets share one). */
export const K = 20;
/** Texts of fewer lexemes than this leave no fingerprint. */
export const SHORTEST = 8;
/** Lexemes of a run with renamed identifiers, a review signal only. */
export const K_NORMALISED = 40;
/** Window of winnowing: every shared run of K + WINNOW_WINDOW − 1 = 30 lexemes is found (Schleimer, Wilkerson, Aiken 2003). */
export const WINNOW_WINDOW = 11;
/** The kind of a window of 8 lexemes with which a short text begins; sizes are kinds up to 40. */
const START = 64;

/** Receives the two signed 32-bit halves of a fingerprint. */
export type FingerprintSink = (hi: number, lo: number) => void;
/** Asks for the two signed 32-bit halves of a fingerprint. */
export type FingerprintTest = (hi: number, lo: number) => boolean;

/** Words that carry a language's structure and are no names: they stay where identifiers are evened out. */
const KEYWORDS = `
abstract and as assert async await begin boolean bool break byte case catch chan char class const constructor continue crate debugger def
default defer del delete do double elif else elsif end enum except export extends extern false final finally float fn for foreach from func
function global go goto if impl implements import in include inline instanceof int interface is lambda let local long loop match mod module
mut namespace new nil none None not null number object operator or override package pass private protected pub public raise range readonly
ref require return self short signed sizeof static str string struct super switch template then this throw throws trait true True False try
type typedef typename typeof undefined union unless unsafe unsigned until use using val var virtual void volatile when where while with yield
`;

/** Hashes of the keywords in a table of open addressing: every identifier is looked up, and a Set takes several times as long. */
const KEYWORD_SLOTS = 1024;
const KEYWORD_HASHES = new Int32Array(KEYWORD_SLOTS);
for (const word of KEYWORDS.trim().split(/\s+/)) {
  const hash = lex(word).hashes[0]!;
  KEYWORD_HASHES[keywordSlot(hash)] = hash;
}

/** Where the hash stands in the table, or the free place (0) that says that it does not. */
function keywordSlot(hash: number): number {
  let at = (hash ^ (hash >>> 15)) & (KEYWORD_SLOTS - 1);
  while (KEYWORD_HASHES[at] !== 0 && KEYWORD_HASHES[at] !== hash) at = (at + 1) & (KEYWORD_SLOTS - 1);
  return at;
}

/** What a run's fingerprints depend on; made by `fingerprintKey`. */
export interface FingerprintKey {
  readonly maskA: number;
  readonly maskB: number;
  readonly baseA: number;
  readonly baseB: number;
  readonly finishA: number;
  readonly finishB: number;
  /** Powers of the bases by window length, up to K_NORMALISED. */
  readonly powersA: Int32Array;
  readonly powersB: Int32Array;
}

/** Derives the constants of a run from 32 secret bytes. Throws a RangeError on another length. */
export function fingerprintKey(key: Uint8Array): FingerprintKey {
  if (key.length !== 32) throw new RangeError(`a fingerprint key has 32 bytes, not ${key.length}`);
  const words = createHmac('sha256', key).update('garner/fingerprint/1').digest();
  // Bases that are 5 modulo 8 have the longest period modulo 2^32.
  const baseA = (words.readInt32LE(8) & ~7) | 5;
  const baseB = (words.readInt32LE(12) & ~7) | 5;
  const powersA = new Int32Array(K_NORMALISED + 1).fill(1);
  const powersB = new Int32Array(K_NORMALISED + 1).fill(1);
  for (let n = 1; n <= K_NORMALISED; n++) {
    powersA[n] = Math.imul(powersA[n - 1]!, baseA);
    powersB[n] = Math.imul(powersB[n - 1]!, baseB);
  }
  const [maskA, maskB] = [words.readInt32LE(0), words.readInt32LE(4)];
  const [finishA, finishB] = [words.readInt32LE(16), words.readInt32LE(20)];
  return { maskA, maskB, baseA, baseB, finishA, finishB, powersA, powersB };
}

/** The prefix polynomials of one text: any window's fingerprint in constant time. The arrays may be longer than `count` + 1. */
export interface Windows {
  count: number;
  a: Int32Array;
  b: Int32Array;
}

let spare: Windows | undefined;
const KEPT_ROOM = 1 << 20;

/** Runs `work` on the windows over `lexemes` in a room that is used again afterwards. `normalised` gives every identifier one hash. */
export function withWindows<T>(
  lexemes: Lexemes,
  key: FingerprintKey,
  work: (windows: Windows) => T,
  normalised = false,
): T {
  const count = lexemes.count;
  const size = Math.max(1024, count + 1);
  const windows =
    spare !== undefined && spare.a.length >= size ? spare : { count, a: new Int32Array(size), b: new Int32Array(size) };
  spare = undefined;
  const { a, b } = windows;
  const { hashes, kinds } = lexemes;
  const { maskA, maskB, baseA, baseB } = key;
  let sumA = 0;
  let sumB = 0;
  a[0] = b[0] = 0;
  for (let i = 0; i < count; i++) {
    let hash = hashes[i]!;
    if (normalised && kinds[i] === IDENTIFIER && KEYWORD_HASHES[keywordSlot(hash)] === 0) hash = 1;
    let x = Math.imul(hash ^ maskA, 0x9e3779b1);
    let y = Math.imul(hash ^ maskB, 0x85ebca77);
    x ^= x >>> 15;
    y ^= y >>> 13;
    a[i + 1] = sumA = (Math.imul(sumA, baseA) + Math.imul(x, 0x2c1b3c6d)) | 0;
    b[i + 1] = sumB = (Math.imul(sumB, baseB) + Math.imul(y, 0x297a2d39)) | 0;
  }
  windows.count = count;
  try {
    return work(windows);
  } finally {
    if (size <= KEPT_ROOM) spare = windows;
  }
}

/**
 * Calls `visit` for the fingerprint of every window of `size` lexemes from lexeme `from` up to the one that ends at `to` (exclusive). `kind` tells
 * windows of one size but different meaning apart.
 */
export function eachWindow(
  windows: Windows,
  key: FingerprintKey,
  size: number,
  from: number,
  to: number,
  visit: (hi: number, lo: number, first: number) => void,
  kind = size,
): void {
  const { a, b } = windows;
  const powerA = key.powersA[size]!;
  const powerB = key.powersB[size]!;
  // The length goes in, so that a short text's fingerprint is never that of a run.
  const finishA = key.finishA ^ Math.imul(kind, 0x27d4eb2f);
  const finishB = key.finishB;
  const last = to - size;
  for (let i = from; i <= last; i++) {
    let x = Math.imul((a[i + size]! - Math.imul(a[i]!, powerA)) ^ finishA, 0x7feb352d);
    x ^= x >>> 16;
    let y = Math.imul((b[i + size]! - Math.imul(b[i]!, powerB)) ^ finishB ^ x, 0x846ca68b);
    y ^= y >>> 15;
    x = Math.imul(x ^ y, 0x9e3779b1);
    x ^= x >>> 16;
    visit(x, y, i);
  }
}

/**
 * Calls `visit` for every place at which a whole text of 8 to 19 lexemes may begin: the fingerprint of the next 8, of a kind of its own. Asking for
 * one of them first saves asking at every place for texts of every length.
 */
export function eachStart(
  windows: Windows,
  key: FingerprintKey,
  to: number,
  visit: (hi: number, lo: number, first: number) => void,
): void {
  eachWindow(windows, key, SHORTEST, 0, to, visit, START);
}

/** A fingerprint that says that some whole text of `size` lexemes (8 to 19) is among the fingerprinted ones. */
export function lengthMarker(key: FingerprintKey, size: number, visit: FingerprintSink): void {
  const x = scramble(key.finishB ^ Math.imul(size, 0x165667b1)) | 0;
  visit(x, scramble(x ^ key.finishA) | 0);
}

/**
 * Sends `sink` the fingerprint of every run of 20 lexemes of `text`; of a text of 8 to 19 lexemes the whole's, that of its beginning and the
 * marker of its length; nothing for fewer. The order is that of the text; repeated runs are sent again.
 */
export function fingerprintsOf(text: string, key: FingerprintKey, sink: FingerprintSink): void {
  withLexemes(text, (lexemes) => runsOf(lexemes, key, sink, false));
}

function runsOf(lexemes: Lexemes, key: FingerprintKey, sink: FingerprintSink, isWinnowed: boolean): void {
  // A short text that ends in a comma is known without it: in a copy a bracket may follow, before which commas do not count.
  const count = lexemes.count - (lexemes.count <= K && endsInComma(lexemes) ? 1 : 0);
  if (count < SHORTEST) return;
  withWindows(lexemes, key, (windows) => {
    if (count >= K) return isWinnowed ? winnowed(windows, key, K, sink) : eachWindow(windows, key, K, 0, count, sink);
    lengthMarker(key, count, sink);
    eachStart(windows, key, SHORTEST, sink);
    eachWindow(windows, key, count, 0, count, sink);
  });
}

/** As `fingerprintsOf`, with about a sixth of the runs: the least fingerprint of every 11 neighbouring ones (the rightmost of equals). */
export function winnow(text: string, key: FingerprintKey, sink: FingerprintSink): void {
  withLexemes(text, (lexemes) => runsOf(lexemes, key, sink, true));
}

/** About a sixth of what `normalisedFingerprintsOf` sends: every copy of 50 lexemes whose names were changed shares one. */
export function winnowNormalised(text: string, key: FingerprintKey, sink: FingerprintSink): void {
  withLexemes(text, (lexemes) => winnowedNormalised(lexemes, key, sink));
}

function winnowedNormalised(lexemes: Lexemes, key: FingerprintKey, sink: FingerprintSink): void {
  if (lexemes.count < K_NORMALISED) return;
  withWindows(lexemes, key, (windows) => winnowed(windows, key, K_NORMALISED, sink), true);
}

let spareHalves = [new Int32Array(1024), new Int32Array(1024)] as const;

/** The least of every `WINNOW_WINDOW` neighbouring fingerprints, the rightmost of equals. */
function winnowed(windows: Windows, key: FingerprintKey, size: number, sink: FingerprintSink): void {
  const count = windows.count - size + 1;
  const halves =
    spareHalves[0].length >= count ? spareHalves : ([new Int32Array(count), new Int32Array(count)] as const);
  // Taken while in use, so that a sink which asks for fingerprints itself gets a room of its own.
  spareHalves = [new Int32Array(0), new Int32Array(0)];
  const [his, los] = halves;
  eachWindow(windows, key, size, 0, windows.count, (hi, lo, first) => {
    his[first] = hi;
    los[first] = lo;
  });
  let least = 0;
  let sent = -1;
  for (let at = 0; at < count; at++) {
    if (his[at]! <= his[least]!) least = at;
    else if (least <= at - WINNOW_WINDOW) {
      least = at - WINNOW_WINDOW + 1;
      for (let i = least + 1; i <= at; i++) if (his[i]! <= his[least]!) least = i;
    }
    if ((at >= WINNOW_WINDOW - 1 || at === count - 1) && least !== sent) {
      sink(his[least]!, los[least]!);
      sent = least;
    }
  }
  if (his.length <= KEPT_ROOM) spareHalves = halves;
}

/** All runs of private text, or a winnowed sixth of them where all would not fit the memory. */
export type GuardMode = 'all' | 'winnow';

/**
 * What private text leaves in a guard's filter: its runs by mode and, where all of them are taken, a winnowed sixth of the normalised ones,
 * which cannot be mistaken for the others since a run's length goes into its fingerprint.
 */
export function guardPrints(text: string, key: FingerprintKey, mode: GuardMode, sink: FingerprintSink): void {
  withLexemes(text, (lexemes) => {
    runsOf(lexemes, key, sink, mode === 'winnow');
    if (mode === 'all') winnowedNormalised(lexemes, key, sink);
  });
}

/** Fingerprints of every run of 40 lexemes in which all identifiers but keywords are one: shows copies whose names were changed. */
export function normalisedFingerprintsOf(text: string, key: FingerprintKey, sink: FingerprintSink): void {
  withLexemes(text, (lexemes) => {
    if (lexemes.count < K_NORMALISED) return;
    withWindows(lexemes, key, (windows) => eachWindow(windows, key, K_NORMALISED, 0, lexemes.count, sink), true);
  });
}
