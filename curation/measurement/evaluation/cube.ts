/**
 * The one pass over outcome rows. It leaves table `cube`, the sums of every combination of values and day (a cell), in which users are not told
 * apart; and table `seen`, one narrow row a suggestion, for what needs to tell them apart: distinct users and latencies.
 */
import type { Relational } from '../../relational.ts';
import { COUNT_FIELDS, HORIZONS } from '../rows/field.ts';
import { BASES, bitOf, type Base } from './measures.ts';

export interface CubeSettings {
  /** Fields by which figures are told apart. */
  dimensions: readonly string[];
  /** What a figure is a sum over: the days, or the whole window as one piece. */
  period: 'day' | 'window';
}

const DAY_SQL = "strftime(make_timestamp(day::BIGINT * 86400000000), '%Y-%m-%d')";
export const NESTED = 'ide_model_language';
/** A suggestion is checked at one horizon at least where it was found lost at one, or last seen at one. */
const CHECKED = HORIZONS.map((h) => `"lost${h}" + "censored${h}"`).join(' + ');
const baseSql = (base: Base): string => (base === 'checked' ? CHECKED : `"${base}"`);

/** SQL of each dimension over the cells; `all` is the first. */
export function dimensionsOf(fields: readonly string[]): Record<string, string> {
  const dimensions: Record<string, string> = { all: "'all'", day: DAY_SQL };
  for (const field of fields) dimensions[field] = `"${field}"`;
  if (['ide', 'model', 'language'].every((field) => fields.includes(field)))
    dimensions[NESTED] = `"ide" || '|' || "model" || '|' || "language"`;
  return dimensions;
}

/**
 * Makes `cube` (cell, p, day, the dimensions, a sum for each count, `checked`, `bases`: bits of the bases that have rows) and `seen`
 * (u, cell, bases, ms, cancelled; ms is null where no latency is known).
 * @param source a query of outcome rows of product-evaluation
 */
export async function makeCube(db: Relational, source: string, { dimensions, period }: CubeSettings): Promise<void> {
  // Every result names its order.
  await db.run('SET preserve_insertion_order = false');
  const fields = dimensions.map((field) => `"${field}", `).join('');
  const sums = COUNT_FIELDS.map((field) => `sum("${field}")::BIGINT AS "${field}"`).join(', ');
  const present = BASES.map((base) => `(${baseSql(base)} > 0)::INTEGER * ${bitOf(base)}`).join(' + ');
  await db.run(
    `CREATE TABLE cube AS SELECT (row_number() OVER (ORDER BY day${dimensions.map((d) => `, "${d}"`).join('')}))::INTEGER AS cell,
       ${period === 'day' ? 'day' : '0'}::INTEGER AS p, *, ${CHECKED} AS checked, ${present} AS bases
     FROM (SELECT ("time" // 86400000)::INTEGER AS day, ${fields}${sums} FROM (${source}) GROUP BY ALL)`,
  );
  const same = ['day', ...dimensions].map((field) => `c."${field}" = r."${field}"`).join(' AND ');
  await db.run(
    `CREATE TABLE seen AS SELECT r.u, c.cell, r.bases, r.ms, r.cancelled FROM (
       SELECT hash("user") AS u, ("time" // 86400000)::INTEGER AS day, ${fields}${present} AS bases,
         CASE WHEN latencies > 0 THEN "latencyMs"::INTEGER END AS ms, cancelled > 0 AS cancelled FROM (${source})) r
     JOIN cube c ON ${same}`,
  );
}
