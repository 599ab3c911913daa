/** A hundred thousand shards: the real workflows on a real server, sealed, over stages that only answer. Every history stays small. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../activities/types.ts';
import { TASK_QUEUE } from '../../../worker/server/server.ts';
import { Site } from '../site/site.ts';
import { stubInput, stubStages, stubWorker } from '../site/stubs.ts';

const SHARDS = Number(process.env['DRILL_SHARDS'] ?? 100_000);
/** As many as a plan ever has. */
const BUCKETS = Math.min(4096, SHARDS);
/** Units at once of a page; two pages are in work. */
const WIDTH = 16;

const site = new Site();
beforeAll(() => site.open(10, 2));
afterAll(() => site.close());

describe('a run of a hundred thousand shards', () => {
  it('ends, every shard done once, with no history over 10,000 events or 5 MB', { timeout: 3_600_000 }, async () => {
    const stages = stubStages(SHARDS, BUCKETS);
    const done = new Set<number>();
    let calls = 0;
    const { admit } = stages;
    const worker = await stubWorker(
      site,
      {
        ...stages,
        admit: (input) => {
          calls++;
          done.add(input.shard);
          return admit!(input);
        },
      },
      2 * WIDTH,
    );
    const input = stubInput('run-00000000000000c1', WIDTH);
    await site.withClient(async (client) => {
      const begun = performance.now();
      const started = { taskQueue: TASK_QUEUE, workflowId: input.run, args: [input] };
      const summary = (await client.workflow.execute('curate', started)) as RunSummary;
      const seconds = (performance.now() - begun) / 1000;
      expect(summary.records).toBeGreaterThan(SHARDS);
      expect([done.size, calls]).toEqual([SHARDS, SHARDS]);
      let workflows = 0;
      const most = { events: 0, bytes: 0 };
      let own = most;
      for await (const { workflowId, status, historyLength, historySize } of client.workflow.list()) {
        workflows++;
        expect(status.name).toBe('COMPLETED');
        const size = { events: historyLength, bytes: historySize ?? Infinity };
        if (workflowId === input.run) own = size;
        most.events = Math.max(most.events, size.events);
        most.bytes = Math.max(most.bytes, size.bytes);
      }
      console.log(
        `${SHARDS} shards, ${BUCKETS} buckets in ${seconds.toFixed(0)} s: ${workflows} workflows, the longest history ${most.events} events, ` +
          `the largest ${(most.bytes / 1e6).toFixed(2)} MB; the run's own ${own.events} events, ${(own.bytes / 1e6).toFixed(2)} MB`,
      );
      expect(workflows).toBeGreaterThan(SHARDS / 500);
      expect(own.events).toBeGreaterThan(0);
      expect(most.events).toBeLessThan(10_000);
      expect(most.bytes).toBeLessThan(5e6);
    });
    await worker.stop();
  });
});
