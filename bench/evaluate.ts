/** Measures evaluation over outcome rows: time and memory. `node dist/bench/evaluate.js [rows, 10000000]`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluate } from '../curation/measurement/evaluation/evaluate.ts';
import { COUNT_FIELDS } from '../curation/measurement/rows/field.ts';
import { openRelational } from '../storage/relational.ts';

const rows = Number(process.argv[2] ?? 10_000_000);
const users = Math.max(100, Math.round(rows / 150));
const folder = await mkdtemp(join(tmpdir(), 'garner-bench-'));
try {
  const file = join(folder, 'rows.parquet');
  const made = await openRelational({ memory: '1500MB', threads: 2, scratch: folder });
  // A user has an editor, a version and a plan; fields that the measures need are drawn, the others are 0.
  const drawn: Record<string, string> = {
    ...{ shown: '1', read: 'r', accepted: 'a', suggestedChars: '40', acceptedChars: 'a * 40', latencies: '1' },
    ...{ latencyMs: '50 + h % 900', observed300: 'a', retained300: 'a', observedChars300: 'a * 40', keptMilli300: 'a * 36000', censored300: 'a' }, // prettier-ignore
  };
  const counts = COUNT_FIELDS.map((field) => `(${drawn[field] ?? '0'})::BIGINT AS "${field}"`).join(', ');
  await made.run(
    `COPY (SELECT i::VARCHAR AS example, md5(u::VARCHAR) AS "user", 1775000000000 + (h % 1209600000) AS "time",
       ['vscode', 'intellij', 'neovim', 'xcode'][1 + (u % 4)::INTEGER] AS ide, 'copilot 1.' || (u % 12) AS "extensionVersion",
       ['typescript', 'python', 'java', 'go', 'cpp', 'rust', 'ruby', 'php'][1 + (h % 8)::INTEGER] AS language,
       ['m1', 'm2', 'm3'][1 + (h % 3)::INTEGER] AS model, ['free', 'pro', 'business'][1 + (u % 3)::INTEGER] AS plan, ${counts}
     FROM (SELECT i, (hash(i) % ${users})::BIGINT AS u, (hash(i + 7) % 9007199254740991)::BIGINT AS h,
       (hash(i + 1) % 100 < 70)::INTEGER AS r, (hash(i + 2) % 100 < 28)::INTEGER AS a FROM range(${rows}) t(i)))
     TO '${file}' (FORMAT parquet)`,
  );
  await made.close();
  const db = await openRelational({ memory: '1500MB', threads: 2, scratch: folder });
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 100);
  const start = performance.now();
  const dimensions = ['ide', 'extensionVersion', 'language', 'model', 'plan'];
  const settings = { dimensions, period: 'day', minimumUsers: 10, replicates: 2000, seed: 1 } as const;
  const { cells } = await evaluate(db, `SELECT * FROM read_parquet('${file}')`, settings);
  const seconds = (performance.now() - start) / 1000;
  clearInterval(watch);
  await db.close();
  process.stdout.write(
    `evaluate: ${rows} rows, ${users} users, ${cells.length} cells: ${seconds.toFixed(1)} s, ${Math.round(rows / seconds)} rows/s, ${Math.round(most / 2 ** 20)} MiB\n`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
