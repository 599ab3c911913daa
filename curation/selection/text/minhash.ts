/**
 * MinHash: 112 numbers of a text of which two texts share about as many as they share of their 5-grams of lexemes (Jaccard similarity).
 *
 * The numbers are those of fast similarity sketching (Dahlgaard, Knudsen, Thorup, FOCS 2017): unbiased like 112 separate permutations and
 * no less concentrated, at O(n + t log t) instead of O(n · t). Every gram falls into one of the 112 places a round; a place keeps the least hash of
 * its first round with a gram; rounds go on until no place is empty.
 */
import { createHmac } from 'node:crypto';
import { type Lexemes, scramble, withLexemes } from '../../overlap/lexer.ts';

export const PERMUTATIONS = 112;
export const BANDS = 14;
export const ROWS = 8;
/** Lexemes of a gram. */
export const SHINGLE = 5;

const SPREAD = 0x9e3779b1;
/** Up to so many grams, looking at repeats again costs less than finding them. */
const FEW = 256;

/** The signature of `text` and how many lexemes it has. A text of fewer than five lexemes is one gram; one of none has a signature of zeros. */
export function signature(text: string): { signature: Uint32Array; lexemes: number } {
  return withLexemes(text, (lexemes) => ({ signature: sketch(grams(lexemes)), lexemes: lexemes.count }));
}

let spare: Int32Array | undefined;
const KEPT_ROOM = 1 << 20;

/** Hashes of all runs of five lexemes, repeated ones included: they change no minimum. */
function grams({ hashes, count }: Lexemes): Int32Array {
  const size = Math.max(count === 0 ? 0 : 1, count - SHINGLE + 1);
  if (spare === undefined || spare.length < size) spare = new Int32Array(Math.max(size, 4096));
  const out = spare.subarray(0, size);
  if (spare.length > KEPT_ROOM) spare = undefined;
  const width = Math.min(SHINGLE, count);
  let power = 1;
  for (let i = 0; i < width; i++) power = Math.imul(power, SPREAD);
  let rolling = 0;
  for (let i = 0; i < count; i++) {
    const hash = Math.imul(hashes[i]! ^ (hashes[i]! >>> 15), 0x85ebca6b);
    rolling = (Math.imul(rolling, SPREAD) + (hash ^ (hash >>> 13))) | 0;
    if (i >= width) {
      const gone = Math.imul(hashes[i - width]! ^ (hashes[i - width]! >>> 15), 0x85ebca6b);
      rolling = (rolling - Math.imul(gone ^ (gone >>> 13), power)) | 0;
    }
    if (i >= width - 1) out[i - width + 1] = rolling;
  }
  return out;
}

function sketch(given: Int32Array): Uint32Array {
  const out = new Uint32Array(PERMUTATIONS);
  if (given.length === 0) return out;
  const roundOf = new Uint8Array(PERMUTATIONS).fill(255);
  let empty = PERMUTATIONS;
  let values = given;
  for (let round = 0; empty > 0; round++) {
    // Where three rounds did not do, grams are few or repeat themselves: without repeats all further rounds are short.
    if (round === 3 && given.length > FEW) values = distinct(given);
    const salt = Math.imul(round + 1, 0x27d4eb2f);
    // From the 112th round on each place is filled in turn, so that even one gram fills them all.
    const place = round - PERMUTATIONS;
    for (let i = 0; i < values.length; i++) {
      let x = Math.imul(values[i]! ^ salt, 0x7feb352d);
      x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
      const hash = x ^ (x >>> 16);
      // The place comes from the high bits by multiplication (hash · 112 / 2^32 in halves), the rank from an independent mix.
      const carried = Math.imul(hash & 0xffff, PERMUTATIONS) >>> 16;
      const at = place >= 0 ? place : (Math.imul(hash >>> 16, PERMUTATIONS) + carried) >>> 16;
      const filled = roundOf[at]!;
      if (filled < round) continue;
      let rank = Math.imul(hash ^ 0x5bd1e995, 0xc2b2ae35);
      rank = (rank ^ (rank >>> 16)) >>> 0;
      if (filled > round) {
        roundOf[at] = round;
        out[at] = rank;
        empty--;
      } else if (rank < out[at]!) out[at] = rank;
    }
  }
  // A place filled in another round is another event: the round is part of the number.
  for (let at = 0; at < PERMUTATIONS; at++) out[at] = scramble(out[at]! ^ Math.imul(roundOf[at]!, SPREAD));
  return out;
}

function distinct(values: Int32Array): Int32Array {
  const sorted = values.slice().sort();
  let count = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[count++] = sorted[i]!;
  return sorted.subarray(0, count);
}

/** Share of equal places, 0 to 1: the estimate of the Jaccard similarity, with a standard error of at most 0.047. */
export function similarity(a: Uint32Array, b: Uint32Array): number {
  let equal = 0;
  for (let i = 0; i < PERMUTATIONS; i++) if (a[i] === b[i]) equal++;
  return equal / PERMUTATIONS;
}

/** The 14 keyed hashes (16 hex characters) of bands of eight places: texts that share one are candidates. */
export function bandHashes(signature: Uint32Array, key: Uint8Array): string[] {
  const bytes = signatureBytes(signature);
  return Array.from({ length: BANDS }, (_, band) => {
    const rows = bytes.subarray(band * ROWS * 4, (band + 1) * ROWS * 4);
    return createHmac('sha256', key).update(`band ${band}\n`).update(rows).digest('hex').slice(0, 16);
  });
}

/** Base64 of the 112 numbers as little-endian u32: 600 characters. */
export function encodeSignature(signature: Uint32Array): string {
  return Buffer.from(signatureBytes(signature)).toString('base64');
}

/** What `encodeSignature` wrote. Throws on another length. */
export function decodeSignature(text: string): Uint32Array {
  return signatureOf(Buffer.from(text, 'base64'));
}

/** The 448 bytes of a signature as numbers. Throws on another length. */
export function signatureOf(bytes: Uint8Array): Uint32Array {
  if (bytes.length !== PERMUTATIONS * 4)
    throw new RangeError(`a signature has ${PERMUTATIONS * 4} bytes, not ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Uint32Array.from({ length: PERMUTATIONS }, (_, i) => view.getUint32(i * 4, true));
}

function signatureBytes(signature: Uint32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(PERMUTATIONS * 4));
  for (let i = 0; i < PERMUTATIONS; i++) view.setUint32(i * 4, signature[i]!, true);
  return new Uint8Array(view.buffer);
}
