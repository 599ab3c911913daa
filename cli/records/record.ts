/** What a finished run left: its record and its ledger, read with the local keys. */
import { gunzipSync } from 'node:zlib';
import type { Ref, RunSummary } from '../../activities/types.ts';
import { PartReader } from '../../activities/run/container.ts';
import type { LedgerRow } from '../../curation/stages/ledger.ts';
import { openKeystore } from '../../storage/keystore.ts';
import { openStore, StorageFault } from '../../storage/objects.ts';
import { CommandError, EXIT } from '../exit.ts';
import { outHint } from '../options.ts';

export interface RunRecord extends RunSummary {
  ledger: Ref[];
  ledgerRoot: string;
  basis: Ref;
}

/** @throws CommandError where there is no finished run of that id under the output folder. */
export async function readRun(out: string, run: string): Promise<RunRecord> {
  try {
    return JSON.parse((await openStore(out).readAll(`runs/${run}/run.json`)).toString()) as RunRecord;
  } catch (error) {
    if (!(error instanceof StorageFault)) throw error;
    throw new CommandError(
      EXIT.usage,
      `${out} holds no finished run ${run}: \`garner list${outHint(out)}\` names the runs`,
    );
  }
}

/** The ledger's rows as stored lines, by source and line. */
export async function* ledgerLines(out: string, record: RunRecord, keys: string | undefined): AsyncGenerator<string> {
  const keystore = await openKeystore(keys);
  const reader = new PartReader(openStore(out), [keystore.identity().secret]);
  for (const ref of record.ledger) {
    const text = gunzipSync(await reader.read(ref, 0)).toString();
    for (const line of text.split('\n')) if (line !== '') yield line;
  }
}

export async function* ledgerRows(out: string, record: RunRecord, keys: string | undefined): AsyncGenerator<LedgerRow> {
  for await (const line of ledgerLines(out, record, keys)) yield JSON.parse(line) as LedgerRow;
}
