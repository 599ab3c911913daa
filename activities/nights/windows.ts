/** Windows: which days of a schedule are done, late or missing, by what their sources were when they were last curated. */
import { createHmac } from 'node:crypto';
import { readText } from '../../config/document.ts';
import { parsePolicy } from '../../config/policy.ts';
import type { WindowedSchedule } from '../../config/schedules.ts';
import { confirmedOf } from '../../curation/measurement/abuse/review.ts';
import { dayAt, dayPlus } from '../../curation/events/window.ts';
import { openKeystore } from '../../storage/keystore.ts';
import { openStore } from '../../storage/objects.ts';
import { readSealed, writeSealed, type RunSettings } from '../run/settings.ts';
import type { WorkerSettings } from '../run/stage.ts';
import { casesOf, readReview } from '../measure/review.ts';
import type { Basis } from '../publish/basis.ts';
import { digestGuards, namedGuards, storeGuards } from '../run/guards.ts';
import type { CurateInput, Ref, RunSummary } from '../types.ts';
import { openBooks } from './books.ts';
import { idOf, inputsOf, watermarksOf, WindowLister, windowOf } from './files.ts';

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
}

/**
 * The windows that a start at `at` has to curate, newest first: that of the last day that has closed, and earlier ones whose events came
 * late. A window that is done and unchanged is not. A measurement tells a window once: two that differ by a late event could be subtracted.
 * @param at the scheduled time, milliseconds since 1970-01-01 UTC
 */
export async function windowsDue(
  { schedule, at }: NightlyInput & { at: number },
  worker: WorkerSettings,
): Promise<DueWindow[]> {
  const { kind } = schedule;
  const last = lastClosed(schedule, at);
  const books = await openBooks(schedule, worker.keys);
  const lister = new WindowLister(schedule, books);
  const due: DueWindow[] = (await books.read(last)) === null ? [{ day: last, late: false }] : [];
  for (let back = 0; kind === 'curate' && back <= schedule.lookBack; back++) {
    // A day that was missed has its own start to come, or is left to a backfill.
    const known = await books.read(dayPlus(last, -back));
    if (known !== null && (await lister.isLate(known))) due.push({ day: known.day, late: true });
  }
  return due;
}

/** Stores the settings of a window's run, with the files that it is made of, and says how the run is to be started. */
export async function openWindow(
  { schedule, policy, experiment, actor, at, window: { day } }: NightlyInput & { at: number; window: DueWindow },
  worker: WorkerSettings,
): Promise<CurateInput> {
  const { facts, out, shardBytes, concurrency } = schedule;
  const keystore = await openKeystore(worker.keys);
  const access = schedule.access === null ? null : { file: schedule.access, text: readText(schedule.access) };
  const parsed = parsePolicy(policy.file, policy.text);
  const cases = await casesOf(keystore, parsed.purpose);
  const { own, borrowed, unread } = await new WindowLister(schedule, await openBooks(schedule, worker.keys)).of(day);
  const sources = [...own, ...[...borrowed, ...unread].map((file) => ({ ...file, borrowed: true as const }))];
  const settings: RunSettings = { policy, access, local: access === null, ...cases, sources };
  const confirmed = schedule.kind === 'curate' ? confirmedOf(await readReview(keystore)) : [];
  if (experiment) settings.experiment = experiment;
  if (confirmed.length > 0) settings.confirmed = confirmed;
  const guards = await namedGuards(schedule.guard, schedule.guardKey);
  const digests = await digestGuards(guards);
  const named = JSON.stringify([schedule.id, day, at, settings, digests]);
  const run = `run-${createHmac('sha256', keystore.derive('run', '', 32))
    .update(named)
    .digest('hex')
    .slice(0, 16)}`;
  if (guards.length > 0) settings.guards = await storeGuards(guards, digests, { out, run, keystore });
  return {
    ...{ run, out, inputs: inputsOf(schedule, day), format: 'auto', facts, now: at, plain: false },
    settings: await writeSealed(openStore(out), `runs/${run}/settings`, settings, keystore),
    window: windowOf(schedule, day),
    ...{ concurrency, shardBytes, actor, approval: parsed.approval, purpose: parsed.purpose, onFailure: 'wait' },
  };
}

/** Keeps what was issued for a window, of which files, and when their events happened. Kept twice it stands once. */
export async function closeWindow(
  { schedule, window: { day }, summary, at }: NightlyInput & { at: number; window: DueWindow; summary: RunSummary },
  worker: WorkerSettings,
): Promise<void> {
  const books = await openBooks(schedule, worker.keys);
  const { runId: run, version, digest } = summary;
  const store = openStore(schedule.out);
  const { basis } = JSON.parse((await store.readAll(`runs/${run}/run.json`)).toString()) as { basis: Ref };
  const { sources } = await readSealed<Basis>(store, basis, await openKeystore(worker.keys));
  const own = sources.filter(({ borrowed }) => !borrowed);
  const issues = ((await books.read(day))?.issues ?? []).filter((issue) => issue.run !== run);
  await books.write({
    day,
    watermarks: watermarksOf(own),
    borrowed: watermarksOf(sources.filter(({ borrowed }) => borrowed)),
    quarters: Object.fromEntries(own.map((source) => [idOf(source), source.quarters])),
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
  const lister = new WindowLister(schedule, books);
  const last = lastClosed(schedule, at);
  const states: WindowState[] = [];
  for (let day = from ?? (await books.first()) ?? last; day <= last; day = dayPlus(day, 1)) {
    const known = await books.read(day);
    const state = known === null ? 'missing' : (await lister.isLate(known)) ? 'late' : 'done';
    states.push({ day, state, version: known?.issues.at(-1)?.version ?? null, issues: known?.issues.length ?? 0 });
  }
  return states;
}

/** The last day that had closed at a moment. */
function lastClosed({ closes, timeZone }: WindowedSchedule, at: number): string {
  return dayPlus(dayAt(at - closes, timeZone), -1);
}
