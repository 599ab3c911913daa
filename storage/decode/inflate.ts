/** One raw deflate stream (RFC 1951), one block of input at a time, without running ahead of its reader. */
import { createInflateRaw, type InflateRaw } from 'node:zlib';
import { StreamFault } from './fault.ts';
import type { BlockInput } from './input.ts';

/** Output comes in pieces of this size; small ones cost more than they hold. */
const PIECE_BYTES = 1 << 20;

/**
 * Yields the plain bytes and leaves the input right behind the stream's last byte.
 * @throws StreamFault truncated_gzip where the input ends first, crc_mismatch where the stream is corrupt
 */
export async function* inflate(input: BlockInput): AsyncGenerator<Buffer> {
  const stream = createInflateRaw({ chunkSize: PIECE_BYTES });
  const state = new Progress(stream);
  try {
    while (!state.ended) {
      const block = await input.block();
      const before = stream.bytesWritten;
      if (block === null) state.finish();
      else state.write(block);
      for (let piece = await state.next(); piece !== null; piece = await state.next()) yield piece;
      // Bytes that the stream did not take stand behind its end.
      const taken = stream.bytesWritten - before;
      if (block !== null && taken < block.length) {
        input.unread(block.subarray(taken));
        return;
      }
    }
  } finally {
    stream.destroy();
  }
}

/** Follows the stream through one write: what it gives, when it has taken the block, whether it is at its end. */
class Progress {
  readonly #stream: InflateRaw;
  #written = true;
  #error: Error | undefined;
  #wake: (() => void) | undefined;
  ended = false;

  constructor(stream: InflateRaw) {
    this.#stream = stream;
    stream.on('readable', () => this.#wake?.());
    stream.on('end', () => {
      this.ended = true;
      this.#wake?.();
    });
    stream.on('error', (error) => {
      this.#error = error;
      this.#wake?.();
    });
  }

  write(block: Buffer): void {
    this.#written = false;
    this.#stream.write(block, () => {
      this.#written = true;
      this.#wake?.();
    });
  }

  finish(): void {
    this.#written = false;
    this.#stream.end();
  }

  /** The next piece; null once the block is taken and all of its output was given. */
  async next(): Promise<Buffer | null> {
    for (;;) {
      if (this.#error) throw faultOf(this.#error);
      const piece = this.#stream.read() as Buffer | null;
      if (piece !== null) return piece;
      if (this.#written || this.ended) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}

function faultOf(error: Error): StreamFault {
  return (error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR'
    ? new StreamFault('truncated_gzip', 'the file ends within a deflate stream')
    : new StreamFault('crc_mismatch', 'the deflate stream is corrupt');
}
