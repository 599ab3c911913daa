/** One stored object of several sealed parts: a stage writes all it makes of a shard at once, and readers fetch the part they need. */
import { createHash } from 'node:crypto';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { seal, open } from '../../storage/seal.ts';
import { StorageFault, type ObjectStore } from '../../storage/objects.ts';
import type { Ref } from '../types.ts';

const FOOTER_BYTES = 8;
const FLUSH_BYTES = 1 << 20;
const FEED = 10;
/** Of a UTF-16 unit, at most. */
const UTF8_BYTES = 3;
const LEVEL = 1;
/** Most bytes that gunzip gives at a time. */
const UNPACKED = 16 << 20;
/** The last of a gzip member: how long it was, plain (RFC 1952). */
const ISIZE_BYTES = 4;

/** Memory of buffers that are done, for the next: V8 collects all garbage for every 64 MB that is taken outside of its heap. */
const SPARE: Buffer[] = [];
const SPARES = 48;
/** What a buffer of ordinary lines grows to; one that held a giant line goes. */
const MOST_SPARE = 2 * FLUSH_BYTES;
const NOTHING = Buffer.alloc(0);

/**
 * Collects JSON lines, compressed as they come (as gzip members), so that only compressed bytes add up. What waits is bytes, not strings: the
 * collector would copy those of a shard's buckets again and again.
 */
export class LineBuffer {
  #pending: Buffer = NOTHING;
  #used = 0;
  readonly #members: Buffer[] = [];
  lines = 0;

  push(value: unknown): void {
    this.line(JSON.stringify(value));
  }

  /** A line that is made already, without its line feed. */
  line(text: string): void {
    const most = this.#used + text.length * UTF8_BYTES + 1;
    if (most > this.#pending.length) this.#grow(most);
    this.#used += this.#pending.write(text, this.#used);
    this.#pending[this.#used++] = FEED;
    this.lines++;
    if (this.#used >= FLUSH_BYTES) this.#flush();
  }

  /** All lines so far, gzip; empty where there were none. */
  bytes(): Buffer {
    this.#flush();
    if (this.#pending !== NOTHING && this.#pending.length <= MOST_SPARE && SPARE.length < SPARES)
      SPARE.push(this.#pending);
    this.#pending = NOTHING;
    return this.#members.length === 1 ? this.#members[0]! : Buffer.concat(this.#members);
  }

  #grow(least: number): void {
    const spare = this.#pending === NOTHING ? SPARE.pop() : undefined;
    if (spare && spare.length >= least) this.#pending = spare;
    else {
      const larger = Buffer.allocUnsafeSlow(Math.max(least, this.#pending.length * 2));
      this.#pending.copy(larger, 0, 0, this.#used);
      this.#pending = larger;
    }
  }

  #flush(): void {
    if (this.#used === 0) return;
    this.#members.push(gzipSync(this.#pending.subarray(0, this.#used), { level: LEVEL }));
    this.#used = 0;
  }
}

/** JSON lines as `LineBuffer` gives them, unpacked; the last one ends in a line feed too. */
export function unpackLines(bytes: Buffer): Buffer {
  if (bytes.length === 0) return bytes;
  // One piece where there is one member, and few where there are several.
  const last = bytes.readUInt32LE(bytes.length - ISIZE_BYTES);
  const chunkSize = Math.min(UNPACKED, Math.max(last + 1, bytes.length, constants.Z_MIN_CHUNK));
  return gunzipSync(bytes, { maxOutputLength: 0x7fffffff, chunkSize });
}

/** Where the lines of a part stand in its text, each without its line feed. */
export function* eachLine(bytes: Buffer): Generator<{ text: Buffer; start: number; end: number }> {
  const text = unpackLines(bytes);
  let start = 0;
  for (let end = text.indexOf(FEED); end >= 0; end = text.indexOf(FEED, start)) {
    yield { text, start, end };
    start = end + 1;
  }
}

/** The values of JSON lines as `LineBuffer` gives them. */
export function* linesOf<T>(bytes: Buffer): Generator<T> {
  for (const { text, start, end } of eachLine(bytes)) yield JSON.parse(text.toString('utf8', start, end)) as T;
}

/** Those of `linesOf` whose line holds a text; the others are not parsed. */
export function* linesHolding<T>(bytes: Buffer, held: string): Generator<T> {
  const text = unpackLines(bytes);
  const mark = Buffer.from(held);
  for (let at = text.indexOf(mark); at >= 0;) {
    const end = text.indexOf(FEED, at);
    yield JSON.parse(text.toString('utf8', text.lastIndexOf(FEED, at) + 1, end)) as T;
    at = text.indexOf(mark, end);
  }
}

/** Seals each part on its own and writes them as one object: parts, an index of their ends, the index's length. */
export async function writeParts(store: ObjectStore, key: string, parts: Buffer[], recipients: string[]): Promise<Ref> {
  const sealed: Buffer[] = [];
  const ends: number[] = [];
  let size = 0;
  for (const part of parts) {
    const bytes = part.length === 0 ? part : await seal(part, recipients);
    sealed.push(bytes);
    ends.push((size += bytes.length));
  }
  const index = Buffer.from(JSON.stringify(ends));
  const footer = Buffer.alloc(FOOTER_BYTES);
  footer.writeUInt32BE(index.length, FOOTER_BYTES - 4);
  const written = await store.write(key, Buffer.concat([...sealed, index, footer]));
  return { key, size: written.size, index: digestOf(index) };
}

function digestOf(index: Buffer): string {
  return createHash('sha256').update(index).digest('hex').slice(0, 32);
}

/** Reads parts of objects that `writeParts` wrote; an object's index is read once. */
export class PartReader {
  readonly #store: ObjectStore;
  readonly #identities: string[];
  readonly #indexes = new Map<string, number[]>();

  constructor(store: ObjectStore, identities: string[]) {
    this.#store = store;
    this.#identities = identities;
  }

  /** The plain bytes of one part. @throws SealFault or StorageFault where the object is damaged or gone. */
  async read(ref: Ref, part: number): Promise<Buffer> {
    const ends = this.#indexes.get(ref.key) ?? (await this.#index(ref));
    const end = ends[part];
    const start = part === 0 ? 0 : ends[part - 1];
    if (end === undefined || start === undefined || !(start <= end && end <= ref.size))
      throw new StorageFault('changed', ref.key, 'is damaged');
    if (start === end) return Buffer.alloc(0);
    return open(await this.#store.readAll(ref.key, { start, end }), this.#identities);
  }

  async #index(ref: Ref): Promise<number[]> {
    const footer = await this.#store.readAll(ref.key, { start: ref.size - FOOTER_BYTES, end: ref.size });
    const length = footer.length === FOOTER_BYTES ? footer.readUInt32BE(FOOTER_BYTES - 4) : ref.size;
    const end = ref.size - FOOTER_BYTES;
    if (length > end) throw new StorageFault('changed', ref.key, 'is damaged');
    const index = await this.#store.readAll(ref.key, { start: end - length, end });
    // The parts are sealed, the index is not: a changed one could make a part look empty.
    if (ref.index !== undefined && digestOf(index) !== ref.index)
      throw new StorageFault('changed', ref.key, 'is damaged');
    let ends: unknown;
    try {
      ends = JSON.parse(index.toString());
    } catch {
      ends = null;
    }
    if (!Array.isArray(ends) || !ends.every((value) => Number.isSafeInteger(value)))
      throw new StorageFault('changed', ref.key, 'is damaged');
    this.#indexes.set(ref.key, ends as number[]);
    return ends as number[];
  }
}
