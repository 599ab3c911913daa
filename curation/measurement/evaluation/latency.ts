/** How long answers took: quantiles of those that came, and with cancelled requests as censored. */
import type { Relational } from '../../relational.ts';
import { quantile } from '../estimators/quantile.ts';
import { kaplanMeier, survivalQuantile, type Exit } from '../estimators/survival.ts';
import { bitOf } from './measures.ts';

export interface Latency {
  p50: number;
  p95: number;
  /** With cancelled requests as censored: null where the curve does not come that far. */
  p50WithCancelled: number | null;
  p95WithCancelled: number | null;
  answered: number;
  cancelled: number;
}

/** Latencies of each value in table `telling`, by its place. */
export async function latenciesOf(db: Relational): Promise<Map<number, Latency>> {
  const result = new Map<number, Latency>();
  let place = 0;
  let exits: Exit[] = [];
  const close = () => {
    const latency = latencyOf(exits);
    if (latency) result.set(place, latency);
    exits = [];
  };
  const rows = db.batches(
    `SELECT t.place, r.ms, count(*) FILTER (NOT r.cancelled) AS answered, count(*) FILTER (r.cancelled) AS cancelled
     FROM seen r JOIN telling t USING (cell) WHERE r.ms IS NOT NULL AND t.told & ${bitOf('latencies')} <> 0
     GROUP BY t.place, r.ms ORDER BY t.place, r.ms`,
  );
  for await (const [places, times, answered, cancelled] of rows)
    places!.forEach((of, at) => {
      if (of !== place) close();
      place = of as number;
      exits.push({ time: times![at] as number, events: answered![at] as number, censored: cancelled![at] as number });
    });
  close();
  return result;
}

function latencyOf(exits: readonly Exit[]): Latency | null {
  const answered = exits.filter(({ events }) => events > 0).map(({ time, events }) => [time, events] as const);
  const [p50, p95] = [quantile(answered, 0.5), quantile(answered, 0.95)];
  if (p50 === null || p95 === null) return null;
  const curve = kaplanMeier(exits);
  return {
    ...{ p50, p95, p50WithCancelled: survivalQuantile(curve, 0.5), p95WithCancelled: survivalQuantile(curve, 0.95) },
    answered: exits.reduce((sum, { events }) => sum + events, 0),
    cancelled: exits.reduce((sum, { censored }) => sum + censored, 0),
  };
}
