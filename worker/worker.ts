/** A worker: connection, sealed payloads, the bundled workflows and the stage pool; drained in order when it is told to stop. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { NativeConnection, Runtime, DefaultLogger, Worker, type WorkerDeploymentOptions } from '@temporalio/worker';
import { CODE_VERSION } from '../activities/run/stage.ts';
import type { WorkerSettings } from '../activities/run/stage.ts';
import type { Keystore } from '../storage/keystore.ts';
import { stagePool } from './threads/activities.ts';
import { dataConverter } from './codec.ts';
import { SILENT, type WorkerLog } from './log.ts';
import { stageMetrics } from './metrics.ts';
import { SEARCH_ATTRIBUTES, TASK_QUEUE } from './server/server.ts';
import { openTraces } from './traces.ts';

export interface WorkerOptions extends WorkerSettings {
  address: string;
  namespace?: string;
  /** Stages at once in this process; the number of cores where undefined. */
  threads?: number;
  keystore: Keystore;
  /** Silent where undefined. */
  log?: WorkerLog;
  /** Whether the runtime exports metrics. */
  measured?: boolean;
  /** Address of the OTLP collector that gets traces; none where undefined. */
  traces?: string;
  /** Name of the deployment whose versions Temporal tells apart by the program's digest: a run ends on the version it began on. */
  deployment?: string;
}

export interface RunningWorker {
  /** Resolves when the worker has stopped, rejects where it failed. */
  ended: Promise<void>;
  /** As the SDK names it: `RUNNING` while it takes work. */
  state(): string;
  /** Takes no more work, lets what runs end within the grace time, closes threads and connection. */
  stop(): Promise<void>;
}

const GRACE = '20 seconds';

/**
 * Once a process: failure messages and stacks of the core go nowhere but the given level.
 * @param metrics `host:port` where Prometheus finds the SDK's metrics and the worker's own
 */
export function installRuntime(metrics?: string): void {
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    // The commands answer signals in their own order.
    shutdownSignals: [],
    telemetryOptions: {
      logging: { filter: 'ERROR', forward: {} },
      ...(metrics === undefined ? {} : { metrics: { prometheus: prometheusAt(metrics) } }),
    },
  });
}

function prometheusAt(bindAddress: string) {
  // The SDK's own buckets are milliseconds; stages take seconds to hours.
  const histogramBucketOverrides = { garner_stage: [0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200] };
  return { bindAddress, unitSuffix: true, countersTotalSuffix: true, histogramBucketOverrides };
}

export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const threads = options.threads ?? availableParallelism();
  const { keys, scratch } = options;
  const connection = await NativeConnection.connect({ address: options.address }).catch(() => {
    throw new Error(`no Temporal server answers at ${options.address}: start it, or name another with --address`);
  });
  const namespace = options.namespace ?? 'default';
  await registerAttributes(connection, namespace);
  const observer = { metrics: options.measured ? stageMetrics() : null, log: options.log ?? SILENT };
  const pool = stagePool({ scratch, ...(keys === undefined ? {} : { keys }) }, threads, observer);
  const traces = options.traces === undefined ? null : openTraces(options.traces);
  const worker = await Worker.create({
    ...traces?.worker,
    connection,
    namespace,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath: bundlePath(traces ? 'workflow-traced.js' : 'workflow-bundle.js') },
    activities: pool.activities,
    dataConverter: dataConverter(options.keystore),
    maxConcurrentActivityTaskExecutions: threads,
    maxCachedWorkflows: 50,
    shutdownGraceTime: GRACE,
    shutdownForceTime: '30 seconds',
    ...(options.deployment === undefined
      ? {}
      : { workerDeploymentOptions: versionOf(options.deployment, traces !== null) }),
  });
  const ended = worker.run().finally(async () => {
    await pool.close();
    await traces?.close();
    await connection.close();
  });
  return {
    ended,
    state: () => worker.getState(),
    stop: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended;
    },
  };
}

/** Runs are pinned: one that began on a version ends on it, and workers of both stand side by side meanwhile. */
function versionOf(deploymentName: string, traced: boolean): WorkerDeploymentOptions {
  return {
    // A run that was steered does not go on where traces were switched on or off under it.
    version: { deploymentName, buildId: `${CODE_VERSION.slice(0, 12)}${traced ? '-traced' : ''}` },
    useWorkerVersioning: true,
    defaultVersioningBehavior: 'PINNED',
  };
}

/** A cluster does not know the attributes yet when its first worker comes; a run that fills unknown ones would not get on. */
async function registerAttributes(connection: NativeConnection, namespace: string): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.keys(SEARCH_ATTRIBUTES).filter((name) => !(name in (customAttributes ?? {})));
  if (missing.length === 0) return;
  const KEYWORD = 2;
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}

function bundlePath(name: string): string {
  const path = fileURLToPath(new URL(`../${name}`, import.meta.url));
  const built = existsSync(path) ? path : fileURLToPath(new URL(`../dist/${name}`, import.meta.url));
  if (!existsSync(built)) throw new Error('The program is not built: run `node setup/setup.mjs`.');
  return built;
}
