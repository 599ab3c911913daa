import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ledgerPartCount, ledgerPartOf, ledgerPartsOf } from '../../../activities/plan/parts.ts';
import type { PlannedSource } from '../../../activities/plan/pinned.ts';

const MB = 1 << 20;
const source = (name: string, size: number, compressed = false) => ({ name, size, compressed }) as PlannedSource;

describe('the parts of the ledger', () => {
  it('are one for a small run, and as many as 128 MB of plain events fill in a larger one', () => {
    expect(ledgerPartsOf([source('b', 10 * MB), source('a', 90 * MB)])).toEqual([0, 0]);
    const files = Array.from({ length: 10 }, (_, index) => source(`part-${index}`, 64 * MB));
    expect(ledgerPartsOf(files)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
    expect(ledgerPartsOf([source('a', 40 * MB, true), source('b', 40 * MB, true)])).toEqual([0, 1]);
    expect(ledgerPartCount({ ledgerParts: [] })).toBe(1);
  });

  it('follow each other as names do, byte by byte, without a gap, and are never more than sixteen', () => {
    const sources = fc.array(
      fc.record({
        name: fc.string({ unit: 'grapheme', minLength: 1 }),
        size: fc.nat(2_000 * MB),
        compressed: fc.boolean(),
      }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(sources, (given) => {
        const ledgerParts = ledgerPartsOf(given);
        const plan = { sources: given as PlannedSource[], ledgerParts };
        const inOrder = given.map(({ name }) => name).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        const parts = inOrder.map(ledgerPartOf(plan));
        expect(parts).toEqual([...parts].sort((a, b) => a - b));
        expect([...new Set(parts)]).toEqual(Array.from({ length: ledgerPartCount(plan) }, (_, index) => index));
        expect(ledgerPartCount(plan)).toBeLessThanOrEqual(16);
        given.forEach(({ name }, index) => expect(ledgerPartOf(plan)(name)).toBe(ledgerParts[index]));
      }),
    );
  });
});
