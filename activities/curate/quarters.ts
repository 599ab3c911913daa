/** In which quarters of an hour the events of each source happened: by that a night knows which files hold events of which window. */
import { quarterOf, type Quarter } from '../../curation/events/window.ts';
import { LineBuffer, linesOf } from '../run/container.ts';

/** Those of one shard, as they come. */
export class SourceQuarters {
  readonly #bySource = new Map<number, Set<Quarter>>();

  /** An event: the index of its source in the plan, and its time in milliseconds since 1970-01-01 UTC. */
  add({ source, time }: { source: number; time: number }): void {
    let known = this.#bySource.get(source);
    if (!known) this.#bySource.set(source, (known = new Set()));
    known.add(quarterOf(time));
  }

  /** Adds what `bytes` of another gave. */
  merge(bytes: Buffer): void {
    for (const [source, quarters] of linesOf<[number, Quarter[]]>(bytes)) {
      const known = this.#bySource.get(source);
      if (!known) this.#bySource.set(source, new Set(quarters));
      else for (const quarter of quarters) known.add(quarter);
    }
  }

  /** In order; none for a source without a readable event. */
  of(source: number): Quarter[] {
    return [...(this.#bySource.get(source) ?? [])].sort((a, b) => a - b);
  }

  bytes(): Buffer {
    const lines = new LineBuffer();
    for (const source of this.#bySource.keys()) lines.push([source, this.of(source)]);
    return lines.bytes();
  }
}
