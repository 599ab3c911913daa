/** Seals bytes to people and opens them again: age v1 files, which the `age` program reads and writes too. */
import { randomBytes } from 'node:crypto';
import { SealFault } from './age/fault.ts';
import { encodeHeader, headerEnd, openHeader } from './age/header.ts';
import {
  CHUNK,
  ChunkOpener,
  ChunkSealer,
  NONCE_BYTES,
  TAG_BYTES,
  payloadKey,
  pieces,
  sealedSize,
} from './age/stream.ts';

export { SealFault, type SealFaultKind } from './age/fault.ts';

/** Chunks are given out in groups of this many, 1 MiB. */
const GROUP = 16;

/**
 * Seals bytes to the recipients (`age1…`, X25519; at least one).
 * @throws Error when there is no recipient or one is malformed
 */
export async function seal(plain: Uint8Array, recipients: readonly string[]): Promise<Buffer> {
  const { head, sealer } = begin(recipients);
  const out = Buffer.allocUnsafeSlow(head.length + sealedSize(plain.length));
  out.set(head, 0);
  let end = head.length;
  for (let at = 0; at === 0 || at < plain.length; at += CHUNK) {
    end = sealer.seal(plain.subarray(at, at + CHUNK), at + CHUNK >= plain.length, out, end);
  }
  return out;
}

/** As `seal`, for bytes that come in pieces; memory does not grow with their number. */
export function sealStream(
  recipients: readonly string[],
): (plain: AsyncIterable<Uint8Array>) => AsyncGenerator<Buffer, void, undefined> {
  return async function* (plain) {
    const { head, sealer } = begin(recipients);
    yield head;
    const size = GROUP * (CHUNK + TAG_BYTES);
    let out = Buffer.allocUnsafeSlow(size);
    let end = 0;
    for await (const { piece, last } of pieces(plain, CHUNK)) {
      end = sealer.seal(piece, last, out, end);
      if (end === size) {
        yield out;
        out = Buffer.allocUnsafeSlow(size);
        end = 0;
      }
    }
    if (end > 0) yield out.subarray(0, end);
  };
}

/**
 * Opens a sealed file for the first of the identities (`AGE-SECRET-KEY-1…`) that fits.
 * @throws SealFault; nothing of a damaged file is returned
 */
export async function open(sealed: Uint8Array, identities: readonly string[]): Promise<Buffer> {
  const file = view(sealed);
  const { header, rest } = split(file);
  const opener = await openPayload(header, rest, identities);
  const payload = rest.subarray(NONCE_BYTES);
  const chunks = Math.ceil(payload.length / (CHUNK + TAG_BYTES));
  // Room for the last tag as well: a cut chunk may be shorter than its tag.
  const plain = Buffer.allocUnsafeSlow(payload.length - Math.max(0, chunks - 1) * TAG_BYTES);
  let end = 0;
  for (let at = 0; at === 0 || at < payload.length;) {
    const next = at + CHUNK + TAG_BYTES;
    const chunk = opener.open(payload.subarray(at, next), next >= payload.length);
    plain.set(chunk, end);
    end += chunk.length;
    at = next;
  }
  return plain.subarray(0, end);
}

/**
 * As `open`, for bytes that come in pieces. Each piece given out is what was sealed, but only the regular end of the iteration says that it
 * was all: publish nothing before.
 */
export function openStream(
  identities: readonly string[],
): (sealed: AsyncIterable<Uint8Array>) => AsyncGenerator<Buffer, void, undefined> {
  return async function* (sealed) {
    const { header, payload } = await splitStream(sealed, NONCE_BYTES);
    const { value: nonce } = await payload.next();
    const opener = await openPayload(header, nonce ?? Buffer.alloc(0), identities);
    for await (const { piece, last } of pieces(payload, CHUNK + TAG_BYTES)) yield opener.open(piece, last);
  };
}

/**
 * The header of a sealed file made again for other recipients; the payload stays as it is. Who opened the old header may have kept the
 * file key: taking somebody out for good means sealing again.
 * @param header a file's first bytes, at least its whole header
 * @returns the new header, to stand before the payload, and the length of the old one
 * @throws SealFault when no identity opens it
 */
export async function rewrapHeader(
  header: Uint8Array,
  identities: readonly string[],
  recipients: readonly string[],
): Promise<{ header: Buffer; oldLength: number }> {
  const old = split(view(header)).header;
  return { header: encodeHeader(await openHeader(old, identities), recipients), oldLength: old.length };
}

/** A whole sealed file for other recipients. */
export async function rewrap(
  sealed: Uint8Array,
  identities: readonly string[],
  recipients: readonly string[],
): Promise<Buffer> {
  const { header, oldLength } = await rewrapHeader(sealed, identities, recipients);
  return Buffer.concat([header, sealed.subarray(oldLength)]);
}

/** As `rewrap`, for bytes that come in pieces. */
export function rewrapStream(
  identities: readonly string[],
  recipients: readonly string[],
): (sealed: AsyncIterable<Uint8Array>) => AsyncGenerator<Buffer, void, undefined> {
  return async function* (sealed) {
    const { header, payload } = await splitStream(sealed, 0);
    yield encodeHeader(await openHeader(header, identities), recipients);
    yield* payload;
  };
}

function begin(recipients: readonly string[]): { head: Buffer; sealer: ChunkSealer } {
  const fileKey = randomBytes(16);
  const nonce = randomBytes(NONCE_BYTES);
  const head = Buffer.concat([encodeHeader(fileKey, recipients), nonce]);
  return { head, sealer: new ChunkSealer(payloadKey(fileKey, nonce)) };
}

async function openPayload(header: Buffer, rest: Buffer, identities: readonly string[]): Promise<ChunkOpener> {
  const fileKey = await openHeader(header, identities);
  if (rest.length < NONCE_BYTES) throw cut();
  return new ChunkOpener(payloadKey(fileKey, rest.subarray(0, NONCE_BYTES)));
}

function split(file: Buffer): { header: Buffer; rest: Buffer } {
  const end = headerEnd(file);
  if (end === null) throw cut();
  return { header: file.subarray(0, end), rest: file.subarray(end) };
}

/** Splits header and payload of a stream; the payload's first piece has exactly `first` bytes, where there are so many. */
async function splitStream(
  sealed: AsyncIterable<Uint8Array>,
  first: number,
): Promise<{ header: Buffer; payload: AsyncGenerator<Buffer, void, undefined> }> {
  const source = sealed[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  let end: number | null = null;
  let done = false;
  try {
    while (!done && (end === null || held.length < end + first)) {
      const next = await source.next();
      if (next.done === true) done = true;
      else held = Buffer.concat([held, next.value]);
      end = headerEnd(held);
    }
    if (end === null) throw cut();
  } catch (error) {
    await source.return?.();
    throw error;
  }
  const start = end;
  async function* payload(): AsyncGenerator<Buffer, void, undefined> {
    try {
      if (first > 0) yield held.subarray(start, start + first);
      if (held.length > start + first) yield held.subarray(start + first);
      while (!done) {
        const next = await source.next();
        if (next.done === true) done = true;
        else yield view(next.value);
      }
    } finally {
      if (!done) await source.return?.();
    }
  }
  return { header: held.subarray(0, start), payload: payload() };
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function cut(): SealFault {
  return new SealFault('truncated', 'the sealed file is truncated: it ends before its payload begins');
}
