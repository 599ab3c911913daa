/** Intervals of the headline figures: the bootstrap over users of what may be told in all. */
import type { Relational } from '../../relational.ts';
import { bootstrapRatios } from '../estimators/bootstrap.ts';
import type { Interval } from '../estimators/interval.ts';
import { bitOf, HEADLINES, MEASURES, type Base } from './measures.ts';

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
  const columns = measures.flatMap(({ numerator, denominator, base }) => [
    `${numerator} ${base}`,
    `${denominator} ${base}`,
  ]);
  const distinct = [...new Set(columns)];
  const sums = distinct.map((column) => {
    const [field, base] = column.split(' ') as [string, Base];
    return `coalesce(sum("${field}") FILTER (told & ${bitOf(base)} <> 0), 0)::DOUBLE AS "${column}"`;
  });
  const p = period === 'day' ? '("time" // 86400000)' : '0';
  // A table is made by all threads, a result that is streamed by one.
  await db.run(
    `CREATE TABLE doing AS SELECT hash("user") AS u, ${sums.join(', ')} FROM (${source}) r
     JOIN (SELECT p, told FROM atoms WHERE dimension = 'all') a ON a.p = ${p} GROUP BY hash("user")`,
  );
  const parts: number[][] = distinct.map(() => []);
  for await (const batch of db.batches('SELECT * EXCLUDE (u) FROM doing ORDER BY u'))
    batch.forEach((column, at) => {
      for (const value of column) parts[at]!.push(value as number);
    });
  const users = parts.map((values) => Float64Array.from(values));
  const of = (column: number) => users[distinct.indexOf(columns[column]!)]!;
  const ratios = measures.map(({ scale }, at) => ({ x: of(2 * at).map((value) => value * scale), y: of(2 * at + 1) }));
  const intervals = bootstrapRatios(ratios, { replicates, seed });
  return new Map(measures.flatMap(({ name }, at) => (intervals[at] ? [[name, intervals[at]] as const] : [])));
}
