/** Runs one stage in a worker thread: CPU work stays off the thread that heartbeats. Faults come back as data, since errors lose their kind between threads. */
import { threadId, workerData, type MessagePort } from 'node:worker_threads';
import { builtinRedactor, openStage, type WorkerSettings } from '../../activities/run/stage.ts';
import { STAGES, BARE_STAGES, type StageName } from '../../activities/index.ts';
import type { Ref } from '../../activities/types.ts';
import { faultOf, type Fault } from './fault.ts';
import { sharedFilters } from './filters.ts';

// Made while the thread waits for work, and again by the first run where that was not possible, which then says why.
try {
  builtinRedactor();
} catch {
  // See above.
}

/** Where the pool sees that all that stands above has been imported and done. */
const imported = workerData as Int32Array;
Atomics.store(imported, threadId % imported.length, 1);

export interface StageTask {
  stage: StageName;
  input: { run: string; out: string; settings: Ref; facts: string | null; plan?: Ref | null };
  attempt: string;
  worker: WorkerSettings;
  /** Gets `StageMessage`s, and what threads settle over filters. */
  port: MessagePort;
}

/** How far a stage has come; and that its events turn, whether it comes further or not. */
export type StageMessage = { progress: unknown } | { turns: true };

const TURN_MS = 1_000;

export type StageOutcome = { ok: true; result: unknown } | { ok: false; fault: Fault };

export default async function runStage({ stage, input, attempt, worker, port }: StageTask): Promise<StageOutcome> {
  const turns = setInterval(() => tell(port, { turns: true }), TURN_MS);
  try {
    const { run, out, settings, facts, plan } = input;
    let told = 0;
    const progress = (details: unknown) => {
      const now = performance.now();
      if (now - told < 200) return;
      told = now;
      tell(port, { progress: details });
    };
    if (isBare(stage)) {
      const work = BARE_STAGES[stage] as (input: unknown, worker: WorkerSettings) => Promise<unknown>;
      return { ok: true, result: await work(input, worker) };
    }
    const begun = plan ? { plan } : { fresh: stage === 'plan' };
    const request = { run, out, settings, facts, attempt, progress, ...begun };
    const opened = await openStage(request, { ...worker, filters: sharedFilters(port) });
    const work = STAGES[stage] as (input: unknown, opened: unknown) => Promise<unknown>;
    return { ok: true, result: await work(input, opened) };
  } catch (error) {
    return { ok: false, fault: faultOf(error) };
  } finally {
    clearInterval(turns);
    port.close();
  }
}

function tell(port: MessagePort, message: StageMessage): void {
  port.postMessage(message);
}

function isBare(stage: StageName): stage is keyof typeof BARE_STAGES {
  return stage in BARE_STAGES;
}
