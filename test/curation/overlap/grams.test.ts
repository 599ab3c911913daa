import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GramTable } from '../../../curation/overlap/grams.ts';
import { scramble } from '../../../curation/overlap/lexer.ts';

describe('the table of grams', () => {
  it('behaves like a map, grows, and lists its entries ascending', () => {
    const entry = fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer(), fc.integer({ min: 1, max: 1000 }));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 200 }), (entries) => {
        const table = new GramTable(1, 4);
        const map = new Map<string, number>();
        for (const [hi, lo, value] of entries) {
          table.claim(hi, lo)[0]! += value;
          map.set(`${hi}:${lo}`, (map.get(`${hi}:${lo}`) ?? 0) + value);
        }
        const listed: [string, number][] = [];
        const order: bigint[] = [];
        table.sorted((hi, lo, [value]) => {
          listed.push([`${hi}:${lo}`, value!]);
          order.push((BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0));
        });
        expect(new Map(listed)).toEqual(map);
        expect(order).toEqual([...order].sort((a, b) => (a < b ? -1 : 1)));
        expect(table.size).toBe(map.size);
        expect(table.has(4, 0)).toBe(false);
        expect(table.find(4, 0)).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });

  it('holds and writes a million entries in linear time', () => {
    const table = new GramTable(0);
    for (let n = 0; n < 1_000_000; n++) table.claim(scramble(n) | 0, n);
    const read = GramTable.fromBytes(table.toBytes(7), 0, 7, 'table');
    expect(read.size).toBe(1_000_000);
    expect(read.has(scramble(77) | 0, 77)).toBe(true);
  });
});
