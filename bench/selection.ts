/** Measures selection: signatures of source files, and the whole stage in the database on made-up metadata. */
import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { encodeSignature, PERMUTATIONS, signature } from '../curation/selection/text/minhash.ts';
import { DEFAULT_SELECTION, select } from '../curation/selection/select.ts';
import { openRelational } from '../storage/relational.ts';
import { megabytesPerSecond, sources } from './guard.ts';
import { benchRows } from './selection/rows.ts';

const ROWS = 200_000;

/** Documents of the size that datatrove and Data-Juicer were measured on. */
const DOCUMENT = 4200;

export async function benchSelection(rows?: number): Promise<Record<string, number | string>[]> {
  if (rows !== undefined) return benchRows(rows, '4GB');
  const documents = sources('node_modules', 24_000_000).flatMap((text) =>
    Array.from({ length: Math.floor(text.length / DOCUMENT) }, (_, i) => text.slice(i * DOCUMENT, (i + 1) * DOCUMENT)),
  );
  const scratch = mkdtempSync(join(tmpdir(), 'garner-bench-'));
  try {
    const bytes = documents.reduce((sum, text) => sum + text.length, 0);
    const signing = megabytesPerSecond(documents, (text) => void signature(text));
    const started = process.cpuUsage();
    const real = await decide(scratch, documents.length, (i) => {
      const { signature: made, lexemes } = signature(documents[i]!);
      return { signature: encodeSignature(made), lexemes };
    });
    const spent = process.cpuUsage(started);
    const large = await decide(scratch, ROWS, (i) => {
      const noise = new Uint32Array(new Uint8Array(randomBytes(PERMUTATIONS * 4)).buffer);
      // Every tenth repeats an early one, so that there are large and small buckets.
      return { signature: encodeSignature(i % 10 === 0 ? noise.fill(i % 1000) : noise), lexemes: 200 };
    });
    return [
      { what: `signatures, documents of ${DOCUMENT} characters`, 'MB/s': signing },
      {
        what: 'signatures and the select stage, of processor time',
        'MB/s': Math.round((bytes / (spent.user + spent.system)) * 10) / 10,
      },
      { what: `select, ${documents.length} documents: near-duplicates`, value: real.taken, seconds: real.seconds },
      {
        what: `select, ${ROWS} rows in 512 MB and two threads: kept`,
        value: real.kept && large.kept,
        seconds: large.seconds,
      },
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function decide(
  scratch: string,
  rows: number,
  text: (i: number) => { signature: string; lexemes: number },
): Promise<{ kept: number; taken: number; seconds: number }> {
  const file = join(scratch, `${rows}.jsonl`);
  const out = createWriteStream(file);
  const name = (kind: string, i: number): string => `${kind}${String(i).padStart(31, '0')}`;
  for (let i = 0; i < rows; i++) {
    const row = {
      ...{
        example: name('e', i),
        label: i % 3 > 0,
        weight: 1000,
        reason: 'accepted_censored',
        time: i,
        contributor: name('u', i % 20_000),
      },
      ...{
        repository: name('r', i % 5000),
        family: name('f', i % 4900),
        content: name('c', i),
        snippet: name('s', i),
        ...text(i),
      },
      ...{ language: 'typescript', contaminated: false, bytes: 4200 },
    };
    if (!out.write(`${JSON.stringify(row)}\n`)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
  const started = performance.now();
  const db = await openRelational({ scratch, memory: '512MB', threads: 2 });
  try {
    const { counts } = await select(
      { files: [file] },
      DEFAULT_SELECTION,
      new Uint8Array(32),
      db,
      join(scratch, 'decisions.parquet'),
    );
    return {
      kept: counts.kept!,
      taken: counts.near_duplicate ?? 0,
      seconds: Math.round((performance.now() - started) / 100) / 10,
    };
  } finally {
    await db.close();
  }
}
