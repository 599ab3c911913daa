/** Processes that die, stop, or lose their server in the middle of a run. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../activities/types.ts';
import { record } from '../site/histories.ts';
import { drawsOf } from '../site/seed.ts';
import { Site, type Ended } from '../site/site.ts';

const KILLS = Number(process.env['DRILL_KILLS'] ?? 20);
/** 60 in the full drill. */
const OUTAGE_SECONDS = Number(process.env['DRILL_OUTAGE_S'] ?? 60);

const site = new Site();
let undisturbed: RunSummary;
let seconds: number;

beforeAll(async () => {
  await site.open(1500, 7);
  const worker = await site.worker();
  const ended = await site.run('undisturbed').ended;
  expect(ended.stderr).toBe('');
  undisturbed = JSON.parse(ended.stdout) as RunSummary;
  seconds = ended.seconds;
  expect(undisturbed.kept).toBeGreaterThan(0);
  expect(site.leftovers('undisturbed')).toEqual([]);
  worker.child.kill('SIGKILL');
  await worker.ended;
  console.log(`undisturbed: ${seconds.toFixed(1)} s, digest ${undisturbed.digest.slice(0, 12)}`);
});
afterAll(async () => {
  await record(site, 'faults');
  await site.close();
});

describe('a worker that is killed', () => {
  it(`comes to the same dataset after kill -9 at ${KILLS} random points`, async () => {
    const draw = drawsOf('kill');
    const took: number[] = [];
    for (let kills = 0, run = 0; kills < KILLS; run++) {
      const out = `killed-${run}`;
      const half = site.watchVersions(out);
      let worker = await site.worker();
      const { ended } = site.run(out);
      let over: Ended | undefined;
      void ended.then((end) => (over = end));
      while (!over && kills < KILLS) {
        await sleep(300 + draw() * seconds * 1000);
        if (over as Ended | undefined) break;
        worker.child.kill('SIGKILL');
        await worker.ended;
        kills++;
        worker = await site.worker();
      }
      const end = await ended;
      site.expectSame(end, undisturbed, out);
      expect(half()).toEqual([]);
      took.push(Math.round(end.seconds));
      worker.child.kill('SIGKILL');
      await worker.ended;
    }
    console.log(`kill: ${KILLS} kills over ${took.length} runs, seconds of each: ${took.join(', ')}`);
  });

  it('finishes what it does on SIGTERM, ends with 0, and no finished shard is done again', async () => {
    const first = await site.worker();
    const { ended } = site.run('termed');
    await site.until('three shards', () => site.staged('termed', 'admit').length >= 3);
    first.child.kill('SIGTERM');
    const told = performance.now();
    const { status } = await first.ended;
    expect(status).toBe(0);
    const drained = (performance.now() - told) / 1000;
    const before = site.staged('termed', 'admit').length;
    const second = await site.worker();
    const summary = site.expectSame(await ended, undisturbed, 'termed');
    const attempts = await site.withClient(async (client) => {
      const { events } = await client.workflow.getHandle(`${summary.runId}-admit-0`).fetchHistory();
      return events!.flatMap(({ activityTaskStartedEventAttributes: started }) => (started ? [started.attempt] : []));
    });
    expect(attempts.length).toBeGreaterThan(before);
    expect(new Set(attempts)).toEqual(new Set([1]));
    console.log(
      `SIGTERM: drained in ${drained.toFixed(1)} s; ${attempts.length} activities, each tried once, ${before} before`,
    );
    second.child.kill('SIGKILL');
    await second.ended;
  });

  it('that slept past its heartbeat wakes up to a finished run: what it writes late is never read and does not stay', async () => {
    const draw = drawsOf('sleep');
    const sleeper = await site.worker({ threads: 1 });
    const { ended } = site.run('slept');
    const after = 1 + Math.floor(draw() * 6);
    await site.until(`${after} shards`, () => site.staged('slept', 'admit').length >= after);
    sleeper.child.kill('SIGSTOP');
    const other = await site.worker();
    const end = await ended;
    site.expectSame(end, undisturbed, 'slept');
    sleeper.child.kill('SIGCONT');
    await sleep(6_000);
    site.expectSame(end, undisturbed, 'slept');
    console.log(`SIGSTOP after ${after} shards: the other worker ended the run in ${end.seconds.toFixed(1)} s`);
    for (const worker of [sleeper, other]) {
      worker.child.kill('SIGKILL');
      await worker.ended;
    }
  });
});

describe('a server that is away', () => {
  it(`for ${OUTAGE_SECONDS} s in the middle of a run delays it, no more`, async () => {
    const worker = await site.worker();
    const { ended } = site.run('outage');
    await site.until('four shards', () => site.staged('outage', 'admit').length >= 4);
    await site.takeServerAway(OUTAGE_SECONDS);
    const end = await ended;
    site.expectSame(end, undisturbed, 'outage');
    console.log(`outage of ${OUTAGE_SECONDS} s: the run took ${end.seconds.toFixed(1)} s`);
    worker.child.kill('SIGKILL');
    await worker.ended;
  });
});
