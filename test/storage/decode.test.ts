import { createHash } from 'node:crypto';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { compress, init } from '@bokuweb/zstd-wasm';
import fc from 'fast-check';
import xxhash from 'xxhash-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { compressionOf, decode, StreamFault } from '../../storage/decode.ts';
import { crc32 } from '../../storage/decode/crc32.ts';

const TEXT = Buffer.from(Array.from({ length: 3_000 }, (_, line) => `{"id":"e${line * 7919}","n":${line}}\n`).join(''));
/** Bytes that no compressor shrinks. */
const NOISE = Buffer.concat(
  Array.from({ length: 40_000 }, (_, index) => createHash('sha256').update(String(index)).digest()),
);

let checksumOf: (bytes: Uint8Array) => Buffer;
beforeAll(async () => {
  await init();
  const { create64 } = await xxhash();
  checksumOf = (bytes) => {
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(Number(create64().update(bytes).digest() & 0xffffffffn));
    return sum;
  };
});

async function* chunked(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield new Uint8Array(bytes.subarray(at, at + size));
}

async function plainOf(bytes: Buffer, size = 1 << 20, limits?: Parameters<typeof decode>[1]): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of decode(chunked(bytes, size), limits)) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function reasonOf(bytes: Buffer, size?: number, limits?: Parameters<typeof decode>[1]): Promise<string> {
  try {
    await plainOf(bytes, size, limits);
  } catch (error) {
    if (error instanceof StreamFault) return error.reason;
    throw error;
  }
  return 'none';
}

/** A frame whose checksum flag is set and whose checksum is appended; the compressor itself writes none. */
function zstdChecked(plain: Buffer): Buffer {
  const frame = Buffer.from(compress(plain, 3));
  frame[4]! |= 0x04;
  return Buffer.concat([frame, checksumOf(plain)]);
}

/** A frame of blocks written by hand: window of 1 MiB, no size, no checksum. */
function zstdFrame(...blocks: { type: number; size: number; body: Buffer }[]): Buffer {
  const parts: Buffer[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 10 << 3])];
  for (const [index, { type, size, body }] of blocks.entries()) {
    const head = Buffer.alloc(3);
    head.writeUIntLE((index === blocks.length - 1 ? 1 : 0) | (type << 1) | (size << 3), 0, 3);
    parts.push(head, body);
  }
  return Buffer.concat(parts);
}
const rle = (size: number) => ({ type: 1, size, body: Buffer.from('a') });

const skippable = (bytes: number) => {
  const frame = Buffer.alloc(8 + bytes, 0x2a);
  frame.writeUInt32LE(0x184d2a53, 0);
  frame.writeUInt32LE(bytes, 4);
  return frame;
};

/** A gzip member with every optional field of RFC 1952. */
function gzipWithFields(plain: Buffer): Buffer {
  const head = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, 0x02 | 0x04 | 0x08 | 0x10, 0, 0, 0, 0, 0, 3]),
    Buffer.from([3, 0, 1, 2, 3]),
    Buffer.from('name\0comment\0'),
  ]);
  const crc = Buffer.alloc(2);
  crc.writeUInt16LE(crc32(head, 0) & 0xffff);
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(crc32(plain, 0), 0);
  tail.writeUInt32LE(plain.length, 4);
  return Buffer.concat([head, crc, deflateRawSync(plain), tail]);
}

describe('which compression', () => {
  it.each<[number[], string]>([
    [[], 'none'],
    [[0x1f], 'gzip'],
    [[0x1f, 0x8b], 'gzip'],
    [[0x1f, 0x8c], 'none'],
    [[0x28], 'none'],
    [[0x28, 0xb5], 'zstd'],
    [[0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
    [[0x28, 0xb5, 0x2f, 0xfe], 'none'],
    [[0x5f, 0x2a, 0x4d, 0x18], 'zstd'],
    [[0x7b, 0x22, 0x61, 0x22], 'none'],
  ])('%j is %s', (bytes, compression) => {
    expect(compressionOf(Uint8Array.from(bytes))).toBe(compression);
  });
});

describe('decoding', () => {
  const sizes = [1, 7, 4096, 1 << 20];

  it.each(sizes)('gives the bytes back in chunks of %i', async (size) => {
    const half = TEXT.length >> 1;
    const members = Buffer.concat([
      gzipSync(TEXT.subarray(0, half)),
      gzipSync(Buffer.alloc(0)),
      gzipWithFields(TEXT.subarray(half)),
    ]);
    const frames = Buffer.concat([
      skippable(0),
      zstdChecked(TEXT.subarray(0, half)),
      skippable(1000),
      Buffer.from(compress(TEXT.subarray(half), 3)),
      zstdFrame({ type: 0, size: 0, body: Buffer.alloc(0) }),
    ]);
    for (const bytes of [TEXT, members, frames]) expect((await plainOf(bytes, size)).equals(TEXT)).toBe(true);
  });

  it('gives back what is larger than any block', async () => {
    for (const bytes of [gzipSync(NOISE, { level: 1 }), zstdChecked(NOISE), NOISE]) {
      expect((await plainOf(bytes, 100_000)).equals(NOISE)).toBe(true);
    }
  });

  it('gives nothing for nothing', async () => {
    for (const bytes of [Buffer.alloc(0), gzipSync(Buffer.alloc(0)), skippable(3)])
      expect(await plainOf(bytes)).toHaveLength(0);
  });

  it('goes by content alone: a lone ( is text, as is anything unknown', async () => {
    for (const text of ['(', '{', 'PK', '\u001e']) expect((await plainOf(Buffer.from(text))).toString()).toBe(text);
  });

  it('closes the source where its reader stops early', async () => {
    let closed = 0;
    async function* source(bytes: Buffer) {
      try {
        yield* chunked(bytes, 1 << 16);
      } finally {
        closed++;
      }
    }
    for (const bytes of [NOISE, gzipSync(NOISE), zstdChecked(NOISE)]) {
      for await (const piece of decode(source(bytes))) {
        expect(piece.length).toBeGreaterThan(0);
        break;
      }
    }
    expect(closed).toBe(3);
  });

  it('passes on what goes wrong in the source', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield gzipSync(TEXT).subarray(0, 100);
      throw new Error('the disk is gone');
    }
    const read = async () => {
      for await (const piece of decode(failing())) expect(piece).toBeDefined();
    };
    await expect(read()).rejects.toThrow('the disk is gone');
  });
});

describe('broken streams', () => {
  const gzip = gzipSync(TEXT);
  const flipped = (bytes: Buffer, at: number, bit = 0x40) => {
    const copy = Buffer.from(bytes);
    copy[at < 0 ? copy.length + at : at]! ^= bit;
    return copy;
  };
  const joined = (...parts: (Buffer | string | number[])[]) =>
    Buffer.concat(parts.map((part) => Buffer.from(part as Buffer)));

  const cases: Record<string, [() => Buffer, string]> = {
    'one byte of a gzip header': [() => gzip.subarray(0, 1), 'truncated_gzip'],
    'the magic number alone': [() => gzip.subarray(0, 2), 'truncated_gzip'],
    'half a gzip trailer': [() => gzip.subarray(0, -4), 'truncated_gzip'],
    'a second member cut in its header': [() => joined(gzip, gzip.subarray(0, 5)), 'truncated_gzip'],
    'a second member cut to one byte': [() => joined(gzip, [0x1f]), 'truncated_gzip'],
    'a wrong CRC': [() => flipped(gzip, -6), 'crc_mismatch'],
    'a wrong size': [() => flipped(gzip, -1), 'crc_mismatch'],
    'a wrong CRC of the header': [() => flipped(gzipWithFields(TEXT), 12), 'crc_mismatch'],
    'an unknown method': [() => flipped(gzip, 2), 'crc_mismatch'],
    'reserved flags': [() => flipped(gzip, 3, 0x80), 'crc_mismatch'],
    'a block type that does not exist': [
      () => joined(gzip.subarray(0, 10), [0x07, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      'crc_mismatch',
    ],
    'garbage after a member': [() => joined(gzip, 'garbage'), 'trailing_data'],
    'zeros after a member': [() => joined(gzip, [0, 0, 0, 0]), 'trailing_data'],
    'one zero after a member': [() => joined(gzip, [0]), 'trailing_data'],
    'zstd after gzip': [() => joined(gzip, zstdChecked(TEXT)), 'trailing_data'],
    'two bytes of a zstd magic': [() => Buffer.from([0x28, 0xb5]), 'truncated_gzip'],
    'a zstd header cut': [() => zstdChecked(TEXT).subarray(0, 5), 'truncated_gzip'],
    'a zstd block cut': [() => zstdChecked(TEXT).subarray(0, -20), 'truncated_gzip'],
    'a zstd checksum cut': [() => zstdChecked(TEXT).subarray(0, -1), 'truncated_gzip'],
    'a zstd file without its last block': [() => zstdFrame(rle(5), rle(6)).subarray(0, -4), 'truncated_gzip'],
    'a skippable frame cut': [() => skippable(50).subarray(0, -1), 'truncated_gzip'],
    'a skippable header cut': [() => joined(zstdChecked(TEXT), skippable(50).subarray(0, 3)), 'truncated_gzip'],
    'a wrong zstd checksum': [() => flipped(zstdChecked(TEXT), -1), 'crc_mismatch'],
    'a zstd frame of another size than it says': [
      () => joined([0x28, 0xb5, 0x2f, 0xfd, 0x20, 6, 0x29, 0, 0], 'hello'),
      'crc_mismatch',
    ],
    'a zstd frame with a dictionary': [
      () => joined([0x28, 0xb5, 0x2f, 0xfd, 0x01, 0x50, 0x07, 0x01, 0, 0]),
      'crc_mismatch',
    ],
    'a zstd block of no type': [() => zstdFrame({ type: 3, size: 1, body: Buffer.from('a') }), 'crc_mismatch'],
    'a zstd block over 128 KiB': [() => zstdFrame(rle((128 << 10) + 1)), 'crc_mismatch'],
    'a zstd block of rubbish': [() => zstdFrame({ type: 2, size: 40, body: Buffer.alloc(40, 0xff) }), 'crc_mismatch'],
    'zeros after a zstd frame': [() => joined(zstdChecked(TEXT), [0, 0, 0, 0, 0]), 'trailing_data'],
    'one letter after a zstd frame': [() => joined(zstdChecked(TEXT), 'x'), 'trailing_data'],
    'gzip after zstd': [() => joined(zstdChecked(TEXT), gzip), 'trailing_data'],
    'a zstd window of gigabytes': [
      () => joined([0x28, 0xb5, 0x2f, 0xfd, 0x00, 31 << 3, 0x01, 0, 0]),
      'expansion_ratio',
    ],
    'UTF-16, little end first': [() => joined([0xff, 0xfe], Buffer.from('{}\n', 'utf16le')), 'invalid_utf8'],
    'UTF-16, big end first': [() => joined([0xfe, 0xff, 0, 0x7b]), 'invalid_utf8'],
    'UTF-32': [() => joined([0, 0, 0xfe, 0xff]), 'invalid_utf8'],
    'UTF-16 of one mark': [() => joined([0xff, 0xfe]), 'invalid_utf8'],
    'UTF-16 within gzip': [() => gzipSync(joined([0xff, 0xfe], Buffer.from('{}\n', 'utf16le'))), 'invalid_utf8'],
    'UTF-16 within zstd': [() => zstdChecked(joined([0xff, 0xfe], Buffer.from('{}\n', 'utf16le'))), 'invalid_utf8'],
  };

  it.each(Object.entries(cases))('%s', async (_name, [make, reason]) => {
    expect(await reasonOf(make())).toBe(reason);
    expect(await reasonOf(make(), 3)).toBe(reason);
  });

  it('wherever a stream is cut it is truncated, or empty', async () => {
    const streams = [gzipWithFields(TEXT.subarray(0, 200)), zstdChecked(TEXT.subarray(0, 200))];
    for (const stream of streams) {
      for (let at = 1; at < stream.length; at++) {
        const reason = await reasonOf(stream.subarray(0, at));
        expect([at, reason]).toEqual([at, stream[0] === 0x28 && at === 1 ? 'none' : 'truncated_gzip']);
      }
    }
  });

  it('never gives out a changed byte without a fault at the end', async () => {
    const streams = [gzipSync(TEXT), zstdChecked(TEXT)];
    await fc.assert(
      fc.asyncProperty(fc.nat(1), fc.nat(), fc.integer({ min: 0, max: 7 }), async (which, at, bit) => {
        const stream = streams[which]!;
        // The first bytes say what the stream is, and gzip's name, time and system say nothing of its content.
        const changed = flipped(stream, 10 + (at % (stream.length - 10)), 1 << bit);
        try {
          expect((await plainOf(changed)).equals(TEXT)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(StreamFault);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('expansion', () => {
  const zeros = gzipSync(Buffer.alloc(64 << 20), { level: 1 });

  it('is refused over 200:1, and long before all of it was expanded', async () => {
    const bombs = [zeros, zstdFrame(...Array.from({ length: 100_000 }, () => rle(128 << 10)))];
    for (const bomb of bombs) {
      let given = 0;
      const read = async () => {
        for await (const piece of decode(chunked(bomb, 1 << 20))) given += piece.length;
      };
      await expect(read()).rejects.toMatchObject({ reason: 'expansion_ratio' });
      expect(given).toBeLessThanOrEqual(Math.max(16 << 20, 200 * Math.min(bomb.length, 1 << 20)));
    }
  });

  it('is not looked at up to the floor', async () => {
    expect(await reasonOf(gzipSync(Buffer.alloc(16 << 20)))).toBe('none');
    expect(await reasonOf(gzipSync(Buffer.alloc((16 << 20) + 1)))).toBe('expansion_ratio');
  });

  it('takes other limits', async () => {
    const bytes = gzipSync(Buffer.alloc(1 << 20));
    expect(await reasonOf(bytes, undefined, { ratioFloorBytes: 1 << 10 })).toBe('expansion_ratio');
    expect(await reasonOf(bytes, undefined, { ratioFloorBytes: 1 << 10, ratio: 10_000 })).toBe('none');
  });

  it('is counted over all members', async () => {
    const member = gzipSync(Buffer.alloc(1 << 20));
    expect(await reasonOf(Buffer.concat(Array.from({ length: 20 }, () => member)))).toBe('expansion_ratio');
  });
});
