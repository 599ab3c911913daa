/** Reads the file that declares an experiment. */
import type { Experiment } from '../curation/measurement/experiment/definition.ts';
import { readYaml, type Path, type YamlFile } from './document.ts';
import { refusal, schemaOf } from './schema.ts';

/** An experiment with where its fields stand, for errors that only the data can show. */
export interface DeclaredExperiment extends Experiment {
  /** `experiment.yaml:4 arms[1]`. */
  sourceOf(path: Path): string;
}

/** The file as written, after the schema has passed. */
interface ExperimentFile extends Pick<Experiment, 'name' | 'control' | 'primary'> {
  arms: { name: string; strategies: string[]; share?: number }[];
  guardrails?: Experiment['guardrails'];
  start: string;
  end: string;
  preDays?: number;
  horizon?: Experiment['horizon'];
  plannedUsers?: number;
  alpha?: number;
}

const check = schemaOf('experiment');

/** @throws ConfigError naming file, line and field */
export function parseExperiment(file: string, text?: string): DeclaredExperiment {
  const yaml = readYaml(file, text);
  check(yaml);
  const given = yaml.value as ExperimentFile;
  const arms = armsOf(given.arms, yaml);
  const names = arms.map(({ name }) => name);
  if (!names.includes(given.control)) throw refusal(yaml, ['control'], `is no arm: arms are ${names.join(', ')}`);
  const start = timeOf(given.start, ['start'], yaml);
  const end = timeOf(given.end, ['end'], yaml);
  if (end <= start) throw refusal(yaml, ['end'], 'must be after start');
  const { name, control, primary } = given;
  const { guardrails = [], preDays = 0, horizon = 'fixed', plannedUsers = 1000, alpha = 0.05 } = given;
  return {
    ...{ name, arms, control, primary, guardrails, start, end, preDays, horizon, plannedUsers, alpha },
    sourceOf: (path) => yaml.source(path),
  };
}

function armsOf(given: ExperimentFile['arms'], yaml: YamlFile): Experiment['arms'] {
  const owner = new Map<string, string>();
  return given.map(({ name, strategies, share = 1 }, at) => {
    if (given.findIndex((arm) => arm.name === name) !== at) throw refusal(yaml, ['arms', at, 'name'], 'stands twice');
    const lower = strategies.map((strategy) => strategy.toLowerCase());
    lower.forEach((strategy, index) => {
      const other = owner.get(strategy);
      if (other !== undefined)
        throw refusal(yaml, ['arms', at, 'strategies', index], `belongs to arm ${other} already: arms may not overlap`);
      owner.set(strategy, name);
    });
    return { name, strategies: lower, share };
  });
}

/** A day (its beginning, UTC) or a time, of the form that the schema has checked. */
function timeOf(text: string, path: Path, yaml: YamlFile): number {
  const time = Date.parse(text);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text.slice(0, 10))
    throw refusal(yaml, path, 'is no day of the calendar: name one such as 2026-05-01');
  return time;
}
