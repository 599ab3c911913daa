/** Runs work over many items, a bounded number at once, in order of the items; a pause holds what has not begun. */
import { CancellationScope } from '@temporalio/workflow';

/** Results in the order of the items. The first failure cancels what is running, and is thrown when that has ended. */
export async function mapBounded<T, R>(
  items: T[],
  width: number,
  steering: { running(): Promise<void> },
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const failures: unknown[] = [];
  const scope = new CancellationScope();
  const lane = async () => {
    while (next < items.length && failures.length === 0) {
      const index = next++;
      try {
        await steering.running();
        results[index] = await work(items[index]!);
      } catch (error) {
        failures.push(error);
        // What waits for an operator, or for a pause to end, would hold up a run that cannot succeed any more.
        scope.cancel();
      }
    }
  };
  await scope.run(() => Promise.all(Array.from({ length: Math.min(width, items.length) }, lane)));
  if (failures.length > 0) throw failures[0];
  return results;
}

/** Two works at once, otherwise as `mapBounded`. */
export async function both<A, B>(
  steering: { running(): Promise<void> },
  first: () => Promise<A>,
  second: () => Promise<B>,
): Promise<[A, B]> {
  const works: (() => Promise<A | B>)[] = [first, second];
  return (await mapBounded(works, 2, steering, (work) => work())) as [A, B];
}
