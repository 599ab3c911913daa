/** Rows become a Parquet file as they come, whatever is in them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formatOf } from '../../../curation/formats/example.ts';
import { ParquetTables } from '../../../storage/relational/parquet.ts';
import { openRelational } from '../../../storage/relational.ts';

const scratch = mkdtempSync(join(tmpdir(), 'garner-parquet-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const COLUMNS = [
  { name: 'text', type: 'VARCHAR' },
  { name: 'id', type: 'VARCHAR' },
  { name: 'label', type: 'BOOLEAN' },
  { name: 'weight', type: 'DOUBLE' },
  { name: 'time', type: 'TIMESTAMP' },
];
const idOf = (index: number) => index.toString(16).padStart(8, '0');
const row = (index: number, text: string) => ({
  ...{ text, id: idOf(index), label: index % 2 === 0, weight: index / 4, time: '2026-05-01T10:00:00.123' },
});

async function written(rows: object[], columns = COLUMNS) {
  const folder = mkdtempSync(join(scratch, 'tables-'));
  const tables = await ParquetTables.open(folder);
  try {
    const table = await tables.table('rows', columns);
    for (const one of rows) table.add(one as Record<string, unknown>);
    return { folder, bytes: await table.write() };
  } finally {
    await tables.close();
  }
}

async function asked(folder: string, sql: string): Promise<Record<string, unknown>[]> {
  const db = await openRelational({ scratch });
  try {
    return await db.rows(sql.replace('FILE', `'${join(folder, 'rows.parquet')}'`));
  } finally {
    await db.close();
  }
}

describe('a Parquet table', () => {
  it('holds every character, empty texts, and times, labels and weights by their types', async () => {
    const texts = ['', 'a\0b', '\u{1F600}\u2028é', `'"\\\r\n`, '\uFEFFx'];
    const { folder } = await written(texts.map((text, i) => row(i, text)));
    const read = await asked(folder, 'SELECT * REPLACE (hex(encode(text)) AS text) FROM read_parquet(FILE)');
    const hex = (text: string) => Buffer.from(text).toString('hex').toUpperCase();
    expect(read).toEqual(
      texts.map((text, i) => ({ ...row(i, hex(text)), time: new Date('2026-05-01T10:00:00.123Z') })),
    );
  });

  it('holds lists of messages as what they are', async () => {
    const { columns } = formatOf('openai');
    const messages = [{ role: 'assistant', content: 'say "x"\n\0' }];
    const given: Record<string, unknown> = {};
    for (const { name, type } of columns) given[name] = type === 'DOUBLE' ? 1 : name === 'time' ? '2026-05-01' : name;
    Object.assign(given, { input: { messages }, preferred_output: messages, non_preferred_output: messages });
    const { folder } = await written([given], columns);
    const [read] = await asked(folder, 'SELECT to_json(t)::VARCHAR AS row FROM read_parquet(FILE) t');
    const expected = { input: { messages }, preferred_output: messages, non_preferred_output: messages };
    expect(JSON.parse(String(read!['row']))).toMatchObject(expected);
  });

  it('is cut into compressed groups of some 100 MB, the same bytes each time, low cardinalities in dictionaries', async () => {
    const rows = Array.from({ length: 120_000 }, (_, i) => row(i, `line ${i} ${'x'.repeat(1400 - (i % 700))}`));
    const { folder, bytes } = await written(rows);
    expect((await written(rows)).bytes.equals(bytes)).toBe(true);
    const chunks = await asked(
      folder,
      `SELECT path_in_schema AS name, row_group_num_rows AS rows, total_uncompressed_size AS size, compression, encodings
       FROM parquet_metadata(FILE) ORDER BY row_group_id`,
    );
    const texts = chunks.filter(({ name }) => name === 'text');
    expect(texts.map(({ rows: count }) => count as number).reduce((sum, count) => sum + count)).toBe(rows.length);
    expect(Math.abs((texts[0]!['size'] as number) - 100e6)).toBeLessThan(5e6);
    expect(new Set(chunks.map(({ compression }) => compression))).toEqual(new Set(['ZSTD']));
    expect(chunks.find(({ name }) => name === 'time')!['encodings']).toMatch(/DICTIONARY/);
  });

  it('refuses rows that are out of order or come twice, and says nothing of a value that does not fit', async () => {
    await expect(written([row(2, 'x'), row(1, 'y')])).rejects.toThrow(/order/);
    await expect(written([row(1, 'x'), row(1, 'x')])).rejects.toThrow(/order/);
    const failed = written([{ ...row(1, 'x'), time: 'canary-value' }]);
    await expect(failed).rejects.toThrow(/relational/);
    await expect(failed).rejects.not.toThrow(/canary-value/);
  });
});
