/** Measures what render does to the rows of a format, part by part: rows, signatures, Parquet, digest, encryption. Of processor time. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { toParquet } from '../../activities/publish/render.ts';
import { formatOf, type RenderedSource } from '../../curation/formats/example.ts';
import { signedText, textsOf } from '../../curation/selection/text/leakage.ts';
import type { RedactedText } from '../../curation/text.ts';
import { openRelational } from '../../storage/relational.ts';
import { seal } from '../../storage/seal.ts';
import { sources } from '../guard.ts';

const BYTES = 40_000_000;
/** Characters of a prompt and of a completion. */
const [PROMPT, COMPLETION] = [3000, 300];

/** All speeds are of the rows' bytes as JSON, so that times add up; the stored bytes are fewer. */
export async function benchRender(): Promise<Record<string, number | string>[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'garner-render-'));
  const db = await openRelational({ scratch });
  try {
    const format = formatOf('kto');
    const examples = sources('node_modules', BYTES).flatMap(examplesOf);
    const file = join(scratch, 'rows.jsonl');
    const spent: Record<string, number> = {};
    const timed = async <T>(part: string, work: () => T | Promise<T>): Promise<T> => {
      const started = process.cpuUsage();
      const made = await work();
      const { user, system } = process.cpuUsage(started);
      spent[part] = (user + system) / 1e6;
      return made;
    };
    const rows = examples.flatMap((example) => format.rows(example));
    const lines = await timed('rows as JSON', () => rows.map((row) => JSON.stringify(row) + '\n').join(''));
    const bytes = Buffer.byteLength(lines);
    await timed('signatures for the check across splits', () => {
      for (const row of rows) for (const text of textsOf('kto', row)) signedText(text, 'train');
    });
    await timed('to scratch', () => writeFileSync(file, lines));
    const parquet = await timed('Parquet', () => toParquet({ format, file, rows: rows.length, bytes }, db));
    await timed('digest', () => createHash('sha256').update(parquet).digest('hex'));
    const recipient = await identityToRecipient(await generateIdentity());
    await timed('encryption', () => seal(parquet, [recipient]));
    const all = Object.values(spent).reduce((sum, seconds) => sum + seconds, 0);
    const speed = (seconds: number) => Math.round((bytes / 1e6 / Math.max(seconds, 1e-3)) * 10) / 10;
    return [
      ...Object.entries({ ...spent, all }).map(([part, seconds]) => ({ what: `render: ${part}`, 'MB/s': speed(seconds) })), // prettier-ignore
      { what: 'render: bytes of Parquet for a byte of rows', value: Math.round((parquet.length / bytes) * 100) / 100 },
    ];
  } finally {
    await db.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function examplesOf(text: string): RenderedSource[] {
  const step = PROMPT + COMPLETION;
  return Array.from({ length: Math.floor(text.length / step) }, (_, i) => {
    const at = i * step;
    const cut = (from: number, to: number) => text.slice(at + from, at + to) as RedactedText;
    const example = createHash('md5')
      .update(text.slice(at, at + step))
      .update(String(i))
      .digest('hex');
    return {
      ...{ example, split: 'train', component: 'c', label: 'positive', weight: 1000, reason: 'accepted_censored' },
      ...{ language: 'typescript', model: 'm', strategy: 's', time: at },
      ...{ prefix: cut(0, PROMPT), suffix: '' as RedactedText, completion: cut(PROMPT, step), context: [] },
    };
  });
}
