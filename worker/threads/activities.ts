/** The activities of a worker: each stage in a thread of the pool, with a heartbeat while it moves. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { activityInfo, Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { Piscina } from 'piscina';
import { STAGES, BARE_STAGES, type Activities, type StageName } from '../../activities/index.ts';
import type { WorkerSettings } from '../../activities/run/stage.ts';
import { failureOf } from './fault.ts';
import { HeldFilters } from './filters.ts';
import type { WorkerLog } from '../log.ts';
import type { StageMetrics } from '../metrics.ts';
import type { StageMessage, StageOutcome, StageTask } from './thread.ts';

const HEARTBEAT_MS = 2_000;
/** A thread whose events do not turn for so long hangs. What a stage does at a stretch takes some seconds. */
const STILL_MS = 300_000;

export interface StagePool {
  activities: Activities;
  close(): Promise<void>;
}

/** Who is told of every try: metrics and log. */
export interface StageObserver {
  metrics: StageMetrics | null;
  log: WorkerLog;
}

/** What differs in tests. */
export interface ThreadOptions {
  /** Module of a thread. */
  file: string;
  heartbeatMs: number;
  /** How long a thread may stand still before its try is given up. */
  stillMs: number;
}

/** Threads that have imported their modules, by their id. */
const THREAD_IDS = 1024;
const IMPORT_MS = 15_000;

/** @param threads stages at once; each has its own rules, caches and memory */
export function stagePool(
  worker: WorkerSettings,
  threads: number,
  observer: StageObserver,
  options: ThreadOptions = { file: threadFile(), heartbeatMs: HEARTBEAT_MS, stillMs: STILL_MS },
): StagePool {
  const imported = new Int32Array(new SharedArrayBuffer(THREAD_IDS * 4));
  const pool = new Piscina({
    workerData: imported,
    filename: options.file,
    minThreads: 1,
    maxThreads: threads,
    idleTimeout: 600_000,
    concurrentTasksPerWorker: 1,
  });
  const held = new HeldFilters();
  const activities = Object.fromEntries(
    (Object.keys({ ...STAGES, ...BARE_STAGES }) as StageName[]).map((stage) => [
      stage,
      (input: StageTask['input']) =>
        observed(observer, stage, () => runStage(pool, held, worker, stage, input, options)),
    ]),
  );
  return {
    activities: activities as unknown as Activities,
    close: async () => {
      // V8 ends the whole process where a thread is taken down in the middle of an import.
      const importing = () =>
        pool.threads.some(({ threadId }) => threadId > 0 && Atomics.load(imported, threadId % THREAD_IDS) === 0);
      for (let waited = 0; importing() && waited < IMPORT_MS; waited += 20) await sleep(20);
      await pool.close({ force: true });
    },
  };
}

async function observed(observer: StageObserver, stage: StageName, work: () => Promise<unknown>): Promise<unknown> {
  const { workflowExecution, activityId, attempt } = activityInfo();
  const begun = performance.now();
  let how = 'done';
  try {
    const result = await work();
    observer.metrics?.did(stage, result);
    return result;
  } catch (error) {
    how = error instanceof ApplicationFailure ? (error.type ?? 'Unexpected') : 'cancelled';
    throw error;
  } finally {
    const seconds = Math.round(performance.now() - begun) / 1000;
    observer.metrics?.ended(stage, how, seconds);
    const line = { run: workflowExecution?.workflowId, stage, unit: activityId, attempt, seconds, how };
    if (how === 'done') observer.log.info(line, 'stage done');
    else observer.log.warn(line, 'stage not done');
  }
}

async function runStage(
  pool: Piscina,
  held: HeldFilters,
  worker: WorkerSettings,
  stage: StageName,
  input: StageTask['input'],
  { heartbeatMs, stillMs }: ThreadOptions,
): Promise<unknown> {
  const context = Context.current();
  const { port1, port2 } = new MessageChannel();
  const hangs = new AbortController();
  let details: unknown = null;
  // Counted, not timed: a process that was stopped has not hung.
  let silent = 0;
  port1.on('message', (told: StageMessage) => {
    silent = 0;
    if (!held.heard(told, port1) && 'progress' in told) details = told.progress;
  });
  const beat = setInterval(() => {
    if (++silent * heartbeatMs > stillMs) hangs.abort();
    else context.heartbeat(details);
  }, heartbeatMs);
  try {
    const task: StageTask = { stage, input, attempt: attemptName(), worker, port: port2 };
    const outcome = (await pool.run(task, {
      transferList: [port2],
      signal: AbortSignal.any([context.cancellationSignal, hangs.signal]),
    })) as StageOutcome;
    if (outcome.ok) return outcome.result;
    throw failureOf(outcome.fault);
  } catch (error) {
    if (context.cancellationSignal.aborted) throw new CancelledFailure('cancelled');
    if (hangs.signal.aborted)
      throw failureOf({ type: 'Hung', message: `stood still for ${stillMs / 1000} s and was ended`, retry: true });
    throw error;
  } finally {
    clearInterval(beat);
    held.left(port1);
    port1.close();
  }
}

/** Unique to this try of this activity of this execution: opaque, and the same in every message about it. */
function attemptName(): string {
  const { workflowExecution, activityId, attempt } = activityInfo();
  // The first digits of these ids are a time: only the last ones differ between two runs of a minute.
  return `${workflowExecution!.runId.slice(-12)}-${activityId}-${attempt}`;
}

function threadFile(): string {
  const compiled = fileURLToPath(new URL('./thread.js', import.meta.url));
  return existsSync(compiled)
    ? compiled
    : fileURLToPath(new URL('../../dist/worker/threads/thread.js', import.meta.url));
}
