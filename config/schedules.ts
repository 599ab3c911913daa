/** The list of schedules: what comes by itself, when, on what, by which policy. */
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { configFile } from './location.ts';
import { ConfigError, fieldName, readYaml, type Path, type YamlFile } from './document.ts';
import type { Purpose } from './policy.ts';

/** What comes by itself: training runs, the measurements, and the sweeps over what is published. */
export const WINDOWED_KINDS = ['curate', 'evaluate', 'assess', 'abuse', 'aggregate'] as const;
export const SWEEP_KINDS = ['recheck', 'retention'] as const;
export const KINDS = [...WINDOWED_KINDS, ...SWEEP_KINDS] as const;
export type WindowedKind = (typeof WINDOWED_KINDS)[number];
export type SweepKind = (typeof SWEEP_KINDS)[number];
export type Kind = (typeof KINDS)[number];

/** The purpose that a kind's policy must have. */
export const PURPOSE_OF: Record<WindowedKind, Purpose> = {
  curate: 'model-improvement',
  evaluate: 'product-evaluation',
  assess: 'strategy-assessment',
  abuse: 'abuse-investigation',
  aggregate: 'related-products',
};

/** What every schedule has. */
interface Timed {
  /** Letters, digits and `-`; the server knows it as `garner-<id>`. */
  id: string;
  /** Minutes after midnight in `timeZone`. */
  at: number;
  timeZone: string;
  facts: string | null;
  policy: string | null;
  out: string;
  /** Milliseconds. */
  jitter: number;
  catchUp: number;
}

/** Reads the events of a window that its scheduled time closes. */
export interface WindowedSchedule extends Timed {
  kind: WindowedKind;
  /** Addresses with `{day}` in them. */
  inputs: string[];
  access: string | null;
  /** Milliseconds. */
  closes: number;
  /** Days: how far back a late window is found, and how many a window holds. */
  lookBack: number;
  days: number;
  shardBytes: number;
  concurrency: number;
  /** Of curate: guard files and their keys (beside each where none is named). */
  guard: string[];
  guardKey: string[];
  /** Of assess: the file that declares the experiment. */
  experiment: string | null;
}

/** Goes over what is there at its scheduled time. */
export interface SweepSchedule extends Timed {
  kind: SweepKind;
  /** Of retention: raw events that it removes, with `{day}` in their addresses. */
  inputs: string[];
}

export type Schedule = WindowedSchedule | SweepSchedule;

export const BUILTIN_SCHEDULES = configFile('schedules.yaml');

const TIMED = ['id', 'kind', 'at', 'timeZone', 'facts', 'policy', 'out', 'jitter', 'catchUp'];
const WINDOWED = [...TIMED, 'inputs', 'access', 'closes', 'shardBytes', 'concurrency'];
const FIELDS: Record<Kind, string[]> = {
  curate: [...WINDOWED, 'lookBack', 'guard', 'guardKey'],
  evaluate: [...WINDOWED, 'days'],
  assess: [...WINDOWED, 'days', 'experiment'],
  abuse: [...WINDOWED, 'days'],
  aggregate: [...WINDOWED, 'days'],
  recheck: TIMED,
  retention: [...TIMED.filter((field) => field !== 'facts'), 'inputs'],
};
const UNITS: Record<string, number> = { s: 1e3, m: 60e3, h: 3_600e3, d: 86_400e3 };

/** Reads and checks the list. Paths are relative to its file. @throws ConfigError naming file, line and field */
export function loadSchedules(file: string): Schedule[] {
  const yaml = readYaml(file);
  const list = (yaml.value as { version?: unknown; schedules?: unknown } | null) ?? {};
  const fail = (path: Path, problem: string): never => {
    throw new ConfigError(file, yaml.line(path), fieldName(path), problem);
  };
  if (list.version !== 1) fail(['version'], 'must be 1');
  if (!Array.isArray(list.schedules)) return fail(['schedules'], 'must be a list');
  const seen = new Set<string>();
  return list.schedules.map((given: unknown, index) => {
    if (typeof given !== 'object' || given === null) return fail(['schedules', index], 'must be a schedule');
    const entry = new Entry(yaml, index, given as Record<string, unknown>);
    const schedule = scheduleOf(entry);
    if (seen.has(schedule.id)) entry.refuse('id', `${schedule.id} stands twice in the list`);
    seen.add(schedule.id);
    return schedule;
  });
}

export function isWindowed(schedule: Schedule): schedule is WindowedSchedule {
  return !isSweep(schedule.kind);
}

function isSweep(kind: Kind): kind is SweepKind {
  return (SWEEP_KINDS as readonly string[]).includes(kind);
}

function scheduleOf(entry: Entry): Schedule {
  const kind = entry.kind();
  const id = entry.text('id');
  if (!/^[a-zA-Z0-9-]{1,64}$/.test(id)) entry.refuse('id', 'must be of letters, digits and -');
  const timed = {
    ...{ id, at: entry.clock('at'), timeZone: entry.timeZone(), out: entry.place(entry.text('out')) },
    ...{ facts: entry.optional('facts'), policy: entry.optional('policy') },
    ...{ jitter: entry.duration('jitter', 300e3), catchUp: entry.duration('catchUp', 36 * 3_600e3) },
  };
  if (isSweep(kind)) {
    if (kind === 'recheck' && timed.facts === null) entry.refuse('facts', 'must name the folder of facts to judge by');
    if (kind === 'retention' && timed.policy === null)
      entry.refuse('policy', 'must name the policy that sets the ages');
    return { ...timed, kind, inputs: entry.days('inputs') };
  }
  return windowed(entry, kind, timed);
}

function windowed(entry: Entry, kind: WindowedKind, timed: Timed): WindowedSchedule {
  const inputs = entry.days('inputs');
  if (inputs.length === 0) entry.refuse('inputs', 'must be a list of addresses');
  const closes = entry.duration('closes', 900e3);
  if (timed.at * 60e3 < closes) entry.refuse('at', 'must lie after the day has closed (closes: 15m)');
  const experiment = entry.optional('experiment');
  if (kind === 'assess' && experiment === null) entry.refuse('experiment', 'must name the file that declares it');
  const files = (field: string) => entry.list(field).map((path) => entry.place(path));
  return {
    ...{ ...timed, kind, closes, experiment, access: entry.optional('access') },
    ...{ inputs, guard: files('guard'), guardKey: files('guardKey') },
    ...{ lookBack: entry.whole('lookBack', 7), days: entry.whole('days', 1) },
    ...{ shardBytes: entry.whole('shardBytes', 64 << 20), concurrency: entry.whole('concurrency', 8) },
  };
}

/** One entry of the list, its fields read as what they must be. */
class Entry {
  readonly #yaml: YamlFile;
  readonly #index: number;
  readonly #given: Record<string, unknown>;

  constructor(yaml: YamlFile, index: number, given: Record<string, unknown>) {
    this.#yaml = yaml;
    this.#index = index;
    this.#given = given;
  }

  refuse(field: string, problem: string): never {
    const path = ['schedules', this.#index, field];
    throw new ConfigError(this.#yaml.file, this.#yaml.line(path), fieldName(path), problem);
  }

  /** The kind; the entry has no field that its kind does not know. */
  kind(): Kind {
    const { kind = 'curate' } = this.#given;
    const known = KINDS.find((name) => name === kind);
    if (!known) return this.refuse('kind', `must be one of ${KINDS.join(', ')}`);
    for (const field of Object.keys(this.#given))
      if (!FIELDS[known].includes(field)) this.refuse(field, `is no field of a schedule of kind ${known}`);
    return known;
  }

  text(field: string): string {
    const found = this.#given[field];
    return typeof found === 'string' && found !== '' ? found : this.refuse(field, 'must be text');
  }

  /** Texts; none where the field is not given. */
  list(field: string): string[] {
    const found = this.#given[field] ?? [];
    if (Array.isArray(found) && found.every((item) => typeof item === 'string' && item !== ''))
      return found as string[];
    return this.refuse(field, 'must be a list of addresses');
  }

  /** Addresses of folders by day. */
  days(field: string): string[] {
    return this.list(field).map((input) => {
      if (/\{day\}|\{date\}/.test(input)) return this.place(input);
      return this.refuse(field, `${input} must hold {day}: a window reads the folders of its day`);
    });
  }

  place(path: string): string {
    if (path.includes('://') || isAbsolute(path)) return path;
    return resolve(join(dirname(this.#yaml.file), path));
  }

  optional(field: string): string | null {
    return this.#given[field] === undefined ? null : this.place(this.text(field));
  }

  /** Minutes after midnight. */
  clock(field: string): number {
    const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(this.text(field));
    return match ? Number(match[1]) * 60 + Number(match[2]) : this.refuse(field, "must be a time such as '02:30'");
  }

  timeZone(): string {
    const timeZone = this.#given['timeZone'] === undefined ? 'UTC' : this.text('timeZone');
    try {
      new Intl.DateTimeFormat('en', { timeZone });
      return timeZone;
    } catch {
      return this.refuse('timeZone', `${timeZone} is no time zone`);
    }
  }

  /** Milliseconds. */
  duration(field: string, otherwise: number): number {
    if (this.#given[field] === undefined) return otherwise;
    const match = /^(\d{1,6})([smhd])$/.exec(this.text(field));
    return match
      ? Number(match[1]) * UNITS[match[2]!]!
      : this.refuse(field, 'must be a time such as 90s, 15m, 36h or 2d');
  }

  whole(field: string, otherwise: number): number {
    const found = this.#given[field] ?? otherwise;
    if (typeof found === 'number' && Number.isSafeInteger(found) && found >= 1) return found;
    return this.refuse(field, 'must be a whole number of 1 or more');
  }
}
