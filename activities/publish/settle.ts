/** Settle: the last word on every record. Rows of all stages in one order, counted against the input, sealed, with their Merkle root. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { TreeHasher } from '../../curation/proof/log/merkle.ts';
import type { Outcome } from '../../curation/verdict.ts';
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
import { openRelational, type RelationalDatabase } from '../../storage/relational.ts';
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
  const db = await openRelational({ scratch: folder });
  try {
    await fill(db, rowsOf(shards, buckets, selected, stage));
    const settled = { ...(await sealSorted(db, stage)), basis: await writeBasis(shards, stage) };
    const records = shards.reduce((sum, shard) => sum + shard.tally.records + shard.records, 0);
    const { kept, excluded, rejected } = settled.tally;
    if (settled.tally.records !== records || kept + excluded + rejected !== records)
      throw new RunFailure(
        'CountsDiffer',
        `${records} records went in, ${kept} + ${excluded} + ${rejected} came out: nothing is published`,
      );
    return settled;
  } finally {
    await db.close();
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

/** Rows as a table, with what they are ordered and counted by in columns of its own: no row is parsed again. */
async function fill(db: RelationalDatabase, rows: AsyncGenerator<LedgerRow>): Promise<void> {
  await db.run(
    'CREATE TABLE rows (source VARCHAR, line BIGINT, outcome VARCHAR, reason VARCHAR, day VARCHAR, row VARCHAR)',
  );
  const table = await db.appender('rows');
  for await (const row of rows)
    table.add([row.source, row.line ?? 0, row.outcome, row.reason, row.day ?? '', JSON.stringify(row)]);
  table.close();
}

async function sealSorted(db: RelationalDatabase, stage: Stage): Promise<Omit<Settled, 'basis'>> {
  const tally = emptyTally();
  const byDay: DayTally = {};
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
  const sorted = 'SELECT outcome, reason, day, row FROM rows ORDER BY source, line, row';
  for await (const [outcomes, reasons, days, rows] of db.batches(sorted) as AsyncIterable<string[][]>) {
    for (const [at, text] of rows!.entries()) {
      const row = { outcome: outcomes![at] as Outcome, reason: reasons![at]!, day: days![at] || null };
      count(tally, row);
      countDay(byDay, row);
      tree.append(Buffer.from(text));
      piece.push(text);
      chars += text.length;
      if (chars >= PIECE_CHARS) await flush();
    }
    stage.progress({ rows: tally.records });
  }
  await flush();
  return { ledger, tally, root: tree.root().toString('hex'), days: await stage.writeJson('settle/days', byDay) };
}
