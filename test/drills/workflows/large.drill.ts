/** Thousands of shards: no history grows past 10,000 events or 5 MB, what a run holds in Temporal does not grow with them, and pages go on in fresh histories. */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../activities/types.ts';
import { record } from '../site/histories.ts';
import { Site } from '../site/site.ts';

/** Shards wanted. */
const SHARDS = Number(process.env['DRILL_SHARDS'] ?? 3_000);
/** A shard is cut at the first line past its size; some three events of the sample make one. */
const EVENTS_A_SHARD = 4;
const SHARD_BYTES = 1 << 10;
const WANTED = 100_000;
const PAGE = 500;

const sites: Site[] = [];
afterEach(() => sites.pop()?.close());
afterAll(() => Promise.all(sites.map((site) => site.close())));

async function siteOf(events: number, settings: boolean | string[] = true): Promise<Site> {
  const site = new Site();
  sites.push(site);
  await site.open(events, 2, settings);
  return site;
}

interface Size {
  id: string;
  status: string;
  events: number;
  bytes: number;
}

async function sizesOf(site: Site): Promise<Size[]> {
  const sizes: Size[] = [];
  await site.withClient(async (client) => {
    for await (const { workflowId, status, historyLength, historySize } of client.workflow.list())
      sizes.push({
        id: workflowId.replace(/^run-[0-9a-f]+-?/, ''),
        status: status.name,
        events: historyLength,
        bytes: historySize ?? 0,
      });
  });
  return sizes;
}

describe('a run of thousands of shards', () => {
  it('keeps every history small and ends with the digest of a run of few', async () => {
    const site = await siteOf(SHARDS * EVENTS_A_SHARD);
    const worker = await site.worker();
    const many = await site.run('many', '--shard-bytes', `${SHARD_BYTES}`, '--concurrency', '8').ended;
    expect(many.stderr).toBe('');
    const sizes = await sizesOf(site);
    const few = JSON.parse((await site.run('few', '--shard-bytes', '4MB').ended).stdout) as RunSummary;
    site.expectSame(many, few, 'many');
    const pages = sizes.filter(({ id }) => id.startsWith('admit'));
    const own = sizes.find(({ id }) => id === '')!;
    const events = Math.max(...sizes.map((size) => size.events));
    const bytes = Math.max(...sizes.map((size) => size.bytes));
    expect(pages.length).toBeGreaterThanOrEqual(SHARDS / 1000);
    expect(events).toBeLessThan(10_000);
    expect(bytes).toBeLessThan(5e6);
    // A run's own history grows by its pages alone: what they add, and what would be there for all of them.
    const perPage = { events: own.events / sizes.length, bytes: own.bytes / sizes.length };
    const whole = { events: perPage.events * (WANTED / PAGE), bytes: perPage.bytes * (WANTED / PAGE) };
    expect(whole.events).toBeLessThan(10_000);
    expect(whole.bytes).toBeLessThan(5e6);
    console.log(
      `${pages.length} pages of admit in ${many.seconds.toFixed(0)} s; longest history ${events} events, largest ${(bytes / 1e6).toFixed(2)} MB; ` +
        `the run's own ${own.events} events, ${(own.bytes / 1e6).toFixed(2)} MB; at ${WANTED} shards at most ${Math.round(whole.events)} events, ${(whole.bytes / 1e6).toFixed(2)} MB`,
    );
    worker.child.kill('SIGKILL');
    await worker.ended;
  });

  it('goes on in fresh histories where the server asks for it, to the same dataset', async () => {
    const site = await siteOf(900, ['limit.historyCount.suggestContinueAsNew=300']);
    const worker = await site.worker();
    const few = JSON.parse((await site.run('few', '--shard-bytes', '4MB').ended).stdout) as RunSummary;
    const many = await site.run('many', '--shard-bytes', `${SHARD_BYTES}`, '--concurrency', '8').ended;
    site.expectSame(many, few, 'many');
    const anew = (await sizesOf(site)).filter(({ status }) => status === 'CONTINUED_AS_NEW');
    console.log(`continued as new: ${anew.map(({ id, events }) => `${id} after ${events} events`).join(', ')}`);
    expect(anew.length).toBeGreaterThan(1);
    expect(new Set(anew.map(({ id }) => id.replace(/-\d+$/, '')))).toEqual(new Set(['admit']));
    await record(site, 'anew');
    worker.child.kill('SIGKILL');
    await worker.ended;
  });
});
