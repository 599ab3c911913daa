/** A hash table from 64-bit fingerprints to a few 32-bit numbers each, in typed arrays: 8 bytes and 4 a number for an entry, half of them free. */

const NONE = new Uint32Array(0);

export class GramTable {
  readonly lanes: number;
  private his: Int32Array;
  private los: Int32Array;
  private used: Uint8Array;
  private values: Uint32Array;
  private count = 0;

  /** `lanes`: numbers an entry holds, 0 for a plain set. */
  constructor(lanes: number, capacity = 1024) {
    this.lanes = lanes;
    const slots = 2 ** Math.ceil(Math.log2(Math.max(16, capacity * 2)));
    this.his = new Int32Array(slots);
    this.los = new Int32Array(slots);
    this.used = new Uint8Array(slots);
    this.values = new Uint32Array(slots * lanes);
  }

  get size(): number {
    return this.count;
  }

  has(hi: number, lo: number): boolean {
    return this.used[this.slot(hi, lo)] === 1;
  }

  /** The entry's numbers, to read and to change until the next `claim`; undefined where it is not there. */
  find(hi: number, lo: number): Uint32Array | undefined {
    const at = this.slot(hi, lo);
    return this.used[at] === 1 ? this.numbersAt(at) : undefined;
  }

  /** The entry's numbers; it is made with zeros where it is not there. */
  claim(hi: number, lo: number): Uint32Array {
    let at = this.slot(hi, lo);
    if (this.used[at] === 0) {
      if ((this.count + 1) * 2 > this.his.length) {
        this.grow();
        at = this.slot(hi, lo);
      }
      this.used[at] = 1;
      this.his[at] = hi;
      this.los[at] = lo;
      this.count++;
    }
    return this.numbersAt(at);
  }

  /** Takes every entry out; the memory stays. */
  clear(): void {
    this.used.fill(0);
    this.values.fill(0);
    this.count = 0;
  }

  /** Every entry by ascending fingerprint (as unsigned numbers), so that what is written does not depend on the order of adding. */
  sorted(visit: (hi: number, lo: number, values: Uint32Array) => void): void {
    const { his, los, used } = this;
    let order: Uint32Array = new Uint32Array(this.count);
    for (let at = 0, n = 0; at < used.length; at++) if (used[at] === 1) order[n++] = at;
    // Least significant digit first, 16 bits a pass: tables of many millions are sorted in a second or two.
    for (const [keys, shift] of [[los, 0], [los, 16], [his, 0], [his, 16]] as const) order = byDigit(order, keys, shift); // prettier-ignore
    for (const at of order) visit(his[at]!, los[at]!, this.numbersAt(at));
  }

  /** Entries by ascending fingerprint, each as hi, lo and its numbers, little-endian u32, after the magic number and the count. */
  toBytes(magic: number): Uint8Array {
    const width = 2 + this.lanes;
    const out = new DataView(new ArrayBuffer(8 + this.count * width * 4));
    out.setUint32(0, magic, true);
    out.setUint32(4, this.count, true);
    let at = 8;
    this.sorted((hi, lo, values) => {
      for (const word of [hi, lo, ...values]) {
        out.setUint32(at, word >>> 0, true);
        at += 4;
      }
    });
    return new Uint8Array(out.buffer);
  }

  /** What `toBytes` wrote. Throws on another magic number or length, naming `what`. */
  static fromBytes(bytes: Uint8Array, lanes: number, magic: number, what: string): GramTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 8 || view.getUint32(0, true) !== magic)
      throw new Error(`not a ${what} of this version: build it again`);
    const count = view.getUint32(4, true);
    if (bytes.length !== 8 + count * (2 + lanes) * 4) {
      throw new Error(`${what} is cut: ${bytes.length} bytes for ${count} entries; build it again`);
    }
    const table = new GramTable(lanes, count);
    for (let at = 8; at < bytes.length; at += (2 + lanes) * 4) {
      const values = table.claim(view.getInt32(at, true), view.getInt32(at + 4, true));
      for (let lane = 0; lane < lanes; lane++) values[lane] = view.getUint32(at + 8 + lane * 4, true);
    }
    return table;
  }

  private numbersAt(at: number): Uint32Array {
    return this.lanes === 0 ? NONE : this.values.subarray(at * this.lanes, (at + 1) * this.lanes);
  }

  private slot(hi: number, lo: number): number {
    const mask = this.his.length - 1;
    let at = (Math.imul(hi ^ (lo >>> 7), 0x9e3779b1) ^ lo) & mask;
    while (this.used[at] === 1 && (this.his[at] !== hi || this.los[at] !== lo)) at = (at + 1) & mask;
    return at;
  }

  private grow(): void {
    const old = { his: this.his, los: this.los, used: this.used, values: this.values };
    const slots = old.his.length * 2;
    this.his = new Int32Array(slots);
    this.los = new Int32Array(slots);
    this.used = new Uint8Array(slots);
    this.values = new Uint32Array(slots * this.lanes);
    for (let from = 0; from < old.used.length; from++) {
      if (old.used[from] === 0) continue;
      const to = this.slot(old.his[from]!, old.los[from]!);
      this.used[to] = 1;
      this.his[to] = old.his[from]!;
      this.los[to] = old.los[from]!;
      for (let lane = 0; lane < this.lanes; lane++)
        this.values[to * this.lanes + lane] = old.values[from * this.lanes + lane]!;
    }
  }
}

/** Of one fingerprint as it is written. */
export const FINGERPRINT_BYTES = 8;

/** Distinct fingerprints of a shard, to be written and merged into the run's filter. */
export class FingerprintSet {
  readonly #table = new GramTable(0);

  get size(): number {
    return this.#table.size;
  }

  add(high: number, low: number): void {
    this.#table.claim(high, low);
  }

  clear(): void {
    this.#table.clear();
  }

  /** Each as two little-endian 32-bit words, ascending. */
  toBytes(): Buffer {
    const bytes = Buffer.alloc(this.#table.size * FINGERPRINT_BYTES);
    let at = 0;
    this.#table.sorted((high, low) => {
      bytes.writeInt32LE(high, at);
      bytes.writeInt32LE(low, at + 4);
      at += FINGERPRINT_BYTES;
    });
    return bytes;
  }
}

/** Calls `visit` for each fingerprint that `toBytes` wrote. @throws RangeError where the bytes are cut. */
export function eachFingerprint(bytes: Buffer, visit: (high: number, low: number) => void): void {
  if (bytes.length % FINGERPRINT_BYTES !== 0) throw new RangeError(`fingerprints are cut: ${bytes.length} bytes`);
  for (let at = 0; at < bytes.length; at += FINGERPRINT_BYTES) visit(bytes.readInt32LE(at), bytes.readInt32LE(at + 4));
}

/** `order` by 16 bits of each entry's key, entries of equal bits left in their order. */
function byDigit(order: Uint32Array, keys: Int32Array, shift: number): Uint32Array {
  const ends = new Uint32Array(1 << 16);
  for (let i = 0; i < order.length; i++) ends[(keys[order[i]!]! >>> shift) & 0xffff]!++;
  for (let digit = 1; digit < ends.length; digit++) ends[digit]! += ends[digit - 1]!;
  const out = new Uint32Array(order.length);
  for (let i = order.length - 1; i >= 0; i--) out[--ends[(keys[order[i]!]! >>> shift) & 0xffff]!] = order[i]!;
  return out;
}
