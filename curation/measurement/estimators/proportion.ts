/** Shares of independent units: Wilson's score interval. */
import { normalQuantile } from './distribution.ts';
import { LEVEL, type Interval } from './interval.ts';

/**
 * Wilson (1927) score interval without continuity correction. Null where there is no unit.
 * @param count units that have it, of `total`
 */
export function wilson(count: number, total: number, level: number = LEVEL): Interval | null {
  if (!(total > 0)) return null;
  const z = normalQuantile(0.5 + level / 2);
  const share = count / total;
  const shrink = 1 + (z * z) / total;
  const centre = (share + (z * z) / (2 * total)) / shrink;
  const half = (z / shrink) * Math.sqrt((share * (1 - share)) / total + (z * z) / (4 * total * total));
  return {
    value: share,
    low: count === 0 ? 0 : Math.max(0, centre - half),
    high: count === total ? 1 : Math.min(1, centre + half),
  };
}
