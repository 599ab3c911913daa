import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { FingerprintFilter } from '../../curation/overlap/filter.ts';
import { HeldFilters, sharedFilters } from '../../worker/threads/filters.ts';

const ports: MessagePort[] = [];
afterEach(() => ports.splice(0).forEach((port) => port.close()));

/** A stage at work in a thread, as the pool and as the thread see it. */
function stageOf(held: HeldFilters) {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  port1.on('message', (told) => held.heard(told, port1));
  return { place: sharedFilters(port2), ends: () => held.left(port1) };
}

function stored(): Promise<FingerprintFilter> {
  const filter = FingerprintFilter.sized(1000);
  filter.add(1, 2);
  return Promise.resolve(FingerprintFilter.fromBytes(filter.toBytes()));
}

describe('a filter that several threads ask', () => {
  it('is read once, and lies once in memory', async () => {
    const held = new HeldFilters();
    let reads = 0;
    const read = () => {
      reads++;
      return stored();
    };
    const [first, second] = [stageOf(held), stageOf(held)];
    const found = await Promise.all([first.place.hold('run', 'a', read), second.place.hold('run', 'a', read)]);
    first.ends();
    found.push(await stageOf(held).place.hold('run', 'a', read));
    expect(reads).toBe(1);
    for (const filter of found) expect([filter.has(1, 2), filter.has(3, 4), filter.added]).toEqual([true, false, 1]);
    // A bit that is set in one of them is set in all.
    found[0]!.memory.words.fill(-1);
    for (const filter of found) expect(filter.has(3, 4)).toBe(true);
  });

  it('is read by the next where the first reader fails, or goes without a word', async () => {
    const held = new HeldFilters();
    const [failing, gone, last] = [stageOf(held), stageOf(held), stageOf(held)];
    const failed = failing.place.hold('run', 'a', () => Promise.reject(new Error('damaged')));
    const never = new Promise<FingerprintFilter>(() => undefined);
    let begun: () => void;
    const reading = new Promise<void>((resolve) => (begun = resolve));
    void gone.place.hold('run', 'a', () => (begun(), never));
    await expect(failed).rejects.toThrow('damaged');
    await reading;
    const waiting = last.place.hold('run', 'a', stored);
    gone.ends();
    expect((await waiting).has(1, 2)).toBe(true);
  });

  it('is forgotten when another run asks for its own', async () => {
    const held = new HeldFilters();
    const reads: string[] = [];
    for (const run of ['one', 'two', 'one'])
      await stageOf(held).place.hold(run, 'a', () => (reads.push(run), stored()));
    expect(reads).toEqual(['one', 'two', 'one']);
  });
});
