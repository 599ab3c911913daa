/**
 * Bounds what one contributor or repository gives and balances labels and languages. Which examples stay is decided by a keyed hash of their ids:
 * nobody can steer it, and it depends neither on order nor on time.
 */
import type { Relational } from '../relational.ts';
import { Components } from './components.ts';
import type { SelectionPolicy } from './policy.ts';

/** Gives every contributor a number, the same to those who share a device: table `person (contributor, person)`. */
export async function numberPeople(db: Relational): Promise<void> {
  await db.run(
    `CREATE TABLE contributor AS SELECT contributor FROM metadata GROUP BY contributor ORDER BY contributor`,
  );
  const [size] = await db.rows<{ size: number }>('SELECT count(*) AS size FROM contributor');
  const people = new Components(size!.size);
  // Every device links its contributors to the first of them.
  const links = `SELECT DISTINCT min(c.rowid) OVER (PARTITION BY device)::INTEGER, c.rowid::INTEGER
    FROM (SELECT DISTINCT contributor, device FROM metadata WHERE device <> '') JOIN contributor c USING (contributor)`;
  for await (const [firsts, others] of db.batches(links)) {
    for (let i = 0; i < firsts!.length; i++) people.join(firsts![i] as number, others![i] as number);
  }
  const { members, roots } = people.joined();
  await db.run('CREATE TABLE same (member INTEGER, root INTEGER)');
  await db.append('same', [members, roots]);
  await db.run(`CREATE TABLE person AS SELECT contributor, coalesce(root, c.rowid)::INTEGER AS person
    FROM contributor c LEFT JOIN same ON member = c.rowid`);
  await db.run('DROP TABLE same');
  await db.run('DROP TABLE contributor');
}

/**
 * Takes out what is over the bounds among the rows of `alive`: snippets of too few contributors, then the same snippet of one contributor, then
 * a contributor's examples, then a repository's. `salt` is hexadecimal and secret.
 */
export async function applyBounds(db: Relational, policy: SelectionPolicy, salt: string): Promise<void> {
  const { bounds, minContributors } = policy;
  if (minContributors > 1) {
    await db.run(`INSERT INTO decided SELECT idx, 'contribution_bound', 'selection.minContributors' FROM alive
      WHERE snippet IN (SELECT snippet FROM metadata JOIN person USING (contributor)
        GROUP BY snippet HAVING count(DISTINCT person) < ${minContributors})`);
  }
  await db.run(`CREATE TABLE bounded AS SELECT idx, person, repository, snippet, ${keyed(salt, 'bounds')} AS rank
    FROM alive JOIN person USING (contributor)`);
  const bound = async (group: string, most: number, name: string): Promise<void> => {
    await db.run(`INSERT INTO decided SELECT idx, 'contribution_bound', 'selection.bounds.${name}' FROM (
      SELECT idx, row_number() OVER (PARTITION BY ${group} ORDER BY rank, idx) AS place
      FROM bounded ANTI JOIN decided USING (idx)) WHERE place > ${most}`);
  };
  await bound('person, snippet', bounds.perUserSnippet, 'perUserSnippet');
  await bound('person', bounds.perUser, 'perUser');
  await bound('repository', bounds.perRepository, 'perRepository');
  await db.run('DROP TABLE bounded');
}

/** Takes out what the caps of a language, of a label and of negatives for each positive leave no room for, among the rows of `alive`. */
export async function applyBalance(db: Relational, { balance }: SelectionPolicy, salt: string): Promise<void> {
  const cap = async (group: string, where: string, most: string, name: string): Promise<void> => {
    await db.run(`INSERT INTO decided SELECT idx, 'balanced_out', 'selection.balance.${name}' FROM (
      SELECT idx, row_number() OVER (${group} ORDER BY rank, idx) AS place FROM (
        SELECT idx, language, label, ${keyed(salt, 'balance')} AS rank FROM alive WHERE ${where})) WHERE place > ${most}`);
  };
  if (balance.perLanguage > 0) await cap('PARTITION BY language', 'true', String(balance.perLanguage), 'perLanguage');
  if (balance.perLabel > 0) await cap('PARTITION BY label', 'true', String(balance.perLabel), 'perLabel');
  if (balance.maxNegativesPerPositive > 0) {
    const [positives] = await db.rows<{ count: number }>('SELECT count(*) AS count FROM alive WHERE label');
    const most = Math.floor(positives!.count * balance.maxNegativesPerPositive);
    await cap('', 'NOT label', String(most), 'maxNegativesPerPositive');
  }
}

/** SQL for 64 bits of a keyed hash of the example, as text. The ids are of fixed length, so plain SHA-256 behind a secret salt will do. */
function keyed(salt: string, purpose: string): string {
  return `substr(sha256('${salt}/${purpose}/' || example), 1, 16)`;
}
