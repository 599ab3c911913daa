/** A run as a command lives through it: a server and worker of its own where none is named, start or join, follow, cancel, and the end in order. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import type { CurateInput, RunSummary } from '../../activities/types.ts';
import { ConfigError } from '../../config/document.ts';
import { checkFacts, isFactsFolder, openFacts } from '../../storage/facts.ts';
import { openKeystore, type Keystore } from '../../storage/keystore.ts';
import { checkWritable } from '../../storage/objects/writable.ts';
import { openScratch, sweepScratch } from '../../storage/scratch.ts';
import { historyFolder, ownServer } from '../../worker/server/embedded.ts';
import { TASK_QUEUE } from '../../worker/server/server.ts';
import type { RunningWorker } from '../../worker/worker.ts';
import { connect, namedAddress } from '../connection.ts';
import { CommandError, EXIT } from '../exit.ts';
import { follow } from './progress.ts';

export interface SessionOptions {
  out: string;
  keys?: string;
  address?: string;
  facts?: string;
  concurrency?: number;
  traces?: string;
  json?: boolean;
}

export interface Session {
  client: Client;
  keystore: Keystore;
  /** The command's own; null where a server was named, whose workers do the work. */
  worker: RunningWorker | null;
}

/** Checks output and facts, opens everything, does the work and closes in order. @throws what opening and the work throw */
export async function withSession<T>(options: SessionOptions, work: (session: Session) => Promise<T>): Promise<T> {
  process.once('SIGINT', leave).once('SIGTERM', leave);
  const local = namedAddress(options.address) === undefined;
  await checkWritable(options.out);
  await sweepScratch();
  const scratch = await openScratch('run');
  try {
    await readFacts(options.facts, local ? scratch.folder : null);
    const keystore = await openKeystore(options.keys);
    // The program of a worker is loaded for a worker alone, while the server starts: it takes as long.
    const [server, own] = local
      ? await Promise.all([ownServer({ folder: historyFolder(options.out) }), import('../../worker/worker.ts')])
      : [null, null];
    own?.installRuntime();
    try {
      const { client, address, close } = await connect({ ...options, address: server?.address ?? options.address });
      const threads = options.concurrency ?? availableParallelism();
      const keys = options.keys === undefined ? {} : { keys: options.keys };
      const traces = options.traces === undefined ? {} : { traces: options.traces };
      const worker = own
        ? await own.startWorker({ address, keystore, scratch: scratch.folder, threads, ...keys, ...traces })
        : null;
      try {
        return await work({ client, keystore, worker });
      } finally {
        await worker?.stop();
        await close();
      }
    } finally {
      await server?.stop();
    }
  } finally {
    process.off('SIGINT', leave).off('SIGTERM', leave);
    await scratch.remove();
  }
}

/** Before there is a run to cancel there is nothing to wait for: scratch and the server go with the process. */
function leave(): never {
  process.exit(EXIT.cancelled);
}

/** Checks the facts. A worker of our own finds in the scratch folder what was made of them; those of a cluster make their own. */
async function readFacts(folder: string | undefined, scratch: string | null): Promise<void> {
  if (folder === undefined) return;
  if (!(await isFactsFolder(folder)))
    throw new ConfigError(folder, undefined, '--facts', 'is not there: name the folder of facts');
  if (scratch === null) await checkFacts(folder);
  else await (await openFacts(folder, join(scratch, 'facts'))).close();
}

export interface Described {
  staticSummary: string;
  staticDetails: string;
  /** 1 (first) to 5; runs of one purpose share their turn. */
  priorityKey: number;
}

/** Starts the workflow, or joins the one of the same id that is under way. */
export async function startOrJoin(
  client: Client,
  workflow: 'curate' | 'measure',
  input: CurateInput,
  { priorityKey, ...described }: Described,
): Promise<WorkflowHandle> {
  try {
    return await client.workflow.start(workflow, {
      ...{ taskQueue: TASK_QUEUE, workflowId: input.run, args: [input], ...described },
      priority: { priorityKey, fairnessKey: input.purpose },
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return client.workflow.getHandle(input.run);
    throw error;
  }
}

/** How long a server may be away before the command gives up on it; the run itself waits longer. */
const PATIENCE_MS = 600_000;
const AGAIN_MS = 2_000;
const HELD_MS = 60_000;

/** The run's result; a server that is away for a while delays it, no more. */
async function resultOf(handle: WorkflowHandle): Promise<RunSummary> {
  for (let away: number | undefined; ;) {
    const asked = performance.now();
    try {
      return (await handle.result()) as RunSummary;
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const failed = performance.now();
      // A question that was held open for so long had a server that answered.
      if (away === undefined || failed - asked > HELD_MS) away = failed;
      if (failed - away > PATIENCE_MS) throw error;
      await sleep(AGAIN_MS);
    }
  }
}

/** Follows a run to its end. The first signal cancels it, the second leaves at once. */
export async function finish(
  { client, worker }: Session,
  handle: WorkflowHandle,
  options: { json?: boolean },
): Promise<RunSummary> {
  let interrupts = 0;
  const interrupt = () => {
    if (++interrupts > 1) process.exit(EXIT.cancelled);
    process.stderr.write('\ncancelling (once more to leave at once)…\n');
    handle.cancel().catch(() => process.exit(EXIT.cancelled));
  };
  process.off('SIGINT', leave).off('SIGTERM', leave);
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const style = options.json ? 'silent' : process.stderr.isTTY ? 'bar' : 'lines';
  const stopFollowing = follow(client, handle.workflowId, style);
  try {
    const result = resultOf(handle);
    if (!worker) return await result;
    return await Promise.race([
      result,
      worker.ended.then(() => {
        throw new CommandError(EXIT.failed, 'the worker stopped before the run ended: run the command again to go on');
      }),
    ]);
  } finally {
    await stopFollowing();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}
