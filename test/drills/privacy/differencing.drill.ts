/** Subtracts published figures from each other, over windows, groupings and totals: no difference may be of fewer than ten users. */
import { describe, expect, it } from 'vitest';
import { dimensionsOf } from '../../../curation/measurement/evaluation/cube.ts';
import { evaluate, type Evaluation } from '../../../curation/measurement/evaluation/evaluate.ts';
import { bitOf } from '../../../curation/measurement/evaluation/measures.ts';
import type { WholeRow } from '../../../curation/measurement/rows/field.ts';
import { withRows } from '../../curation/measurement/database.ts';
import { fortnight } from '../../curation/measurement/world.ts';

const K = 10;
const DAY = 86_400_000;
const FIELDS = ['ide', 'extensionVersion', 'language', 'model', 'plan'];
const settings = { dimensions: FIELDS, period: 'day', minimumUsers: K, replicates: 2000, seed: 1 } as const;

/** A figure as somebody sees it: a count, and the rows that an attacker with the rows would find behind it. */
interface Published {
  name: string;
  rows: Set<number>;
}
const BASES = [
  ['shown', 'impressions'],
  ['accepted', 'accepts'],
] as const;

/** Which rows are behind each published count, by base: from the atoms that the evaluation left in its database. */
async function publish(rows: WholeRow[], from: number, to: number): Promise<Record<string, Published[]>> {
  const inside = rows.map((row, at) => ({ row, at })).filter(({ row }) => row.time >= from && row.time < to);
  const picked = inside.map(({ row }) => row);
  return withRows(picked, 'product-evaluation', async (db, source) => {
    const told: Evaluation = await evaluate(db, source, settings);
    const published: Record<string, Published[]> = {};
    for (const [base, total] of BASES) {
      const figures: Published[] = (published[base] = []);
      for (const [dimension, expression] of Object.entries(dimensionsOf(FIELDS))) {
        const listed = await db.rows<{ value: string; example: string }>(
          `SELECT a.value, r.example FROM (SELECT *, ("time" // ${DAY})::INTEGER AS p, ("time" // ${DAY})::INTEGER AS day FROM (${source})) r
           JOIN atoms a ON a.dimension = '${dimension}' AND a.p = r.p AND a.value = ${expression} WHERE a.told & ${bitOf(base)} <> 0 AND r.${base} > 0`,
        );
        const byValue = new Map<string, Set<number>>();
        for (const { value, example } of listed) {
          const set = byValue.get(value) ?? new Set<number>();
          byValue.set(value, set.add(inside[Number(example)]!.at));
        }
        for (const [value, set] of byValue) {
          const cell = told.cells.find((one) => one.dimension === dimension && one.value === value);
          // What is said is what the atoms allow, no more.
          expect(cell?.totals[total], `${dimension} ${value}`).toBe(set.size);
          const mark = `${new Date(from).toISOString().slice(5, 10)}+${(to - from) / DAY}`;
          figures.push({ name: `${dimension}=${value} ${mark}`, rows: set });
        }
      }
    }
    return published;
  });
}

const usersOf = (rows: WholeRow[], set: Iterable<number>) => new Set([...set].map((at) => rows[at]!.user)).size;

describe('a differencing attack', () => {
  it.each([1, 2])('of every pair of figures isolates nobody (seed %d)', async (seed) => {
    const rows = fortnight(seed, 150, 5000);
    const start = Date.parse('2026-04-01T00:00:00Z');
    const windows = [[0, 7], [0, 6], [1, 7], [6, 7]] as const; // prettier-ignore
    let pairs = 0;
    let nested = 0;
    let least = Infinity;
    const published: Record<string, Published[]>[] = [];
    for (const [from, to] of windows) published.push(await publish(rows, start + from * DAY, start + to * DAY));
    for (const [base] of BASES) {
      const figures = published.flatMap((one) => one[base]!);
      for (const a of figures)
        for (const b of figures) {
          pairs++;
          if (a === b || a.rows.size >= b.rows.size) continue;
          let isInside = true;
          for (const at of a.rows)
            if (!b.rows.has(at)) {
              isInside = false;
              break;
            }
          if (!isInside) continue;
          nested++;
          const rest = usersOf(
            rows,
            [...b.rows].filter((at) => !a.rows.has(at)),
          );
          least = Math.min(least, rest);
          expect(rest, `${b.name} minus ${a.name}, ${base}`).toBeGreaterThanOrEqual(K);
        }
      // A total less all that is told of one grouping is what is withheld.
      for (const [from, to] of windows) {
        const mark = `${new Date(start + from * DAY).toISOString().slice(5, 10)}+${to - from}`;
        const total = figures.find(({ name }) => name === `all=all ${mark}`);
        for (const field of FIELDS) {
          const parts = figures.filter(({ name }) => name.startsWith(`${field}=`) && name.endsWith(mark));
          const left = [...(total?.rows ?? [])].filter((at) => !parts.some((part) => part.rows.has(at)));
          const users = usersOf(rows, left);
          expect(users === 0 || users >= K, `total minus all ${field}: ${users} users`).toBe(true);
        }
      }
    }
    console.log(`seed ${seed}: ${pairs} pairs, ${nested} nested, the smallest difference has ${least} users`);
    expect(nested).toBeGreaterThan(100);
  });
});
