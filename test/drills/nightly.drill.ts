/** Nights: schedules made equal to their list, days made up for, and a day issued again when its events came late. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WindowState } from '../../activities/run/windows.ts';
import { filesUnder } from '../command.ts';
import { record } from './faults/histories.ts';
import { Site } from './faults/site.ts';

const site = new Site();
const days: string[] = [];

/** The sample's lines by the day of their event. */
beforeAll(async () => {
  await site.open(900, 13);
  const byDay = new Map<string, string[]>();
  for (const file of filesUnder(site.path('sample/events'))) {
    const bytes = readFileSync(file);
    for (const line of (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().split('\n')) {
      const day = /"time":"(2026-\d\d-\d\d)T/.exec(line)?.[1];
      if (day) byDay.set(day, [...(byDay.get(day) ?? []), line]);
    }
  }
  const full = [...byDay].sort(([a], [b]) => (a < b ? -1 : 1)).filter(([, lines]) => lines.length > 40);
  const [first, second] = full.slice(0, 2);
  for (const [day, lines] of [first!, second!]) {
    days.push(day);
    mkdirSync(site.path('days', day), { recursive: true });
    writeFileSync(site.path('days', day, 'a.jsonl'), lines.slice(0, -15).join('\n') + '\n');
    writeFileSync(site.path(`late-${day}`), lines.slice(-15).join('\n') + '\n');
  }
});
afterAll(async () => {
  await record(site, 'nightly');
  await site.close();
});

function config(jitter: string): void {
  writeFileSync(
    site.path('schedules.yaml'),
    `version: 1
schedules:
  - id: night
    at: '02:30'
    timeZone: Europe/Berlin
    inputs: ['days/{day}']
    facts: sample/facts
    out: out
    jitter: ${jitter}
`,
  );
}

const command = (...args: string[]) =>
  site.start([...args, '--config', 'schedules.yaml', '--address', site.server.address, '--keys', site.keys]).ended;

async function states(): Promise<WindowState[]> {
  const now = `${days.at(-1)!}T12:00:00Z`;
  const next = new Date(Date.parse(now) + 86_400_000).toISOString();
  const { stdout } = await command('nightly', 'status', '--json', '--from', days[0]!, '--now', next);
  return stdout.split('\n').flatMap((line) => (line ? [JSON.parse(line) as WindowState] : []));
}

async function until(wanted: (found: WindowState[]) => boolean): Promise<WindowState[]> {
  for (let tries = 0; tries < 60; tries++) {
    const found = (await states()).filter(({ day }) => days.includes(day));
    if (wanted(found)) return found;
    await sleep(1_000);
  }
  throw new Error(JSON.stringify(await states()));
}

describe('nights', () => {
  it('are made equal to the list, and what differs is shown', async () => {
    config('5m');
    expect((await command('schedule', 'apply', '--dry-run')).stdout).toBe('+ garner-night\n');
    expect((await command('schedule', 'apply')).stdout).toBe('+ garner-night\n');
    expect((await command('schedule', 'apply')).stdout).toBe('= garner-night\n');
    config('1s');
    expect((await command('schedule', 'apply')).stdout).toContain('~ garner-night jitter: 300000 → 1000');
    expect((await command('schedule', 'apply')).stdout).toBe('= garner-night\n');
    const { stdout } = await command('schedule', 'list', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ id: 'night', paused: false });
  });

  it('make up for days, and issue a day again whose events came late', async () => {
    expect((await states()).filter(({ day }) => days.includes(day)).map(({ state }) => state)).toEqual([
      'missing',
      'missing',
    ]);
    const worker = await site.worker();
    const [from, to] = [days[0]!, days.at(-1)!];
    expect((await command('schedule', 'backfill', 'night', '--from', from, '--to', from)).status).toBe(0);
    await until(([first]) => first?.state === 'done');
    expect((await command('schedule', 'backfill', 'night', '--from', to, '--to', to)).status).toBe(0);
    const [before] = await until((found) => found.every(({ state }) => state === 'done'));
    writeFileSync(site.path('days', from, 'late.jsonl'), readFileSync(site.path(`late-${from}`)));
    expect((await states())[0]).toMatchObject({ day: from, state: 'late' });
    // The night of the next day finds it.
    expect((await command('schedule', 'backfill', 'night', '--from', to, '--to', to)).status).toBe(0);
    const [after, other] = await until(([first]) => first?.state === 'done');
    expect(after).toMatchObject({ issues: 2 });
    expect(after!.version).not.toBe(before!.version);
    expect(other).toMatchObject({ issues: 1 });
    console.log(`nightly: ${from} issued as ${before!.version}, again as ${after!.version} after late events`);
    worker.child.kill('SIGKILL');
    await worker.ended;
  });

  it('are removed with their entry in the list', async () => {
    writeFileSync(site.path('schedules.yaml'), 'version: 1\nschedules: []\n');
    expect((await command('schedule', 'apply')).stdout).toBe('- garner-night\n');
  });
});
