/** The moment that "now" means: what is given, and not what the clock of a machine says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../activities/types.ts';
import type { LedgerRow } from '../../../curation/stages/ledger.ts';
import { filesUnder } from '../../command.ts';
import { NOW, Site } from '../site/site.ts';

const DAY = 86_400_000;
const CLOCK = pathToFileURL(join(import.meta.dirname, '..', 'site', 'clock.mjs')).href;

const site = new Site();
beforeAll(() => site.open(600, 3, false));
afterAll(() => site.close());

describe('the moment that now means', () => {
  it('is not what the clock of the machine says: a day ahead or behind, the same dataset comes out', async () => {
    const told: RunSummary[] = [];
    for (const days of [0, -1, 1]) {
      const out = `clock-${days}`;
      const { ended } = site.start(
        [
          ...['run', '--input', 'sample/events', '--facts', 'sample/facts', '--now', NOW, '--keys', site.keys],
          ...['--out', site.path(out), '--plain', '--json'],
        ],
        { env: { NODE_OPTIONS: `--import ${CLOCK}`, DRILL_CLOCK_MS: String(days * DAY) } },
      );
      const { status, stdout, stderr } = await ended;
      expect([status, stderr]).toEqual([0, '']);
      told.push(JSON.parse(stdout) as RunSummary);
      expect(site.leftovers(out)).toEqual([]);
    }
    const same = told.map(({ digest, version, records, reasons }) => ({ digest, version, records, reasons }));
    expect(same[1]).toEqual(same[0]);
    expect(same[2]).toEqual(same[0]);
    console.log(
      `clock as it is, a day behind, a day ahead: digest ${same.map(({ digest }) => digest.slice(0, 12)).join(', ')}`,
    );
  });

  it('is --now: an event more than a day after it is skewed, at a day more or less', async () => {
    const times = new Map<string, number>();
    const suggestions = new Map<string, string>();
    for (const file of filesUnder(site.path('sample/events'))) {
      const bytes = readFileSync(file);
      for (const line of (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().split('\n')) {
        try {
          const { id, time, suggestionId } = JSON.parse(line) as { id: string; time: string; suggestionId: string };
          times.set(id, Date.parse(time));
          suggestions.set(id, suggestionId);
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
      const read = rows.filter(({ event, outcome, reason }) => {
        const time = times.get(event ?? '');
        return time !== undefined && !Number.isNaN(time) && outcome !== 'rejected' && reason !== 'duplicate';
      });
      // All records of a suggestion share one outcome: that of the latest decides.
      const latest = new Map<string, number>();
      for (const { event } of read) {
        const suggestion = suggestions.get(event!)!;
        latest.set(suggestion, Math.max(latest.get(suggestion) ?? 0, times.get(event!)!));
      }
      for (const { event, reason } of read) {
        const time = latest.get(suggestions.get(event!)!)!;
        expect(reason === 'clock_skew', `${event} at ${time - now}: ${reason}`).toBe(time > now + DAY);
      }
      skewed.push(summary.reasons['clock_skew'] ?? 0);
    }
    console.log(`--now a day earlier, as it is, a day later: ${skewed.join(', ')} records skewed`);
    expect(skewed[0]!).toBeGreaterThan(skewed[1]!);
    expect(skewed[1]!).toBeGreaterThan(skewed[2]!);
  });
});
