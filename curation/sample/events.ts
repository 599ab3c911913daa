/** The stream of a sample: every user's events in the order in which they arrive. */
import { Feedback, type Sent } from './feedback.ts';
import { People } from './people.ts';
import { Random } from './random.ts';
import { Requests } from './request.ts';
import { DAY, WINDOW, World, type SampleOptions } from './world.ts';

/** Events a request has on average; the stream ends by count, this only spreads it over the window. */
const EVENTS_A_REQUEST = 5;

/**
 * Canonical events (`garner.event/1`), exactly `options.events` of them, by arrival: mostly by time, some hours late.
 * Memory holds the repositories, the users and the events that are still to arrive, but never what was yielded.
 * The same options give the same events.
 */
export function* sampleEvents(options: SampleOptions): Generator<Record<string, unknown>> {
  const world = new World(options);
  const people = new People(options.seed, options.events);
  const random = new Random(options.seed, 'requests');
  const requests = new Requests(world, people, random);
  const feedback = new Feedback(new Random(options.seed, 'feedback'), options.seed);
  const pending = new Arrivals();
  // The last two days take what runs over the estimate.
  const step = ((WINDOW - 2 * DAY) / options.events) * EVENTS_A_REQUEST;
  const latest = options.now - DAY / 2;
  let made = 0;
  let left = options.events;
  for (let index = 0; left > 0; index++) {
    let until = Infinity;
    if (made < options.events) {
      const time = Math.min(latest, Math.round(world.start + (index + random.unit()) * step));
      for (const sent of feedback.follow(requests.next(time))) {
        pending.push(sent);
        made++;
      }
      until = time;
    }
    for (; left > 0 && pending.next <= until; left--) yield pending.pop();
  }
}

/** A binary heap of events by arrival; equal arrivals keep the order in which they were sent. */
class Arrivals {
  readonly #heap: { sent: Sent; order: number }[] = [];
  #order = 0;

  /** When the next event arrives; Infinity where none is left. */
  get next(): number {
    return this.#heap[0]?.sent.arrival ?? Infinity;
  }

  push(sent: Sent): void {
    const heap = this.#heap;
    let at = heap.push({ sent, order: this.#order++ }) - 1;
    while (at > 0 && this.#less(at, (at - 1) >> 1)) {
      this.#swap(at, (at - 1) >> 1);
      at = (at - 1) >> 1;
    }
  }

  pop(): Record<string, unknown> {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      for (let at = 0; ;) {
        let least = at;
        if (2 * at + 1 < heap.length && this.#less(2 * at + 1, least)) least = 2 * at + 1;
        if (2 * at + 2 < heap.length && this.#less(2 * at + 2, least)) least = 2 * at + 2;
        if (least === at) break;
        this.#swap(at, least);
        at = least;
      }
    }
    return first.sent.event;
  }

  #less(a: number, b: number): boolean {
    const x = this.#heap[a]!;
    const y = this.#heap[b]!;
    return x.sent.arrival === y.sent.arrival ? x.order < y.order : x.sent.arrival < y.sent.arrival;
  }

  #swap(a: number, b: number): void {
    const kept = this.#heap[a]!;
    this.#heap[a] = this.#heap[b]!;
    this.#heap[b] = kept;
  }
}
