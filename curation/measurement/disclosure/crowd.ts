/** Which sets of rows have so few users behind them that somebody could be found. Most have many, and a sample of users shows it. */
import type { Relational } from '../../relational.ts';
import { BASES, bitOf } from '../evaluation/measures.ts';

/** Users of the sample: so many that most sets show their k in it, so few that looking costs little. */
export const SAMPLED_USERS = 4096;

export interface Crowds {
  minimumUsers: number;
  /** Whether `sample` holds every user. */
  isWhole: boolean;
}

/** Makes table `sample` (u, cell, bases) of table `seen`: all that some of the users did. */
export async function makeSample(db: Relational, minimumUsers: number, sampledUsers: number): Promise<Crowds> {
  const [row] = await db.rows<{ users: number }>('SELECT approx_count_distinct(u) AS users FROM seen');
  const every = Math.max(1, Math.floor(row!.users / sampledUsers));
  await db.run(
    `CREATE TABLE sample AS SELECT u, cell, bit_or(bases) AS bases FROM seen WHERE u % ${every} = 0 GROUP BY ALL`,
  );
  return { minimumUsers, isWhole: every === 1 };
}

/**
 * Of each set the bases (bits) behind which stand users, but fewer than k; sets without any are left out. Exact: what the sample cannot
 * show is counted in `seen`.
 * @param sets a table (member, cell, bases): rows of a cell that have one of the bases are of the set named `member`
 * @param into a table to make (member, n_<base>): users of the sample
 */
export async function fewUsers(
  db: Relational,
  sets: string,
  into: string,
  crowds: Crowds,
): Promise<Map<number, number>> {
  const k = crowds.minimumUsers;
  const counts = BASES.map((base) => `count(*) FILTER (b & ${bitOf(base)} <> 0)::INTEGER AS n_${base}`).join(', ');
  const counted = (rows: string, cells: string) =>
    `SELECT member, ${counts} FROM (
       SELECT s.member, r.u, bit_or(r.bases & s.bases) AS b FROM ${rows} r JOIN ${cells} s USING (cell)
       WHERE r.bases & s.bases <> 0 GROUP BY ALL) GROUP BY member`;
  const mask = (test: (base: string) => string) =>
    BASES.map((base) => `(${test(base)})::INTEGER * ${bitOf(base)}`).join(' + ');
  await db.run(`CREATE TABLE ${into} AS ${counted('sample', sets)}`);
  const found = mask((base) => `n_${base} BETWEEN 1 AND ${k - 1}`);
  if (crowds.isWhole) return fewOf(db, `SELECT member, ${found} AS few FROM ${into}`);
  const enough = mask((base) => `coalesce(n_${base}, 0) >= ${k}`);
  await db.run(
    `CREATE OR REPLACE TEMP TABLE thin AS SELECT * FROM (
       SELECT member, cell, s.bases & c.bases & ~(${enough}) AS bases FROM ${sets} s JOIN cube c USING (cell) LEFT JOIN ${into} USING (member))
     WHERE bases <> 0`,
  );
  return fewOf(db, `SELECT member, ${found} AS few FROM (${counted('seen', 'thin')})`);
}

async function fewOf(db: Relational, query: string): Promise<Map<number, number>> {
  const rows = await db.rows<{ member: number; few: number }>(`SELECT * FROM (${query}) WHERE few <> 0`);
  return new Map(rows.map(({ member, few }) => [member, few]));
}
