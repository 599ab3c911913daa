/** Joins a bucket's events into outcome rows, as Parquet with the columns of the purpose and no others. */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { OutcomeEvent } from '../../curation/measurement/rows/event.ts';
import { COUNT_FIELDS, limited, PURPOSE_FIELDS, type MeasuredPurpose } from '../../curation/measurement/rows/field.ts';
import { joinOutcomes, type JoinedRow } from '../../curation/measurement/rows/join.ts';
import { openRelational } from '../../storage/relational.ts';
import { RowParts } from '../curate/rows.ts';
import { linesOf } from '../run/container.ts';
import type { Stage } from '../run/stage.ts';
import type { Ref } from '../types.ts';
import { measuring } from './admit.ts';

/** Parts of a bucket's object; rows stand where those of training do. */
export const OUTCOME_PARTS = { outcomes: 0, rows: 2 } as const;

const WHOLE_NUMBERS: ReadonlySet<string> = new Set(['time', 'acceptedAt', 'secrets']);

export interface Joined {
  ref: Ref;
  suggestions: number;
  /** First and last time of a suggestion; 0 where there is none. */
  from: number;
  to: number;
}

/** Columns of the Parquet rows of a purpose; `example` names the suggestion in the ledger. */
export function columnsOf(purpose: MeasuredPurpose): string {
  const columns = ['example', ...PURPOSE_FIELDS[purpose], ...COUNT_FIELDS].map((name) => {
    const type = WHOLE_NUMBERS.has(name)
      ? 'BIGINT'
      : (COUNT_FIELDS as readonly string[]).includes(name)
        ? 'INTEGER'
        : 'VARCHAR';
    return `'${name}': '${/^(?:observedChars|keptMilli|.*Chars$|latencyMs)/.test(name) ? 'BIGINT' : type}'`;
  });
  return `{${columns.join(', ')}}`;
}

export async function measureJoin(input: { bucket: number; shards: Ref[] }, stage: Stage): Promise<Joined> {
  const { purpose, measure } = measuring(stage);
  const { plan } = stage;
  const events: OutcomeEvent[] = [];
  for (const shard of input.shards) {
    for (const event of linesOf<OutcomeEvent>(await stage.reader.read(shard, input.bucket))) events.push(event);
    stage.progress({ bucket: input.bucket, events: events.length });
  }
  const { readMs, retainedDistance } = measure;
  const sources = plan.sources.map(({ name }) => name);
  const { outcomes, rows } = joinOutcomes(events, { purpose, sources, window: plan.window, readMs, retainedDistance });
  const bytes = await parquetOf(outcomes, purpose, new Set(measure.fields), stage, input.bucket);
  const ledger = new RowParts(plan);
  ledger.push(rows);
  const ref = await stage.write(`join/${input.bucket}`, [bytes, Buffer.alloc(0), ...ledger.bytes()]);
  let [from, to] = [0, 0];
  for (const { row } of outcomes) {
    if (from === 0 || row.time < from) from = row.time;
    if (row.time > to) to = row.time;
  }
  return { ref, suggestions: outcomes.length, from, to };
}

async function parquetOf(
  outcomes: JoinedRow[],
  purpose: MeasuredPurpose,
  kept: ReadonlySet<string>,
  stage: Stage,
  bucket: number,
): Promise<Buffer> {
  if (outcomes.length === 0) return Buffer.alloc(0);
  const folder = join(stage.scratch, `join-${stage.request.run}-${bucket}-${stage.request.attempt}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const file = join(folder, 'rows.jsonl');
    const out = createWriteStream(file, { mode: 0o600 });
    for (const { example, row } of outcomes)
      if (!out.write(JSON.stringify({ example, ...limited(row, purpose, kept) }) + '\n')) await once(out, 'drain');
    out.end();
    await once(out, 'close');
    const parquet = join(folder, 'rows.parquet');
    const db = await openRelational({ scratch: folder });
    try {
      await db.run(
        `COPY (SELECT * FROM read_json('${file}', format = 'newline_delimited', columns = ${columnsOf(purpose)}) ORDER BY example)
         TO '${parquet}' (FORMAT parquet, COMPRESSION zstd)`,
      );
    } finally {
      await db.close();
    }
    return await readFile(parquet);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
