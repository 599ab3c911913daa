/** Quantiles of a distribution given as values with their counts. */

/**
 * The q-quantile, linear between order statistics (Hyndman and Fan's type 7, as NumPy's default). Null where there is nothing.
 * @param counts [value, how often], by value
 */
export function quantile(counts: readonly (readonly [number, number])[], q: number): number | null {
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return null;
  const rank = (total - 1) * q;
  const below = valueAt(counts, Math.floor(rank));
  const above = valueAt(counts, Math.ceil(rank));
  return below + (above - below) * (rank - Math.floor(rank));
}

function valueAt(counts: readonly (readonly [number, number])[], rank: number): number {
  let seen = 0;
  for (const [value, count] of counts) {
    seen += count;
    if (seen > rank) return value;
  }
  return counts.at(-1)![0];
}
