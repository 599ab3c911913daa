/** Settle: the last word on every record. Rows of all stages in one order, counted against the input, sealed, with their Merkle root. */
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { TreeHasher } from '../../curation/proof/log/merkle.ts';
import type { Decision } from '../../curation/selection/policy.ts';
import {
  count,
  countDay,
  emptyTally,
  outRow,
  type DayTally,
  type LedgerRow,
  type PendingRow,
} from '../../curation/stages/ledger.ts';
import { openRelational } from '../../storage/relational.ts';
import { SHARD_PARTS } from '../curate/admit.ts';
import { BUCKET_PARTS } from '../curate/assemble.ts';
import { linesOf } from '../run/container.ts';
import { RunFailure } from '../run/failure.ts';
import type { Stage } from '../run/stage.ts';
import type { Admitted, Assembled, Ref, Selected, Settled } from '../types.ts';
import { writeBasis } from './basis.ts';

const PIECE_CHARS = 16 << 20;

/** @throws RunFailure CountsDiffer unless kept + excluded + rejected is the number of records that admit read. */
export async function settle(
  shards: Admitted[],
  buckets: Assembled[],
  selected: Selected,
  stage: Stage,
): Promise<Settled> {
  const folder = join(stage.scratch, `settle-${stage.request.run}-${stage.request.attempt}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const file = join(folder, 'rows.jsonl');
    await writeRows(file, rowsOf(shards, buckets, selected, stage));
    const settled = { ...(await sealSorted(file, folder, stage)), basis: await writeBasis(stage) };
    const records = shards.reduce((sum, shard) => sum + shard.tally.records + shard.records, 0);
    const { kept, excluded, rejected } = settled.tally;
    if (settled.tally.records !== records || kept + excluded + rejected !== records)
      throw new RunFailure(
        'CountsDiffer',
        `${records} records went in, ${kept} + ${excluded} + ${rejected} came out: nothing is published`,
      );
    return settled;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function* rowsOf(
  shards: Admitted[],
  buckets: Assembled[],
  selected: Selected,
  stage: Stage,
): AsyncGenerator<LedgerRow> {
  for (const { ref } of shards)
    yield* linesOf<LedgerRow>(await stage.reader.read(ref, stage.plan.buckets + SHARD_PARTS.rows));
  for (const [bucket, { ref }] of buckets.entries()) {
    const out = new Map<string, Decision>();
    for (const decision of linesOf<Decision>(await stage.reader.read(selected.ref, bucket)))
      if (!decision.keep) out.set(decision.example, decision);
    for (const row of linesOf<PendingRow>(await stage.reader.read(ref, BUCKET_PARTS.rows))) yield settledRow(row, out);
    stage.progress({ bucket });
  }
}

function settledRow({ example, ...row }: PendingRow, out: Map<string, Decision>): LedgerRow {
  const decision = example === undefined ? undefined : out.get(example);
  return decision
    ? outRow(
        row.source,
        row.line,
        row.event,
        decision.reason!,
        decision.rule ?? `selection.${decision.reason}`,
        row.day,
      )
    : row;
}

async function writeRows(file: string, rows: AsyncGenerator<LedgerRow>): Promise<void> {
  const out = createWriteStream(file, { mode: 0o600 });
  for await (const row of rows) {
    if (!out.write(JSON.stringify({ source: row.source, line: row.line ?? 0, row: JSON.stringify(row) }) + '\n'))
      await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
}

async function sealSorted(file: string, folder: string, stage: Stage): Promise<Omit<Settled, 'basis'>> {
  const tally = emptyTally();
  const days: DayTally = {};
  const tree = new TreeHasher();
  const ledger: Ref[] = [];
  let piece: string[] = [];
  let chars = 0;
  const flush = async () => {
    if (piece.length === 0) return;
    ledger.push(
      await stage.write(`ledger/${String(ledger.length).padStart(5, '0')}`, [
        gzipSync(Buffer.from(piece.join('\n') + '\n'), { level: 1 }),
      ]),
    );
    piece = [];
    chars = 0;
  };
  const db = await openRelational({ scratch: folder });
  try {
    // A table first: the buffers of reading and those of sorting would not both fit.
    const columns = "{source: 'VARCHAR', line: 'BIGINT', row: 'VARCHAR'}";
    await db.run(
      `CREATE TABLE rows AS FROM read_json('${file.replaceAll("'", "''")}', format = 'newline_delimited', columns = ${columns})`,
    );
    const sorted = 'SELECT row FROM rows ORDER BY source, line, row';
    for await (const [rows] of db.batches(sorted)) {
      for (const text of rows as string[]) {
        const row = JSON.parse(text) as LedgerRow;
        count(tally, row);
        countDay(days, row);
        tree.append(Buffer.from(text));
        piece.push(text);
        chars += text.length;
        if (chars >= PIECE_CHARS) await flush();
      }
      stage.progress({ rows: tally.records });
    }
  } finally {
    await db.close();
  }
  await flush();
  return { ledger, tally, root: tree.root().toString('hex'), days: await stage.writeJson('settle/days', days) };
}
