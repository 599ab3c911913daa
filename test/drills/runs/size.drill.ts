/** What grows with the input and what must not: ten times the data in a small heap. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../activities/types.ts';
import { Site } from '../site/site.ts';

const SMALL = Number(process.env['DRILL_EVENTS'] ?? 10_000);

const site = new Site();
beforeAll(() => site.open(50, 3, false));
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

function residentPeak(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
