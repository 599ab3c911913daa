/** Pages that are gone: terminated behind the run's back, with their signals lost. The run ends, and says so; it never waits for them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, type Client, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CurateInput } from '../../../activities/types.ts';
import type { Progress } from '../../../workflows/run/messages.ts';
import { TASK_QUEUE } from '../../../worker/server/server.ts';
import { record } from '../site/histories.ts';
import { Site } from '../site/site.ts';
import { stubInput, stubStages, stubWorker } from '../site/stubs.ts';

/** Two pages, both in work. */
const SHARDS = 1000;
const site = new Site();
/** Shards that fail, until they are taken out. */
const broken = new Set<number>();
const cleaned: string[] = [];
let worker: { stop(): Promise<void> };

beforeAll(async () => {
  await site.open(10, 2);
  const stages = stubStages(SHARDS, 1);
  worker = await stubWorker(
    site,
    {
      ...stages,
      admit: async (input) => {
        if (broken.has(input.shard)) throw ApplicationFailure.nonRetryable('a drill', 'SourceChanged');
        await sleep(10);
        return stages.admit!(input);
      },
      clean: ({ run }) => {
        cleaned.push(run);
        return Promise.resolve();
      },
    },
    8,
  );
});
afterAll(async () => {
  await record(site, 'lost');
  await worker.stop();
  await site.close();
});

async function started(client: Client, run: string, onFailure: CurateInput['onFailure']): Promise<WorkflowHandle> {
  const input = stubInput(run, 3, onFailure);
  return client.workflow.start('curate', { taskQueue: TASK_QUEUE, workflowId: run, args: [input] });
}

async function until(handle: WorkflowHandle, met: (progress: Progress) => boolean): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (met(await handle.query<Progress, []>('progress'))) return;
    await sleep(100);
  }
  throw new Error(JSON.stringify(await handle.query('progress')));
}

/** How a run ended; it must end by itself, and leave no page behind. */
async function endOf(client: Client, handle: WorkflowHandle): Promise<string> {
  const begun = performance.now();
  const late = sleep(60_000, 'it hangs', { ref: false });
  const failure = await Promise.race([handle.result().catch((error: unknown) => error), late]);
  expect(failure).toBeInstanceOf(WorkflowFailedError);
  const query = `WorkflowId STARTS_WITH "${handle.workflowId}" AND ExecutionStatus = "Running"`;
  for (let tries = 0; tries < 20 && (await client.workflow.count(query)).count > 0; tries++) await sleep(100);
  expect((await client.workflow.count(query)).count).toBe(0);
  expect(cleaned).toContain(handle.workflowId);
  const causes: string[] = [];
  for (let cause: unknown = failure; cause instanceof Error; cause = cause.cause) causes.push(cause.name);
  console.log(
    `${handle.workflowId}: ended after ${((performance.now() - begun) / 1000).toFixed(1)} s: ${causes.join(', ')}`,
  );
  return causes.at(-1)!;
}

describe('a run whose page is terminated', () => {
  it('fails, and cancels the page beside it', () =>
    site.withClient(async (client) => {
      const handle = await started(client, 'run-00000000000000d1', 'fail');
      await until(handle, ({ pages }) => pages.length === 2);
      await client.workflow.getHandle(`${handle.workflowId}-admit-1`).terminate('a drill');
      expect(await endOf(client, handle)).toBe('TerminatedFailure');
    }));

  it('fails also while it is paused, and tells nobody who is gone', () =>
    site.withClient(async (client) => {
      const handle = await started(client, 'run-00000000000000d2', 'fail');
      await until(handle, ({ pages }) => pages.length === 2);
      await handle.executeUpdate('pause', { args: [{ by: 'ann', why: 'a drill' }] });
      await client.workflow.getHandle(`${handle.workflowId}-admit-0`).terminate('a drill');
      expect(await endOf(client, handle)).toBe('TerminatedFailure');
    }));

  it('fails though a unit of that page, and one of the other, waits for an operator', () =>
    site.withClient(async (client) => {
      broken.add(1).add(501);
      const handle = await started(client, 'run-00000000000000d3', 'wait');
      const query = `WorkflowId = "${handle.workflowId}" AND GarnerOutcome = "waiting"`;
      for (let tries = 0; tries < 100 && (await client.workflow.count(query)).count === 0; tries++) await sleep(100);
      expect((await client.workflow.count(query)).count).toBe(1);
      await client.workflow.getHandle(`${handle.workflowId}-admit-0`).terminate('a drill');
      expect(await endOf(client, handle)).toBe('TerminatedFailure');
      broken.clear();
    }));
});
