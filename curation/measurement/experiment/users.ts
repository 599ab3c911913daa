/** From outcome rows to the users of an experiment's arms; a user seen in several arms belongs to none. */
import type { Relational } from '../../relational.ts';
import { text } from '../disclosure/atoms.ts';
import { measureNamed } from '../evaluation/measures.ts';
import type { ArmUsers } from './assess.ts';
import { DAY_MS, type Experiment } from './definition.ts';
import type { ArmData } from './effect.ts';

export interface ExperimentUsers {
  arms: ArmUsers[];
  severalArms: number;
  /** Arms none of whose strategies stands in any row of the window. */
  missing: string[];
  /** First and last time of any row. */
  span: { from: number; to: number } | null;
}

/**
 * Reads the users of each arm. Leaves table `placed`: each row's example with `use`: `experiment`, `before`, `several_arms` or
 * `not_in_experiment`.
 * @param source a query of outcome rows of strategy-assessment
 */
export async function experimentUsers(
  db: Relational,
  source: string,
  experiment: Experiment,
): Promise<ExperimentUsers> {
  const { start, end, preDays, arms } = experiment;
  const cases = arms.map(({ strategies }, at) => `WHEN strategy IN (${strategies.map(text).join(', ')}) THEN ${at}`);
  await db.run(
    `CREATE TABLE timed AS SELECT *, hash("user") AS person, CASE ${cases.join(' ')} END AS arm,
       CASE WHEN "time" >= ${start} AND "time" < ${end} THEN 'during' WHEN "time" >= ${start - preDays * DAY_MS} AND "time" < ${start} THEN 'before' ELSE 'outside' END AS phase
     FROM (${source})`,
  );
  await db.run(
    `CREATE TABLE people AS SELECT person, min(arm)::INTEGER AS arm, count(DISTINCT arm) AS arms FROM timed
     WHERE phase = 'during' AND arm IS NOT NULL GROUP BY person`,
  );
  await db.run(
    `CREATE TABLE placed AS SELECT example, CASE
       WHEN p.arms > 1 THEN 'several_arms' WHEN p.person IS NULL THEN 'not_in_experiment'
       WHEN phase = 'during' AND t.arm IS NOT NULL THEN 'experiment' WHEN phase = 'before' THEN 'before' ELSE 'not_in_experiment' END AS "use"
     FROM timed t LEFT JOIN people p USING (person)`,
  );
  const [span] = await db.rows<{ from: number | null; to: number | null }>(
    'SELECT min("time")::BIGINT AS "from", max("time")::BIGINT AS "to" FROM timed',
  );
  const [several] = await db.rows<{ n: number }>('SELECT count(*)::BIGINT AS n FROM people WHERE arms > 1');
  const seen = await db.rows<{ arm: number }>("SELECT DISTINCT arm::INTEGER AS arm FROM timed WHERE phase = 'during' AND arm IS NOT NULL"); // prettier-ignore
  const found: ArmUsers[] = [];
  for (const [at, { name }] of arms.entries()) found.push(await armOf(db, experiment, name, at));
  return {
    arms: found,
    severalArms: several!.n,
    missing: arms.filter((_, at) => !seen.some(({ arm }) => arm === at)).map(({ name }) => name),
    span: span!.from === null ? null : { from: span!.from, to: span!.to! },
  };
}

async function armOf(db: Relational, experiment: Experiment, name: string, at: number): Promise<ArmUsers> {
  const goals = [experiment.primary, ...experiment.guardrails];
  const columns = goals.flatMap(({ measure }) => sumsOf(measure, ''));
  const before = goals.flatMap(({ measure }) => sumsOf(measure, " AND phase = 'before'"));
  const during = columns.map((column) => column.replace('WHERE true', "WHERE phase = 'during' AND t.arm IS NOT NULL"));
  const read = await columnsOf(
    db,
    `SELECT ${[...during, ...before].join(', ')} FROM timed t JOIN people p USING (person)
     WHERE p.arms = 1 AND p.arm = ${at} AND phase <> 'outside' GROUP BY person ORDER BY person`,
    columns.length * 2,
  );
  const users = read[0]?.length ?? 0;
  const measures = new Map<string, ArmData>();
  goals.forEach(({ measure }, index) => {
    const pair = (from: number) => [read[from + 2 * index]!, read[from + 2 * index + 1]!] as const;
    const [x, y] = pair(0);
    const [beforeX, beforeY] = pair(columns.length);
    measures.set(measure, experiment.preDays > 0 ? { x, y, beforeX, beforeY } : { x, y });
  });
  return { name, users, measures, languages: await languagesOf(db, experiment, at) };
}

async function languagesOf(db: Relational, experiment: Experiment, at: number): Promise<Map<string, ArmData>> {
  const [x, y] = sumsOf(experiment.primary.measure, '');
  const parts = new Map<string, { x: number[]; y: number[] }>();
  const rows = db.batches(
    `SELECT language, ${x}, ${y} FROM timed t JOIN people p USING (person)
     WHERE p.arms = 1 AND p.arm = ${at} AND phase = 'during' AND t.arm IS NOT NULL GROUP BY language, person ORDER BY language, person`,
  );
  for await (const [languages, xs, ys] of rows)
    languages!.forEach((language, row) => {
      if (!(Number(ys![row]) > 0)) return;
      const known = parts.get(String(language)) ?? { x: [], y: [] };
      known.x.push(Number(xs![row]));
      known.y.push(Number(ys![row]));
      parts.set(String(language), known);
    });
  return new Map([...parts].map(([name, sums]) => [name, { x: Float64Array.from(sums.x), y: Float64Array.from(sums.y) }])); // prettier-ignore
}

function sumsOf(name: string, filter: string): [string, string] {
  const { numerator, denominator, scale } = measureNamed(name)!;
  const sum = (field: string) => `coalesce(sum("${field}") FILTER (WHERE true${filter}), 0)::DOUBLE`;
  return [`${sum(numerator)} * ${scale}`, sum(denominator)];
}

async function columnsOf(db: Relational, sql: string, width: number): Promise<Float64Array[]> {
  const parts = Array.from({ length: width }, (): number[] => []);
  for await (const batch of db.batches(sql))
    batch.forEach((column, at) => {
      for (const value of column) parts[at]!.push(Number(value));
    });
  return parts.map((part) => Float64Array.from(part));
}
