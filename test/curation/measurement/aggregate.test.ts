/** Aggregates for related products: bounded contributions, a threshold, and noise where it is asked for. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  aggregate,
  laplaceOf,
  type Release,
  type ReleaseSettings,
} from '../../../curation/measurement/aggregates/aggregate.ts';
import { aggregatesPage } from '../../../curation/measurement/report/page.ts';
import type { WholeRow } from '../../../curation/measurement/rows/field.ts';
import { outcome, withRows } from './database.ts';

const KEY = createHash('sha256').update('one').digest();
const OTHER = createHash('sha256').update('other').digest();
const exact: ReleaseSettings = { fields: ['language', 'framework', 'shape'], minimumUsers: 10, rowsPerCell: 20, cellsPerUser: 5, epsilon: 0, delta: 1e-6 }; // prettier-ignore
const release = (rows: WholeRow[], settings: Partial<ReleaseSettings> = {}, key = KEY): Promise<Release> =>
  withRows(rows, 'related-products', (db, source) => aggregate(db, source, { ...exact, ...settings }, key));
const of = (users: number, each: number, given: Parameters<typeof outcome>[0], first = 0): WholeRow[] =>
  Array.from({ length: users * each }, (_, at) => outcome({ user: `u${first + (at % users)}`, shown: 1, ...given }));
const facts = { name: 'a', purpose: 'related-products', window: { from: '', to: '' }, audience: [], minimumUsers: 10, records: 0, suggestions: 0 }; // prettier-ignore

describe('a release without noise', () => {
  it('takes of a user no more suggestions in a cell, and no more cells, than the bounds say', async () => {
    const many = await release(of(12, 100, { language: 'go' }));
    expect(many.cells).toEqual([{ language: 'go', framework: 'unknown', shape: 'unknown', outcome: 'ignored', count: 12 * 20 }]); // prettier-ignore
    const wide = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].flatMap((language) => of(100, 1, { language }));
    expect((await release(wide)).cells.reduce((sum, { count }) => sum + count, 0)).toBe(100 * 5);
  });

  it('tells a cell from ten users on, and counts the others', async () => {
    const rows = [...of(10, 1, { language: 'go' }), ...of(9, 1, { language: 'cobol' })];
    const { cells, withheld, noise } = await release(rows);
    expect([cells.map(({ language }) => language), withheld, noise]).toEqual([['go'], 1, null]);
  });

  it('holds nobody: no pseudonym, no total', async () => {
    const told = await release(of(30, 2, { language: 'go' }));
    expect(Object.keys(told).sort()).toEqual(['cells', 'noise', 'threshold', 'withheld']);
    expect(JSON.stringify(told)).not.toMatch(/u\d+|total/);
  });

  it.each([
    ['nothing', []],
    ['nine users', of(9, 3, { language: 'go' })],
  ])('of %s is empty, and its page says why', async (_, rows) => {
    const told = await release(rows);
    expect(told.cells).toEqual([]);
    expect(aggregatesPage(told, facts)).toContain('fewer users than the threshold');
    expect(aggregatesPage(told, facts)).not.toContain('NaN');
  });
});

describe('a release with noise', () => {
  const noisy = { epsilon: 1, delta: 1e-6 };

  it('says ε, δ, the scales and where the noise comes from', async () => {
    const { noise, threshold, withheld } = await release(of(500, 1, { language: 'go' }), noisy);
    // Half of ε for users, half for counts; a user is in 5 cells with 20 suggestions in each.
    expect(noise).toEqual({ epsilon: 1, delta: 1e-6, usersScale: 10, countScale: 200, source: expect.stringContaining('HMAC-SHA256') as string }); // prettier-ignore
    expect(threshold).toBeCloseTo(10 + 10 * Math.log(5 / 2e-6), 2);
    expect(withheld).toBeNull();
  });

  it('does not tell cells that noise alone could have carried over ten users', async () => {
    const cells = Array.from({ length: 200 }, (_, at) => of(12, 1, { language: `l${at}` }, at * 12)).flat();
    expect((await release(cells, noisy)).cells).toEqual([]);
    expect((await release(of(2000, 1, { language: 'go' }), noisy)).cells).toHaveLength(1);
  });

  it('is the same for the same key, and another for another', async () => {
    const rows = of(2000, 2, { language: 'go' });
    const [one, again, other] = [await release(rows, noisy), await release(rows, noisy), await release(rows, noisy, OTHER)]; // prettier-ignore
    expect(again).toEqual(one);
    expect(other.cells[0]!.count).not.toBe(one.cells[0]!.count);
    expect(Math.abs(one.cells[0]!.count - 4000)).toBeLessThan(200 * 12);
  });

  it('draws from the Laplace distribution', () => {
    const draw = laplaceOf(KEY);
    const values = Array.from({ length: 40_000 }, (_, at) => draw(`cell ${at}`, 3)).sort((a, b) => a - b);
    const cdf = (x: number) => (x < 0 ? Math.exp(x / 3) / 2 : 1 - Math.exp(-x / 3) / 2);
    // Kolmogorov–Smirnov at 0.1%: 1.95 / √n.
    const distance = Math.max(...values.map((value, at) => Math.abs(cdf(value) - (at + 0.5) / values.length)));
    expect(distance).toBeLessThan(1.95 / Math.sqrt(values.length));
  });
});
