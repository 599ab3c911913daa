/**
 * Takes out all but one of texts that are nearly the same: candidates by the bands of their signatures, verified on the whole signatures, joined to
 * clusters. Of a cluster the oldest stays, then the one of the best label weight, then the least id.
 */
import type { Relational } from '../relational.ts';
import { Components } from './components.ts';
import { BANDS, PERMUTATIONS, ROWS } from './text/minhash.ts';

/** In buckets up to this size every pair is a candidate; in larger ones each member with the bucket's first and with its neighbour. */
const ALL_PAIRS = 16;

/** A band of the signature column `s` as an integer to group by. What meets by chance is refused by verification. */
export function bandOf(band: number): string {
  return `hash(s[${band * ROWS * 4 + 1}:${(band + 1) * ROWS * 4}])`;
}

/**
 * Adds the decisions on near-duplicates among the rows of `alive` to `decided`; returns the number of clusters of two or more, and the size of the largest.
 * Memory outside the database: 4 bytes a row. Rows of one signature are one candidate, so that a text repeated a million times is compared once.
 */
export async function dropNearDuplicates(
  db: Relational,
  rows: number,
  { threshold, minLexemes }: { threshold: number; minLexemes: number },
): Promise<{ clusters: number; largestCluster: number }> {
  await db.run(`CREATE TABLE sig AS SELECT min(idx)::INTEGER AS rep, s FROM alive JOIN signatures USING (idx)
    WHERE lexemes >= ${minLexemes} GROUP BY s ORDER BY rep`);
  await db.run('CREATE TABLE candidate (a INTEGER, b INTEGER)');
  for (let band = 0; band < BANDS; band++) {
    await db.run(`CREATE OR REPLACE TABLE bucket AS
      WITH banded AS (SELECT rep, ${bandOf(band)} AS h FROM sig),
        full_ones AS (SELECT h, count(*) AS size, min(rep) AS least FROM banded GROUP BY h HAVING count(*) > 1)
      SELECT rep, h, size, least FROM banded JOIN full_ones USING (h)`);
    await db.run(`INSERT INTO candidate
      SELECT a.rep, b.rep FROM bucket a JOIN bucket b ON a.h = b.h AND a.rep < b.rep WHERE a.size <= ${ALL_PAIRS}
      UNION ALL SELECT least, rep FROM bucket WHERE size > ${ALL_PAIRS} AND rep <> least
      UNION ALL SELECT before, rep FROM (SELECT rep, lag(rep) OVER (PARTITION BY h ORDER BY rep) AS before
        FROM bucket WHERE size > ${ALL_PAIRS}) WHERE before IS NOT NULL`);
  }
  const clusters = new Components(rows);
  // As many equal places as the threshold asks, without the rounding of a division.
  const enough = Math.ceil(threshold * PERMUTATIONS - 1e-9);
  const pairs = `SELECT a, b, x.s, y.s FROM (SELECT DISTINCT a, b FROM candidate)
    JOIN sig x ON x.rep = a JOIN sig y ON y.rep = b`;
  for await (const [as, bs, xs, ys] of db.batches(pairs)) {
    for (let i = 0; i < as!.length; i++) {
      if (equalPlaces(xs![i] as Uint8Array, ys![i] as Uint8Array) >= enough)
        clusters.join(as![i] as number, bs![i] as number);
    }
  }
  const { members, roots } = clusters.joined();
  await db.run('CREATE TABLE cluster (rep INTEGER, root INTEGER)');
  await db.append('cluster', [members, roots]);
  await db.run(`CREATE TABLE ranked AS SELECT idx, root, row_number() OVER (PARTITION BY root ORDER BY time, weight DESC, idx) AS place
    FROM (SELECT alive.idx, alive.time, alive.weight, coalesce(cluster.root, sig.rep) AS root
      FROM alive JOIN signatures USING (idx) JOIN sig USING (s) LEFT JOIN cluster ON cluster.rep = sig.rep
      WHERE alive.lexemes >= ${minLexemes})`);
  await db.run(
    `INSERT INTO decided SELECT idx, 'near_duplicate', 'selection.nearDuplicates' FROM ranked WHERE place > 1`,
  );
  const [count] = await db.rows<{ clusters: number; largest: number }>(
    'SELECT count(*) FILTER (place = 2) AS clusters, coalesce(max(place) FILTER (place > 1), 0) AS largest FROM ranked',
  );
  for (const table of ['sig', 'candidate', 'bucket', 'cluster', 'ranked']) await db.run(`DROP TABLE ${table}`);
  return { clusters: count!.clusters, largestCluster: count!.largest };
}

/** Equal places of two signatures as 448 bytes each. */
function equalPlaces(x: Uint8Array, y: Uint8Array): number {
  let equal = 0;
  for (let at = 0; at < PERMUTATIONS * 4; at += 4) {
    if (x[at] === y[at] && x[at + 1] === y[at + 1] && x[at + 2] === y[at + 2] && x[at + 3] === y[at + 3]) equal++;
  }
  return equal;
}
