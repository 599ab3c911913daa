/** Evaluates the product: from outcome rows to figures with intervals, by dimension, those withheld that would show fewer than k users. */
import type { Relational } from '../../relational.ts';
import { makeAtoms, text } from '../disclosure/atoms.ts';
import { bootstrapRatios } from '../estimators/bootstrap.ts';
import type { Interval } from '../estimators/interval.ts';
import { wilson } from '../estimators/proportion.ts';
import { quantile } from '../estimators/quantile.ts';
import { kaplanMeier, survivalQuantile, type SurvivalPoint } from '../estimators/survival.ts';
import { COUNT_FIELDS, HORIZONS } from '../rows/field.ts';
import { BASES, HEADLINES, MEASURES, TOTALS, type Base, type Measure } from './measures.ts';

export interface EvaluateSettings {
  /** Fields by which figures are told apart. */
  dimensions: readonly string[];
  /** `day`: figures of overlapping windows may be published. `window`: one window, nothing that overlaps it. */
  period: 'day' | 'window';
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
  users: number;
}

export interface Latency {
  p50: number;
  p95: number;
  /** With cancelled requests as censored: null where the curve does not come that far. */
  p50WithCancelled: number | null;
  p95WithCancelled: number | null;
  answered: number;
  cancelled: number;
}

export interface Cell {
  dimension: string;
  value: string;
  figures: Figure[];
  totals: Record<string, number>;
  /** Distinct users with an impression, and with an accept, where they may be told. */
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

const DAY_SQL = "strftime(make_timestamp(day::BIGINT * 86400000000), '%Y-%m-%d')";
export const NESTED = 'ide_model_language';

/** SQL of each dimension over the combinations. */
export function dimensionsOf(fields: readonly string[]): Record<string, string> {
  const dimensions: Record<string, string> = { all: "'all'", day: DAY_SQL };
  for (const field of fields) dimensions[field] = `"${field}"`;
  if (['ide', 'model', 'language'].every((field) => fields.includes(field)))
    dimensions[NESTED] = `"ide" || '|' || "model" || '|' || "language"`;
  return dimensions;
}

/** @param source a table or query of outcome rows of product-evaluation */
export async function evaluate(db: Relational, source: string, settings: EvaluateSettings): Promise<Evaluation> {
  await makeCombos(db, source, settings);
  const dimensions = dimensionsOf(settings.dimensions);
  await makeAtoms(db, { dimensions, minimumUsers: settings.minimumUsers });
  const cells: Cell[] = [];
  const withheld: Evaluation['withheld'] = {};
  for (const [dimension, expression] of Object.entries(dimensions)) {
    const latencies = await latenciesOf(db, source, settings, dimension, expression);
    cells.push(...(await cellsOf(db, dimension, expression, latencies)));
    withheld[dimension] = await withheldOf(db, dimension);
  }
  const headlines = await headlinesOf(db, settings);
  const all = cells.find(({ dimension }) => dimension === 'all');
  for (const figure of all?.figures ?? []) {
    const interval = headlines.get(figure.measure);
    if (interval) Object.assign(figure, { low: interval.low, high: interval.high, method: 'bootstrap' });
  }
  const [counted] = await db.rows<{ rows: number }>(`SELECT count(*) AS rows FROM (${source})`);
  return { cells, withheld, suggestions: counted!.rows };
}

/** One row for a day, user and combination of values: all that is told is a sum over these. */
async function makeCombos(db: Relational, source: string, { dimensions, period }: EvaluateSettings): Promise<void> {
  const sums = COUNT_FIELDS.map((field) => `sum("${field}")::BIGINT AS "${field}"`).join(', ');
  const checked = HORIZONS.map((h) => `lost${h} + censored${h}`).join(' + ');
  await db.run(
    `CREATE TABLE combos AS SELECT ${period === 'day' ? 'day' : '0'}::INTEGER AS p, *, ${checked} AS checked FROM (
      SELECT ("time" // 86400000)::INTEGER AS day, hash("user") AS "user", ${dimensions.map((d) => `"${d}", `).join('')}${sums}
      FROM (${source}) GROUP BY ALL)`,
  );
}

async function cellsOf(
  db: Relational,
  dimension: string,
  expression: string,
  latencies: ReadonlyMap<string, Latency>,
): Promise<Cell[]> {
  const told = (field: string, base: Base) => `coalesce(sum("${field}") FILTER (ok_${base}), 0)::DOUBLE`;
  const columns = [
    ...MEASURES.flatMap(({ name, numerator, denominator, base }) => [
      `${told(numerator, base)} AS "n:${name}"`,
      `${told(denominator, base)} AS "d:${name}"`,
    ]),
    ...TOTALS.map(({ name, field, base }) => `${told(field, base)} AS "t:${name}"`),
    ...HORIZONS.flatMap((h) => [`${told(`lost${h}`, 'checked')} AS "l:${h}"`, `${told(`censored${h}`, 'checked')} AS "c:${h}"`]), // prettier-ignore
    ...BASES.map((base) => `count(DISTINCT c."user") FILTER (ok_${base} AND ${base} > 0) AS "u:${base}"`),
  ];
  const any = BASES.map((base) => `ok_${base}`).join(' OR ');
  const rows = await db.rows<Record<string, number> & { value: string }>(
    `SELECT a.value, ${columns.join(', ')} FROM combos c JOIN atoms a
     ON a.dimension = ${text(dimension)} AND a.p = c.p AND a.value = ${expression} WHERE ${any} GROUP BY a.value ORDER BY a.value`,
  );
  return rows.map((row) => ({
    ...{ dimension, value: row.value },
    figures: MEASURES.flatMap((measure) => figureOf(measure, row) ?? []),
    totals: Object.fromEntries(TOTALS.filter(({ base }) => row[`u:${base}`]! > 0).map(({ name }) => [name, row[`t:${name}`]!])), // prettier-ignore
    users: { active: row['u:shown'] || null, engaged: row['u:accepted'] || null },
    survival: kaplanMeier(HORIZONS.map((h) => ({ time: h, events: row[`l:${h}`]!, censored: row[`c:${h}`]! }))),
    latency: latencies.get(row.value) ?? null,
  }));
}

function figureOf({ name, kind, scale, base }: Measure, row: Record<string, number>): Figure | null {
  const [numerator, denominator, users] = [row[`n:${name}`]! * scale, row[`d:${name}`]!, row[`u:${base}`]!];
  if (!(denominator > 0)) return null;
  const told = { measure: name, numerator, denominator, users };
  const interval = kind === 'share' ? wilson(numerator, denominator) : null;
  if (!interval) return { ...told, value: numerator / denominator, low: null, high: null, method: 'none' };
  return { ...told, value: interval.value, low: interval.low, high: interval.high, method: 'wilson' };
}

async function latenciesOf(
  db: Relational,
  source: string,
  { period, dimensions }: EvaluateSettings,
  dimension: string,
  expression: string,
): Promise<Map<string, Latency>> {
  const fields = dimensions.map((field) => `"${field}", `).join('');
  const rows = await db.rows<{ value: string; ms: number; cancelled: number; n: number }>(
    `SELECT a.value, ms, cancelled, sum(n)::BIGINT AS n FROM (
       SELECT ${period === 'day' ? 'day' : '0'} AS p, ${expression} AS value, ms, cancelled, count(*) AS n FROM (
         SELECT ("time" // 86400000)::INTEGER AS day, ${fields} "latencyMs" AS ms, cancelled FROM (${source}) WHERE latencies > 0)
       GROUP BY ALL) r
     JOIN atoms a ON a.dimension = ${text(dimension)} AND a.p = r.p AND a.value = r.value WHERE ok_latencies
     GROUP BY ALL ORDER BY a.value, ms, cancelled`,
  );
  const byValue = new Map<string, typeof rows>();
  for (const row of rows) {
    const list = byValue.get(row.value);
    if (list) list.push(row);
    else byValue.set(row.value, [row]);
  }
  const result = new Map<string, Latency>();
  for (const [value, list] of byValue) {
    const answered = list.filter((row) => row.cancelled === 0).map(({ ms, n }) => [ms, n] as const);
    const sum = (wanted: number) => list.reduce((total, row) => total + (row.cancelled === wanted ? row.n : 0), 0);
    const exits = list.map(({ ms, n, cancelled }) => ({ time: ms, events: cancelled ? 0 : n, censored: cancelled ? n : 0 })); // prettier-ignore
    const curve = kaplanMeier(exits);
    const [p50, p95] = [quantile(answered, 0.5), quantile(answered, 0.95)];
    if (p50 === null || p95 === null) continue;
    const withCancelled = { p50WithCancelled: survivalQuantile(curve, 0.5), p95WithCancelled: survivalQuantile(curve, 0.95) }; // prettier-ignore
    result.set(value, { p50, p95, ...withCancelled, answered: sum(0), cancelled: sum(1) });
  }
  return result;
}

async function withheldOf(db: Relational, dimension: string): Promise<{ whole: number; part: number }> {
  const all = (test: string) => BASES.map((base) => `(${test.replaceAll('BASE', base)})`).join(' AND ');
  const [row] = await db.rows<{ whole: number; part: number }>(
    `SELECT count(*) FILTER (none)::BIGINT AS whole, count(*) FILTER (NOT none AND NOT every)::BIGINT AS part FROM (
       SELECT value, bool_and(${all('NOT ok_BASE')}) AS none, bool_and(${all('ok_BASE OR n_BASE = 0')}) AS every
       FROM atoms WHERE dimension = ${text(dimension)} GROUP BY value)`,
  );
  return row!;
}

/** Bootstrap over users of the totals. */
async function headlinesOf(db: Relational, { replicates, seed }: EvaluateSettings): Promise<Map<string, Interval>> {
  const measures = MEASURES.filter(({ name }) => HEADLINES.includes(name));
  const columns = measures.flatMap(({ numerator, denominator, base }) =>
    [numerator, denominator].map((field) => `coalesce(sum("${field}") FILTER (ok_${base}), 0)::DOUBLE`),
  );
  const parts: number[][] = columns.map(() => []);
  const rows = db.batches(
    `SELECT ${columns.join(', ')} FROM combos c JOIN atoms a ON a.dimension = 'all' AND a.p = c.p
     GROUP BY c."user" ORDER BY c."user"`,
  );
  for await (const batch of rows)
    batch.forEach((column, at) => {
      for (const value of column) parts[at]!.push(value as number);
    });
  const sums = measures.map(({ scale }, at) => ({
    x: Float64Array.from(parts[2 * at]!, (value) => value * scale),
    y: Float64Array.from(parts[2 * at + 1]!),
  }));
  const intervals = bootstrapRatios(sums, { replicates, seed });
  return new Map(measures.flatMap(({ name }, at) => (intervals[at] ? [[name, intervals[at]] as const] : [])));
}
