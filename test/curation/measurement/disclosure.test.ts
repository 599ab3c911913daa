/** What is told of small groups, against the rows themselves followed one by one. */
import { describe, expect, it } from 'vitest';
import { makeAtoms } from '../../../curation/measurement/disclosure/atoms.ts';
import { dimensionsOf, makeCube } from '../../../curation/measurement/evaluation/cube.ts';
import { evaluate, type Evaluation } from '../../../curation/measurement/evaluation/evaluate.ts';
import { BASES, bitOf, type Base } from '../../../curation/measurement/evaluation/measures.ts';
import type { WholeRow } from '../../../curation/measurement/rows/field.ts';
import { evaluationPage } from '../../../curation/measurement/report/page.ts';
import { outcome, withRows } from './database.ts';
import { groupBy } from '../../../curation/groups.ts';
import { fortnight } from './world.ts';

const K = 10;
const FIELDS = ['ide', 'extensionVersion', 'language', 'model', 'plan'] as const;
const dayOf = (row: WholeRow) => Math.floor(row.time / 86_400_000);
const VALUES: Record<string, (row: WholeRow) => string> = {
  all: () => 'all',
  day: (row) => new Date(row.time).toISOString().slice(0, 10),
  ...Object.fromEntries(FIELDS.map((field) => [field, (row: WholeRow) => row[field]])),
  ide_model_language: (row) => `${row.ide}|${row.model}|${row.language}`,
};

interface Atom {
  dimension: string;
  p: number;
  value: string;
  told: number;
}
const tell = (rows: WholeRow[], period: 'day' | 'window', sampledUsers: number): Promise<Atom[]> =>
  withRows(rows, 'product-evaluation', async (db, source) => {
    await makeCube(db, source, { dimensions: FIELDS, period });
    await makeAtoms(db, { dimensions: dimensionsOf(FIELDS), minimumUsers: K, sampledUsers });
    return db.rows<Atom>('SELECT dimension, p, "value", told FROM atoms ORDER BY dimension, p, "value"');
  });

/** Rows of each atom that count for a base. */
function rowsOf(rows: WholeRow[], period: 'day' | 'window', base: Base): Map<string, Set<number>> {
  const sets = new Map<string, Set<number>>();
  rows.forEach((row, at) => {
    const has = base === 'checked' ? row.lost300 + row.censored300 > 0 : row[base] > 0;
    if (!has) return;
    for (const [dimension, value] of Object.entries(VALUES)) {
      const key = JSON.stringify([dimension, period === 'day' ? dayOf(row) : 0, value(row)]);
      sets.set(key, (sets.get(key) ?? new Set()).add(at));
    }
  });
  return sets;
}

describe.each([
  ['day', 1e9],
  ['day', 20],
  ['window', 1e9],
  ['window', 20],
] as const)('figures by %s, looking at %d users first', (period, sampledUsers) => {
  const rows = fortnight(5, 120, 3000);
  const usersOf = (set: Iterable<number>) => new Set([...set].map((at) => rows[at]!.user)).size;
  const enough = (users: number) => users === 0 || users >= K;

  it('tell no atom of fewer than ten users, beside which fewer are left, or outside of which fewer are', async () => {
    const atoms = await tell(rows, period, sampledUsers);
    let [withheld, nested] = [0, 0];
    for (const base of BASES) {
      const sets = rowsOf(rows, period, base);
      const groups = groupBy(atoms, ({ dimension, p }) => `${dimension} ${p}`);
      const all: { told: boolean; dimension: string; p: number; value: string; set: Set<number> }[] = [];
      for (const group of groups.values()) {
        const members = group.flatMap(({ dimension, p, value, told }) => {
          const set = sets.get(JSON.stringify([dimension, p, value]));
          return set ? [{ told: (told & bitOf(base)) !== 0, dimension, p, value, set }] : [];
        });
        all.push(...members);
        const left = members.filter(({ told }) => !told);
        withheld += left.length;
        if (left.length < members.length)
          expect(enough(usersOf(left.flatMap(({ set }) => [...set]))), JSON.stringify(group[0])).toBe(true);
      }
      const told = all.filter((one) => one.told);
      for (const inner of told) {
        expect(usersOf(inner.set)).toBeGreaterThanOrEqual(K);
        for (const outer of told) {
          if (inner === outer || inner.p !== outer.p || [...inner.set].some((at) => !outer.set.has(at))) continue;
          nested++;
          const rest = usersOf([...outer.set].filter((at) => !inner.set.has(at)));
          expect(enough(rest), `${outer.dimension} ${outer.value} less ${inner.dimension} ${inner.value}`).toBe(true);
        }
      }
    }
    expect([withheld > 50, nested > 50]).toEqual([true, true]);
  });
});

describe('an evaluation', () => {
  const settings = { dimensions: FIELDS, period: 'window', minimumUsers: K, replicates: 2000, seed: 1 } as const;
  const of = (users: number, given: Parameters<typeof outcome>[0], first = 0): WholeRow[] =>
    Array.from({ length: users * 3 }, (_, at) =>
      outcome({
        user: `u${first + (at % users)}`,
        time: Date.UTC(2026, 3, 1),
        shown: 1,
        read: 1,
        accepted: at % 2,
        ...given,
      }),
    );
  const measure = (rows: WholeRow[]): Promise<Evaluation> =>
    withRows(rows, 'product-evaluation', (db, source) => evaluate(db, source, settings));
  const valuesOf = ({ cells }: Evaluation, dimension: string) =>
    cells.filter((cell) => cell.dimension === dimension).map(({ value }) => value);
  const facts = {
    name: 'e',
    purpose: 'product-evaluation',
    window: { from: '', to: '' },
    audience: [],
    minimumUsers: K,
    records: 0,
    suggestions: 0,
  };
  const check = (evaluation: Evaluation) => {
    const page = evaluationPage(evaluation, facts);
    expect(page + JSON.stringify(evaluation)).not.toMatch(/NaN|Infinity|undefined/);
    return page;
  };

  it('of which everything is withheld is empty, and its page says why', async () => {
    for (const rows of [[], of(9, { ide: 'vscode' })]) {
      const evaluation = await measure(rows);
      expect(evaluation.cells).toEqual([]);
      expect(check(evaluation)).toContain('fewer users than the threshold');
    }
  });

  it('of which nothing is withheld tells every value', async () => {
    const evaluation = await measure([...of(20, { ide: 'vscode' }), ...of(20, { ide: 'intellij' }, 20)]);
    expect(valuesOf(evaluation, 'ide')).toEqual(['intellij', 'vscode']);
    expect(Object.values(evaluation.withheld).every(({ whole, part }) => whole + part === 0)).toBe(true);
    check(evaluation);
  });

  it('withholds beside one small value the smallest of the others, or the total would give it away', async () => {
    const rows = [...of(30, { ide: 'vscode' }), ...of(20, { ide: 'intellij' }, 30), ...of(3, { ide: 'zed' }, 50)];
    const evaluation = await measure(rows);
    expect(valuesOf(evaluation, 'ide')).toEqual(['vscode']);
    expect(evaluation.withheld['ide']).toEqual({ whole: 2, part: 0 });
    check(evaluation);
  });

  it('tells numbers of users in whole tens, so that no two of them differ by fewer', async () => {
    const evaluation = await measure([...of(37, { ide: 'vscode' }), ...of(14, { ide: 'intellij' }, 37)]);
    const users = evaluation.cells.flatMap((cell) => [
      cell.users.active,
      ...cell.figures.map((figure) => figure.users),
    ]);
    expect(new Set(users)).toEqual(new Set([10, 30, 50]));
  });
});
