/**
 * Select: decides over metadata alone which examples a dataset holds and in which split each lies. Relational, so that it may be larger than
 * memory; the same metadata, policy and key give the same decisions whatever the order of files and rows and the number of threads.
 */
import { createHmac } from 'node:crypto';
import { applyBalance, applyBounds, numberPeople } from './bounds.ts';
import type { Relational } from '../relational.ts';
import { dropNearDuplicates } from './duplicates.ts';
import { PERMUTATIONS } from './text/minhash.ts';
import { checkSelection, type SelectionPolicy } from './policy.ts';
import { pairPeople } from './pairs.ts';
import { placeInSplits } from './splits.ts';

export { DEFAULT_SELECTION } from './policy.ts';
export type { Decision, ExampleMetadata, SelectionPolicy } from './policy.ts';

export interface SelectionResult {
  /** `examples`, `kept`, one for each reason that took any out, and `train`, `validation`, `test`. */
  counts: Record<string, number>;
  /** What each knob of the policy took out. */
  rules: Record<string, number>;
  /** Clusters of two or more near-duplicates. */
  clusters: number;
  /** Examples in the largest cluster; 0 where there is none. */
  largestCluster: number;
  components: number;
  /** Examples in the largest component. */
  largestComponent: number;
}

const COLUMNS = `{example: 'VARCHAR', label: 'BOOLEAN', weight: 'INTEGER', reason: 'VARCHAR', time: 'BIGINT', contributor: 'VARCHAR',
  device: 'VARCHAR', repository: 'VARCHAR', family: 'VARCHAR', content: 'VARCHAR', snippet: 'VARCHAR', lexemes: 'INTEGER', signature: 'VARCHAR',
  language: 'VARCHAR', contaminated: 'BOOLEAN', bytes: 'BIGINT', pair: 'VARCHAR', place: 'VARCHAR'}`;
const REQUIRED = [
  'label',
  'weight',
  'time',
  'contributor',
  'repository',
  'family',
  'content',
  'snippet',
  'lexemes',
  'signature',
  'contaminated',
];

/** Base64 of 448 bytes. */
const SIGNATURE_LENGTH = Math.ceil((PERMUTATIONS * 4) / 3) * 4;

/**
 * Decides on every example of `metadata.files` (`ExampleMetadata` as JSONL or, by the ending `.parquet`, Parquet) and writes one `Decision` for each
 * to `outFile`, by ascending example; Parquet by its ending, else JSONL. `key` is secret and of the plan; `db` is empty and used up.
 * Order of the decisions: conflicting labels, exact duplicates, contaminated, near-duplicates, bounds, balance, splits.
 * Memory outside the database: 4 bytes an example. Throws on a field that is missing, an example given twice, a signature of another length.
 */
export async function select(
  metadata: { files: string[] },
  policy: SelectionPolicy,
  key: Uint8Array,
  db: Relational,
  outFile: string,
): Promise<SelectionResult> {
  checkSelection(policy);
  const salt = createHmac('sha256', key).update('garner/selection/1').digest('hex');
  const rows = await load(db, metadata.files, policy.nearDuplicates.minLexemes);
  await db.run('CREATE TABLE decided (idx INTEGER, reason VARCHAR, rule VARCHAR)');
  await db.run('CREATE VIEW alive AS SELECT * FROM metadata ANTI JOIN decided USING (idx)');
  await dropConflicts(db);
  await dropExactDuplicates(db);
  await db.run(
    `INSERT INTO decided SELECT idx, 'contaminated', 'selection.contamination' FROM alive WHERE contaminated`,
  );
  const near = await dropNearDuplicates(db, rows, policy.nearDuplicates);
  await numberPeople(db);
  await applyBounds(db, policy, salt);
  await applyBalance(db, policy, salt);
  await pairPeople(db);
  const { components, largestComponent } = await placeInSplits(db, policy, salt);
  await write(db, outFile);
  return { ...(await counted(db, rows)), ...near, components, largestComponent };
}

/**
 * Makes `metadata` (by ascending example; `idx` counts from 0) and `signatures (idx, s)` of the texts that are long enough to have near-duplicates;
 * returns the number of examples. Signatures are by far the widest column: they are never sorted.
 */
async function load(db: Relational, files: readonly string[], minLexemes: number): Promise<number> {
  for (const file of files)
    if (/[*?[\]]/.test(file)) throw new Error(`metadata file "${file}": rename it without * ? [ ]`);
  const list = (chosen: string[]): string => `[${chosen.map(literal).join(', ')}]`;
  const parquet = files.filter((file) => file.endsWith('.parquet'));
  const jsonl = files.filter((file) => !file.endsWith('.parquet'));
  const names = [...COLUMNS.matchAll(/(\w+): '/g)].map(([, name]) => name!);
  const sources = [
    // An empty list of the right columns: a Parquet file may lack optional ones, and there may be no file at all.
    `SELECT ${[...COLUMNS.matchAll(/(\w+): '(\w+)'/g)].map(([, name, type]) => `NULL::${type} AS ${name}`).join(', ')} WHERE false`,
  ];
  if (jsonl.length > 0) {
    sources.push(
      `SELECT ${names.join(', ')} FROM read_json(${list(jsonl)}, format = 'newline_delimited', columns = ${COLUMNS})`,
    );
  }
  if (parquet.length > 0) sources.push(`SELECT * FROM read_parquet(${list(parquet)}, union_by_name = true)`);
  const absent = REQUIRED.map((name) => `${name} IS NULL`).join(' OR ');
  const whole = `length(signature) = ${SIGNATURE_LENGTH}`;
  // Ids that are only ever compared are numbers, which are half as wide.
  await db.run(`CREATE TABLE given AS SELECT * EXCLUDE (signature, bytes, reason)
        REPLACE (md5_number(content) AS content, md5_number(snippet) AS snippet),
      example IS NULL OR ${absent} OR NOT ${whole} AS bad,
      CASE WHEN lexemes >= ${minLexemes} AND ${whole} THEN from_base64(signature) END AS s
    FROM (${sources.join(' UNION ALL BY NAME ')})`);
  const [check] = await db.rows<{ rows: number; bad: number; first: string | null }>(
    'SELECT count(*) AS rows, count(*) FILTER (bad) AS bad, min(example) FILTER (bad) AS first FROM given',
  );
  const { rows, bad: broken, first } = check!;
  if (broken > 0) {
    throw new Error(
      `selection: ${broken} of ${rows} rows of metadata lack a field or hold a broken signature, first example ${first ?? '(none)'}`,
    );
  }
  await db.run(`CREATE TABLE sorted AS SELECT * EXCLUDE (s, bad, device, pair, place),
      coalesce(device, '') AS device, coalesce(pair, '') AS pair, coalesce(place, '') AS place FROM given ORDER BY example`);
  await db.run('CREATE VIEW metadata AS SELECT rowid::INTEGER AS idx, * FROM sorted');
  const [twice] = await db.rows<{ example: string }>(
    'SELECT example FROM (SELECT example, lag(example) OVER (ORDER BY rowid) AS before FROM sorted) WHERE example = before LIMIT 1',
  );
  if (twice !== undefined) throw new Error(`selection: example ${twice.example} stands twice in the metadata`);
  await db.run(`CREATE TABLE signatures AS SELECT idx, s FROM metadata JOIN (SELECT example, s FROM given WHERE s IS NOT NULL) USING (example)`); // prettier-ignore
  await db.run('DROP TABLE given');
  return rows;
}

/** The same prompt and text with both labels teaches nothing: all of them go. */
async function dropConflicts(db: Relational): Promise<void> {
  await db.run(`INSERT INTO decided SELECT idx, 'conflicting_labels', 'selection.conflictingLabels' FROM metadata
    WHERE content IN (SELECT content FROM metadata GROUP BY content HAVING bool_or(label) AND NOT bool_and(label))`);
}

async function dropExactDuplicates(db: Relational): Promise<void> {
  await db.run(`INSERT INTO decided SELECT idx, 'near_duplicate', 'exact' FROM (
    SELECT idx, row_number() OVER (PARTITION BY content ORDER BY time, weight DESC, idx) AS place FROM alive) WHERE place > 1`);
}

async function write(db: Relational, outFile: string): Promise<void> {
  const form = outFile.endsWith('.parquet')
    ? 'FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880'
    : 'FORMAT json, ARRAY false';
  await db.run(`COPY (SELECT me.example, decided.idx IS NULL AS keep, reason, rule, split, component, partner.example AS partner
      FROM (SELECT idx, example FROM metadata) me LEFT JOIN decided USING (idx) LEFT JOIN placed USING (idx)
        LEFT JOIN paired ON paired.chosen = idx LEFT JOIN (SELECT idx AS mate, example FROM metadata) partner ON mate = paired.rejected ORDER BY idx)
    TO ${literal(outFile)} (${form})`);
}

async function counted(
  db: Relational,
  rows: number,
): Promise<{ counts: Record<string, number>; rules: Record<string, number> }> {
  const counts: Record<string, number> = { examples: rows, kept: 0 };
  const rules: Record<string, number> = {};
  const taken = await db.rows<{ reason: string; rule: string; count: number }>(
    'SELECT reason, rule, count(*) AS count FROM decided GROUP BY reason, rule ORDER BY reason, rule',
  );
  for (const { reason, rule, count } of taken) {
    counts[reason] = (counts[reason] ?? 0) + count;
    rules[rule] = count;
  }
  const placed = await db.rows<{ split: string; count: number }>(
    'SELECT split, count(*) AS count FROM placed GROUP BY split ORDER BY split',
  );
  for (const { split, count } of placed) {
    counts[split] = count;
    counts.kept! += count;
  }
  return { counts, rules };
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
