/** The list of schedules: what runs every night, on what, by which policy. */
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { configFile } from './location.ts';
import { ConfigError, fieldName, readYaml, type Path } from './document.ts';

export interface Schedule {
  /** Letters, digits and `-`; the server knows it as `garner-<id>`. */
  id: string;
  /** Minutes after midnight in `timeZone`. */
  at: number;
  timeZone: string;
  /** Addresses with `{day}` in them. */
  inputs: string[];
  facts: string | null;
  policy: string | null;
  access: string | null;
  out: string;
  /** Milliseconds. */
  jitter: number;
  catchUp: number;
  closes: number;
  /** Days. */
  lookBack: number;
  shardBytes: number;
  concurrency: number;
}

export const BUILTIN_SCHEDULES = configFile('schedules.yaml');

const FIELDS = [
  ...['id', 'at', 'timeZone', 'inputs', 'facts', 'policy', 'access', 'out', 'jitter', 'catchUp', 'closes', 'lookBack'],
  ...['shardBytes', 'concurrency'],
];
const UNITS: Record<string, number> = { s: 1e3, m: 60e3, h: 3_600e3, d: 86_400e3 };

/** Reads and checks the list. Paths are relative to its file. @throws ConfigError naming file, line and field */
export function loadSchedules(file: string): Schedule[] {
  const yaml = readYaml(file);
  const { value } = yaml;
  const fail = (path: Path, problem: string): never => {
    throw new ConfigError(file, yaml.line(path), fieldName(path), problem);
  };
  const list = (value as { version?: unknown; schedules?: unknown } | null) ?? {};
  if (list.version !== 1) fail(['version'], 'must be 1');
  if (!Array.isArray(list.schedules)) return fail(['schedules'], 'must be a list');
  const seen = new Set<string>();
  return list.schedules.map((entry: unknown, index) => {
    const at = (field: string) => ['schedules', index, field];
    if (typeof entry !== 'object' || entry === null) return fail(['schedules', index], 'must be a schedule');
    const given = entry as Record<string, unknown>;
    for (const field of Object.keys(given)) if (!FIELDS.includes(field)) fail(at(field), 'is no field of a schedule');
    const text = (field: string): string => {
      const found = given[field];
      return typeof found === 'string' && found !== '' ? found : fail(at(field), 'must be text');
    };
    const duration = (field: string, otherwise: number): number => {
      if (given[field] === undefined) return otherwise;
      const match = /^(\d{1,6})([smhd])$/.exec(text(field));
      return match
        ? Number(match[1]) * UNITS[match[2]!]!
        : fail(at(field), 'must be a time such as 90s, 15m, 36h or 2d');
    };
    const whole = (field: string, otherwise: number): number => {
      const found = given[field] ?? otherwise;
      return Number.isSafeInteger(found) && (found as number) >= 1
        ? (found as number)
        : fail(at(field), 'must be a whole number of 1 or more');
    };
    const place = (path: string) =>
      path.includes('://') || isAbsolute(path) ? path : resolve(join(dirname(file), path));
    const optional = (field: string) => (given[field] === undefined ? null : place(text(field)));

    const id = text('id');
    if (!/^[a-zA-Z0-9-]{1,64}$/.test(id)) fail(at('id'), 'must be of letters, digits and -');
    if (seen.has(id)) fail(at('id'), `${id} stands twice in the list`);
    seen.add(id);
    const clock = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text('at')) ?? fail(at('at'), "must be a time such as '02:30'");
    const timeZone = given['timeZone'] === undefined ? 'UTC' : text('timeZone');
    try {
      new Intl.DateTimeFormat('en', { timeZone });
    } catch {
      fail(at('timeZone'), `${timeZone} is no time zone`);
    }
    const inputs = given['inputs'];
    if (!Array.isArray(inputs) || inputs.length === 0 || !inputs.every((input) => typeof input === 'string'))
      return fail(at('inputs'), 'must be a list of addresses');
    for (const input of inputs)
      if (!/\{day\}|\{date\}/.test(input))
        fail(at('inputs'), `${input} must hold {day}: a window reads the folders of its day`);
    const closes = duration('closes', 900e3);
    const minutes = Number(clock[1]) * 60 + Number(clock[2]);
    if (minutes * 60e3 < closes) fail(at('at'), 'must lie after the day has closed (closes: 15m)');
    return {
      ...{ id, at: minutes, timeZone, inputs: inputs.map(place), out: place(text('out')) },
      ...{ facts: optional('facts'), policy: optional('policy'), access: optional('access') },
      ...{ jitter: duration('jitter', 300e3), catchUp: duration('catchUp', 36 * 3_600e3), closes },
      ...{
        lookBack: whole('lookBack', 7),
        shardBytes: whole('shardBytes', 64 << 20),
        concurrency: whole('concurrency', 8),
      },
    };
  });
}
