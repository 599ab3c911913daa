/** A unit that fails just when its page goes on in a fresh history: operators still find the run as one that waits. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TASK_QUEUE } from '../../../worker/server/server.ts';
import { record } from '../site/histories.ts';
import { Site } from '../site/site.ts';
import { stubInput, stubStages, stubWorker } from '../site/stubs.ts';

const SHARDS = 24;
/** In one of these runs the unit that fails is the last one of a history, whatever else is written there. */
const RUNS = Array.from({ length: 12 }, (_, index) => `run-00000000000001${index.toString(16).padStart(2, '0')}`);
const site = new Site();
let worker: { stop(): Promise<void> };

beforeAll(async () => {
  await site.open(10, 2, ['limit.historyCount.suggestContinueAsNew=40']);
  const stages = stubStages(SHARDS, 1);
  worker = await stubWorker(
    site,
    {
      ...stages,
      admit: (input) => {
        if (input.shard === 4 + RUNS.indexOf(input.run))
          throw ApplicationFailure.nonRetryable('a drill', 'SourceChanged');
        return stages.admit!(input);
      },
    },
    8,
  );
});
afterAll(async () => {
  await record(site, 'told');
  await worker.stop();
  await site.close();
});

describe('a run one of whose units waits for an operator', () => {
  it('is listed as waiting, wherever in its history the unit failed', () =>
    site.withClient(async (client) => {
      const handles = await Promise.all(
        RUNS.map((run) =>
          client.workflow.start('curate', {
            taskQueue: TASK_QUEUE,
            workflowId: run,
            args: [stubInput(run, 1, 'wait')],
          }),
        ),
      );
      const waiting = async (): Promise<string[]> => {
        const found: string[] = [];
        for await (const { workflowId } of client.workflow.list({ query: 'GarnerOutcome = "waiting"' })) found.push(workflowId); // prettier-ignore
        return found.sort();
      };
      for (let tries = 0; tries < 150 && (await waiting()).length < RUNS.length; tries++) await sleep(200);
      const pages = 'WorkflowType = "page" AND ExecutionStatus = "ContinuedAsNew"';
      console.log(`${(await waiting()).length} of ${RUNS.length} wait; pages went on ${(await client.workflow.count(pages)).count} times`); // prettier-ignore
      expect(await waiting()).toEqual(RUNS);
      expect((await client.workflow.count(pages)).count).toBeGreaterThan(0);
      await Promise.all(handles.map((handle) => handle.terminate('a drill')));
    }));
});
