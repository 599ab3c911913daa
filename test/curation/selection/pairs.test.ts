import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, example, id } from './decide.ts';

const at = (name: string, label: boolean, contributor: string, given: object = {}) =>
  example(name, { label, contributor: id(contributor), place: id('here'), ...given });
const partners = ({ by }: Awaited<ReturnType<typeof decide>>) =>
  new Map([...by.values()].flatMap(({ example: name, partner }) => (partner ? [[name, partner] as const] : [])));

describe('preference pairs between people', () => {
  it('set what one accepted over what another rejected at the same place', async () => {
    const result = await decide([
      at('a', true, 'ann'),
      at('b', false, 'bob'),
      at('c', false, 'cid', { place: id('there') }),
    ]);
    expect([...partners(result)]).toEqual([[id('a'), id('b')]]);
    const [a, b] = [result.by.get(id('a'))!, result.by.get(id('b'))!];
    expect([a.split, a.component]).toEqual([b.split, b.component]);
  });

  it('are none of one person, though under two pseudonyms of one device, nor without a place', async () => {
    const device = { device: id('laptop') };
    expect(partners(await decide([at('a', true, 'ann'), at('b', false, 'ann')])).size).toBe(0);
    expect(partners(await decide([at('a', true, 'ann', device), at('b', false, 'bob', device)])).size).toBe(0);
    const nowhere = { place: undefined };
    expect(partners(await decide([at('a', true, 'ann', nowhere), at('b', false, 'bob', nowhere)])).size).toBe(0);
  });

  it('take the best of each side first, each example once', async () => {
    const result = await decide([
      at('a', true, 'ann', { weight: 500 }),
      at('b', true, 'bob', { weight: 900 }),
      at('c', false, 'cid', { weight: 100 }),
      at('d', false, 'dee', { weight: 800 }),
      at('e', false, 'eve', { weight: 50 }),
    ]);
    expect(partners(result)).toEqual(
      new Map([
        [id('b'), id('d')],
        [id('a'), id('c')],
      ]),
    );
  });

  it('hold only what is kept, whatever is taken out', async () => {
    const rows = fc.array(
      fc.record({ label: fc.boolean(), person: fc.integer({ min: 0, max: 3 }), place: fc.integer({ min: 0, max: 1 }) }),
      { minLength: 2, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(rows, async (given) => {
        const made = given.map(({ label, person, place }, index) =>
          at(`row ${index}`, label, `person ${person}`, { place: id(`place ${place}`) }),
        );
        const result = await decide(made, { bounds: { perUser: 2, perRepository: 500, perUserSnippet: 1 } });
        for (const [chosen, rejected] of partners(result)) {
          expect([result.by.get(chosen)!.keep, result.by.get(rejected)!.keep]).toEqual([true, true]);
          expect(result.by.get(chosen)!.split).toBe(result.by.get(rejected)!.split);
        }
        expect(new Set(partners(result).values()).size).toBe(partners(result).size);
      }),
      { numRuns: 10 },
    );
  });
});
