/** Settle: the last word on every record. Rows of all stages in one order, counted against the input, sealed, with their Merkle root. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { TreeHasher } from '../../curation/proof/log/merkle.ts';
import type { Decision } from '../../curation/selection/policy.ts';
import {
  addDays,
  addTally,
  count,
  countDay,
  emptyTally,
  outRow,
  type DayTally,
  type LedgerRow,
  type PendingRow,
  type Tally,
} from '../../curation/stages/ledger.ts';
import { openRelational, type RelationalDatabase } from '../../storage/relational.ts';
import { SHARD_PARTS } from '../curate/admit.ts';
import { BUCKET_PARTS } from '../curate/assemble.ts';
import { inNameOrder, ledgerPartCount, ledgerPartOf } from '../plan/parts.ts';
import type { Plan } from '../plan/pinned.ts';
import { linesHolding, linesOf } from '../run/container.ts';
import { RunFailure } from '../run/failure.ts';
import { readSealed } from '../run/settings.ts';
import type { Stage } from '../run/stage.ts';
import type { Admitted, Assembled, LedgerPart, Ref, Selected, Settled } from '../types.ts';
import { writeBasis } from './basis.ts';

const PIECE_CHARS = 16 << 20;

/** What stages before have made of the run's records. */
export interface Judged {
  shards: Admitted[];
  assembled: Assembled[];
  selected: Selected;
}

/** Writes one part of the ledger, whose first row is of this number: the rows of its sources in order of source and line. */
export async function writeLedgerPart(part: number, first: number, judged: Judged, stage: Stage): Promise<LedgerPart> {
  const folder = join(stage.scratch, `ledger-${stage.request.run}-${part}-${stage.request.attempt}`);
  const db = await openRelational({ scratch: folder });
  try {
    const counted = await fill(db, rowsOf(part, judged, stage), stage.plan);
    const sealed = await sealSorted(db, part, first, stage);
    return {
      first,
      ...sealed,
      counts: counted.counts,
      days: await stage.writeJson(`settle/days-${part}`, counted.days),
    };
  } finally {
    await db.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Rows that stand before a part of the ledger, as the shards counted them. */
export function rowsBefore(part: number, shards: readonly Admitted[]): number {
  let rows = 0;
  for (const { ledger = [] } of shards) for (const of of ledger.slice(0, part)) rows += of;
  return rows;
}

/**
 * Puts the parts of the ledger together; those that are not given are written first.
 * @throws RunFailure CountsDiffer unless kept + excluded + rejected is the number of records that admit read.
 */
export async function settle(judged: Judged, stage: Stage, given: LedgerPart[] = []): Promise<Settled> {
  const { shards } = judged;
  const tally = emptyTally();
  const days: DayTally = {};
  const tree = new TreeHasher();
  const ledger: Ref[] = [];
  const count = Math.max(given.length, ledgerPartCount(stage.plan));
  for (let part = 0; part < count; part++) {
    const written = given[part] ?? (await writeLedgerPart(part, tree.size, judged, stage));
    addTally(tally, written.counts);
    addDays(days, await readSealed<DayTally>(stage.store, written.days, stage.keystore));
    // Subtrees are of the place that the part was written for; elsewhere its rows are missed below.
    if (written.first === tree.size)
      for (const [hash, entries] of written.tree) tree.appendSubtree({ hash: Buffer.from(hash, 'hex'), entries });
    ledger.push(...written.ledger);
    stage.progress({ rows: tree.size });
  }
  const records = shards.reduce((sum, shard) => sum + shard.tally.records + shard.records, 0);
  const { kept, excluded, rejected } = tally;
  if (tally.records !== records || tree.size !== records || kept + excluded + rejected !== records)
    throw new RunFailure(
      'CountsDiffer',
      `${records} records went in, ${kept} + ${excluded} + ${rejected} came out: nothing is published`,
    );
  return {
    ledger,
    tally,
    root: tree.root().toString('hex'),
    days: await stage.writeJson('settle/days', days),
    basis: await writeBasis(shards, stage),
  };
}

async function* rowsOf(part: number, { shards, assembled, selected }: Judged, stage: Stage): AsyncGenerator<LedgerRow> {
  const { plan, reader } = stage;
  const partOf = ledgerPartOf(plan);
  for (const [index, { ref }] of shards.entries()) {
    if (!plan.shards[index]!.some(({ source }) => plan.ledgerParts[source] === part)) continue;
    for (const row of linesOf<LedgerRow>(await reader.read(ref, plan.buckets + SHARD_PARTS.rows)))
      if (partOf(row.source) === part) yield row;
  }
  for (const [bucket, { ref }] of assembled.entries()) {
    const out = new Map<string, Decision>();
    for (const decision of linesHolding<Decision>(await reader.read(selected.ref, bucket), '"keep":false'))
      if (!decision.keep) out.set(decision.example, decision);
    for (const row of linesOf<PendingRow>(await reader.read(ref, BUCKET_PARTS.rows + part))) yield settledRow(row, out);
    stage.progress({ part, bucket });
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

/** Rows as a table, by the rank of their source's name; counted on the way. */
async function fill(
  db: RelationalDatabase,
  rows: AsyncGenerator<LedgerRow>,
  { sources }: Plan,
): Promise<{ counts: Tally; days: DayTally }> {
  const counts = emptyTally();
  const days: DayTally = {};
  const ranks = new Map(inNameOrder(sources).map(({ name }, rank) => [name, rank]));
  await db.run('CREATE TABLE rows (source INTEGER, line BIGINT, row VARCHAR)');
  const table = await db.appender('rows');
  for await (const row of rows) {
    count(counts, row);
    countDay(days, row);
    table.add([ranks.get(row.source)!, row.line ?? 0, JSON.stringify(row)]);
  }
  table.close();
  return { counts, days };
}

async function sealSorted(
  db: RelationalDatabase,
  part: number,
  first: number,
  stage: Stage,
): Promise<Pick<LedgerPart, 'ledger' | 'tree'>> {
  const ledger: Ref[] = [];
  const tree = new TreeHasher(first);
  let piece: string[] = [];
  let chars = 0;
  const flush = async () => {
    if (piece.length === 0) return;
    const text = gzipSync(Buffer.from(piece.join('\n') + '\n'), { level: 1 });
    ledger.push(await stage.write(`ledger/${part}-${String(ledger.length).padStart(5, '0')}`, [text]));
    [piece, chars] = [[], 0];
  };
  for await (const [rows] of db.batches('SELECT row FROM rows ORDER BY source, line, row')) {
    for (const text of rows as string[]) {
      tree.append(Buffer.from(text));
      piece.push(text);
      chars += text.length;
      if (chars >= PIECE_CHARS) await flush();
    }
    stage.progress({ part, pieces: ledger.length, rows: piece.length });
  }
  await flush();
  return { ledger, tree: tree.subtrees().map(({ hash, entries }) => [hash.toString('hex'), entries]) };
}
