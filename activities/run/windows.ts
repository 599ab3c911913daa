/** Windows: which days of a schedule are done, late or missing, by what their sources were when they were last curated. */
import { createHash, createHmac } from 'node:crypto';
import { ConfigError, readText } from '../../config/document.ts';
import { parsePolicy } from '../../config/policy.ts';
import type { WindowedSchedule } from '../../config/schedules.ts';
import { confirmedOf } from '../../curation/measurement/abuse/review.ts';
import { dayAt, dayPlus, windowOfDay } from '../../curation/events/window.ts';
import { openKeystore, type Keystore } from '../../storage/keystore.ts';
import { openStore, StorageFault, type ObjectStore } from '../../storage/objects.ts';
import { readSealed, writeSealed, type RunSettings, type WorkerSettings } from './stage.ts';
import { listSources } from '../plan/sources.ts';
import { casesOf, readReview } from '../measure/review.ts';
import { digestGuards, namedGuards, storeGuards } from './guards.ts';
import type { CurateInput, RunSummary } from '../types.ts';

/** What is kept of a window, sealed: the watermark of each source and the versions that were issued. */
export interface WindowRecord {
  day: string;
  /** Tag of each source as it was read last, by name. */
  watermarks: Record<string, string>;
  issues: { run: string; version: string; digest: string; at: number }[];
}

export interface WindowState {
  day: string;
  state: 'done' | 'late' | 'missing';
  version: string | null;
  issues: number;
}

export interface NightlyInput {
  schedule: WindowedSchedule;
  /** Policy and experiment as they were applied. */
  policy: { file: string; text: string };
  experiment?: { file: string; text: string };
  actor: string;
}

/** One window that is to be curated. */
export interface DueWindow {
  day: string;
  late: boolean;
  watermarks: Record<string, string>;
}

/**
 * The windows that a start at `at` has to curate, oldest first: that of the last day that has closed, and earlier ones whose sources
 * have changed since. A window that is done and unchanged is not. A measurement tells a window once: two that differ by a late event
 * could be subtracted.
 * @param at the scheduled time, milliseconds since 1970-01-01 UTC
 */
export async function windowsDue(
  { schedule, at }: NightlyInput & { at: number },
  worker: WorkerSettings,
): Promise<DueWindow[]> {
  const { timeZone, closes, kind } = schedule;
  const lookBack = kind === 'curate' ? schedule.lookBack : 0;
  const last = dayPlus(dayAt(at - closes, timeZone), -1);
  const books = await openBooks(schedule, worker.keys);
  const due: DueWindow[] = [];
  for (let back = lookBack; back >= 0; back--) {
    const day = dayPlus(last, -back);
    const known = await books.read(day);
    // A day that was missed has its own start to come, or is left to a backfill.
    if (known === null && back > 0) continue;
    const watermarks = await (known === null ? watermarksOf : watermarksLeft)(schedule, day);
    if (watermarks === null) continue;
    if (known === null || (kind === 'curate' && !same(known.watermarks, watermarks)))
      due.push({ day, late: known !== null, watermarks });
  }
  return due;
}

/** Stores the settings of a window's run and says how it is to be started. */
export async function openWindow(
  { schedule, policy, experiment, actor, at, window }: NightlyInput & { at: number; window: DueWindow },
  worker: WorkerSettings,
): Promise<CurateInput> {
  const { facts, out, shardBytes, concurrency } = schedule;
  const keystore = await openKeystore(worker.keys);
  const access = schedule.access === null ? null : { file: schedule.access, text: readText(schedule.access) };
  const parsed = parsePolicy(policy.file, policy.text);
  const cases = await casesOf(keystore, parsed.purpose);
  const settings: RunSettings = { policy, access, local: access === null, ...cases };
  const confirmed = schedule.kind === 'curate' ? confirmedOf(await readReview(keystore)) : [];
  if (experiment) settings.experiment = experiment;
  if (confirmed.length > 0) settings.confirmed = confirmed;
  const guards = await namedGuards(schedule.guard, schedule.guardKey);
  const digests = await digestGuards(guards);
  const named = JSON.stringify([schedule.id, window.day, window.watermarks, at, settings, digests]);
  const run = `run-${createHmac('sha256', keystore.derive('run', '', 32))
    .update(named)
    .digest('hex')
    .slice(0, 16)}`;
  if (guards.length > 0) settings.guards = await storeGuards(guards, digests, { out, run, keystore });
  return {
    ...{ run, out, inputs: inputsOf(schedule, window.day), format: 'auto', facts, now: at, plain: false },
    settings: await writeSealed(openStore(out), `runs/${run}/settings`, settings, keystore),
    window: windowOf(schedule, window.day),
    ...{ concurrency, shardBytes, actor, approval: parsed.approval, purpose: parsed.purpose, onFailure: 'wait' },
  };
}

/** Keeps what was issued for a window, and of which sources. Kept twice it stands once. */
export async function closeWindow(
  { schedule, window, summary, at }: NightlyInput & { at: number; window: DueWindow; summary: RunSummary },
  worker: WorkerSettings,
): Promise<void> {
  const books = await openBooks(schedule, worker.keys);
  const { runId: run, version, digest } = summary;
  const issues = ((await books.read(window.day))?.issues ?? []).filter((issue) => issue.run !== run);
  await books.write({
    day: window.day,
    watermarks: window.watermarks,
    issues: [...issues, { run, version, digest, at }],
  });
}

/** Every window from the first that was ever curated (or `from`) to the last that has closed by `at`. */
export async function windowStates(
  schedule: WindowedSchedule,
  at: number,
  keys?: string,
  from?: string,
): Promise<WindowState[]> {
  const books = await openBooks(schedule, keys);
  const last = dayPlus(dayAt(at - schedule.closes, schedule.timeZone), -1);
  const states: WindowState[] = [];
  for (let day = from ?? (await books.first()) ?? last; day <= last; day = dayPlus(day, 1)) {
    const known = await books.read(day);
    const left = known === null ? null : await watermarksLeft(schedule, day);
    const state = known === null ? 'missing' : left === null || same(known.watermarks, left) ? 'done' : 'late';
    states.push({ day, state, version: known?.issues.at(-1)?.version ?? null, issues: known?.issues.length ?? 0 });
  }
  return states;
}

interface Books {
  read(day: string): Promise<WindowRecord | null>;
  write(record: WindowRecord): Promise<void>;
  first(): Promise<string | null>;
}

async function openBooks({ id, out }: WindowedSchedule, keys: string | undefined): Promise<Books> {
  const store: ObjectStore = openStore(out);
  const keystore: Keystore = await openKeystore(keys);
  const key = (day: string) => `schedules/${id}/${day}`;
  return {
    read: async (day) => {
      try {
        return await readSealed<WindowRecord>(store, { key: key(day) }, keystore);
      } catch (error) {
        if (error instanceof StorageFault && error.kind === 'not_found') return null;
        throw error;
      }
    },
    write: async (record) => void (await writeSealed(store, key(record.day), record, keystore)),
    first: async () => {
      for await (const found of store.list(`schedules/${id}/`)) return found.key.slice(-10);
      return null;
    },
  };
}

async function watermarksOf(schedule: WindowedSchedule, day: string): Promise<Record<string, string>> {
  const marks: Record<string, string> = {};
  for (const { store, key, name, size } of await listSources(inputsOf(schedule, day))) {
    const tag = (await openStore(store).stat(key))?.etag ?? String(size);
    marks[createHash('sha256').update(name).digest('hex').slice(0, 32)] = tag;
  }
  return marks;
}

/** Of a day that was curated; null where its raw events are gone, so that it cannot be made again: their age has passed. */
async function watermarksLeft(schedule: WindowedSchedule, day: string): Promise<Record<string, string> | null> {
  try {
    return await watermarksOf(schedule, day);
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}

/** The days of the window that ends with a day, its folders, and its moments. */
function daysOf({ days }: WindowedSchedule, last: string): string[] {
  return Array.from({ length: days }, (_, index) => dayPlus(last, index - days + 1));
}

function inputsOf(schedule: WindowedSchedule, last: string): string[] {
  return daysOf(schedule, last).flatMap((day) => {
    const [year = '', month = '', date = ''] = day.split('-');
    const parts: Record<string, string> = { day, year, month, date };
    return schedule.inputs.map((input) =>
      input.replace(/\{(day|year|month|date)\}/g, (_, name: string) => parts[name]!),
    );
  });
}

function windowOf(schedule: WindowedSchedule, last: string): { from: number; to: number } {
  const [first = last] = daysOf(schedule, last);
  return { from: windowOfDay(first, schedule.timeZone).from, to: windowOfDay(last, schedule.timeZone).to };
}

function same(a: Record<string, string>, b: Record<string, string>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
