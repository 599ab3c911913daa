/** Explains records of a finished run: reads them again where their source is still what the run read, and judges them as the run did. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { PlannedSource } from '../../../activities/plan/pinned.ts';
import { erasureKeys, withErased } from '../../../activities/erase/erasure.ts';
import type { Basis } from '../../../activities/publish/basis.ts';
import { readSealed } from '../../../activities/run/settings.ts';
import { parsePolicy } from '../../../config/policy.ts';
import { compileRules } from '../../../curation/rules/judge.ts';
import type { LedgerRow } from '../../../curation/stages/ledger.ts';
import { openFacts, type OpenedFacts } from '../../../storage/facts.ts';
import { openKeystore, type Keystore } from '../../../storage/keystore.ts';
import { openStore, StorageFault } from '../../../storage/objects.ts';
import { ledgerRows, type RunRecord } from '../record.ts';
import type { ExplainedSegment } from './print.ts';
import { explainRecord, recordsOf, RequestDocuments, type Judgement, type ReadRecord } from './records.ts';

export interface ExplainedRow {
  row: LedgerRow;
  segments: ExplainedSegment[];
  /** Why there are no segments: what is gone or changed since the run. */
  note?: string;
}

export interface RunOptions {
  out: string;
  keys?: string;
  /** Where a copy of the run's facts lies; else where the run found them. */
  facts?: string;
}

/**
 * The rows of an event, each with its segments. Who cannot open the ledger gets nothing: it is opened first.
 * @throws SealFault, StorageFault where the ledger cannot be read
 */
export async function explainRun(
  record: RunRecord,
  event: string,
  { out, keys, facts: copy }: RunOptions,
  scratch: string,
): Promise<ExplainedRow[]> {
  const rows: LedgerRow[] = [];
  for await (const row of ledgerRows(out, record, keys)) if (row.event === event) rows.push(row);
  if (rows.length === 0) return [];
  const keystore = await openKeystore(keys);
  const basis = await readSealed<Basis>(openStore(out), record.basis, keystore);
  const facts = await openFacts(copy ?? basis.facts ?? join(scratch, 'no-facts'), join(scratch, 'facts'));
  try {
    if (facts.digest !== basis.factsDigest) {
      const note = 'the facts are not those of the run: name a copy of them with --facts';
      return rows.map((row) => ({ row, segments: [], note }));
    }
    return await explainRows(rows, basis, judgementOf(basis, facts, keystore));
  } finally {
    await facts.close();
  }
}

function judgementOf(basis: Basis, { facts }: OpenedFacts, keystore: Keystore): Judgement {
  const policy = parsePolicy(basis.policy.file, basis.policy.text);
  const known = withErased(facts, erasureKeys(keystore, basis.erased));
  return { policy, rules: compileRules(policy.rules, known, basis.now) };
}

async function explainRows(rows: LedgerRow[], { sources }: Basis, judgement: Judgement): Promise<ExplainedRow[]> {
  const own = sources.filter(({ name }) => rows.some((row) => row.source === name));
  const notes = new Map<string, string>();
  for (const source of own) {
    const changed = await changeOf(source);
    if (changed !== null) notes.set(source.name, `the source ${changed}: only its row is left`);
  }
  const documents = new RequestDocuments();
  const wanted = new Set(rows.map(placeOf));
  const found = new Map<string, ReadRecord>();
  const read = async (from: readonly PlannedSource[]): Promise<void> => {
    for await (const record of recordsOf(from, judgement)) {
      for (const event of record.events) documents.add(event, judgement);
      if (wanted.has(placeOf(record))) found.set(placeOf(record), record);
    }
  };
  await read(own.filter(({ name }) => !notes.has(name)));
  if ([...found.values()].some(({ events }) => events.some(({ document }) => document.path === undefined))) {
    // The document of its request may be named by a record of any source.
    const others = sources.filter((source) => !own.includes(source));
    for (const source of others) if ((await changeOf(source)) === null) await read([source]);
  }
  return rows.map((row) => {
    const record = found.get(placeOf(row));
    const note = notes.get(row.source);
    return { row, segments: record ? explainRecord(record, judgement, documents) : [], ...(note && { note }) };
  });
}

/** What became of a source since the run read it; null where it is the same to the byte. */
export async function changeOf({ store, key, sha256 }: PlannedSource): Promise<'is gone' | 'has changed' | null> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of openStore(store).read(key)) hash.update(chunk);
  } catch (error) {
    if (error instanceof StorageFault && error.kind === 'not_found') return 'is gone';
    throw error;
  }
  return hash.digest('hex') === sha256 ? null : 'has changed';
}

function placeOf({ source, line }: { source: string; line: number | null }): string {
  return `${source}:${line ?? ''}`;
}
