/** Measures what render does to the rows of a format, part by part: rows, signatures, Parquet, digest, encryption. Of processor time. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { formatOf, type RenderedSource } from '../../curation/formats/example.ts';
import { signedText, textsOf } from '../../curation/selection/text/leakage.ts';
import type { RedactedText } from '../../curation/text.ts';
import { ParquetTables } from '../../storage/relational/parquet.ts';
import { seal } from '../../storage/seal.ts';
import { sources } from '../guard.ts';

const BYTES = 40_000_000;
/** Characters of a prompt and of a completion. */
const [PROMPT, COMPLETION] = [3000, 300];

/** All speeds are of the rows' bytes as JSON, so that times add up; the stored bytes are fewer. */
export async function benchRender(): Promise<Record<string, number | string>[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'garner-render-'));
  try {
    const examples = sources('node_modules', BYTES).flatMap(examplesOf);
    // Once before anything is measured: a stage thread lives for many parts.
    await rendered(examples, scratch);
    const { spent, bytes, stored } = await rendered(examples, scratch);
    const all = Object.values(spent).reduce((sum, seconds) => sum + seconds, 0);
    const speed = (seconds: number) => Math.round((bytes / 1e6 / Math.max(seconds, 1e-3)) * 10) / 10;
    return [
      ...Object.entries({ ...spent, all }).map(([part, seconds]) => ({ what: `render: ${part}`, 'MB/s': speed(seconds) })), // prettier-ignore
      { what: 'render: bytes of Parquet for a byte of rows', value: Math.round((stored / bytes) * 100) / 100 },
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Seconds of processor time by part, bytes of the rows as JSON, bytes of the file. */
async function rendered(examples: RenderedSource[], scratch: string) {
  const format = formatOf('kto');
  const spent: Record<string, number> = {};
  const timed = async <T>(part: string, work: () => T | Promise<T>): Promise<T> => {
    const started = process.cpuUsage();
    const made = await work();
    const { user, system } = process.cpuUsage(started);
    spent[part] = (user + system) / 1e6;
    return made;
  };
  const tables = await ParquetTables.open(scratch);
  try {
    const rows = await timed('rows', () => examples.flatMap((example) => format.rows(example)));
    const bytes = rows.reduce((sum, row) => sum + Buffer.byteLength(JSON.stringify(row)) + 1, 0);
    await timed('signatures for the check across splits', () => {
      for (const row of rows) for (const text of textsOf('kto', row)) signedText(text, 'train');
    });
    const table = await tables.table('kto', format.columns);
    await timed('into the database', () => rows.forEach((row) => table.add(row)));
    const parquet = await timed('Parquet', () => table.write());
    await timed('digest', () => createHash('sha256').update(parquet).digest('hex'));
    const recipient = await identityToRecipient(await generateIdentity());
    await timed('encryption', () => seal(parquet, [recipient]));
    return { spent, bytes, stored: parquet.length };
  } finally {
    await tables.close();
  }
}

function examplesOf(text: string, file: number): RenderedSource[] {
  const step = PROMPT + COMPLETION;
  return Array.from({ length: Math.floor(text.length / step) }, (_, i) => {
    const at = i * step;
    const cut = (from: number, to: number) => text.slice(at + from, at + to) as RedactedText;
    // Ascending as in a bucket, and as hard to compress as its hashes.
    const hash = createHash('md5').update(`${file}/${i}`).digest('hex');
    const example = file.toString(16).padStart(6, '0') + i.toString(16).padStart(4, '0') + hash.slice(0, 22);
    return {
      ...{ example, split: 'train', component: 'c', label: 'positive', weight: 1000, reason: 'accepted_censored' },
      ...{ language: 'typescript', model: 'm', strategy: 's', time: at },
      ...{ prefix: cut(0, PROMPT), suffix: '' as RedactedText, completion: cut(PROMPT, step), context: [] },
    };
  });
}
