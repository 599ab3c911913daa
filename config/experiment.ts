/** Reads the file that declares an experiment. */
import { measureNamed, MEASURES } from '../curation/measurement/evaluation/measures.ts';
import type { Experiment } from '../curation/measurement/experiment/definition.ts';
import { ConfigError, fieldName, readYaml, type Path, type YamlFile } from './document.ts';

/** An experiment with where its fields stand, for errors that only the data can show. */
export interface DeclaredExperiment extends Experiment {
  /** `experiment.yaml:4 arms[1]`. */
  sourceOf(path: Path): string;
}

const FIELDS = ['version', 'name', 'arms', 'control', 'primary', 'guardrails', 'start', 'end', 'preDays', 'horizon', 'plannedUsers', 'alpha']; // prettier-ignore
const DAY = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?Z)?$/;

/** @throws ConfigError naming file, line and field */
export function parseExperiment(file: string, text?: string): DeclaredExperiment {
  const yaml = readYaml(file, text);
  const read = new Reader(yaml);
  const top = read.mapping(yaml.value, [], FIELDS);
  if (top['version'] !== 1) read.refuse(['version'], 'must be 1');
  const arms = armsOf(read, top['arms']);
  const names = arms.map(({ name }) => name);
  const control = read.text(top['control'], ['control']);
  if (!names.includes(control)) read.refuse(['control'], `is no arm: arms are ${names.join(', ')}`);
  if (top['primary'] === undefined) read.refuse(['primary'], 'must be declared before: one measure decides');
  const primary = read.mapping(top['primary'], ['primary'], ['measure', 'better', 'effect']);
  const guardrails = top['guardrails'] === undefined ? [] : read.list(top['guardrails'], ['guardrails']);
  const start = read.time(top['start'], ['start']);
  const end = read.time(top['end'], ['end']);
  if (end <= start) read.refuse(['end'], 'must be after start');
  const horizon = top['horizon'] ?? 'fixed';
  if (horizon !== 'fixed' && horizon !== 'always-valid')
    return read.refuse(['horizon'], 'must be fixed or always-valid');
  return {
    ...{ name: read.text(top['name'], ['name']), arms, control, start, end, horizon },
    primary: {
      ...goalOf(read, primary, ['primary']),
      effect: read.number(primary['effect'], ['primary', 'effect'], 1e-9, 1e9),
    },
    guardrails: guardrails.map((goal, at) =>
      goalOf(read, read.mapping(goal, ['guardrails', at], ['measure', 'better']), ['guardrails', at]),
    ),
    preDays: read.number(top['preDays'] ?? 0, ['preDays'], 0, 365),
    plannedUsers: read.number(top['plannedUsers'] ?? 1000, ['plannedUsers'], 1, 1e9),
    alpha: read.number(top['alpha'] ?? 0.05, ['alpha'], 1e-6, 0.2),
    sourceOf: (path) => yaml.source(path),
  };
}

function armsOf(read: Reader, value: unknown): Experiment['arms'] {
  const list = read.list(value, ['arms']);
  if (list.length < 2) read.refuse(['arms'], 'must be two or more');
  const owner = new Map<string, string>();
  const arms = list.map((entry, at) => {
    const path: Path = ['arms', at];
    const arm = read.mapping(entry, path, ['name', 'strategies', 'share']);
    const name = read.text(arm['name'], [...path, 'name']);
    const strategies = read
      .list(arm['strategies'], [...path, 'strategies'])
      .map((strategy, index) => read.text(strategy, [...path, 'strategies', index]).toLowerCase());
    if (strategies.length === 0) read.refuse([...path, 'strategies'], 'must name one or more');
    strategies.forEach((strategy, index) => {
      const other = owner.get(strategy);
      if (other !== undefined)
        read.refuse([...path, 'strategies', index], `belongs to arm ${other} already: arms may not overlap`);
      owner.set(strategy, name);
    });
    return { name, strategies, share: read.number(arm['share'] ?? 1, [...path, 'share'], 1e-6, 1e6) };
  });
  arms.forEach(({ name }, at) => {
    if (arms.findIndex((arm) => arm.name === name) !== at) read.refuse(['arms', at, 'name'], 'stands twice');
  });
  return arms;
}

function goalOf(
  read: Reader,
  goal: Record<string, unknown>,
  path: Path,
): { measure: string; better: 'higher' | 'lower' } {
  const measure = read.text(goal['measure'], [...path, 'measure']);
  if (!measureNamed(measure))
    read.refuse([...path, 'measure'], `is no measure: known are ${MEASURES.map(({ name }) => name).join(', ')}`);
  const better = goal['better'];
  if (better !== 'higher' && better !== 'lower') return read.refuse([...path, 'better'], 'must be higher or lower');
  return { measure, better };
}

class Reader {
  readonly #yaml: YamlFile;

  constructor(yaml: YamlFile) {
    this.#yaml = yaml;
  }

  refuse(path: Path, problem: string): never {
    throw new ConfigError(this.#yaml.file, this.#yaml.line(path), fieldName(path), problem);
  }

  mapping(value: unknown, path: Path, fields: readonly string[]): Record<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return this.refuse(path, 'must be a mapping');
    for (const field of Object.keys(value))
      if (!fields.includes(field)) this.refuse([...path, field], `is unknown; known are ${fields.join(', ')}`);
    return value as Record<string, unknown>;
  }

  list(value: unknown, path: Path): unknown[] {
    return Array.isArray(value) ? (value as unknown[]) : this.refuse(path, 'must be a list');
  }

  text(value: unknown, path: Path): string {
    const fits = typeof value === 'string' && /^[\w.+ -]{1,64}$/.test(value);
    return fits ? value : this.refuse(path, 'must be given: letters, digits, space, _ . + -, at most 64');
  }

  number(value: unknown, path: Path, least: number, most: number): number {
    const fits = typeof value === 'number' && value >= least && value <= most;
    return fits ? value : this.refuse(path, `must be a number from ${least} to ${most}`);
  }

  /** A day (its beginning, UTC) or a time. */
  time(value: unknown, path: Path): number {
    const text = typeof value === 'string' && DAY.test(value) ? value : '';
    const time = Date.parse(text);
    if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text.slice(0, 10))
      return this.refuse(path, 'must be a day or time in UTC, such as 2026-05-01');
    return time;
  }
}
