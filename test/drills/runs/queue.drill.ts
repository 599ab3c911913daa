/** Runs that share workers: one that makes up for old days does not hold up the night, nor the run of somebody else. */
import { mkdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storeSettings } from '../../../activities/run/settings.ts';
import type { CurateInput, RunSummary } from '../../../activities/types.ts';
import { BUILTIN_POLICY } from '../../../config/policy.ts';
import { TASK_QUEUE } from '../../../worker/server/server.ts';
import { NOW, Site } from '../site/site.ts';

/** As workflows/nightly.ts gives them. */
const PRIORITY = { nightly: 2, backfill: 4 };
/** Shards of the backfill that wait in the queue at any time. */
const WAITING = 25;

const site = new Site();
beforeAll(async () => {
  await site.open(4000, 41);
  const few = await site.start(['generate', '--events', '250', '--seed', '42', '--out', 'small']).ended;
  expect(few.status).toBe(0);
});
afterAll(() => site.close());

async function inputOf(run: string, sample: string, concurrency: number, shardBytes: number): Promise<CurateInput> {
  const out = site.folderOf(`out-${run}`);
  mkdirSync(out, { recursive: true });
  const policy = { file: BUILTIN_POLICY, text: readFileSync(BUILTIN_POLICY, 'utf8') };
  return {
    ...{ run, out, settings: await storeSettings(out, run, { policy, access: null, local: true }, site.keys) },
    ...{
      inputs: [site.path(sample, 'events')],
      facts: site.path(sample, 'facts'),
      format: 'auto',
      now: Date.parse(NOW),
    },
    ...{ window: null, plain: true, concurrency, shardBytes, actor: 'drill', approval: 'automatic' },
    ...{ purpose: 'model-improvement', onFailure: 'fail' },
  };
}

describe('a backfill', () => {
  it('lets the night go first: while the night runs, hardly a shard of the backfill is begun', async () => {
    const old = await inputOf('run-00000000000000b1', 'sample', WAITING, 48 << 10);
    const night = await inputOf('run-00000000000000a1', 'small', 4, 64 << 10);
    await site.withClient(async (client) => {
      const start = (input: CurateInput, priorityKey: number, fairnessKey: string) =>
        client.workflow.start('curate', {
          ...{ taskQueue: TASK_QUEUE, workflowId: input.run, args: [input], priority: { priorityKey, fairnessKey } },
        });
      const backfill = await start(old, PRIORITY.backfill, 'old');
      const worker = await site.worker({ threads: 1 });
      const done = () => site.staged(`out-${old.run}`, 'admit').length;
      await site.until('the backfill is under way', () => done() >= 3);
      const before = done();
      const begun = performance.now();
      const nightly = await start(night, PRIORITY.nightly, 'night');
      const summary = (await nightly.result()) as RunSummary;
      const seconds = (performance.now() - begun) / 1000;
      const meanwhile = done() - before;
      expect(summary.kept).toBeGreaterThan(0);
      const { status } = await backfill.describe();
      expect(status.name).toBe('RUNNING');
      const activities = await activitiesOf([night.run, ...pagesOf(night.run)]);
      console.log(
        `queue: the night took ${seconds.toFixed(1)} s and ${activities} activities, while ${meanwhile} shards of the backfill were done, ${WAITING} of which wait at any time`,
      );
      // First come, first served would put some twenty-five shards before each step of the night; a few slip in while a step is decided.
      expect(meanwhile).toBeLessThan(activities * 5);
      await backfill.cancel();
      await backfill.result().catch(() => undefined);
      worker.child.kill('SIGKILL');
      await worker.ended;
    });
  });
});

const pagesOf = (run: string) => ['admit', 'survey', 'assemble', 'render'].map((stage) => `${run}-${stage}-0`);

async function activitiesOf(workflows: string[]): Promise<number> {
  return site.withClient(async (client) => {
    let count = 0;
    for (const id of workflows) {
      const history = await client.workflow
        .getHandle(id)
        .fetchHistory()
        .catch(() => null);
      count += (history?.events ?? []).filter((event) => event.activityTaskStartedEventAttributes).length;
    }
    return count;
  });
}
