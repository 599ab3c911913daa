/** Whether the files of a measurement hold a field beyond their purpose, as far as they can be opened. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMeasured } from '../../config/measurement.ts';
import { beyondPurpose } from '../../curation/measurement/disclosure/statement.ts';
import type { Problem } from '../../curation/proof/check.ts';
import type { ObjectStore } from '../../storage/objects.ts';
import { openRelational } from '../../storage/relational.ts';
import { openScratch } from '../../storage/scratch.ts';
import { open, SealFault } from '../../storage/seal.ts';

/** Nothing for a dataset that trains. Files that no identity opens are passed over. */
export async function beyond(
  store: ObjectStore,
  purpose: string | undefined,
  identities: string[],
): Promise<Problem[]> {
  const problems: Problem[] = [];
  if (purpose === undefined || !isMeasured(purpose)) return problems;
  for await (const { key } of store.list('data/')) {
    const path = key.replace(/\.age$/, '');
    let plain: Buffer;
    try {
      const stored = await store.readAll(key);
      plain = path === key ? stored : await open(stored, identities);
    } catch (error) {
      // That it is sealed to others or damaged is what the check of files reports.
      if (error instanceof SealFault) continue;
      throw error;
    }
    const columns = path.endsWith('.parquet') ? await columnsOf(plain) : undefined;
    for (const problem of beyondPurpose(purpose, path, plain, columns))
      problems.push({ file: key, problem: `It holds more than its purpose allows: ${problem}.`, todo: 'Do not use it; ask the publisher.' }); // prettier-ignore
  }
  return problems;
}

async function columnsOf(plain: Buffer): Promise<string[]> {
  const scratch = await openScratch('columns');
  const db = await openRelational({ scratch: scratch.folder });
  try {
    const file = join(scratch.folder, 'file.parquet');
    await writeFile(file, plain, { mode: 0o600 });
    const rows = await db.rows<{ column_name: string }>(`DESCRIBE SELECT * FROM read_parquet('${file}')`);
    return rows.map((row) => row.column_name);
  } catch {
    return ['that cannot be read'];
  } finally {
    await db.close();
    await scratch.remove();
  }
}
