/**
 * Splits what is kept so that nothing leaks: repositories that share a fork network, a preference pair or a band of a signature lie in one
 * component, and a component lies in one split. The largest component goes to train.
 */
import type { Relational } from '../relational.ts';
import { Components } from './components.ts';
import { bandOf } from './duplicates.ts';
import { BANDS } from './text/minhash.ts';
import { type SelectionPolicy, SPLITS } from './policy.ts';

export interface SplitSummary {
  components: number;
  /** Examples in the largest component. */
  largestComponent: number;
}

/**
 * Makes the table `placed (idx, component, split)` for the rows of `alive`; needs the table `paired`. Memory outside the database: 4 bytes a repository.
 * `salt` is hexadecimal and secret; components are named by a keyed hash of their least repository.
 */
export async function placeInSplits(db: Relational, policy: SelectionPolicy, salt: string): Promise<SplitSummary> {
  await db.run('CREATE TABLE place AS SELECT repository FROM alive GROUP BY repository ORDER BY repository');
  // Rows of one place that stand in pairs belong together, as rows of a named pair do.
  await db.run(`CREATE TABLE live AS SELECT alive.idx, place.rowid::INTEGER AS place, family, lexemes,
      CASE WHEN pair = '' AND idx IN (SELECT chosen FROM paired UNION ALL SELECT rejected FROM paired) THEN alive.place ELSE pair END AS pair
    FROM alive JOIN place USING (repository)`);
  const [size] = await db.rows<{ size: number }>('SELECT count(*) AS size FROM place');
  const components = new Components(size!.size);
  const link = async (group: string, from: string): Promise<void> => {
    // Every group links its repositories to the first of them.
    const links = `WITH member AS (SELECT DISTINCT ${group} AS meets, place FROM ${from}),
        first_of AS (SELECT meets, min(place) AS first FROM member GROUP BY meets HAVING count(*) > 1)
      SELECT DISTINCT first, place FROM member JOIN first_of USING (meets) WHERE place <> first`;
    for await (const [firsts, places] of db.batches(links)) {
      for (let i = 0; i < firsts!.length; i++) components.join(firsts![i] as number, places![i] as number);
    }
  };
  await link('family', `live WHERE family <> ''`);
  await link('pair', `live WHERE pair <> ''`);
  for (let band = 0; band < BANDS; band++) {
    await link(bandOf(band), `live JOIN signatures USING (idx) WHERE lexemes >= ${policy.nearDuplicates.minLexemes}`);
  }
  const { members, roots } = components.joined();
  await db.run('CREATE TABLE joined (member INTEGER, root INTEGER)');
  await db.append('joined', [members, roots]);
  await db.run(`CREATE TABLE component AS
    SELECT member, sha256('${salt}/component/' || least.repository) AS name, sha256('${salt}/split/' || least.repository) AS draw
    FROM (SELECT place.rowid AS member, coalesce(root, place.rowid) AS root FROM place LEFT JOIN joined ON member = place.rowid) mine
    JOIN place least ON least.rowid = root`);
  const sizes = await db.rows<{ name: string; size: number; components: number }>(`
    SELECT name, size, count(*) OVER () AS components FROM (SELECT name, count(*) AS size
      FROM live JOIN component ON place = member GROUP BY name) ORDER BY size DESC, name LIMIT 1`);
  const largest = sizes[0];
  await db.run(`CREATE TABLE placed AS SELECT idx, substr(name, 1, 16) AS component,
      CASE WHEN name = '${largest?.name ?? ''}' THEN '${policy.splits.train > 0 ? 'train' : drawnLast(policy)}' ${draws(policy)} END AS split
    FROM live JOIN component ON place = member`);
  for (const table of ['place', 'live', 'joined', 'component']) await db.run(`DROP TABLE ${table}`);
  return { components: largest?.components ?? 0, largestComponent: largest?.size ?? 0 };
}

/** SQL cases that cut the range of `draw`, hexadecimal text, in the policy's shares. */
function draws({ splits }: SelectionPolicy): string {
  let share = 0;
  let cases = '';
  for (const split of SPLITS) {
    share += splits[split];
    const end = Math.round(share * 2 ** 32);
    const below = end >= 2 ** 32 ? 'g' : end.toString(16).padStart(8, '0');
    if (splits[split] > 0) cases += ` WHEN draw < '${below}' THEN '${split}'`;
  }
  return cases;
}

function drawnLast({ splits }: SelectionPolicy): string {
  return splits.validation > 0 ? 'validation' : 'test';
}
