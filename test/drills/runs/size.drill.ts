/** What grows and what must not: ten times the data in a small heap, and the moment that "now" means. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gunzipSync } from 'node:zlib';
import type { RunSummary } from '../../../activities/types.ts';
import type { LedgerRow } from '../../../curation/stages/ledger.ts';
import { filesUnder } from '../../command.ts';
import { Site } from '../site/site.ts';

const SMALL = Number(process.env['DRILL_EVENTS'] ?? 10_000);
const DAY = 86_400_000;

const site = new Site();
beforeAll(() => site.open(600, 3, false));
afterAll(() => site.close());

describe('ten times the data', () => {
  it(`in a 512 MB heap takes no more memory than ${SMALL} events`, async () => {
    const peaks: number[] = [];
    for (const events of [SMALL, SMALL * 10]) {
      const made = await site.start(['generate', '--events', `${events}`, '--seed', '4', '--out', `s${events}`]).ended;
      expect(made.status).toBe(0);
      const running = site.start(
        [
          ...['run', '--input', `s${events}/events`, '--facts', `s${events}/facts`, '--now', '2026-05-10T00:00:00Z'],
          ...['--keys', site.keys, '--out', site.path(`o${events}`), '--plain', '--json', '--shard-bytes', '4MB'],
        ],
        { env: { NODE_OPTIONS: '--max-old-space-size=512' } },
      );
      let peak = 0;
      const timer = setInterval(() => (peak = Math.max(peak, residentPeak(running.child.pid!))), 100);
      const ended = await running.ended;
      clearInterval(timer);
      expect(ended.status, ended.stderr).toBe(0);
      const summary = JSON.parse(ended.stdout) as RunSummary;
      expect(summary.kept + summary.excluded + summary.rejected).toBe(summary.records);
      peaks.push(peak);
      console.log(`${events} events: ${ended.seconds.toFixed(0)} s, peak ${Math.round(peak / 1024)} MiB resident`);
    }
    expect(peaks[1]! - peaks[0]!).toBeLessThan(512 * 1024);
  });
});

describe('the moment that now means', () => {
  it('is --now: an event more than a day after it is skewed, at a day more or less', async () => {
    const times = new Map<string, number>();
    for (const file of filesUnder(site.path('sample/events'))) {
      const bytes = readFileSync(file);
      for (const line of (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().split('\n')) {
        try {
          const { id, time } = JSON.parse(line) as { id: string; time: string };
          times.set(id, Date.parse(time));
        } catch {
          // The sample has damaged lines.
        }
      }
    }
    const sorted = [...times.values()].filter((time) => !Number.isNaN(time)).sort((a, b) => a - b);
    const middle = sorted[Math.floor(sorted.length / 2)]!;
    const skewed: number[] = [];
    for (const [index, now] of [middle - DAY, middle, middle + DAY].entries()) {
      const out = site.path(`now-${index}`);
      const { ended } = site.start([
        ...['run', '--input', 'sample/events', '--facts', 'sample/facts', '--now', new Date(now).toISOString()],
        ...['--keys', site.keys, '--out', out, '--plain', '--json'],
      ]);
      const { stdout, stderr } = await ended;
      expect(stderr).toBe('');
      const summary = JSON.parse(stdout) as RunSummary;
      const rows = (
        await site.start(['ledger', summary.runId, '--out', out, '--keys', site.keys, '--json']).ended
      ).stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as LedgerRow);
      for (const { event, outcome, reason } of rows) {
        const time = times.get(event ?? '');
        if (time === undefined || outcome === 'rejected' || reason === 'duplicate') continue;
        expect(reason === 'clock_skew', `${event} at ${time - now}: ${reason}`).toBe(time > now + DAY);
      }
      skewed.push(summary.reasons['clock_skew'] ?? 0);
    }
    console.log(`--now a day earlier, as it is, a day later: ${skewed.join(', ')} records skewed`);
    expect(skewed[0]!).toBeGreaterThan(skewed[1]!);
    expect(skewed[1]!).toBeGreaterThan(skewed[2]!);
  });
});

function residentPeak(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
