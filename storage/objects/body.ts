/** Bytes on their way into a store, counted and hashed as they pass. */
import { createHash } from 'node:crypto';

/** The chunks of a body, and, once all of them were taken, their size in bytes and sha256 in lower-case hex. */
export function hashing(body: Uint8Array | AsyncIterable<Uint8Array>): {
  chunks: AsyncIterable<Uint8Array>;
  result(): { size: number; sha256: string };
} {
  const hash = createHash('sha256');
  let size = 0;
  async function* pass(): AsyncIterable<Uint8Array> {
    if (body instanceof Uint8Array) {
      hash.update(body);
      size = body.length;
      yield body;
      return;
    }
    for await (const chunk of body) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }
  return { chunks: pass(), result: () => ({ size, sha256: hash.digest('hex') }) };
}

/** Cuts bytes of any chunking into chunks of exactly `length`, the last one shorter; nothing for no bytes. */
export async function* rechunk(source: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Buffer> {
  let chunk = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  for await (const piece of source) {
    for (let at = 0; at < piece.length;) {
      const take = Math.min(length - filled, piece.length - at);
      chunk.set(piece.subarray(at, at + take), filled);
      filled += take;
      at += take;
      if (filled === length) {
        yield chunk;
        chunk = Buffer.allocUnsafeSlow(length);
        filled = 0;
      }
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}
