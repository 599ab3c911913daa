/** npm start: with --input a run; without, the bundled sample is made, curated and shown. */
import { spawnSync } from 'node:child_process';
import { statSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openRelational } from '../storage/relational.ts';
import { openScratch } from '../storage/scratch.ts';

const OUT = 'garner-out';
const SAMPLE = join(OUT, 'sample');
const EVENTS = '5000';
const SEED = '1';
const NOW = '2026-05-10T00:00:00Z';
const SHOWN_CHARS = 160;

const given = process.argv.slice(2);
if (given.includes('--input')) process.exit(garner(['run', ...given]).status);
const made = garner(['generate', '--events', EVENTS, '--seed', SEED, '--out', SAMPLE]);
if (made.status !== 0) process.exit(made.status);
const input = [
  '--input',
  join(SAMPLE, 'events'),
  '--facts',
  join(SAMPLE, 'facts'),
  '--format',
  'garner',
  '--now',
  NOW,
  '--plain',
];
const run = garner(['run', ...input, '--out', OUT, ...given]);
if (run.status === 0) await showExamples();
process.exit(run.status);

function garner(args: string[]): { status: number } {
  const main = fileURLToPath(new URL('./main.js', import.meta.url));
  const { status } = spawnSync(process.execPath, [main, ...args], { stdio: 'inherit' });
  return { status: status ?? 1 };
}

/** One row of each label from the dataset just published, as any Parquet reader sees it. */
async function showExamples(): Promise<void> {
  const root = join(OUT, 'datasets', 'completions');
  const newest = readdirSync(root)
    .filter((name) => !name.startsWith('.'))
    .map((name) => join(root, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0]!;
  const scratch = await openScratch('start');
  const db = await openRelational({ scratch: scratch.folder });
  const files = `'${join(newest, 'data', 'kto', '*.parquet').replaceAll("'", "''")}'`;
  const rows = await db.rows<Record<string, unknown>>(
    `SELECT label, reason, weight, language, prompt, completion FROM read_parquet(${files})
     QUALIFY row_number() OVER (PARTITION BY label ORDER BY weight DESC, length(completion) BETWEEN 30 AND 200 DESC, id) = 1 ORDER BY label DESC`,
  );
  for (const { prompt, completion, ...rest } of rows) {
    process.stdout.write(
      `${JSON.stringify({ ...rest, prompt: `…${String(prompt).slice(-SHOWN_CHARS)}`, completion }, null, 2)}\n`,
    );
  }
  await db.close();
  await scratch.remove();
}
