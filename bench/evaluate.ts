/** Measures the evaluation of outcome rows: time and memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluate } from '../curation/measurement/evaluation/evaluate.ts';
import { COUNT_FIELDS, HORIZONS } from '../curation/measurement/rows/field.ts';
import { openRelational, type RelationalDatabase } from '../storage/relational.ts';

const ROWS = 10_000_000;
const DIMENSIONS = ['ide', 'extensionVersion', 'language', 'model', 'plan'];
const LIMITS = { memory: '1100MB', threads: 2 } as const;

/** @param rows outcome rows of a fortnight, 150 a user */
export async function benchEvaluate(rows = ROWS): Promise<Record<string, number | string>[]> {
  const users = Math.max(100, Math.round(rows / 150));
  const folder = mkdtempSync(join(tmpdir(), 'garner-bench-'));
  try {
    const file = join(folder, 'rows.parquet');
    await withDatabase(folder, (db) =>
      db.run(`COPY (${rowsSql(rows, users)}) TO '${file}' (FORMAT parquet, COMPRESSION zstd)`),
    );
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 50);
    const start = performance.now();
    const { cells } = await withDatabase(folder, (db) =>
      evaluate(db, `SELECT * FROM read_parquet('${file}')`, {
        ...{ dimensions: DIMENSIONS, period: 'day', minimumUsers: 10, replicates: 2000, seed: 1 },
      }),
    );
    const seconds = (performance.now() - start) / 1000;
    clearInterval(watch);
    return [
      {
        ...{
          what: `evaluate ${rows} rows of ${users} users`,
          cells: `${cells.length} cells`,
          s: `${seconds.toFixed(1)} s`,
        },
        ...{ 'rows/s': `${Math.round(rows / seconds)} rows/s`, MiB: `${Math.round(most / 2 ** 20)} MiB` },
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function withDatabase<T>(scratch: string, work: (db: RelationalDatabase) => Promise<T>): Promise<T> {
  const db = await openRelational({ ...LIMITS, scratch });
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

/** A user has an editor, a version and a plan; language and model are drawn for each suggestion, which is the worst there is for the cells. */
function rowsSql(rows: number, users: number): string {
  const drawn: Record<string, string> = {
    ...{ shown: '1', read: 'r', accepted: 'a', suggestedChars: '20 + h % 60', acceptedChars: 'a * (20 + h % 60)' },
    ...{ latencies: '1', latencyMs: '50 + h % 900', cancelled: '(h % 25 = 0)', placed: 'a', placeChars: 'a * 60', modelChars: 'a * 40' },
    censored600: 'a',
  }; // prettier-ignore
  for (const h of HORIZONS) {
    Object.assign(drawn, { [`observed${h}`]: 'a', [`retained${h}`]: `a * (h % ${h} > 3)::INTEGER` });
    Object.assign(drawn, { [`observedChars${h}`]: 'a * (20 + h % 60)', [`keptMilli${h}`]: 'a * (20 + h % 50) * 900' });
  }
  const counts = COUNT_FIELDS.map((field) => `(${drawn[field] ?? '0'})::BIGINT AS "${field}"`).join(', ');
  return `SELECT i::VARCHAR AS example, md5(u::VARCHAR) AS "user", 1775000000000 + (h % 1209600000) AS "time",
      ['vscode', 'intellij', 'neovim', 'xcode'][1 + (u % 4)::INTEGER] AS ide, 'copilot 1.' || (u % 12) AS "extensionVersion",
      ['typescript', 'python', 'java', 'go', 'cpp', 'rust', 'ruby', 'php'][1 + (h % 8)::INTEGER] AS language,
      ['m1', 'm2', 'm3'][1 + (h % 3)::INTEGER] AS model, ['free', 'pro', 'business'][1 + (u % 3)::INTEGER] AS plan, ${counts}
    FROM (SELECT i, (hash(i) % ${users})::BIGINT AS u, (hash(i + 7) % 9007199254740991)::BIGINT AS h,
      (hash(i + 1) % 100 < 70)::INTEGER AS r, (hash(i + 2) % 100 < 28)::INTEGER AS a FROM range(${rows}) t(i))`;
}
