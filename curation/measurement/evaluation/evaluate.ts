/** Evaluates the product: from outcome rows to figures with intervals, by dimension, those withheld that would show fewer than k users. */
import type { Relational } from '../../relational.ts';
import { makeAtoms, text } from '../disclosure/atoms.ts';
import { wilson } from '../estimators/proportion.ts';
import { kaplanMeier, type SurvivalPoint } from '../estimators/survival.ts';
import { HORIZONS } from '../rows/field.ts';
import { dimensionsOf, makeCube, type CubeSettings } from './cube.ts';
import { headlinesOf } from './headlines.ts';
import { latenciesOf, type Latency } from './latency.ts';
import { BASES, bitOf, MEASURES, TOTALS, type Base, type Measure } from './measures.ts';

export interface EvaluateSettings extends CubeSettings {
  minimumUsers: number;
  replicates: number;
  seed: number;
}

/** A figure of a cell; `value` in the measure's own unit (shares from 0 to 1). */
export interface Figure {
  measure: string;
  value: number;
  low: number | null;
  high: number | null;
  method: 'wilson' | 'bootstrap' | 'none';
  numerator: number;
  denominator: number;
  /** In whole steps of the minimum, so that no two figures differ by fewer. */
  users: number;
}

export interface Cell {
  dimension: string;
  value: string;
  figures: Figure[];
  totals: Record<string, number>;
  /** Distinct users with an impression, and with an accept, in whole steps of the minimum; null where they may not be told. */
  users: { active: number | null; engaged: number | null };
  survival: SurvivalPoint[];
  latency: Latency | null;
}

export interface Evaluation {
  cells: Cell[];
  /** By dimension: values of which nothing is told, and values of which something is withheld. */
  withheld: Record<string, { whole: number; part: number }>;
  suggestions: number;
}

/** @param source a query of outcome rows of product-evaluation */
export async function evaluate(db: Relational, source: string, settings: EvaluateSettings): Promise<Evaluation> {
  const { minimumUsers } = settings;
  await makeCube(db, source, settings);
  const dimensions = dimensionsOf(settings.dimensions);
  await makeAtoms(db, { dimensions, minimumUsers });
  const cells: Cell[] = [];
  const withheld: Evaluation['withheld'] = {};
  for (const dimension of Object.keys(dimensions)) {
    // Cells of the cube by the value they count for, with the bases that may be told of them.
    await db.run(
      `CREATE OR REPLACE TABLE telling AS SELECT dense_rank() OVER (ORDER BY a."value")::INTEGER AS place, a."value", m.cell, a.told
       FROM atoms a JOIN members m ON m.member = a.atom WHERE a.dimension = ${text(dimension)} AND a.told <> 0`,
    );
    cells.push(...(await cellsOf(db, dimension, minimumUsers)));
    withheld[dimension] = await withheldOf(db, dimension);
  }
  const headlines = await headlinesOf(db, source, settings);
  const all = cells.find(({ dimension }) => dimension === 'all');
  for (const figure of all?.figures ?? []) {
    const interval = headlines.get(figure.measure);
    if (interval) Object.assign(figure, { low: interval.low, high: interval.high, method: 'bootstrap' });
  }
  const [counted] = await db.rows<{ rows: number }>('SELECT count(*) AS rows FROM seen');
  return { cells, withheld, suggestions: counted!.rows };
}

/** What may be told of the values in table `telling`. */
async function cellsOf(db: Relational, dimension: string, minimumUsers: number): Promise<Cell[]> {
  const told = (field: string, base: Base) =>
    `coalesce(sum("${field}") FILTER (told & ${bitOf(base)} <> 0), 0)::DOUBLE`;
  const columns = [
    ...MEASURES.flatMap(({ name, numerator, denominator, base }) => [
      `${told(numerator, base)} AS "n:${name}"`,
      `${told(denominator, base)} AS "d:${name}"`,
    ]),
    ...TOTALS.map(({ name, field, base }) => `${told(field, base)} AS "t:${name}"`),
    ...HORIZONS.flatMap((h) => [`${told(`lost${h}`, 'checked')} AS "l:${h}"`, `${told(`censored${h}`, 'checked')} AS "c:${h}"`]), // prettier-ignore
  ];
  const users = BASES.map((base) => `count(*) FILTER (b & ${bitOf(base)} <> 0) AS "u:${base}"`).join(', ');
  const rows = await db.rows<Record<string, number> & { value: string }>(
    `SELECT * FROM (SELECT place, "value", ${columns.join(', ')} FROM telling JOIN cube USING (cell) GROUP BY place, "value")
     JOIN (SELECT place, ${users} FROM (
       SELECT t.place, r.u, bit_or(r.bases & t.told) AS b FROM seen r JOIN telling t USING (cell) GROUP BY ALL) GROUP BY place)
     USING (place) ORDER BY place`,
  );
  const latencies = await latenciesOf(db);
  return rows.map((row) => {
    for (const base of BASES) row[`u:${base}`]! -= row[`u:${base}`]! % minimumUsers;
    return {
      ...{ dimension, value: row.value },
      figures: MEASURES.flatMap((measure) => figureOf(measure, row) ?? []),
      totals: Object.fromEntries(TOTALS.filter(({ base }) => row[`u:${base}`]! > 0).map(({ name }) => [name, row[`t:${name}`]!])), // prettier-ignore
      users: { active: row['u:shown'] || null, engaged: row['u:accepted'] || null },
      survival: kaplanMeier(HORIZONS.map((h) => ({ time: h, events: row[`l:${h}`]!, censored: row[`c:${h}`]! }))),
      latency: latencies.get(row['place']!) ?? null,
    };
  });
}

function figureOf({ name, kind, scale, base }: Measure, row: Record<string, number>): Figure | null {
  const [numerator, denominator, users] = [row[`n:${name}`]! * scale, row[`d:${name}`]!, row[`u:${base}`]!];
  if (!(denominator > 0)) return null;
  const told = { measure: name, numerator, denominator, users };
  const interval = kind === 'share' ? wilson(numerator, denominator) : null;
  if (!interval) return { ...told, value: numerator / denominator, low: null, high: null, method: 'none' };
  return { ...told, value: interval.value, low: interval.low, high: interval.high, method: 'wilson' };
}

async function withheldOf(db: Relational, dimension: string): Promise<{ whole: number; part: number }> {
  const [row] = await db.rows<{ whole: number; part: number }>(
    `SELECT count(*) FILTER (none)::BIGINT AS whole, count(*) FILTER (NOT none AND NOT every)::BIGINT AS part FROM (
       SELECT "value", bool_and(told = 0) AS none, bool_and(told = bases) AS every
       FROM atoms WHERE dimension = ${text(dimension)} GROUP BY "value")`,
  );
  return row!;
}
