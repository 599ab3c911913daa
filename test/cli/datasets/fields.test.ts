/** Columns that the policy names: in the rows, attested, kept when somebody is erased, and told from others. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EraseSummary, RunSummary } from '../../../activities/types.ts';
import type { CheckResult } from '../../../curation/proof/check.ts';
import { openRelational, type RelationalDatabase } from '../../../storage/relational.ts';
import { filesUnder, workplace } from '../../command.ts';

const place = workplace('fields');
const FIELDS = ['user', 'repository', 'path', 'license'];
let db: RelationalDatabase;

beforeAll(async () => {
  const fields = FIELDS.map((name) => `${name}: [copilot-team]`).join(', ');
  writeFileSync(
    place.path('policy.yaml'),
    `version: 1\npurpose: model-improvement\noutput: {name: wide, formats: [kto, openai], files: parquet, audience: [copilot-team], fields: {${fields}}}\n`,
  );
  place.garner('generate', '--events', '600', '--seed', '7', '--out', place.path('sample'));
  db = await openRelational({ scratch: place.path('scratch') });
});
afterAll(async () => {
  await db.close();
  place.remove();
});

interface Row {
  id: string;
  user: string;
  path: string;
  columns: string[];
}

const textOf = (file: string): string => {
  const bytes = readFileSync(file);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
};

/** Rows of the labelled format, and the columns of all files. */
async function read(folder: string): Promise<{ rows: Row[]; columns: string[][] }> {
  const files = filesUnder(join(folder, 'data'));
  const columns: string[][] = [];
  for (const file of files)
    columns.push((await db.rows<{ column_name: string }>(`DESCRIBE SELECT * FROM read_parquet('${file}')`)).map((column) => column.column_name)); // prettier-ignore
  const kto = files.filter((file) => file.includes('/kto/')).map((file) => `'${file}'`);
  return { rows: await db.rows<Row>(`SELECT * FROM read_parquet([${kto.join()}]) ORDER BY id`), columns };
}

describe('columns that the policy names', () => {
  it('are in every row and attested, survive an erasure, and others are named', async () => {
    const out = place.path('out');
    const ended = place.garner(
      ...['run', '--input', place.path('sample', 'events'), '--facts', place.path('sample', 'facts'), '--plain', '--json'],
      ...['--now', '2026-05-10T00:00:00Z', '--policy', place.path('policy.yaml'), '--out', out],
    ); // prettier-ignore
    expect([ended.status, ended.stderr]).toEqual([0, '']);
    const folder = join(out, (JSON.parse(ended.stdout) as RunSummary).dataset);
    const { rows, columns } = await read(folder);
    for (const found of columns) expect(found.slice(-FIELDS.length)).toEqual(FIELDS);
    expect(rows.length).toBeGreaterThan(0);
    for (const { path } of rows) expect(path).toMatch(/^[^/\\]+(\/[^/\\]+)*\.\w+$/);
    const events = filesUnder(place.path('sample', 'events')).map(textOf).join('');
    expect(events).toContain(JSON.stringify(rows[0]!.path));
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).not.toContain('in any row');
    expect(place.garner('verify', folder).stdout).toBe('signer: trusted\nverified\n');

    const users = new Set([...events.matchAll(/"user":\{"id":"([^"]+)"/g)].map(([, user]) => user!));
    let erased: EraseSummary | undefined;
    for (const user of users) {
      const { status, stdout } = place.garner('erase', '--user', user, '--out', out, '--json');
      expect(status).toBe(0);
      erased = JSON.parse(stdout) as EraseSummary;
      if (erased.versions.length > 0) break;
    }
    const { replacedBy } = erased!.versions[0]!;
    const next = join(out, 'datasets', 'wide', replacedBy!);
    const left = await read(next);
    for (const found of left.columns) expect(found.slice(-FIELDS.length)).toEqual(FIELDS);
    const gone = rows.filter(({ id }) => !left.rows.some((row) => row.id === id));
    expect(gone.length).toBeGreaterThan(0);
    expect(new Set(gone.map(({ user }) => user)).size).toBe(1);
    expect(left.rows.some(({ user }) => user === gone[0]!.user)).toBe(false);
    expect(place.garner('verify', next).status).toBe(0);

    const file = filesUnder(join(next, 'data')).find((name) => name.includes('/kto/'))!;
    await db.run(`CREATE TABLE copy AS SELECT * EXCLUDE (license), 'x' AS email FROM read_parquet('${file}')`);
    await db.run(`COPY copy TO '${file}' (FORMAT parquet)`);
    const verified = place.garner('verify', next, '--json');
    expect(verified.status).toBe(1);
    const problems = (JSON.parse(verified.stdout) as CheckResult).problems.map(({ problem }) => problem);
    expect(problems).toContain('Columns that are not attested: email.');
    expect(problems).toContain('Columns that are attested and not there: license.');
  });
});
