/** Zstandard, frame by frame and block by block (RFC 8878): the decompressor checks no checksums and would take any amount at once. */
import { Decompress } from 'fzstd';
import xxhash from 'xxhash-wasm';
import { StreamFault, type Expansion } from './fault.ts';
import type { BlockInput } from './input.ts';

const MAGIC = 0xfd2fb528;
/** Frames of user data, to be passed over: 16 magic numbers. */
const SKIPPABLE = 0x184d2a50;
const LARGEST_BLOCK = 128 << 10;
/** What `zstd` itself decodes unless told otherwise. The window is held in memory. */
const LARGEST_WINDOW = 128 << 20;

type Hashing = Awaited<ReturnType<typeof xxhash>>;

/**
 * The plain bytes of all frames; skippable ones hold none.
 * @throws StreamFault truncated_gzip (of zstd too), crc_mismatch (also for a corrupt frame or one that needs a dictionary), trailing_data,
 * expansion_ratio (also for a window over 128 MiB)
 */
export async function* unzstd(input: BlockInput, expansion: Expansion): AsyncGenerator<Buffer> {
  const hashing = await xxhash();
  for (let first = true; ; first = false) {
    const magic = await input.peek(4);
    if (magic.length === 0 && !first) return;
    if (magic.length < 4) throw magicFault(magic);
    const number = magic.readUInt32LE(0);
    if ((number & 0xfffffff0) >>> 0 === SKIPPABLE) await skip(input);
    else if (number === MAGIC) yield* frame(input, expansion, hashing);
    else throw new StreamFault('trailing_data', 'bytes after the last zstd frame');
  }
}

/** The file ends in fewer bytes than a magic number: the beginning of a frame, or something else. */
function magicFault(rest: Buffer): StreamFault {
  const begins = [0x28, 0xb5, 0x2f, 0xfd].slice(0, rest.length).every((byte, index) => rest[index] === byte);
  const skips =
    (rest[0]! & 0xf0) === 0x50 &&
    [0x2a, 0x4d].slice(0, rest.length - 1).every((byte, index) => rest[index + 1] === byte);
  return begins || skips ? truncated() : new StreamFault('trailing_data', 'bytes after the last zstd frame');
}

async function skip(input: BlockInput): Promise<void> {
  const size = (await whole(input, 8)).readUInt32LE(4);
  if ((await input.skip(size)) < size) throw truncated();
}

async function* frame(input: BlockInput, expansion: Expansion, hashing: Hashing): AsyncGenerator<Buffer> {
  const { bytes, contentSize, windowSize, checksum } = await header(input);
  const largest = Math.min(LARGEST_BLOCK, windowSize);
  const hash = checksum ? hashing.create64() : null;
  let pieces: Buffer[] = [];
  const decompressor = new Decompress((piece) =>
    pieces.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)),
  );
  let size = 0;
  for (let last = false, lead = bytes; !last; lead = Buffer.alloc(0)) {
    const head = await input.peek(3);
    if (head.length < 3) throw truncated();
    const bits = head.readUIntLE(0, 3);
    const type = (bits >> 1) & 3;
    const length = bits >> 3;
    last = (bits & 1) === 1;
    if (type === 3 || length > largest)
      throw corrupt('a zstd block is larger than its frame allows, or of no known type');
    const block = await whole(input, 3 + (type === 1 ? 1 : length));
    const tail = last && checksum ? await whole(input, 4) : Buffer.alloc(0);
    try {
      decompressor.push(Buffer.concat([lead, block, tail]), last);
    } catch {
      throw corrupt('a zstd block is corrupt');
    }
    for (const piece of pieces) {
      if (piece.length === 0) continue;
      size += piece.length;
      expansion.gave(piece.length);
      hash?.update(piece);
      yield piece;
    }
    pieces = [];
    if (last && hash && Number(hash.digest() & 0xffffffffn) !== tail.readUInt32LE(0))
      throw corrupt('the checksum of a zstd frame is wrong');
  }
  if (contentSize !== null && size !== contentSize) throw corrupt('the size of a zstd frame is wrong');
}

interface FrameHeader {
  bytes: Buffer;
  /** Null where the frame does not say. */
  contentSize: number | null;
  windowSize: number;
  checksum: boolean;
}

/** RFC 8878, 3.1.1.1. */
async function header(input: BlockInput): Promise<FrameHeader> {
  const start = await input.peek(5);
  if (start.length < 5) throw truncated();
  const descriptor = start[4]!;
  const sizeFlag = descriptor >> 6;
  const single = (descriptor & 0x20) !== 0;
  if (descriptor & 0x08) throw corrupt('a zstd frame header has its reserved bit set');
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const sizeBytes = sizeFlag === 0 ? (single ? 1 : 0) : 1 << sizeFlag;
  const bytes = Buffer.from(await whole(input, 5 + (single ? 0 : 1) + dictionaryBytes + sizeBytes));
  let at = 5;
  const exponent = single ? 0 : bytes[at]! >> 3;
  const mantissa = single ? 0 : bytes[at++]! & 7;
  if (dictionaryBytes > 0 && bytes.readUIntLE(at, dictionaryBytes) !== 0)
    throw corrupt('a zstd frame needs a dictionary');
  at += dictionaryBytes;
  const contentSize = sizeBytes === 0 ? null : sizeOf(bytes, at, sizeBytes);
  const windowSize = single ? contentSize! : 2 ** (10 + exponent) * (1 + mantissa / 8);
  if (windowSize > LARGEST_WINDOW) {
    throw new StreamFault('expansion_ratio', `a zstd frame needs a window of more than ${LARGEST_WINDOW} bytes`);
  }
  return { bytes, contentSize, windowSize, checksum: (descriptor & 0x04) !== 0 };
}

function sizeOf(bytes: Buffer, at: number, length: number): number {
  if (length === 8) return Number(bytes.readBigUInt64LE(at));
  return bytes.readUIntLE(at, length) + (length === 2 ? 256 : 0);
}

async function whole(input: BlockInput, bytes: number): Promise<Buffer> {
  const taken = await input.take(bytes);
  if (taken.length < bytes) throw truncated();
  return taken;
}

function truncated(): StreamFault {
  return new StreamFault('truncated_gzip', 'the file ends within a zstd frame');
}

function corrupt(message: string): StreamFault {
  return new StreamFault('crc_mismatch', message);
}
