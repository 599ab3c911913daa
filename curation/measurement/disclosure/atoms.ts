/**
 * Which figures may be told. An atom is a value of a dimension within a period (a day, or the whole window); a figure is a sum over the
 * atoms that may be told. An atom is withheld where fewer than k users stand behind it, where it would give away the withheld ones beside
 * it (complementary suppression), or where another dimension's atom contains it and has fewer than k users more. So the difference of any
 * two figures, over windows, groupings or totals, has no user in it or at least k.
 */
import type { Relational } from '../../relational.ts';
import { BASES, type Base } from '../evaluation/measures.ts';

export interface AtomSettings {
  /** SQL over the table of combinations, by name of the dimension; `all` among them. */
  dimensions: Readonly<Record<string, string>>;
  minimumUsers: number;
}

/** Rounds after which nothing is told rather than too much. */
const MOST_ROUNDS = 200;

/**
 * Makes table `atoms` (dimension, p, value, n_<base> users, r_<base> rows, ok_<base>) over table `combos` (p, user, columns of the
 * dimensions, a sum for each base).
 */
export async function makeAtoms(db: Relational, settings: AtomSettings): Promise<void> {
  const { dimensions, minimumUsers: k } = settings;
  const columns = BASES.map((base) => `n_${base} BIGINT, r_${base} BIGINT, ok_${base} BOOLEAN`).join(', ');
  await db.run(`CREATE TABLE atoms (dimension VARCHAR, p INTEGER, value VARCHAR, ${columns})`);
  for (const [name, expression] of Object.entries(dimensions)) {
    const sums = BASES.map((base) => `sum(${base}) AS ${base}`).join(', ');
    const users = `SELECT p, ${expression} AS value, "user", ${sums} FROM combos GROUP BY ALL`;
    const counts = BASES.map(
      (base) => `count(*) FILTER (${base} > 0), sum(${base})::BIGINT, (count(*) FILTER (${base} > 0)) >= ${k}`,
    ).join(', ');
    await db.run(`INSERT INTO atoms SELECT ${text(name)}, p, value, ${counts} FROM (${users}) GROUP BY p, value`);
  }
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const complements = await withholdComplements(db, settings);
    const nested = await withholdNested(db, settings);
    if (complements + nested === 0) return;
  }
  await db.run(`UPDATE atoms SET ${BASES.map((base) => `ok_${base} = false`).join(', ')}`);
}

/** Where those beside the told atoms are too few together, the smallest told one is withheld too. Returns how many were. */
async function withholdComplements(db: Relational, { dimensions, minimumUsers: k }: AtomSettings): Promise<number> {
  let withheld = 0;
  for (const [name, expression] of Object.entries(dimensions)) {
    const few = BASES.map((base) => `count(DISTINCT "user") FILTER (NOT ok_${base} AND ${base} > 0) AS u_${base}`).join(
      ', ',
    );
    const any = BASES.map((base) => `(NOT ok_${base} AND n_${base} > 0)`).join(' OR ');
    const rows = await db.rows<Record<string, number>>(
      `SELECT c.p, ${few} FROM combos c JOIN (SELECT * FROM atoms WHERE dimension = ${text(name)} AND (${any})) a
       ON a.p = c.p AND a.value = ${expression} GROUP BY c.p`,
    );
    for (const row of rows)
      for (const base of BASES) {
        const users = row[`u_${base}`]!;
        if (users === 0 || users >= k) continue;
        withheld += await withholdSmallest(db, name, row['p']!, base);
      }
  }
  return withheld;
}

async function withholdSmallest(db: Relational, dimension: string, p: number, base: Base): Promise<number> {
  const where = `dimension = ${text(dimension)} AND p = ${p} AND ok_${base}`;
  const [found] = await db.rows<{ value: string }>(
    `SELECT value FROM atoms WHERE ${where} ORDER BY n_${base}, value LIMIT 1`,
  );
  if (!found) return 0;
  await db.run(`UPDATE atoms SET ok_${base} = false WHERE ${where} AND value = ${text(found.value)}`);
  return 1;
}

/** An atom all of whose rows lie in another dimension's atom, which has fewer than k users outside of it, is withheld. */
async function withholdNested(db: Relational, { dimensions, minimumUsers: k }: AtomSettings): Promise<number> {
  let withheld = 0;
  for (const [inner, innerSql] of Object.entries(dimensions))
    for (const [outer, outerSql] of Object.entries(dimensions)) {
      if (inner === outer || inner === 'all') continue;
      const sums = BASES.map((base) => `sum(${base}) AS j_${base}`).join(', ');
      const suspects = BASES.map(
        (base) =>
          `(a.ok_${base} AND b.ok_${base} AND j_${base} = a.r_${base} AND b.r_${base} > a.r_${base} AND b.n_${base} - a.n_${base} < ${k}) AS s_${base}`,
      ).join(', ');
      const rows = await db.rows<Record<string, unknown>>(
        `SELECT * FROM (SELECT j.p, j.a, j.b, ${suspects}
           FROM (SELECT p, ${innerSql} AS a, ${outerSql} AS b, ${sums} FROM combos GROUP BY ALL) j
           JOIN atoms a ON a.dimension = ${text(inner)} AND a.p = j.p AND a.value = j.a
           JOIN atoms b ON b.dimension = ${text(outer)} AND b.p = j.p AND b.value = j.b)
         WHERE ${BASES.map((base) => `s_${base}`).join(' OR ')} ORDER BY p, a, b`,
      );
      for (const { p, a, b, ...flags } of rows as ({ p: number; a: string; b: string } & Record<string, unknown>)[])
        for (const base of BASES) {
          if (flags[`s_${base}`] !== true) continue;
          const [rest] = await db.rows<{ users: number }>(
            `SELECT count(DISTINCT "user") AS users FROM combos
             WHERE p = ${p} AND ${outerSql} = ${text(b)} AND ${innerSql} <> ${text(a)} AND ${base} > 0`,
          );
          if (rest!.users === 0 || rest!.users >= k) continue;
          await db.run(
            `UPDATE atoms SET ok_${base} = false WHERE dimension = ${text(inner)} AND p = ${p} AND value = ${text(a)}`,
          );
          withheld++;
        }
    }
  return withheld;
}

export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
