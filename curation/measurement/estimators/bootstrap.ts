/** The bootstrap over users: whole users are drawn again, with all they did. */
import { Random } from '../../sample/random.ts';
import { LEVEL, type Interval } from './interval.ts';

/** Numerator and denominator of one ratio, one value a user. */
export interface UserSums {
  x: Float64Array;
  y: Float64Array;
}

export interface BootstrapOptions {
  /** At least 2,000 for what is published. */
  replicates: number;
  seed: number;
  level?: number;
}

/** Above this many users, users are first put into this many groups at random, and groups are drawn: the variance is the same. */
const MOST_CLUSTERS = 20_000;

/**
 * Percentile intervals (Efron) of several ratios over the same users, drawn together. Null for a ratio whose denominator is empty.
 * The same sums, replicates and seed give the same intervals.
 */
export function bootstrapRatios(sums: readonly UserSums[], options: BootstrapOptions): (Interval | null)[] {
  const { replicates, seed, level = LEVEL } = options;
  const random = new Random('bootstrap', seed);
  const users = sums[0]?.x.length ?? 0;
  const grouped = users > MOST_CLUSTERS ? groupsOf(sums, users, random) : sums;
  const n = Math.min(users, MOST_CLUSTERS);
  const drawn = sums.map(() => new Float64Array(replicates));
  const filled = sums.map(() => 0);
  const times = new Int32Array(n);
  for (let replicate = 0; replicate < replicates && n > 0; replicate++) {
    times.fill(0);
    for (let i = 0; i < n; i++) times[Math.floor(random.unit() * n)]!++;
    grouped.forEach(({ x, y }, at) => {
      let sumX = 0;
      let sumY = 0;
      for (let i = 0; i < n; i++) {
        sumX += times[i]! * x[i]!;
        sumY += times[i]! * y[i]!;
      }
      // A draw without a denominator has no ratio; it is left out.
      if (sumY > 0) drawn[at]![filled[at]!++] = sumX / sumY;
    });
  }
  return sums.map((sum, at) => {
    const x = sum.x.reduce((a, b) => a + b, 0);
    const y = sum.y.reduce((a, b) => a + b, 0);
    if (!(y > 0) || filled[at] === 0) return null;
    const sorted = drawn[at]!.subarray(0, filled[at]).sort();
    return {
      value: x / y,
      low: sortedQuantile(sorted, (1 - level) / 2),
      high: sortedQuantile(sorted, (1 + level) / 2),
    };
  });
}

function groupsOf(sums: readonly UserSums[], users: number, random: Random): UserSums[] {
  const group = new Int32Array(users);
  for (let i = 0; i < users; i++) group[i] = i % MOST_CLUSTERS;
  for (let i = users - 1; i > 0; i--) {
    const j = Math.floor(random.unit() * (i + 1));
    [group[i], group[j]] = [group[j]!, group[i]!];
  }
  return sums.map(({ x, y }) => {
    const into = { x: new Float64Array(MOST_CLUSTERS), y: new Float64Array(MOST_CLUSTERS) };
    for (let i = 0; i < users; i++) {
      into.x[group[i]!]! += x[i]!;
      into.y[group[i]!]! += y[i]!;
    }
    return into;
  });
}

function sortedQuantile(sorted: Float64Array, q: number): number {
  const rank = (sorted.length - 1) * q;
  const below = sorted[Math.floor(rank)]!;
  return below + (sorted[Math.ceil(rank)]! - below) * (rank - Math.floor(rank));
}
