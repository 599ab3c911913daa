/** Runs work over many items, a bounded number at once, in order of the items; a pause holds what has not begun. */

/** Results in the order of the items. The first failure ends it, after what is running has ended. */
export async function mapBounded<T, R>(
  items: T[],
  width: number,
  steering: { running(): Promise<void> },
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  let failed = false;
  const lane = async () => {
    while (next < items.length && !failed) {
      const index = next++;
      await steering.running();
      try {
        results[index] = await work(items[index]!);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, lane));
  for (const result of lanes) if (result.status === 'rejected') throw result.reason;
  return results;
}
