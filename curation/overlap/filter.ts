/**
 * A set of fingerprints without the fingerprints: a Bloom filter. It never misses what was added; what was not added it claims with a chance
 * under the rate it was sized for.
 *
 * Blocked (Putze, Sanders, Singler 2007): all bits of a fingerprint lie in one block of 512 bits, a cache line, so that adding and asking
 * cost one memory access. That needs more bits than the plain form (at 1e-6 and 12 bits a fingerprint about 41 instead of 29).
 */
const BLOCK_BITS = 512;
const BLOCK_WORDS = 16;
/** Bits set for a fingerprint: four words of hash, three positions of nine bits in each. */
const PROBES = 12;
/** Chance at which a filter claims what was not added, where no other is asked for. */
const RATE = 1e-6;
const MAGIC = 0x42464731; // "BFG1"
const HEADER_BYTES = 24;
const PIECE = 1 << 20;
/** Fingerprints that wait before their bits are set. Each lies in a page of its own: 64 are more pages than a processor keeps at hand, and half as fast. */
const BATCH = 32;
/** 4 GiB: the largest offset of a word that stays a small integer in V8. */
const MAX_BLOCKS = 2 ** 26;
/** 256 KiB: a smaller filter is not folded. */
const MIN_BLOCKS = 4096;
/** Room that a filter must have beside what is expected to be begun at a fold of its size: more than chance can make of it. */
const SPARE = 1.1;

/** A filter as another thread can be given it: the bits themselves, shared. Nobody adds to it any more. */
export interface FilterMemory {
  words: Int32Array;
  added: number;
}

export class FingerprintFilter {
  private readonly words: Int32Array;
  private readonly blocks: number;
  private count: number;
  private waiting = 0;
  private readonly his = new Int32Array(BATCH);
  private readonly los = new Int32Array(BATCH);
  /** Kept so that the reads of `settle` are not optimised away. */
  protected lastRead = 0;

  private constructor(words: Int32Array, count: number) {
    this.words = words;
    this.blocks = words.length / BLOCK_WORDS;
    this.count = count;
  }

  /**
   * An empty filter for `expected` fingerprints (repeated ones need no room of their own). Two filters of the same arguments can be merged.
   * Throws a RangeError above 4 GiB or on a rate outside 1e-9 to 0.5.
   */
  static sized(expected: number, falsePositiveRate = RATE): FingerprintFilter {
    return new FingerprintFilter(new Int32Array(filterBytes(expected, falsePositiveRate) / 4), 0);
  }

  /**
   * An empty filter of the size of `sized(expected)`, folded as far as `most` fingerprints surely leave room for: what is added to it and
   * folded gives the same bytes as from any other beginning of the same `expected`.
   */
  static begun(expected: number, most: number): FingerprintFilter {
    let blocks = filterBytes(expected) / (BLOCK_WORDS * 4);
    while (canFold(blocks) && most * SPARE * bitsFor(RATE) <= (blocks / 2) * BLOCK_BITS) blocks /= 2;
    return new FingerprintFilter(new Int32Array(blocks * BLOCK_WORDS), 0);
  }

  /** A filter over the memory of another. */
  static over({ words, added }: FilterMemory): FingerprintFilter {
    return new FingerprintFilter(words, added);
  }

  /** What `over` takes; posted to another thread it is no copy where the filter was read and not built. */
  get memory(): FilterMemory {
    this.settle();
    return { words: this.words, added: this.count };
  }

  /** How often `add` was called, over all merged filters. */
  get added(): number {
    return this.count;
  }

  /** Bytes of memory that the bits take. */
  get bytes(): number {
    return this.words.byteLength;
  }

  add(hi: number, lo: number): void {
    const at = this.waiting++;
    this.his[at] = hi;
    this.los[at] = lo;
    this.count++;
    if (at === BATCH - 1) this.settle();
  }

  /**
   * Sets the bits of what waits. The blocks are all read first: those reads do not depend on each other, so the processor waits for memory about
   * once a batch and not once a fingerprint.
   */
  private settle(): void {
    const { words, waiting, his, los } = this;
    let read = 0;
    for (let i = 0; i < waiting; i++) read |= words[this.baseOf(his[i]!)]!;
    this.lastRead = read;
    for (let i = 0; i < waiting; i++) this.set(his[i]!, los[i]!);
    this.waiting = 0;
  }

  private set(hi: number, lo: number): void {
    const { words } = this;
    const base = this.baseOf(hi);
    let w = lo;
    for (let turn = 0; turn < 4; turn++) {
      words[base + ((w >>> 5) & 15)]! |= 1 << w;
      words[base + ((w >>> 14) & 15)]! |= 1 << (w >>> 9);
      words[base + ((w >>> 23) & 15)]! |= 1 << (w >>> 18);
      w = stir(w, hi);
    }
  }

  has(hi: number, lo: number): boolean {
    if (this.waiting > 0) this.settle();
    const words = this.words;
    const base = this.baseOf(hi);
    let w = lo;
    for (let turn = 0; turn < 4; turn++) {
      if (((words[base + ((w >>> 5) & 15)]! >>> w) & 1) === 0) return false;
      if (((words[base + ((w >>> 14) & 15)]! >>> (w >>> 9)) & 1) === 0) return false;
      if (((words[base + ((w >>> 23) & 15)]! >>> (w >>> 18)) & 1) === 0) return false;
      w = stir(w, hi);
    }
    return true;
  }

  /** Takes in everything that `other` holds. Throws where the sizes differ. */
  merge(other: FingerprintFilter): void {
    if (other.words.length !== this.words.length) {
      throw new RangeError(
        `filters of ${this.bytes} and ${other.bytes} bytes cannot be merged: size both from one plan`,
      );
    }
    this.settle();
    other.settle();
    for (let i = 0; i < this.words.length; i++) this.words[i]! |= other.words[i]!;
    this.count += other.count;
  }

  /** Share of bits that are set, 0 to 1: above 0.35 the filter was sized too small. With `folds`, the share if it were folded so often. */
  fill(folds = 0): number {
    this.settle();
    const { words } = this;
    const stride = BLOCK_WORDS << folds;
    let set = 0;
    for (let base = 0; base < words.length; base += stride) {
      for (let at = base; at < base + BLOCK_WORDS; at++) {
        let word = words[at]!;
        for (let other = at + BLOCK_WORDS; other < base + stride; other += BLOCK_WORDS) word |= words[other]!;
        if (word === 0) continue;
        let x = word - ((word >>> 1) & 0x55555555);
        x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
        set += Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
      }
    }
    return set / ((words.length >>> folds) * 32);
  }

  /**
   * The filter at the smallest size that still holds the default rate, by laying neighbouring blocks upon each other. How small is decided by
   * the bits that would be set at each size, so it depends on what was added alone, and on the size that the filter was planned with.
   */
  folded(): FingerprintFilter {
    // Bits that are set where the filter is as full as it may be.
    const full = 1 - Math.exp(-(BLOCK_BITS / bitsFor(RATE)) * (1 - (1 - 1 / BLOCK_BITS) ** PROBES));
    let folds = 0;
    while (canFold(this.blocks >>> folds) && this.fill(folds + 1) <= full) folds++;
    if (folds === 0) return this;
    const { words } = this;
    const smaller = new Int32Array(words.length >>> folds);
    for (let block = 0; block < this.blocks; block++) {
      const to = (block >>> folds) * BLOCK_WORDS;
      const from = block * BLOCK_WORDS;
      for (let word = 0; word < BLOCK_WORDS; word++) smaller[to + word]! |= words[from + word]!;
    }
    return new FingerprintFilter(smaller, this.count);
  }

  /** A header of 24 bytes (magic, version, blocks, probes, added as two words), then the blocks, all little-endian. */
  toBytes(): Uint8Array {
    return Buffer.concat([...this.pieces()]);
  }

  /** What `toBytes` gives in pieces of at most 1 MiB, which show the filter's own memory: nothing may be added while they are read. */
  *pieces(): Generator<Uint8Array> {
    this.settle();
    const header = new DataView(new ArrayBuffer(HEADER_BYTES));
    const fields = [MAGIC, 1, this.blocks, PROBES, this.count % 2 ** 32, Math.floor(this.count / 2 ** 32)];
    fields.forEach((value, i) => header.setUint32(i * 4, value, true));
    yield new Uint8Array(header.buffer);
    const bytes = bytesOf(this.words);
    for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
  }

  /** The filter that `toBytes` wrote, copied. Throws on anything else: a cut filter would let private code through. */
  static fromBytes(bytes: Uint8Array): FingerprintFilter {
    const filter = FingerprintFilter.headed(bytes);
    const size = filter.bytes + HEADER_BYTES;
    if (bytes.length !== size) throw cut(bytes.length, size);
    bytesOf(filter.words).set(bytes.subarray(HEADER_BYTES));
    return filter;
  }

  /** As `fromBytes`, for bytes that come in pieces; memory is that of the filter. */
  static async fromPieces(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<FingerprintFilter> {
    let head: Uint8Array = new Uint8Array(0);
    let filter: FingerprintFilter | undefined;
    let bytes: Uint8Array = head;
    let at = 0;
    for await (let piece of pieces) {
      if (filter === undefined) {
        head = Buffer.concat([head, piece]);
        if (head.length < HEADER_BYTES) continue;
        filter = FingerprintFilter.headed(head);
        bytes = bytesOf(filter.words);
        piece = head.subarray(HEADER_BYTES);
      }
      if (at + piece.length > bytes.length) throw cut(at + piece.length + HEADER_BYTES, bytes.length + HEADER_BYTES);
      bytes.set(piece, at);
      at += piece.length;
    }
    filter ??= FingerprintFilter.headed(head);
    if (at !== bytes.length) throw cut(at + HEADER_BYTES, bytes.length + HEADER_BYTES);
    return filter;
  }

  /** An empty filter of the size that a header names, in memory that threads can share. */
  private static headed(bytes: Uint8Array): FingerprintFilter {
    const field = (i: number): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(i * 4, true);
    if (bytes.length < HEADER_BYTES || field(0) !== MAGIC || field(1) !== 1 || field(3) !== PROBES) {
      throw new Error('not a fingerprint filter of this version: build it again');
    }
    const blocks = field(2);
    if (blocks < 1 || blocks > MAX_BLOCKS) throw new Error('fingerprint filter has no size: build it again');
    const words = new Int32Array(new SharedArrayBuffer(blocks * BLOCK_WORDS * 4));
    return new FingerprintFilter(words, field(4) + field(5) * 2 ** 32);
  }

  private baseOf(hi: number): number {
    return Math.floor(((hi >>> 0) * this.blocks) / 2 ** 32) * BLOCK_WORDS;
  }
}

function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

function cut(bytes: number, wanted: number): Error {
  return new Error(`fingerprint filter is cut: ${bytes} bytes of ${wanted}; build it again`);
}

function stir(word: number, hi: number): number {
  const x = Math.imul(word ^ hi, 0x9e3779b1);
  return ((x ^ (x >>> 15)) + 0x7f4a7c15) | 0;
}

/** Bytes of a filter for `expected` fingerprints at the given rate. */
export function filterBytes(expected: number, falsePositiveRate = RATE): number {
  if (!(expected >= 0) || !(falsePositiveRate >= 1e-9 && falsePositiveRate <= 0.5)) {
    throw new RangeError('a filter needs an expected count of 0 or more and a rate of 1e-9 to 0.5');
  }
  const wanted = Math.max(1, Math.ceil((Math.max(1, expected) * bitsFor(falsePositiveRate)) / BLOCK_BITS));
  // A size that can be halved until it is small.
  const grain = 2 ** Math.max(0, Math.floor(Math.log2(wanted / MIN_BLOCKS)));
  const blocks = Math.ceil(wanted / grain) * grain;
  if (blocks > MAX_BLOCKS) throw new RangeError(`a filter for ${expected} fingerprints is over 4 GiB: use winnowing`);
  return blocks * BLOCK_WORDS * 4;
}

function canFold(blocks: number): boolean {
  return blocks % 2 === 0 && blocks / 2 >= MIN_BLOCKS;
}

const bitsByRate = new Map<number, number>();

/** Bits a fingerprint so that the expected false positives, over the Poisson load of blocks, stay under `rate`. */
function bitsFor(rate: number): number {
  const known = bitsByRate.get(rate);
  if (known !== undefined) return known;
  let bits = 8;
  while (falsePositives(BLOCK_BITS / bits) > rate) bits += 0.25;
  bitsByRate.set(rate, bits);
  return bits;
}

function falsePositives(load: number): number {
  let chance = Math.exp(-load);
  let sum = 0;
  for (let keys = 1; keys < load * 4 + 60; keys++) {
    chance *= load / keys;
    sum += chance * (1 - (1 - 1 / BLOCK_BITS) ** (keys * PROBES)) ** PROBES;
  }
  return sum;
}
