/** What the data files of a dataset folder hold, as far as they can be opened: digests, rows, and the components of each split. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FoundFile } from '../../curation/proof/check.ts';
import { Leaks } from './leaks.ts';
import { unpackZstd } from '../../storage/compression.ts';
import type { ObjectStore } from '../../storage/objects.ts';
import { openRelational, type RelationalDatabase } from '../../storage/relational.ts';
import { openScratch } from '../../storage/scratch.ts';
import { openStream, SealFault } from '../../storage/seal.ts';

export interface Contents {
  files: FoundFile[];
  /** By path without `.age`. */
  rows: Record<string, number>;
  /** Names of the columns, by path without `.age`. */
  columns: Record<string, string[]>;
  /** By split. */
  components: Record<string, Set<string>>;
  /** Rows that say they are of another split than their file, by file. */
  strays: Record<string, number>;
  /** Files that are sealed to others. */
  locked: string[];
  /** Bands of signatures that rows of two splits share. */
  leaks: number;
}

const DATA = /^data\/([^/]+)\/([a-z]+)-\d+-of-\d+\.(parquet|jsonl|jsonl\.zst)$/;
const JSONL_LIMIT = 2 ** 31 - 1;

/**
 * Reads every object once. Plaintext lies in scratch while it is counted; a file that no identity opens has a stored digest alone.
 * Texts of fewer than `minLexemes` lexemes do not count as near-duplicates.
 */
export async function contentsOf(
  store: ObjectStore,
  identities: string[],
  leave: readonly string[],
  minLexemes: number,
): Promise<Contents> {
  const contents: Contents = { files: [], rows: {}, columns: {}, components: {}, strays: {}, locked: [], leaks: 0 };
  const scratch = await openScratch('verify');
  const leaks = new Leaks(scratch.folder);
  let db: RelationalDatabase | null = null;
  try {
    for await (const { key, size } of store.list('')) {
      if (leave.includes(key)) continue;
      const copy = join(scratch.folder, 'file');
      const path = key.replace(/\.age$/, '');
      const data = DATA.exec(path);
      const file: FoundFile = { path: key, size, stored: await digest(store.read(key)) };
      contents.files.push(file);
      const sealed = path !== key;
      if (!sealed && !data) continue;
      try {
        const plain = sealed ? openStream(identities)(store.read(key)) : store.read(key);
        const hash = createHash('sha256');
        await pipeline(Readable.from(hashing(plain, hash)), createWriteStream(copy, { mode: 0o600 }));
        if (sealed) file.plain = hash.digest('hex');
        if (!data) continue;
        db ??= await openRelational({ scratch: scratch.folder });
        await count(contents, { path, format: data[1]!, split: data[2]!, kind: data[3]!, copy }, db, leaks);
      } catch (error) {
        // A damaged file has no plaintext digest: that is what its check reports.
        if (!(error instanceof SealFault)) throw error;
        if (error.kind === 'no_identity') contents.locked.push(key);
      } finally {
        await rm(copy, { force: true });
      }
    }
    contents.leaks = await leaks.hits(minLexemes);
    return contents;
  } finally {
    await db?.close();
    await scratch.remove();
  }
}

async function count(
  into: Contents,
  { path, format, split, kind, copy }: { path: string; format: string; split: string; kind: string; copy: string },
  db: RelationalDatabase,
  leaks: Leaks,
): Promise<void> {
  const components = (into.components[split] ??= new Set());
  let rows = 0;
  let strays = 0;
  const columns = new Set<string>();
  const take = (component: unknown, own: unknown, number: number) => {
    rows += number;
    if (own !== split) strays += number;
    components.add(String(component));
  };
  try {
    if (kind === 'parquet') {
      const groups = `SELECT component, split, count(*) AS number FROM read_parquet('${copy}') GROUP BY ALL`;
      for (const row of await db.rows<{ component: string; split: string; number: number }>(groups))
        take(row.component, row.split, row.number);
      const described = `SELECT column_name AS name FROM (DESCRIBE SELECT * FROM read_parquet('${copy}'))`;
      for (const { name } of await db.rows<{ name: string }>(described)) columns.add(name);
      await leaks.takeParquet(format, split, copy, db);
    } else
      for (const row of await lines(copy, kind)) {
        take(row['component'], row['split'], 1);
        for (const name in row) columns.add(name);
        await leaks.takeRow(format, split, row);
      }
  } catch (error) {
    if (error instanceof SealFault) throw error;
    // What cannot be read as its kind has no rows that were attested.
    rows = 0;
  }
  into.rows[path] = rows;
  into.columns[path] = [...columns];
  if (strays > 0) into.strays[path] = strays;
}

async function lines(file: string, kind: string): Promise<Record<string, unknown>[]> {
  const bytes = await readFile(file);
  const text = (kind === 'jsonl.zst' ? unpackZstd(bytes, JSONL_LIMIT) : bytes).toString();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function* hashing(chunks: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>) {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

async function digest(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
