/** Intervals of the headline figures: the bootstrap over users of what may be told in all. */
import type { Relational } from '../../relational.ts';
import { bootstrapRatios } from '../estimators/bootstrap.ts';
import type { Interval } from '../estimators/interval.ts';
import { bitOf, HEADLINES, MEASURES } from './measures.ts';

export interface Bootstrap {
  period: 'day' | 'window';
  replicates: number;
  seed: number;
}

/** @param source the query of outcome rows that table `atoms` was made of */
export async function headlinesOf(
  db: Relational,
  source: string,
  { period, replicates, seed }: Bootstrap,
): Promise<Map<string, Interval>> {
  const measures = MEASURES.filter(({ name }) => HEADLINES.includes(name));
  const columns = measures.flatMap(({ numerator, denominator, base }) =>
    [numerator, denominator].map((field) => `coalesce(sum("${field}") FILTER (told & ${bitOf(base)} <> 0), 0)::DOUBLE`),
  );
  const parts: number[][] = columns.map(() => []);
  const p = period === 'day' ? '("time" // 86400000)' : '0';
  const rows = db.batches(
    `SELECT ${columns.join(', ')} FROM (${source}) r
     JOIN (SELECT p, told FROM atoms WHERE dimension = 'all') a ON a.p = ${p}
     GROUP BY hash("user") ORDER BY hash("user")`,
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
