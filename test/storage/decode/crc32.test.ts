import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32, sliced, tables } from '../../../storage/decode/crc32.ts';

describe('CRC-32', () => {
  it('has the check value of its definition, natively and not', () => {
    const check = Buffer.from('123456789');
    expect(crc32(check, 0)).toBe(0xcbf43926);
    expect(sliced(check, 0, tables())).toBe(0xcbf43926);
  });

  it('goes on over pieces', () => {
    const table = tables();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
        const pieces = sliced(bytes.subarray(cut), sliced(bytes.subarray(0, cut), 0, table), table);
        expect(pieces).toBe(crc32(bytes, 0));
      }),
    );
  });
});
