/** Keyed hashes of identifiers: the same id gives the same hash within one key, and nothing without it. */
import { createHmac } from 'node:crypto';
import xxhash from 'xxhash-wasm';

const CACHED = 100_000;
/** Longer values are texts, of which few come twice. */
const CACHED_CHARS = 256;
const { h64ToString } = await xxhash();

/** HMAC-SHA256 cut to 128 bits, hex; those of ids are cached, since a user's or request's records come in runs. */
export class KeyedHash {
  readonly #key: Uint8Array;
  #cache = new Map<string, string>();

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  of(value: string): string {
    const known = this.#cache.get(value);
    if (known !== undefined) return known;
    const hash = createHmac('sha256', this.#key).update(value).digest('hex').slice(0, 32);
    if (value.length > CACHED_CHARS) return hash;
    if (this.#cache.size >= CACHED) this.#cache = new Map();
    this.#cache.set(value, hash);
    return hash;
  }
}

/**
 * Tells whether two records of one user and id say the same: XXH64 under a secret seed, 16 hex digits. It is compared within one run alone
 * and lies in sealed files; HMAC would take longer than parsing the record.
 */
export class ContentHash {
  readonly #seed: bigint;

  constructor(key: Uint8Array) {
    this.#seed = Buffer.from(key).readBigUInt64LE();
  }

  of(content: string): string {
    return h64ToString(content, this.#seed);
  }
}

/** Bucket, from 0, of a request (or of a suggestion without one). */
export function bucketOf(hash: KeyedHash, id: string, buckets: number): number {
  return parseInt(hash.of(`bucket:${id}`).slice(0, 8), 16) % buckets;
}
