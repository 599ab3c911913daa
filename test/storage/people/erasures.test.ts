import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, describe, it } from 'vitest';
import { addErasures, holdingErasures, readErasures } from '../../../storage/people/erasures.ts';
import { KeystoreFault, openKeystore } from '../../../storage/keystore.ts';

const top = mkdtempSync(join(tmpdir(), 'garner-erasures-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));
const key = (digit: string) => digit.repeat(32);

describe('the list of who was erased', () => {
  it('grows, is sorted, says what was new, and cannot be read without the keys', async () => {
    const keystore = await openKeystore(join(top, 'grows'));
    expect(await readErasures(keystore)).toEqual([]);
    expect(await addErasures(keystore, [key('b'), key('a')])).toBe(2);
    expect(await addErasures(keystore, [key('a'), key('c')])).toBe(1);
    expect(await addErasures(keystore, [key('c')])).toBe(0);
    expect(await readErasures(await openKeystore(keystore.folder))).toEqual([key('a'), key('b'), key('c')]);
    expect(readFileSync(join(keystore.folder, 'erasures.age')).includes(key('a'))).toBe(false);
  });

  it('loses none of those that are added at once', async () => {
    const keystore = await openKeystore(join(top, 'at-once'));
    const keys = [...'0123456789abcdef'].map(key);
    await Promise.all(keys.map((one) => addErasures(keystore, [one])));
    expect(await readErasures(keystore)).toEqual(keys);
  });

  it('does not change while somebody holds it', async () => {
    const keystore = await openKeystore(join(top, 'held'));
    const added = holdingErasures(keystore, async (held) => {
      const adding = addErasures(keystore, [key('a')]);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect([held.size, await readErasures(keystore)]).toEqual([0, []]);
      return { adding };
    });
    expect(await (await added).adding).toBe(1);
  });

  it('that is damaged stops everything, and names the file', async () => {
    const keystore = await openKeystore(join(top, 'damaged'));
    await addErasures(keystore, [key('a')]);
    writeFileSync(join(keystore.folder, 'erasures.age'), 'nothing');
    await expect(readErasures(keystore)).rejects.toThrow(KeystoreFault);
    await expect(addErasures(keystore, [key('b')])).rejects.toThrow('erasures.age is damaged');
  });

  it('takes keys alone, never an id', async () => {
    const keystore = await openKeystore(join(top, 'ids'));
    await expect(addErasures(keystore, ['u-1234'])).rejects.toThrow(RangeError);
  });
});
