/** Due: what has passed the age that the policy sets, of raw windows, staging, ledgers and datasets. Reads only. */
import type { RetentionPolicy } from '../../config/policy/retention.ts';
import { dayAt, dayPlus, type Day } from '../../curation/events/window.ts';
import { readTombstone } from '../erase/tombstone.ts';
import { MANIFEST, type ObjectStore } from '../../storage/objects.ts';
import { rawWindows } from './raw.ts';

/** One thing whose age has passed. Holds no name of a person or file. */
export type DueItem =
  /** The raw events of a day under one of the addresses. */
  | { kind: 'raw'; input: string; day: Day }
  /** What a run staged and never removed. */
  | { kind: 'staging'; run: string; finished: boolean }
  | { kind: 'ledger'; run: string; day: Day }
  /** `name/version`. */
  | { kind: 'dataset'; version: string; day: Day };

export interface RetentionScope {
  store: ObjectStore;
  /** Name of the datasets that the policy is about. */
  name: string;
  ages: RetentionPolicy;
  /** Addresses of raw events with `{day}` (or `{year}`, `{month}`, `{date}`) in them. */
  inputs: readonly string[];
  /** Whose midnight ends a day of raw events; days of datasets are UTC. */
  timeZone: string;
  /** Milliseconds since 1970-01-01 UTC. */
  now: number;
}

const DAY_MS = 86_400_000;
const VERSION = /^\d{4}-\d\d-\d\d_(\d{4}-\d\d-\d\d)-[0-9a-f]{12}$/;

/** All that is due, raw windows first. A day is due when as many whole days have passed since its end as the policy names. */
export async function dueItems(scope: RetentionScope): Promise<DueItem[]> {
  const { ages, inputs, now, timeZone } = scope;
  const due: DueItem[] = [];
  if (ages.raw !== null) {
    const last = lastDue(now, ages.raw, timeZone);
    for (const input of inputs)
      for (const day of await rawWindows(input)) if (day <= last) due.push({ kind: 'raw', input, day });
  }
  due.push(...(await dueRuns(scope)));
  if (ages.datasets !== null) {
    const last = lastDue(now, ages.datasets, 'UTC');
    for (const { version, day } of await versionsOf(scope))
      if (day <= last) due.push({ kind: 'dataset', version, day });
  }
  return due;
}

/** The last day of which `days` whole days have passed since its end. */
export function lastDue(now: number, days: number, timeZone: string): Day {
  return dayPlus(dayAt(now, timeZone), -days - 1);
}

async function dueRuns({ store, name, ages, now }: RetentionScope): Promise<DueItem[]> {
  const due: DueItem[] = [];
  const runs = new Map<string, { staged: number | null; finished: boolean }>();
  for await (const { key, modified = now } of store.list('runs/')) {
    const [, run, unit] = key.split('/');
    const known = runs.get(run!) ?? { staged: null, finished: false };
    runs.set(run!, known);
    if (unit === 'run.json') known.finished = true;
    else if (unit !== 'ledger') known.staged = Math.max(known.staged ?? 0, modified);
  }
  for (const [run, { staged, finished }] of runs) {
    const day = finished && ages.ledgers !== null ? await dayOfRun(run, name, store) : null;
    if (day !== null && day <= lastDue(now, ages.ledgers!, 'UTC')) due.push({ kind: 'ledger', run, day });
    else if (staged !== null && ages.staging !== null && now - staged >= ages.staging * DAY_MS)
      due.push({ kind: 'staging', run, finished });
  }
  return due;
}

/** The last day that a run's dataset tells of; null where it is of other datasets than these. */
async function dayOfRun(run: string, name: string, store: ObjectStore): Promise<Day | null> {
  const { dataset = '' } = JSON.parse((await store.readAll(`runs/${run}/run.json`)).toString()) as { dataset?: string };
  const [, of, version = ''] = dataset.split('/');
  return of === name ? (VERSION.exec(version)?.[1] ?? null) : null;
}

/** Versions under the name that stand, or whose removal had begun. */
async function versionsOf({ store, name }: RetentionScope): Promise<{ version: string; day: Day }[]> {
  const found = new Map<string, Day>();
  for await (const { key } of store.list(`datasets/${name}/`)) {
    const [, , version = '', file] = key.split('/');
    const day = VERSION.exec(version)?.[1];
    if (day === undefined || found.has(version)) continue;
    const begun = file === MANIFEST || (await readTombstone(store, `${name}/${version}`))?.reason === 'retention';
    if (begun && !(await isGone(store, `${name}/${version}`))) found.set(version, day);
  }
  return [...found].map(([version, day]) => ({ version: `${name}/${version}`, day }));
}

async function isGone(store: ObjectStore, version: string): Promise<boolean> {
  const left: string[] = [];
  for await (const { key } of store.list(`datasets/${version}/`)) left.push(key.slice(key.lastIndexOf('/') + 1));
  return left.length === 1 && left[0] === 'TOMBSTONE.json';
}
