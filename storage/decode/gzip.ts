/** Gzip, member by member (RFC 1952): the header and the trailer are read here, so that each fault can be told from the others. */
import { crc32 } from './crc32.ts';
import { StreamFault, type Expansion } from './fault.ts';
import { inflate } from './inflate.ts';
import type { BlockInput } from './input.ts';

const MAGIC = [0x1f, 0x8b, 0x08] as const;
const HEADER_CRC = 0x02;
const EXTRA = 0x04;
const NAME = 0x08;
const COMMENT = 0x10;
const RESERVED = 0xe0;
/** A name or comment longer than this is no name. */
const LONGEST_NAME = 64 << 10;

/**
 * The plain bytes of all members.
 * @throws StreamFault truncated_gzip, crc_mismatch (also for a corrupt header or deflate stream), trailing_data, expansion_ratio
 */
export async function* gunzip(input: BlockInput, expansion: Expansion): AsyncGenerator<Buffer> {
  for (let first = true; ; first = false) {
    const magic = await input.peek(MAGIC.length);
    if (magic.length === 0 && !first) return;
    for (const [index, byte] of magic.entries()) {
      if (byte === MAGIC[index]) continue;
      if (first) throw new StreamFault('crc_mismatch', 'the gzip header names an unknown method');
      throw new StreamFault('trailing_data', 'bytes after the last gzip member');
    }
    await header(input);
    let crc = 0;
    let size = 0;
    for await (const piece of inflate(input)) {
      expansion.gave(piece.length);
      crc = crc32(piece, crc);
      size = (size + piece.length) >>> 0;
      yield piece;
    }
    const trailer = await whole(input, 8);
    if (trailer.readUInt32LE(0) !== crc) throw new StreamFault('crc_mismatch', 'the CRC-32 of a gzip member is wrong');
    if (trailer.readUInt32LE(4) !== size) throw new StreamFault('crc_mismatch', 'the size of a gzip member is wrong');
  }
}

async function header(input: BlockInput): Promise<void> {
  const fixed = Buffer.from(await whole(input, 10));
  const flags = fixed[3]!;
  if (flags & RESERVED) throw new StreamFault('crc_mismatch', 'the gzip header has reserved flags set');
  let crc = crc32(fixed, 0);
  const field = async (bytes: number): Promise<Buffer> => {
    const value = await whole(input, bytes);
    crc = crc32(value, crc);
    return value;
  };
  if (flags & EXTRA) await field((await field(2)).readUInt16LE(0));
  for (const flag of [NAME, COMMENT]) {
    if (!(flags & flag)) continue;
    for (let length = 0; (await field(1))[0] !== 0; length++) {
      if (length > LONGEST_NAME) throw new StreamFault('crc_mismatch', 'the gzip header does not end');
    }
  }
  const expected = crc & 0xffff;
  if (flags & HEADER_CRC && (await whole(input, 2)).readUInt16LE(0) !== expected) {
    throw new StreamFault('crc_mismatch', 'the CRC-16 of a gzip header is wrong');
  }
}

async function whole(input: BlockInput, bytes: number): Promise<Buffer> {
  const taken = await input.take(bytes);
  if (taken.length < bytes) throw new StreamFault('truncated_gzip', 'the file ends within a gzip member');
  return taken;
}
