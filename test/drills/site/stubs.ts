/** Stages that only answer, as large as real ones do: for what concerns the workflows alone, at sizes for which the work itself takes hours. */
import { join } from 'node:path';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { Activities } from '../../../activities/index.ts';
import type { Admitted, CurateInput, Ref, RunSummary } from '../../../activities/types.ts';
import { openKeystore } from '../../../storage/keystore.ts';
import { dataConverter } from '../../../worker/codec.ts';
import { TASK_QUEUE } from '../../../worker/server/server.ts';
import { installRuntime } from '../../../worker/worker.ts';
import { PROJECT } from '../../command.ts';
import { NOW, type Site } from './site.ts';

const DIGEST = '0123456789abcdef'.repeat(4);
const RECORDS_A_SHARD = 40;

/** The stages of a run of so many shards and buckets. */
export function stubStages(shards: number, buckets: number): Partial<Activities> {
  const ref = (name: string): Ref => ({
    ...{ key: `runs/run-0123456789abcdef/${name}-0123456789ab-${name}-1`, size: 65_536, index: DIGEST.slice(32) },
  });
  const answer =
    <T>(value: T) =>
    () =>
      Promise.resolve(value);
  const reasons = { no_consent: 3, repository_private: 4, duplicate: 1, path_excluded: 2 };
  const admitted = (shard: number): Admitted => ({
    ...{ ref: ref(`admit/${shard}`), tally: { records: 10, kept: 0, excluded: 10, rejected: 0, reasons } },
    ...{ records: RECORDS_A_SHARD - 10, redactions: { 'personal.email': 3, 'aws.access-key': 1 } },
    ...{ fingerprints: 812, withheld: 2, withheldFingerprints: 9 },
  });
  return {
    plan: answer({
      ...{
        plan: ref('plan'),
        shards,
        buckets,
        ledgerParts: 16,
        sources: shards,
        bytes: shards * 65_536,
        planDigest: DIGEST,
      },
      ...{ policyDigest: DIGEST, boilerplate: true },
    }),
    admit: ({ shard }) => Promise.resolve(admitted(shard)),
    list: ({ stage, first }) => Promise.resolve(ref(`lists/${stage}-${first}`)),
    gather: answer({ shards: ref('gather/shards'), filter: ref('gather/filter'), reroutes: null, fingerprints: 7 }),
    survey: ({ bucket }) => Promise.resolve(ref(`survey/${bucket}`)),
    gatherSurveys: answer(ref('survey/all')),
    assemble: ({ bucket }) =>
      Promise.resolve({ ref: ref(`assemble/${bucket}`), examples: 9, bytes: 60_000_000, redactions: { email: 1 } }),
    select: answer({ ref: ref('select'), kept: 5, out: {}, rules: {}, clusters: 0, largestCluster: 0 }),
    render: ({ part }: { part: number }) =>
      Promise.resolve({
        ...{ files: [], statistics: {} as never, index: ref(`index/${part}`), signed: ref(`signed/${part}`) },
      }),
    ledger: answer({ ledger: [], first: 0, tree: [], counts: admitted(0).tally, days: ref('days') }),
    settle: answer({ ledger: [], tally: admitted(0).tally, root: DIGEST, basis: ref('basis'), days: ref('days') }),
    publish: answer({
      summary: {
        ...{ runId: 'run-0123456789abcdef', dataset: 'datasets/stub/1', version: '1', digest: DIGEST },
        ...{ records: shards * RECORDS_A_SHARD, kept: 0, excluded: 0, rejected: 0, examples: 5, reasons: {} },
      } satisfies RunSummary,
    }) as unknown as Activities['publish'],
    note: answer(undefined) as unknown as Activities['note'],
    clean: answer(undefined) as unknown as Activities['clean'],
  };
}

let quiet = false;

/** A worker of this process on the built workflows, with payloads sealed as everywhere. */
export async function stubWorker(
  site: Site,
  stages: Partial<Activities>,
  atOnce: number,
): Promise<{ stop(): Promise<void> }> {
  if (!quiet) installRuntime();
  quiet = true;
  const connection = await NativeConnection.connect({ address: site.server.address });
  const worker = await Worker.create({
    connection,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath: join(PROJECT, 'dist', 'workflow-bundle.js') },
    activities: stages,
    dataConverter: dataConverter(await openKeystore(site.keys)),
    maxConcurrentActivityTaskExecutions: atOnce,
    maxCachedWorkflows: 50,
  });
  const ended = worker.run();
  return {
    stop: async () => {
      worker.shutdown();
      await ended;
      await connection.close();
    },
  };
}

/** What a run is started with; nothing of it is there. */
export function stubInput(run: string, concurrency: number, onFailure: CurateInput['onFailure'] = 'fail'): CurateInput {
  return {
    ...{ run, out: '/nowhere', inputs: ['/nowhere'], format: 'garner', facts: null, now: Date.parse(NOW) },
    ...{ settings: { key: `runs/${run}/settings`, size: 1 }, window: null, plain: true, concurrency, onFailure },
    ...{ shardBytes: 64 << 20, actor: 'drill', approval: 'automatic', purpose: 'model-improvement' },
  };
}
