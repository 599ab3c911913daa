import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeWindow, openWindow, windowsDue, windowStates } from '../../../activities/nights/windows.ts';
import { readSealed, writeSealed, type RunSettings } from '../../../activities/run/settings.ts';
import type { RunSummary } from '../../../activities/types.ts';
import { BUILTIN_POLICY } from '../../../config/policy.ts';
import type { WindowedSchedule } from '../../../config/schedules.ts';
import { openKeystore } from '../../../storage/keystore.ts';
import { openStore } from '../../../storage/objects.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'garner-nights-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const policy = { file: BUILTIN_POLICY, text: readFileSync(BUILTIN_POLICY, 'utf8') };

function scheduleOf(more: Partial<WindowedSchedule> = {}): WindowedSchedule {
  return {
    ...{ id: 'night', kind: 'curate', at: 150, timeZone: 'UTC', jitter: 0, catchUp: 0, closes: 900e3 },
    ...{ inputs: [join(folder, 'events', '{day}')], out: join(folder, 'out'), facts: null, policy: null, access: null },
    ...{ lookBack: 3, days: 1, shardBytes: 1, concurrency: 1, guard: [], guardKey: [], experiment: null },
    ...more,
  };
}

/** A file in the folder of a day, with an event at each of the times. */
function events(day: string, name: string, ...times: string[]): void {
  mkdirSync(join(folder, 'events', day), { recursive: true });
  writeFileSync(join(folder, 'events', day, name), times.map((time) => JSON.stringify({ time }) + '\n').join(''));
}

const atNight = (day: string) => Date.parse(`${day}T02:30:00Z`) + 86_400_000;

/** A night as its workflow goes, the runs themselves left out: which windows it issued, and the files that each was made of. */
async function night(day: string, schedule = scheduleOf()): Promise<Record<string, string[]>> {
  const keys = join(folder, 'keys');
  const worker = { keys, scratch: folder };
  const input = { schedule, policy, actor: 'ann', at: atNight(day) };
  const issued: Record<string, string[]> = {};
  for (;;) {
    const window = (await windowsDue(input, worker)).find((due) => !(due.day in issued));
    if (!window) return issued;
    const { run, settings } = await openWindow({ ...input, window }, worker);
    const store = openStore(schedule.out);
    const keystore = await openKeystore(keys);
    const sources = (await readSealed<RunSettings>(store, settings, keystore)).sources!;
    issued[window.day] = sources.map(({ store: place, key }) => `${basename(place)}/${key}`);
    const told = sources.map((source) => ({
      ...source,
      quarters: readFileSync(join(source.store, source.key), 'utf8')
        .split('\n')
        .flatMap((line) => (line ? [Math.floor(Date.parse((JSON.parse(line) as { time: string }).time) / 900e3)] : [])),
    }));
    const basis = await writeSealed(store, `runs/${run}/ledger/basis`, { sources: told }, keystore);
    await store.write(`runs/${run}/run.json`, Buffer.from(JSON.stringify({ basis })));
    const summary = { runId: run, version: `v-${run}`, digest: run } as RunSummary;
    await closeWindow({ ...input, window, summary }, worker);
  }
}

async function states(last: string, schedule = scheduleOf()): Promise<string[]> {
  const found = await windowStates(schedule, atNight(last), join(folder, 'keys'));
  return found.map(({ day, state, issues }) => `${day} ${state} ${issues}`);
}

describe('the files of a window', () => {
  beforeEach(() => {
    events('2026-05-01', 'a', '2026-05-01T09:00:00Z', '2026-05-01T23:59:59Z');
    events('2026-05-02', '00h', '2026-05-02T00:00:02Z');
    events('2026-05-02', '01h', '2026-05-02T01:10:00Z');
  });

  it('are those of its day and what has come of the next by then, since suggestions do not end at midnight', async () => {
    expect(await night('2026-05-01')).toEqual({ '2026-05-01': ['2026-05-01/a', '2026-05-02/00h', '2026-05-02/01h'] });
    expect(await states('2026-05-01')).toEqual(['2026-05-01 done 1']);
  });

  it('are of the days beside it only those with events near midnight, once these days were read', async () => {
    await night('2026-05-01');
    events('2026-05-02', '12h', '2026-05-02T12:00:00Z');
    expect(await night('2026-05-02')).toEqual({
      '2026-05-02': ['2026-05-02/00h', '2026-05-02/01h', '2026-05-02/12h', '2026-05-01/a'],
    });
    expect(await states('2026-05-02')).toEqual(['2026-05-01 done 1', '2026-05-02 done 1']);
    events('2026-05-01', 'b', '2026-05-01T10:00:00Z');
    expect(await states('2026-05-02')).toEqual(['2026-05-01 late 1', '2026-05-02 done 1']);
    expect(await night('2026-05-02')).toEqual({ '2026-05-01': ['2026-05-01/a', '2026-05-01/b', '2026-05-02/00h'] });
  });

  it('are read again where an event near midnight came after its window was issued', async () => {
    await night('2026-05-01');
    events('2026-05-02', 'late', '2026-05-02T00:09:00Z', '2026-05-02T20:00:00Z');
    expect(Object.keys(await night('2026-05-02'))).toEqual(['2026-05-02', '2026-05-01']);
    expect(await states('2026-05-02')).toEqual(['2026-05-01 done 2', '2026-05-02 done 1']);
  });

  it('are those of later days too where folders are of the day on which events arrive', async () => {
    for (const day of ['2026-05-01', '2026-05-02']) await night(day);
    events('2026-05-03', 'a', '2026-05-03T08:00:00Z', '2026-05-01T11:00:00Z');
    const issued = await night('2026-05-03');
    expect(Object.keys(issued)).toEqual(['2026-05-03', '2026-05-01']);
    expect(issued['2026-05-01']).toEqual(['2026-05-01/a', '2026-05-02/00h', '2026-05-03/a']);
    expect(await states('2026-05-03')).toEqual(['2026-05-01 done 2', '2026-05-02 done 1', '2026-05-03 done 1']);
    expect(await night('2026-05-03')).toEqual({});
  });

  it('are of the day of its time zone, whatever day the folders mean', async () => {
    const schedule = scheduleOf({ timeZone: 'Europe/Berlin' });
    const issued = [];
    for (const day of ['2026-05-01', '2026-05-02']) issued.push(await night(day, schedule));
    expect(issued[1]).toEqual({ '2026-05-02': ['2026-05-02/00h', '2026-05-02/01h', '2026-05-01/a'] });
  });

  it('that changed or are fewer make it late; those that are all gone do not, since their age has passed', async () => {
    events('2026-05-01', 'b', '2026-05-01T10:00:00Z');
    await night('2026-05-01');
    rmSync(join(folder, 'events', '2026-05-01', 'b'));
    expect(await states('2026-05-01')).toEqual(['2026-05-01 late 1']);
    expect(await night('2026-05-01')).toHaveProperty('2026-05-01');
    events('2026-05-01', 'a', '2026-05-01T10:00:00Z');
    expect(await states('2026-05-01')).toEqual(['2026-05-01 late 2']);
    rmSync(join(folder, 'events', '2026-05-01'), { recursive: true });
    expect(await states('2026-05-01')).toEqual(['2026-05-01 done 2']);
  });

  it('are told once by a measurement, whatever comes later', async () => {
    const schedule = scheduleOf({ kind: 'evaluate', days: 2 });
    expect(Object.keys(await night('2026-05-02', schedule))).toEqual(['2026-05-02']);
    events('2026-05-01', 'b', '2026-05-01T10:00:00Z');
    expect(await states('2026-05-02', schedule)).toEqual(['2026-05-02 late 1']);
    expect(await night('2026-05-02', schedule)).toEqual({});
  });

  it('are of every place that events come from, also where one of them has nothing of the next day yet', async () => {
    const inputs = [...scheduleOf().inputs, join(folder, 'elsewhere', '{day}')];
    mkdirSync(join(folder, 'elsewhere', '2026-05-01'), { recursive: true });
    writeFileSync(join(folder, 'elsewhere', '2026-05-01', 'c'), '{"time":"2026-05-01T12:00:00Z"}\n');
    expect(await night('2026-05-01', scheduleOf({ inputs }))).toEqual({
      '2026-05-01': ['2026-05-01/a', '2026-05-01/c', '2026-05-02/00h', '2026-05-02/01h'],
    });
    await expect(night('2026-05-02', scheduleOf({ inputs }))).rejects.toThrow(
      /elsewhere.*name a file or folder that is there/,
    );
  });

  it('are refused where a folder beside the window cannot be read: nobody could say what is in it', async () => {
    symlinkSync(join(folder, 'events', '2026-05-01'), join(folder, 'events', '2026-05-02', 'linked'));
    await expect(night('2026-05-01')).rejects.toThrow(/2026-05-02.*symbolic link/);
    rmSync(join(folder, 'events', '2026-05-02'), { recursive: true });
    expect(await night('2026-05-01')).toEqual({ '2026-05-01': ['2026-05-01/a'] });
  });

  it('do not count where a day was missed: it has a start of its own', async () => {
    await night('2026-05-01');
    events('2026-05-03', 'a', '2026-05-03T08:00:00Z');
    expect(Object.keys(await night('2026-05-03'))).toEqual(['2026-05-03']);
    expect(await states('2026-05-03')).toEqual(['2026-05-01 done 1', '2026-05-02 missing 0', '2026-05-03 done 1']);
  });
});
