/** Distinct fingerprints of a shard, to be written and merged into the run's filter. */
import { GramTable } from './grams.ts';

/** Of one fingerprint as it is written. */
export const FINGERPRINT_BYTES = 8;

export class FingerprintSet {
  readonly #table = new GramTable(0);

  get size(): number {
    return this.#table.size;
  }

  add(high: number, low: number): void {
    this.#table.claim(high, low);
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
