/** Thousands of shards: no history grows past 10,000 events or 5 MB, and what a run holds in Temporal does not grow with them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../activities/types.ts';
import { record } from '../site/histories.ts';
import { Site } from '../site/site.ts';

const EVENTS = Number(process.env['DRILL_LARGE_EVENTS'] ?? 60_000);
const SHARD_BYTES = 7 << 10;

const site = new Site();
beforeAll(() => site.open(EVENTS, 2));
afterAll(async () => {
  await record(site, 'large');
  await site.close();
});

describe('a run of thousands of shards', () => {
  it('keeps every history small and ends with the digest of a run of few', async () => {
    const worker = await site.worker();
    const begun = performance.now();
    const many = await site.run('many', '--shard-bytes', `${SHARD_BYTES}`, '--concurrency', '8').ended;
    expect(many.stderr).toBe('');
    const seconds = (performance.now() - begun) / 1000;
    const sizes: { id: string; events: number; bytes: number }[] = [];
    await site.withClient(async (client) => {
      for await (const { workflowId, historyLength, historySize } of client.workflow.list())
        sizes.push({ id: workflowId.replace(/^run-[0-9a-f]+-?/, ''), events: historyLength, bytes: historySize ?? 0 });
    });
    const few = JSON.parse((await site.run('few', '--shard-bytes', '4MB').ended).stdout) as RunSummary;
    site.expectSame(many, few, 'many');
    const pages = sizes.filter(({ id }) => id.startsWith('admit'));
    const events = Math.max(...sizes.map((size) => size.events));
    const bytes = Math.max(...sizes.map((size) => size.bytes));
    console.log(
      `${pages.length} pages of admit, ${seconds.toFixed(0)} s; longest history ${events} events, largest ${(bytes / 1e6).toFixed(1)} MB; ` +
        `the run's own: ${JSON.stringify(sizes.find(({ id }) => id === ''))}`,
    );
    expect(pages.length).toBeGreaterThan(EVENTS / 10_000);
    expect(events).toBeLessThan(10_000);
    expect(bytes).toBeLessThan(5e6);
    worker.child.kill('SIGKILL');
    await worker.ended;
  });
});
