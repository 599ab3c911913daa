/** A worker: connection, sealed payloads, the bundled workflows and the stage pool; drained in order when it is told to stop. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { NativeConnection, Runtime, DefaultLogger, Worker } from '@temporalio/worker';
import type { WorkerSettings } from '../activities/stage.ts';
import type { Keystore } from '../storage/keystore.ts';
import { stagePool } from './activities.ts';
import { dataConverter } from './codec.ts';

export const TASK_QUEUE = 'garner';

export interface WorkerOptions extends WorkerSettings {
  address: string;
  namespace?: string;
  /** Stages at once in this process; the number of cores where undefined. */
  threads?: number;
  keystore: Keystore;
}

export interface RunningWorker {
  /** Resolves when the worker has stopped, rejects where it failed. */
  ended: Promise<void>;
  /** Takes no more work, lets what runs end within the grace time, closes threads and connection. */
  stop(): Promise<void>;
}

const GRACE = '20 seconds';

/** Once a process: failure messages and stacks of the core go nowhere but the given level. */
export function installRuntime(): void {
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: 'ERROR', forward: {} } },
  });
}

export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const threads = options.threads ?? availableParallelism();
  const { keys, scratch } = options;
  const pool = stagePool({ scratch, ...(keys === undefined ? {} : { keys }) }, threads);
  const connection = await NativeConnection.connect({ address: options.address });
  const worker = await Worker.create({
    connection,
    namespace: options.namespace ?? 'default',
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath: bundlePath() },
    activities: pool.activities,
    dataConverter: dataConverter(options.keystore.codecKeys()),
    maxConcurrentActivityTaskExecutions: threads,
    maxCachedWorkflows: 50,
    shutdownGraceTime: GRACE,
    shutdownForceTime: '30 seconds',
  });
  const ended = worker.run().finally(async () => {
    await pool.close();
    await connection.close();
  });
  return {
    ended,
    stop: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended;
    },
  };
}

function bundlePath(): string {
  const path = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
  const built = existsSync(path) ? path : fileURLToPath(new URL('../dist/workflow-bundle.js', import.meta.url));
  if (!existsSync(built)) throw new Error('The program is not built: run `node setup/setup.mjs`.');
  return built;
}
