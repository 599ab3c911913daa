/** The rows of a finished dataset, of whatever format, with their texts by column: read with the identities of somebody of its audience. */
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decode } from '../decode.ts';
import type { ObjectStore } from '../objects.ts';
import { openRelational, type RelationalDatabase } from '../relational.ts';
import { openStream } from '../seal.ts';

/** One text of a row; those of nested columns are named by their column. */
export interface RowText {
  column: string;
  text: string;
}

export interface DatasetRow {
  /** Path in the dataset, without `.age`. */
  file: string;
  /** The row's `id`; where it has none, its number from 1. */
  id: string;
  texts: RowText[];
}

const DATA = /\.(parquet|jsonl|jsonl\.zst)(\.age)?$/;

/** All rows of all data files, file by file. Plain copies stand in `scratch` while they are read. @throws SealFault where no identity opens a file */
export async function* datasetRows(
  store: ObjectStore,
  identities: readonly string[],
  scratch: string,
): AsyncGenerator<DatasetRow> {
  const db = await openRelational({ scratch });
  const plain = join(scratch, 'rows');
  try {
    for await (const { key } of store.list('')) {
      const kind = DATA.exec(key);
      if (!kind) continue;
      const file = kind[2] ? key.slice(0, -kind[2].length) : key;
      const bytes = kind[2] ? openStream(identities)(store.read(key)) : store.read(key);
      if (kind[1] === 'parquet') {
        await pipeline(Readable.from(bytes), createWriteStream(plain, { mode: 0o600 }));
        yield* parquetRows(plain, file, db);
        await rm(plain);
      } else yield* lineRows(kind[1] === 'jsonl' ? bytes : decode(bytes), file);
    }
  } finally {
    await db.close();
    await rm(plain, { force: true });
  }
}

async function* parquetRows(path: string, file: string, db: RelationalDatabase): AsyncGenerator<DatasetRow> {
  const from = `read_parquet('${path.replaceAll("'", "''")}')`;
  const described = await db.rows<{ column_name: string; column_type: string }>(`DESCRIBE SELECT * FROM ${from}`);
  const columns = described.map(({ column_name: name, column_type: type }) => ({ name, isText: type === 'VARCHAR' }));
  const chosen = columns.map(({ name, isText }) => {
    const quoted = `"${name.replaceAll('"', '""')}"`;
    return isText ? quoted : `CAST(to_json(${quoted}) AS VARCHAR)`;
  });
  let number = 0;
  for await (const batch of db.batches(`SELECT ${chosen.join(', ')} FROM ${from}`)) {
    for (let row = 0; row < (batch[0]?.length ?? 0); row++) {
      const values = columns.map(({ name, isText }, at): [string, unknown] => {
        const cell = batch[at]![row];
        return [name, isText || typeof cell !== 'string' ? cell : (JSON.parse(cell) as unknown)];
      });
      yield rowOf(file, ++number, values);
    }
  }
}

async function* lineRows(bytes: AsyncIterable<Buffer>, file: string): AsyncGenerator<DatasetRow> {
  let number = 0;
  let held: Buffer[] = [];
  const row = (line: Buffer) => rowOf(file, ++number, Object.entries(JSON.parse(line.toString()) as object));
  for await (const chunk of bytes) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      held.push(chunk.subarray(from, end));
      yield row(Buffer.concat(held));
      held = [];
      from = end + 1;
    }
    if (from < chunk.length) held.push(chunk.subarray(from));
  }
  if (held.length > 0) yield row(Buffer.concat(held));
}

function rowOf(file: string, number: number, values: [string, unknown][]): DatasetRow {
  const texts: RowText[] = [];
  let id = String(number);
  for (const [column, value] of values) {
    if (column === 'id' && typeof value === 'string') id = value;
    addTexts(column, value, texts);
  }
  return { file, id, texts };
}

function addTexts(column: string, value: unknown, texts: RowText[]): void {
  if (typeof value === 'string') texts.push({ column, text: value });
  else if (Array.isArray(value)) for (const item of value) addTexts(column, item, texts);
  else if (typeof value === 'object' && value !== null)
    for (const item of Object.values(value)) addTexts(column, item, texts);
}
