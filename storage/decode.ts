/** From the bytes of a source object to plain bytes: gzip and zstd by their magic bytes, anything else as it is. */
import { Expansion, EXPANSION, StreamFault, type ExpansionLimits } from './decode/fault.ts';
import { gunzip } from './decode/gzip.ts';
import { BlockInput } from './decode/input.ts';
import { unzstd } from './decode/zstd.ts';

export { StreamFault } from './decode/fault.ts';

export type Compression = 'none' | 'gzip' | 'zstd';

const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

/** Byte-order marks of encodings that records are not written in: UTF-16 and UTF-32, of both orders. */
const FOREIGN_MARKS = [
  [0xff, 0xfe],
  [0xfe, 0xff],
  [0x00, 0x00, 0xfe, 0xff],
];

/**
 * By magic bytes, whatever the name. A file that ends within the magic number is of that kind (it was cut off), save for a lone `(`,
 * which is text.
 * @param firstBytes four or more, or all of a shorter file
 */
export function compressionOf(firstBytes: Uint8Array): Compression {
  const begins = (magic: number[]) =>
    magic.slice(0, firstBytes.length).every((byte, index) => firstBytes[index] === byte);
  if (firstBytes.length === 0) return 'none';
  if (begins([0x1f, 0x8b])) return 'gzip';
  if (firstBytes.length > 1 && begins(ZSTD)) return 'zstd';
  const skippable =
    firstBytes.length >= 4 &&
    (firstBytes[0]! & 0xf0) === 0x50 &&
    startsWith(firstBytes.subarray(1), [0x2a, 0x4d, 0x18]);
  return skippable ? 'zstd' : 'none';
}

/**
 * Plain bytes of a source, streamed: gzip of any number of members, zstd of any number of frames, skippable ones included. Chunks of
 * any size are taken; about 1 MiB is best. The source is closed however the reading ends.
 * @param limits plain bytes for each compressed byte (200), refused past a floor of plain bytes (16 MiB)
 * @throws StreamFault, possibly after bytes were given: expansion_ratio, truncated_gzip (of zstd too), crc_mismatch (any corruption),
 * trailing_data, invalid_utf8 (a UTF-16 or UTF-32 byte-order mark)
 */
export async function* decode(
  source: AsyncIterable<Uint8Array>,
  limits: Partial<ExpansionLimits> = {},
): AsyncIterable<Buffer> {
  const chunks = source[Symbol.asyncIterator]();
  const expansion = new Expansion({ ...EXPANSION, ...limits });
  const input = new BlockInput(chunks, (bytes) => expansion.took(bytes));
  try {
    const compression = compressionOf(await input.peek(4));
    const plain =
      compression === 'none'
        ? input.blocks()
        : compression === 'gzip'
          ? gunzip(input, expansion)
          : unzstd(input, expansion);
    yield* withoutForeignMark(plain);
  } finally {
    await chunks.return?.();
  }
}

async function* withoutForeignMark(plain: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer | null = Buffer.alloc(0);
  for await (const piece of plain) {
    if (held === null) {
      yield piece;
      continue;
    }
    held = held.length === 0 ? piece : Buffer.concat([held, piece]);
    if (held.length < 4) continue;
    refuseMark(held);
    yield held;
    held = null;
  }
  if (held !== null && held.length > 0) {
    refuseMark(held);
    yield held;
  }
}

function refuseMark(start: Buffer): void {
  if (FOREIGN_MARKS.some((mark) => startsWith(start, mark))) {
    throw new StreamFault('invalid_utf8', 'begins with a UTF-16 or UTF-32 byte-order mark');
  }
}

function startsWith(bytes: Uint8Array, start: number[]): boolean {
  return start.every((byte, index) => bytes[index] === byte);
}
