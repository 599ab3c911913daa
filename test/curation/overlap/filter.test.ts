import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { filterBytes, FingerprintFilter } from '../../../curation/overlap/filter.ts';
import { scramble } from '../../../curation/overlap/lexer.ts';

const gram = (n: number): [number, number] => [scramble(n) | 0, scramble(n ^ 0x55aa55aa) | 0];

describe('the filter of fingerprints', () => {
  it('never misses what was added, before and after it is written and read', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer(), fc.integer()), { maxLength: 300 }), (grams) => {
        const filter = FingerprintFilter.sized(300);
        for (const [hi, lo] of grams) filter.add(hi, lo);
        const read = FingerprintFilter.fromBytes(filter.toBytes());
        expect(grams.every(([hi, lo]) => filter.has(hi, lo) && read.has(hi, lo))).toBe(true);
        expect(read.added).toBe(grams.length);
      }),
      { numRuns: 30 },
    );
  });

  it('claims fewer than two in a million of what was not added, at the size it was made for', () => {
    const filter = FingerprintFilter.sized(200_000);
    for (let n = 0; n < 200_000; n++) filter.add(...gram(n));
    let wrong = 0;
    for (let n = 200_000; n < 3_200_000; n++) if (filter.has(...gram(n))) wrong++;
    expect(wrong).toBeLessThanOrEqual(6);
    expect(filter.fill()).toBeLessThan(0.35);
  });

  it('holds the rate it is asked for also where it is high', () => {
    const filter = FingerprintFilter.sized(50_000, 1e-3);
    for (let n = 0; n < 50_000; n++) filter.add(...gram(n));
    let wrong = 0;
    for (let n = 50_000; n < 550_000; n++) if (filter.has(...gram(n))) wrong++;
    expect(wrong / 500_000).toBeLessThan(1.3e-3);
    expect(wrong).toBeGreaterThan(0);
  });

  it('is the same bytes in whatever order and parts things were added', () => {
    const whole = FingerprintFilter.sized(5000);
    const [left, right] = [FingerprintFilter.sized(5000), FingerprintFilter.sized(5000)];
    for (let n = 0; n < 5000; n++) whole.add(...gram(n));
    for (let n = 4999; n >= 0; n--) (n % 3 === 0 ? left : right).add(...gram(n));
    right.merge(left);
    expect(right.toBytes()).toEqual(whole.toBytes());
    expect(right.added).toBe(5000);
  });

  it('folds to the same bytes wherever it began, finds all that was added, and holds the rate', () => {
    const count = 100_000;
    const folds = [0, count, 3 * count, 40 * count].map((most) => {
      const filter = most === 0 ? FingerprintFilter.sized(50 * count) : FingerprintFilter.begun(50 * count, most);
      for (let n = 0; n < count; n++) filter.add(...gram(n));
      return filter.folded();
    });
    const [folded] = folds;
    for (const other of folds) expect(Buffer.compare(other.toBytes(), folded!.toBytes())).toBe(0);
    expect(folded!.added).toBe(count);
    expect(folded!.bytes).toBeGreaterThanOrEqual(filterBytes(count) * 0.98);
    expect(folded!.bytes).toBeLessThan(filterBytes(count) * 2);
    for (let n = 0; n < count; n++) if (!folded!.has(...gram(n))) throw new Error(`${n} is missed`);
    let wrong = 0;
    for (let n = count; n < 21 * count; n++) if (folded!.has(...gram(n))) wrong++;
    expect(wrong).toBeLessThanOrEqual(6);
  });

  it('folds as far from every beginning where one fingerprint decides how far', () => {
    const [plan, edge] = [420_000, 52_505];
    const beginnings = [
      FingerprintFilter.sized(plan),
      FingerprintFilter.begun(plan, 2 * edge),
      FingerprintFilter.begun(plan, edge),
    ];
    expect(new Set(beginnings.map(({ bytes }) => bytes)).size).toBe(3);
    const sizes = new Set<number>();
    for (let n = 0; n < edge + 20; n++) {
      for (const filter of beginnings) filter.add(...gram(n));
      if (n < edge - 20) continue;
      const [first, ...others] = beginnings.map((filter) => filter.folded().bytes);
      sizes.add(first!);
      for (const other of others) expect(other).toBe(first);
    }
    expect(sizes.size).toBe(2);
  });

  it('folds neither what is full nor what is small', () => {
    const full = FingerprintFilter.sized(400_000);
    for (let n = 0; n < 400_000; n++) full.add(...gram(n));
    expect(full.folded()).toBe(full);
    const small = FingerprintFilter.sized(1000);
    expect(small.folded()).toBe(small);
    expect(FingerprintFilter.begun(1000, 0).bytes).toBe(small.bytes);
  });

  it('refuses to merge other sizes and to read anything cut, lengthened or foreign', () => {
    const filter = FingerprintFilter.sized(1000);
    const bytes = filter.toBytes();
    expect(() => filter.merge(FingerprintFilter.sized(100_000))).toThrow(/cannot be merged/);
    expect(() => FingerprintFilter.fromBytes(bytes.subarray(0, bytes.length - 1))).toThrow(/cut/);
    expect(() => FingerprintFilter.fromBytes(new Uint8Array(bytes.length + 64).fill(0))).toThrow(
      /not a fingerprint filter/,
    );
    expect(() => FingerprintFilter.fromBytes(new Uint8Array(3))).toThrow(/not a fingerprint filter/);
    expect(() => FingerprintFilter.sized(Number.NaN)).toThrow(RangeError);
  });

  it('is read from pieces of any size, and from nothing cut, lengthened or foreign', async () => {
    const filter = FingerprintFilter.sized(300_000);
    for (let n = 0; n < 300_000; n++) filter.add(...gram(n));
    const bytes = filter.toBytes();
    expect(Buffer.concat([...filter.pieces()]).equals(bytes)).toBe(true);
    const cutAt = function* (whole: Uint8Array, size: number) {
      for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
    };
    for (const size of [7, 24, 25, 65_537, bytes.length])
      expect(Buffer.from((await FingerprintFilter.fromPieces(cutAt(bytes, size))).toBytes()).equals(bytes)).toBe(true);
    await expect(FingerprintFilter.fromPieces(cutAt(bytes.subarray(0, -1), 1000))).rejects.toThrow(/cut/);
    await expect(FingerprintFilter.fromPieces([bytes, new Uint8Array(1)])).rejects.toThrow(/cut/);
    await expect(FingerprintFilter.fromPieces([])).rejects.toThrow(/not a fingerprint filter/);
    await expect(FingerprintFilter.fromPieces([new Uint8Array(64)])).rejects.toThrow(/not a fingerprint filter/);
  });

  it('takes at most 5.2 bytes a fingerprint at one in a million', () => {
    expect(filterBytes(10_000_000) / 10_000_000).toBeLessThan(5.2);
  });
});
