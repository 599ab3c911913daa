/** Whole buffers through gzip and zstd. */
import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { packGzip, packZstd, unpackGzip, unpackZstd } from '../../storage/compression.ts';

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 2_000 }),
  fc.nat(300_000).map((size) => new Uint8Array(size).fill(7)),
);

describe('gzip', () => {
  it('gives back what was packed, and the same bytes each time', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, async (plain) => {
        const packed = await packGzip(plain);
        expect((await unpackGzip(packed)).equals(Buffer.from(plain))).toBe(true);
        expect((await packGzip(plain)).equals(packed)).toBe(true);
        expect(gunzipSync(packed).equals(Buffer.from(plain))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
  it('refuses what is cut, changed, goes on, or grows past the limit', async () => {
    const packed = await packGzip(randomBytes(10_000));
    const flipped = Buffer.from(packed);
    flipped[5_000]! ^= 1;
    await expect(unpackGzip(packed.subarray(0, -1))).rejects.toThrow();
    await expect(unpackGzip(Buffer.alloc(0))).rejects.toThrow();
    await expect(unpackGzip(flipped)).rejects.toThrow();
    await expect(unpackGzip(Buffer.concat([packed, Buffer.alloc(4)]))).rejects.toThrow(/after its end/);
    await expect(unpackGzip(Buffer.concat([packed, gzipSync('more')]))).rejects.toThrow(/after its end/);
    await expect(unpackGzip(await packGzip(Buffer.alloc(1 << 20)), 1 << 19)).rejects.toThrow();
  });
});

describe('zstd', () => {
  it('gives back what was packed, and the same bytes each time', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, async (plain) => {
        const packed = await packZstd(plain);
        expect(packed.readUInt32LE(0)).toBe(0xfd2fb528);
        expect(unpackZstd(packed).equals(Buffer.from(plain))).toBe(true);
        expect((await packZstd(plain)).equals(packed)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
  it('packs more than the encoder’s first memory', async () => {
    const plain = Buffer.concat(Array.from({ length: 40 }, () => randomBytes(1 << 20)));
    expect(unpackZstd(await packZstd(plain, 1)).equals(plain)).toBe(true);
  });
  it('refuses what is cut, is no zstd, or grows past the limit', async () => {
    const packed = await packZstd(randomBytes(10_000));
    expect(() => unpackZstd(packed.subarray(0, -1))).toThrow();
    expect(() => unpackZstd(Buffer.alloc(0))).toThrow(/empty/);
    expect(() => unpackZstd(Buffer.from('{"text": 1}\n'))).toThrow();
    expect(() => unpackZstd(Buffer.from('x'))).toThrow();
    const bomb = await packZstd(Buffer.alloc(8 << 20));
    expect(() => unpackZstd(bomb, 1 << 20)).toThrow(/expands past/);
  });
});
