/** Judges files of events in this process, without a server: the ledger row of every record. */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Stage, WorkerSettings } from '../../../activities/run/stage.ts';
import type { Assembled, CurateInput } from '../../../activities/types.ts';
import { storeSettings } from '../../../activities/run/settings.ts';
import { judgeHere } from '../../../activities/whole.ts';
import { ConfigError } from '../../../config/document.ts';
import { BUILTIN_POLICY, parsePolicy } from '../../../config/policy.ts';
import type { LedgerRow } from '../../../curation/stages/ledger.ts';

export interface JudgeOptions {
  format: CurateInput['format'];
  facts?: string;
  policy?: string;
  /** Milliseconds since 1970-01-01 UTC. */
  now: number;
  keys?: string;
}

export interface JudgedFiles {
  stage: Stage;
  /** In the order of source and line. */
  rows: LedgerRow[];
  assembled: Assembled[];
}

/** Bytes of one shard: a file at hand is one. */
export const SHARD_BYTES = 64 << 20;

/**
 * Judges files as a run would, under a folder of scratch that the caller removes. `name` tells apart several judgements under one
 * folder. @throws ConfigError, FactsError as a run does
 */
export async function judgeFiles(
  inputs: string[],
  name: string,
  options: JudgeOptions,
  scratch: string,
): Promise<JudgedFiles> {
  const out = join(scratch, 'out');
  const run = `run-${name}`;
  const file = options.policy ?? BUILTIN_POLICY;
  const text = readPolicy(file);
  const settings = { policy: { file, text }, access: null, local: true };
  const input: CurateInput = {
    ...{ run, out, inputs, format: options.format, facts: options.facts ?? null, window: null, plain: true },
    ...{ now: options.now, concurrency: 1, shardBytes: SHARD_BYTES, actor: userInfo().username },
    ...{ approval: 'automatic', purpose: parsePolicy(file, text).purpose, onFailure: 'fail' },
    settings: await storeSettings(out, run, settings, options.keys),
  };
  const judged = await judgeHere(input, workerOf(scratch, options));
  const rows: LedgerRow[] = [];
  for (const ref of judged.settled.ledger) {
    for (const line of gunzipSync(await judged.stage.reader.read(ref, 0))
      .toString()
      .split('\n'))
      if (line !== '') rows.push(JSON.parse(line) as LedgerRow);
  }
  return { stage: judged.stage, rows, assembled: judged.assembled };
}

/** What stages of this process work with. */
export function workerOf(scratch: string, { keys }: { keys?: string }): WorkerSettings {
  return { scratch, ...(keys === undefined ? {} : { keys }) };
}

function readPolicy(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(file, undefined, '', `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
}
