/** Kaplan–Meier survival under right censoring, with Greenwood's variance; and quantiles of it. */
import { normalQuantile } from './distribution.ts';
import { LEVEL } from './interval.ts';

/** What happened at one time: units lost, and units last seen then without loss. */
export interface Exit {
  time: number;
  events: number;
  censored: number;
}

export interface SurvivalPoint extends Exit {
  /** Units observed just before the time. */
  atRisk: number;
  /** Share still there after the time. */
  survival: number;
  /** Greenwood's standard error of `survival`. */
  standardError: number;
  /** Exponential Greenwood bounds (Kalbfleisch and Prentice, log(-log) scale): within [0, 1] by construction. */
  low: number;
  high: number;
}

/**
 * The product-limit estimate. Units censored at a time are at risk at that time.
 * @param exits in any order; times at which several are given are added up
 */
export function kaplanMeier(exits: readonly Exit[], level: number = LEVEL): SurvivalPoint[] {
  const z = normalQuantile(0.5 + level / 2);
  const ordered = gathered(exits);
  let atRisk = ordered.reduce((sum, { events, censored }) => sum + events + censored, 0);
  let survival = 1;
  let greenwood = 0;
  let band = { low: 1, high: 1 };
  return ordered.map(({ time, events, censored }) => {
    const before = atRisk;
    if (events > 0) {
      survival *= 1 - events / before;
      if (before > events) greenwood += events / (before * (before - events));
      band = bounds(survival, greenwood, z, band.high);
    }
    atRisk -= events + censored;
    const standardError = survival * Math.sqrt(greenwood);
    return { time, events, censored, atRisk: before, survival, standardError, ...band };
  });
}

/** The first time by which a share `q` is lost; null where the curve does not come that far (the rest is censored). */
export function survivalQuantile(points: readonly SurvivalPoint[], q: number): number | null {
  return points.find(({ survival }) => survival <= 1 - q)?.time ?? null;
}

/** At survival 0 the log(-log) scale has no band: from nothing to what it was. */
function bounds(survival: number, greenwood: number, z: number, last: number): { low: number; high: number } {
  if (survival <= 0) return { low: 0, high: last };
  const log = Math.log(survival);
  const spread = (z * Math.sqrt(greenwood)) / log;
  return { low: survival ** Math.exp(-spread), high: survival ** Math.exp(spread) };
}

function gathered(exits: readonly Exit[]): Exit[] {
  const byTime = new Map<number, Exit>();
  for (const { time, events, censored } of exits) {
    const known = byTime.get(time) ?? { time, events: 0, censored: 0 };
    byTime.set(time, { time, events: known.events + events, censored: known.censored + censored });
  }
  return [...byTime.values()].filter((exit) => exit.events + exit.censored > 0).sort((a, b) => a.time - b.time);
}
