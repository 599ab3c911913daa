/** Nights: schedules made equal to their list, days made up for, a day issued again when its events came late, a measurement told once, private code guarded. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WindowState } from '../../../activities/nights/windows.ts';
import { filesUnder, PROJECT } from '../../command.ts';
import { record } from '../site/histories.ts';
import { acrossMidnights, byDay, wrongWindows } from '../site/midnights.ts';
import { Site } from '../site/site.ts';

const site = new Site();
const days: string[] = [];
const DAY_MS = 86_400_000;

/** The sample's lines by the day of their event. */
beforeAll(async () => {
  await site.open(900, 13);
  const policy = readFileSync(join(PROJECT, 'config', 'policy.yaml'), 'utf8');
  writeFileSync(site.path('ages.yaml'), `${policy}\nretention: { datasets: 90d }\n`);
  site.folderOf('private');
  const code = Array.from(
    { length: 40 },
    (_, line) => `export const ledgerOf${line} = (entry: Entry) => entry.sum * ${line} + entry.fee;`,
  );
  writeFileSync(site.path('private/ledger.ts'), code.join('\n'));
  const guard = await site.start(['fingerprint', '--source', 'private', '--out', 'private.guard']).ended;
  expect(guard.status).toBe(0);
  const lines: string[] = [];
  for (const file of filesUnder(site.path('sample/events'))) {
    const bytes = readFileSync(file);
    lines.push(...(file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().split('\n'));
  }
  const [first] = [...byDay(lines)].sort(([a], [b]) => (a < b ? -1 : 1)).find(([, of]) => of.length > 40)!;
  const second = new Date(Date.parse(first) + DAY_MS).toISOString().slice(0, 10);
  const moved = byDay(acrossMidnights(lines, first, second));
  for (const [day, lines] of [first, second].map((day): [string, string[]] => [day, moved.get(day)!])) {
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

/** The list; `wrong` stands for lines of its first entry. */
function config(jitter: string, wrong: Record<string, string> = {}): void {
  const fields = { facts: 'sample/facts', access: 'access.yaml', guard: '[private.guard]', ...wrong };
  const lines = Object.entries(fields).map(([name, value]) => `    ${name}: ${value}\n`);
  writeFileSync(
    site.path('schedules.yaml'),
    `version: 1
schedules:
  - id: night
    at: '02:30'
    timeZone: America/New_York
    inputs: ['days/{day}']
    out: out
    jitter: ${jitter}
${lines.join('')}  - id: figures
    kind: evaluate
    at: '03:30'
    inputs: ['days/{day}']
    facts: sample/facts
    access: access.yaml
    out: out
    days: 2
  - id: watch
    kind: recheck
    at: '05:30'
    facts: sample/facts
    out: out
  - id: ages
    kind: retention
    at: '06:30'
    policy: ages.yaml
    out: out
`,
  );
}

const command = (...args: string[]) =>
  site.start([...args, '--config', 'schedules.yaml', '--address', site.server.address, '--keys', site.keys]).ended;

async function states(schedule: string): Promise<WindowState[]> {
  const now = `${days.at(-1)!}T12:00:00Z`;
  const next = new Date(Date.parse(now) + 86_400_000).toISOString();
  const { stdout } = await command('nightly', 'status', '--json', '--from', days[0]!, '--now', next);
  const all = stdout
    .split('\n')
    .flatMap((line) => (line ? [JSON.parse(line) as WindowState & { schedule: string }] : []));
  return all.filter((state) => state.schedule === schedule && days.includes(state.day));
}

async function until(schedule: string, wanted: (found: WindowState[]) => boolean): Promise<WindowState[]> {
  for (let tries = 0; tries < 60; tries++) {
    const found = await states(schedule);
    if (wanted(found)) return found;
    await sleep(1_000);
  }
  throw new Error(JSON.stringify(await states(schedule)));
}

/** A sweep made up for, as of the day. */
async function swept(id: string, day: string, ended: string): Promise<void> {
  expect((await command('schedule', 'backfill', id, '--from', day, '--to', day)).status).toBe(0);
  await site.withClient(async (client) => {
    for (let tries = 0; tries < 60 && (await client.workflow.count(ended)).count === 0; tries++) await sleep(500);
    expect((await client.workflow.count(ended)).count).toBe(1);
  });
}

/** What the signed statements of a version say. */
function statementsOf(version: string): string {
  const manifest = readFileSync(site.path('out/datasets/completions', version, 'manifest.dsse.json'), 'utf8');
  const { envelopes } = JSON.parse(manifest) as { envelopes: { payload: string }[] };
  return envelopes.map(({ payload }) => Buffer.from(payload, 'base64').toString()).join('\n');
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const LISTED = '= garner-night\n= garner-figures\n= garner-watch\n= garner-ages\n';

describe('nights', () => {
  it('are made equal to the list, and what differs is shown', async () => {
    config('5m');
    const apply = async (...more: string[]) => (await command('schedule', 'apply', ...more)).stdout;
    expect(await apply('--dry-run')).toBe(LISTED.replaceAll('=', '+'));
    expect(await apply()).toBe(LISTED.replaceAll('=', '+'));
    expect(await apply()).toBe(LISTED);
    config('1s');
    expect(await apply()).toContain('~ garner-night jitter: 300000 → 1000');
    expect(await apply()).toBe(LISTED);
    await site.withClient(async (client) => {
      const { spec, policies } = await client.schedule.getHandle('garner-night').describe();
      expect(spec).toMatchObject({ jitter: 1000, timezone: 'America/New_York' });
      expect(policies).toMatchObject({ overlap: 'SKIP', pauseOnFailure: true });
    });
    const { stdout } = await command('schedule', 'list', '--json');
    const rows = stdout.split('\n').flatMap((line) => (line ? [JSON.parse(line) as { kind: string }] : []));
    expect(rows.sort((a, b) => (a.kind < b.kind ? -1 : 1))).toMatchObject([
      { id: 'night', kind: 'curate', paused: false },
      { id: 'figures', kind: 'evaluate', paused: false },
      { id: 'watch', kind: 'recheck', paused: false },
      { id: 'ages', kind: 'retention', paused: false },
    ]);
  });

  it('change nothing on the server where a file that the list names is missing or wrong', async () => {
    for (const [field, file] of [
      ['guard', '[nobody.guard]'],
      ['policy', 'access.yaml'],
      ['access', 'nobody.yaml'],
    ] as const) {
      config('2s', { [field]: file });
      const { status, stderr, stdout } = await command('schedule', 'apply');
      expect([status, stdout, stderr]).toEqual([2, '', expect.stringContaining(file.replace(/[[\]]/g, ''))]);
    }
    config('1s');
    expect((await command('schedule', 'apply')).stdout).toBe(LISTED);
  });

  it('make up for days, and issue a day again whose events came late', async () => {
    expect((await states('night')).map(({ state }) => state)).toEqual(['missing', 'missing']);
    const worker = await site.worker();
    const [from, to] = [days[0]!, days.at(-1)!];
    expect((await command('schedule', 'backfill', 'night', '--from', from, '--to', from)).status).toBe(0);
    await until('night', ([first]) => first?.state === 'done');
    expect((await command('schedule', 'backfill', 'night', '--from', to, '--to', to)).status).toBe(0);
    const [before] = await until('night', (found) => found.every(({ state }) => state === 'done'));
    writeFileSync(site.path('days', from, 'late.jsonl'), readFileSync(site.path(`late-${from}`)));
    expect((await states('night'))[0]).toMatchObject({ day: from, state: 'late' });
    // The night of the next day finds it.
    expect((await command('schedule', 'backfill', 'night', '--from', to, '--to', to)).status).toBe(0);
    const [after, other] = await until('night', ([first]) => first?.state === 'done');
    expect(after).toMatchObject({ issues: 2 });
    expect(after!.version).not.toBe(before!.version);
    expect(other).toMatchObject({ issues: 1 });
    expect(statementsOf(after!.version!)).toContain(sha256(readFileSync(site.path('private.guard'))));
    expect(await wrongWindows(site, days, [after!.version!, other!.version!])).toEqual([]);
    console.log(`nightly: ${from} issued as ${before!.version}, again as ${after!.version} after late events`);

    const figures = ['schedule', 'backfill', 'figures', '--from', to, '--to', to];
    expect((await command(...figures)).status).toBe(0);
    const [, told] = await until('figures', ([, second]) => second?.state === 'done');
    writeFileSync(site.path('days', to, 'late.jsonl'), readFileSync(site.path(`late-${to}`)));
    expect((await states('figures'))[1]).toMatchObject({ day: to, state: 'late' });
    expect((await command(...figures)).status).toBe(0);
    expect((await command('schedule', 'backfill', 'night', '--from', to, '--to', to)).status).toBe(0);
    await until('night', (found) => found.every(({ state }) => state === 'done'));
    await until('figures', () => true);
    const ended = await site.withClient((client) =>
      client.workflow.count('WorkflowType = "nightly" AND ExecutionStatus != "Running"'),
    );
    expect(ended.count).toBeGreaterThanOrEqual(5);
    expect((await states('figures'))[1]).toEqual({ ...told, state: 'late' });

    await swept('watch', '2026-05-01', 'WorkflowType = "recheck" AND GarnerOutcome = "done"');
    // A year on every version is older than the policy keeps it.
    await swept('ages', '2027-05-01', 'WorkflowType = "retention" AND ExecutionStatus = "Completed"');
    expect(filesUnder(site.path('out/datasets/completions')).filter((file) => file.includes('/data/'))).toEqual([]);
    worker.child.kill('SIGKILL');
    await worker.ended;
  });

  it('are removed with their entry in the list', async () => {
    writeFileSync(site.path('schedules.yaml'), 'version: 1\nschedules: []\n');
    expect((await command('schedule', 'apply')).stdout).toBe(
      '- garner-ages\n- garner-figures\n- garner-night\n- garner-watch\n',
    );
  });
});
