/** Outcome rows in a database, as the figures read them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { columnsOf } from '../../../activities/measure/join.ts';
import {
  COUNT_FIELDS,
  limited,
  DIMENSIONS,
  type MeasuredPurpose,
  type WholeRow,
} from '../../../curation/measurement/rows/field.ts';
import { openRelational, type RelationalDatabase } from '../../../storage/relational.ts';

/** A row whose counts are 0 and whose names are unknown, but for what is given. */
export function outcome(given: Partial<Record<keyof WholeRow, string | number>>): WholeRow {
  const nobody = { device: '', repository: '', template: '', cluster: '', time: 0, acceptedAt: 0, secrets: 0 };
  const unknown = Object.fromEntries(
    ['ide', 'extensionVersion', 'language', 'model', 'plan', 'strategy', 'framework', 'shape'].map((n) => [
      n,
      'unknown',
    ]),
  );
  const counts = Object.fromEntries(COUNT_FIELDS.map((field) => [field, 0]));
  return { ...nobody, ...unknown, ...counts, user: 'nobody', ...given } as unknown as WholeRow;
}

/** Calls back with a database and a query over the rows, each with `example` its number. */
export async function withRows<T>(
  rows: readonly WholeRow[],
  purpose: MeasuredPurpose,
  work: (db: RelationalDatabase, source: string, folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'garner-measure-'));
  const db = await openRelational({ scratch: folder });
  try {
    const file = join(folder, 'rows.jsonl');
    const kept = new Set<string>(DIMENSIONS[purpose]);
    writeFileSync(file, rows.map((row, at) => JSON.stringify({ example: String(at), ...limited(row, purpose, kept) }) + '\n').join('')); // prettier-ignore
    const source = `SELECT * FROM read_json('${file}', format = 'newline_delimited', columns = ${columnsOf(purpose)})`;
    return await work(db, source, folder);
  } finally {
    await db.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
