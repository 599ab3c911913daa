/** The payload of an age v1 file: STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over ChaCha20-Poly1305 in chunks of 64 KiB, by node:crypto. */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { SealFault } from './fault.ts';

export const CHUNK = 64 * 1024;
export const TAG_BYTES = 16;
/** Random bytes before the payload that, with the file key, give its key. */
export const NONCE_BYTES = 16;

const TAG = { authTagLength: TAG_BYTES };

/** Size of the payload, nonce excluded, of so many bytes of plaintext; also of nothing there is one chunk. */
export function sealedSize(plain: number): number {
  return plain + TAG_BYTES * Math.max(1, Math.ceil(plain / CHUNK));
}

export function payloadKey(fileKey: Buffer, nonce: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', fileKey, nonce, 'payload', 32));
}

/** Seals chunks in their order. Every chunk but the last has `CHUNK` bytes; the last one has less or as many, none only if it is the first. */
export class ChunkSealer {
  private readonly key: Buffer;
  private readonly nonce = Buffer.alloc(12);

  constructor(key: Buffer) {
    this.key = key;
  }

  /** Writes ciphertext and tag to `out` at `at`; returns where they end. */
  seal(plain: Uint8Array, last: boolean, out: Buffer, at: number): number {
    this.nonce[11] = last ? 1 : 0;
    const cipher = createCipheriv('chacha20-poly1305', this.key, this.nonce, TAG);
    out.set(cipher.update(plain), at);
    cipher.final();
    out.set(cipher.getAuthTag(), at + plain.length);
    count(this.nonce);
    return at + plain.length + TAG_BYTES;
  }
}

/** Opens chunks in their order. */
export class ChunkOpener {
  private readonly key: Buffer;
  private readonly nonce = Buffer.alloc(12);
  private first = true;

  constructor(key: Buffer) {
    this.key = key;
  }

  /**
   * The plaintext of one chunk with its tag.
   * @throws SealFault `truncated` when this should be the last chunk and is sealed as one that others follow; else `damaged`
   */
  open(chunk: Uint8Array, last: boolean): Buffer {
    const plain = this.decipher(chunk, last);
    if (plain === null) {
      const whole = chunk.length === CHUNK + TAG_BYTES;
      if (last && (chunk.length === 0 || (whole && this.decipher(chunk, false) !== null))) {
        throw new SealFault('truncated', 'the sealed file is truncated: it ends between two chunks');
      }
      throw new SealFault('damaged', 'the sealed file is damaged: a chunk is not what was sealed in its place');
    }
    if (last && plain.length === 0 && !this.first) {
      throw new SealFault('damaged', 'the sealed file is damaged: its last chunk is empty');
    }
    this.first = false;
    count(this.nonce);
    return plain;
  }

  private decipher(chunk: Uint8Array, last: boolean): Buffer | null {
    if (chunk.length < TAG_BYTES) return null;
    this.nonce[11] = last ? 1 : 0;
    const decipher = createDecipheriv('chacha20-poly1305', this.key, this.nonce, TAG);
    decipher.setAuthTag(chunk.subarray(chunk.length - TAG_BYTES));
    const plain = decipher.update(chunk.subarray(0, chunk.length - TAG_BYTES));
    try {
      decipher.final();
      return plain;
    } catch {
      return null;
    }
  }
}

/** Cuts bytes of any chunking into pieces of exactly `length`; the last piece, which may be shorter or empty, is marked. Pieces are valid until the next is asked for. */
export async function* pieces(
  source: AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<{ piece: Uint8Array; last: boolean }> {
  const held = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  for await (const bytes of source) {
    let at = 0;
    if (filled > 0) {
      at = Math.min(length - filled, bytes.length);
      held.set(bytes.subarray(0, at), filled);
      filled += at;
      // Whether a full piece is the last one shows only when another byte comes.
      if (filled < length || at === bytes.length) continue;
      yield { piece: held, last: false };
      filled = 0;
    }
    for (; bytes.length - at > length; at += length) yield { piece: bytes.subarray(at, at + length), last: false };
    held.set(bytes.subarray(at), 0);
    filled = bytes.length - at;
  }
  yield { piece: held.subarray(0, filled), last: true };
}

/** The chunk counter: 11 bytes, big-endian. */
function count(nonce: Buffer): void {
  for (let i = 10; i >= 0; i--) {
    const next = (nonce[i]! + 1) & 0xff;
    nonce[i] = next;
    if (next !== 0) return;
  }
}
