/**
 * Which figures may be told. An atom is a value of a dimension within a period (a day, or the whole window); a figure is a sum over the
 * atoms that may be told. An atom is withheld where fewer than k users stand behind it, where it would give away the withheld ones beside
 * it (complementary suppression), or where another dimension's atom contains it and has fewer than k users more. So the difference of any
 * two figures, over windows, groupings or totals, has no user in it or at least k.
 */
import type { Relational } from '../../relational.ts';
import { BASES, bitOf, type Base } from '../evaluation/measures.ts';
import { fewUsers, makeSample, SAMPLED_USERS, type Crowds } from './crowd.ts';

export interface AtomSettings {
  /** SQL over the cells, by name of the dimension; `all` among them. */
  dimensions: Readonly<Record<string, string>>;
  minimumUsers: number;
  /** About how many users are looked at before all are; of no matter for what is told. */
  sampledUsers?: number;
}

/** An atom with its rows for each base. */
interface Atom extends Record<Base, number> {
  atom: number;
  dimension: string;
  p: number;
  /** Bits of the bases that have rows, and of those that may be told. */
  bases: number;
  told: number;
}

/**
 * Makes table `atoms` (atom, dimension, p, value, bases, told, and a sum for each base), and `members` (member: the atom, cell, bases), over
 * the tables `cube` and `seen`. `bases` and `told` are bits of the bases.
 */
export async function makeAtoms(db: Relational, settings: AtomSettings): Promise<void> {
  const { dimensions, minimumUsers, sampledUsers = SAMPLED_USERS } = settings;
  const valued = Object.entries(dimensions)
    .map(
      ([name, sql]) =>
        `SELECT ${text(name)} AS dimension, p, ${sql} AS "value", cell, bases, ${sumsOf('c')} FROM cube c`,
    )
    .join(' UNION ALL ');
  await db.run(`CREATE TABLE placed AS ${valued}`);
  await db.run(
    `CREATE TABLE atoms AS SELECT (row_number() OVER (ORDER BY dimension, p, "value"))::INTEGER AS atom, *, bases AS told FROM (
       SELECT dimension, p, "value", bit_or(bases) AS bases, ${BASES.map((base) => `sum("${base}")::BIGINT AS "${base}"`).join(', ')}
       FROM placed GROUP BY ALL)`,
  );
  await db.run(
    `CREATE TABLE members AS SELECT a.atom AS member, c.cell, c.bases FROM placed c JOIN atoms a USING (dimension, p, "value")`,
  );
  const crowds = await makeSample(db, minimumUsers, sampledUsers);
  const atoms = new Map<number, Atom>();
  for (const atom of await db.rows<Atom>(`SELECT * EXCLUDE ("value") FROM atoms ORDER BY atom`))
    atoms.set(atom.atom, atom);
  const few = await fewUsers(db, 'members', 'crowd', crowds);
  for (const [atom, bases] of few) atoms.get(atom)!.told &= ~bases;
  await withholdComplements(db, atoms, few, crowds);
  await tell(db, atoms);
  await withholdNested(db, atoms, crowds);
  await tell(db, atoms);
}

const sumsOf = (table: string): string => BASES.map((base) => `${table}."${base}"`).join(', ');

/** Where those beside the told atoms are too few together, the smallest told one, which has k users or more, is withheld too. */
async function withholdComplements(
  db: Relational,
  atoms: ReadonlyMap<number, Atom>,
  few: ReadonlyMap<number, number>,
  crowds: Crowds,
): Promise<void> {
  if (few.size === 0) return;
  const rows = [...few].map(([atom, bases]) => `(${atom}, ${bases})`).join(', ');
  await db.run(`CREATE TABLE small AS SELECT col0 AS atom, col1 AS bases FROM (VALUES ${rows})`);
  // Small atoms of a dimension and period together, named by the least of them.
  await db.run(
    `CREATE TABLE beside AS SELECT (min(s.atom) OVER (PARTITION BY a.dimension, a.p))::INTEGER AS member, m.cell, s.bases
     FROM small s JOIN atoms a USING (atom) JOIN members m ON m.member = s.atom`,
  );
  for (const [member, bases] of await fewUsers(db, 'beside', 'crowd_beside', crowds)) {
    const { dimension, p } = atoms.get(member)!;
    const beside = [...atoms.values()].filter((atom) => atom.dimension === dimension && atom.p === p);
    for (const base of BASES) {
      if ((bases & bitOf(base)) === 0) continue;
      const many = beside.filter(({ atom, bases: has }) => has & ~(few.get(atom) ?? 0) & bitOf(base));
      const smallest = many.sort((a, b) => a[base] - b[base] || a.atom - b.atom)[0];
      if (smallest) smallest.told &= ~bitOf(base);
    }
  }
}

/** An atom all of whose rows lie in another dimension's atom, which has fewer than k users outside of it, is withheld. */
async function withholdNested(db: Relational, atoms: ReadonlyMap<number, Atom>, crowds: Crowds): Promise<void> {
  const joint = BASES.map((base) => `sum(c."${base}") AS j_${base}`).join(', ');
  // Where the sample alone has k users more in the outer one, as many are outside of the inner.
  const suspect = BASES.map(
    (base) =>
      `(j_${base} = a."${base}" AND a."${base}" < b."${base}" AND a.told & b.told & ${bitOf(base)} <> 0
        AND coalesce(nb.n_${base}, 0) - coalesce(na.n_${base}, 0) < ${crowds.minimumUsers})::INTEGER * ${bitOf(base)}`,
  ).join(' + ');
  await db.run(
    `CREATE TABLE nested AS SELECT (row_number() OVER (ORDER BY i, o))::INTEGER AS member, i, o, bases FROM (
       SELECT i, o, ${suspect} AS bases FROM (
         SELECT i.member AS i, o.member AS o, ${joint} FROM members i JOIN members o USING (cell) JOIN cube c USING (cell)
         WHERE i.member <> o.member GROUP BY i.member, o.member)
       JOIN atoms a ON a.atom = i JOIN atoms b ON b.atom = o
       LEFT JOIN crowd na ON na.member = i LEFT JOIN crowd nb ON nb.member = o WHERE a.dimension <> 'all') WHERE bases <> 0`,
  );
  await db.run(
    `CREATE TABLE outside AS SELECT n.member, o.cell, n.bases FROM nested n JOIN members o ON o.member = n.o
     ANTI JOIN members i ON i.member = n.i AND i.cell = o.cell`,
  );
  const few = await fewUsers(db, 'outside', 'crowd_outside', crowds);
  for (const { member, i } of await db.rows<{ member: number; i: number }>('SELECT member, i FROM nested'))
    atoms.get(i)!.told &= ~(few.get(member) ?? 0);
}

async function tell(db: Relational, atoms: ReadonlyMap<number, Atom>): Promise<void> {
  const changed = [...atoms.values()].filter(({ bases, told }) => bases !== told);
  if (changed.length === 0) return;
  const rows = changed.map(({ atom, told }) => `(${atom}, ${told})`).join(', ');
  await db.run(`UPDATE atoms SET told = v.col1 FROM (VALUES ${rows}) v WHERE atoms.atom = v.col0`);
}

export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
