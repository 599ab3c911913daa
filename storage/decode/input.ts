/** A source read by the block or by the byte, as decoders need it. */

/** Blocks of one size however the source cuts its chunks: large ones, because zlib is slow on small ones. */
const BLOCK_BYTES = 1 << 20;

export class BlockInput {
  readonly #source: AsyncIterator<Uint8Array>;
  /** What has been read and not yet taken. */
  #block: Buffer = Buffer.alloc(0);
  #next: Buffer = Buffer.alloc(0);
  #ended = false;
  /** Told of every block that is read. */
  readonly #onRead: (bytes: number) => void;

  constructor(source: AsyncIterator<Uint8Array>, onRead: (bytes: number) => void = () => {}) {
    this.#source = source;
    this.#onRead = onRead;
  }

  /** The rest of the block at hand, or else the next; null at the end. */
  async block(): Promise<Buffer | null> {
    if (this.#block.length === 0) await this.#read();
    const block = this.#block;
    this.#block = Buffer.alloc(0);
    return block.length === 0 ? null : block;
  }

  /** All that is left. */
  async *blocks(): AsyncGenerator<Buffer> {
    for (let block = await this.block(); block !== null; block = await this.block()) yield block;
  }

  /** Gives bytes back that stand before all that is still to be taken. */
  unread(bytes: Buffer): void {
    this.#block = this.#block.length === 0 ? bytes : Buffer.concat([bytes, this.#block]);
  }

  /** Exactly so many bytes, or fewer at the end. */
  async take(bytes: number): Promise<Buffer> {
    while (this.#block.length < bytes && (await this.#read()));
    const taken = this.#block.subarray(0, bytes);
    this.#block = this.#block.subarray(taken.length);
    return taken;
  }

  /** The next bytes, without taking them. */
  async peek(bytes: number): Promise<Buffer> {
    while (this.#block.length < bytes && (await this.#read()));
    return this.#block.subarray(0, bytes);
  }

  /** Passes over so many bytes. @returns how many there were */
  async skip(bytes: number): Promise<number> {
    let left = bytes;
    while (left > 0) {
      const block = await this.block();
      if (block === null) break;
      if (block.length > left) this.unread(block.subarray(left));
      left -= Math.min(left, block.length);
    }
    return bytes - left;
  }

  /** Appends a block of the fixed size, or the last, smaller one. */
  async #read(): Promise<boolean> {
    const parts = [this.#next];
    let size = this.#next.length;
    while (!this.#ended && size < BLOCK_BYTES) {
      const { done, value } = await this.#source.next();
      if (done) {
        this.#ended = true;
      } else {
        parts.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
        size += value.byteLength;
      }
    }
    if (size === 0) return false;
    const all = parts.filter((part) => part.length > 0);
    const joined = all.length === 1 ? all[0]! : Buffer.concat(all, size);
    const block = joined.subarray(0, BLOCK_BYTES);
    this.#next = joined.subarray(block.length);
    this.#onRead(block.length);
    this.#block = this.#block.length === 0 ? block : Buffer.concat([this.#block, block]);
    return true;
  }
}
