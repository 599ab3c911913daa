/**
 * The records of a bucket as shards write and stages read them. A bucket is cut into slices, so that a stage holds the lines of a whole one as
 * bytes and the records of a slice at a time: those die young, where a whole bucket of them would be copied by the collector again and again.
 */
import { bucketOf, KeyedHash } from '../../curation/stages/keyed.ts';
import type { AdmittedRecord } from '../../curation/stages/record.ts';
import { eachLine, LineBuffer, linesOf } from '../run/container.ts';
import type { Reroute } from './gather.ts';
import { RunFailure } from '../run/failure.ts';
import type { Stage } from '../run/stage.ts';
import type { Ref } from '../types.ts';

/** The letter that a line begins with tells its slice. */
const FIRST_SLICE = 'a'.charCodeAt(0);

/** Slices of each bucket of a run; one bucket alone is small as it is. */
export function slicesOf(buckets: number): number {
  return buckets === 1 ? 1 : 16;
}

/** The buckets of a shard. A record's place, from 0 to buckets x slices, names bucket and slice. */
export class BucketLines {
  readonly #buckets: LineBuffer[];

  constructor(buckets: number) {
    this.#buckets = Array.from({ length: buckets }, () => new LineBuffer());
  }

  push(place: number, record: AdmittedRecord): void {
    const { bucket, slice } = partsOf(place, this.#buckets.length);
    this.#buckets[bucket]!.line(String.fromCharCode(FIRST_SLICE + slice) + JSON.stringify(record));
  }

  parts(): Buffer[] {
    return this.#buckets.map((bucket) => bucket.bytes());
  }
}

function partsOf(place: number, buckets: number): { bucket: number; slice: number } {
  return { bucket: place % buckets, slice: Math.floor(place / buckets) };
}

/** The records of a shard's bucket, in no order. */
export function* recordsOf(bytes: Buffer): Generator<AdmittedRecord> {
  for (const { text, start, end } of eachLine(bytes)) yield recordOf(text, start, end);
}

function recordOf(text: Buffer, start: number, end: number): AdmittedRecord {
  return JSON.parse(text.toString('utf8', start + 1, end)) as AdmittedRecord;
}

/**
 * All records of one bucket (`list` names the shards' objects), from every shard, with those that belong here by another record of their
 * suggestion; slice by slice, and what belongs together in one.
 */
export async function* readBucket(
  bucket: number,
  list: Ref,
  reroutes: Ref | null,
  stage: Stage,
): AsyncGenerator<AdmittedRecord[]> {
  const { buckets } = stage.plan;
  const shards = [...linesOf<Ref>(await stage.reader.read(list, 0))];
  const routes = reroutes ? new Map(linesOf<Reroute>(await stage.reader.read(reroutes, 0))) : new Map<string, string>();
  const slices = Array.from({ length: slicesOf(buckets) }, (): Slice => ({ lines: [], rerouted: [] }));
  const join = new KeyedHash(stage.key('join'));
  const placeOf = (id: string) => partsOf(bucketOf(join, id, buckets * slices.length), buckets);
  const read = new Set([bucket]);
  for (const [suggestion, request] of routes)
    if (placeOf(request).bucket === bucket) read.add(placeOf(suggestion).bucket);
  const lines = new Lines();
  let records = 0;
  try {
    for (const part of [...read].sort((a, b) => a - b)) {
      for (const shard of shards) {
        for (const { text, start, end } of eachLine(await stage.reader.read(shard, part))) {
          const rerouted = routes.size === 0 ? null : reroutedRecord(recordOf(text, start, end), routes);
          const to = rerouted ? placeOf(rerouted.request!) : { bucket: part, slice: text[start]! - FIRST_SLICE };
          if (to.bucket !== bucket) continue;
          const slice = slices[to.slice];
          if (!slice) throw new RunFailure('Damaged', `bucket ${part} of a shard holds a line of no slice`);
          if (rerouted) slice.rerouted.push(rerouted);
          else slice.lines.push(lines.add(text, start, end), end - start);
          records++;
        }
        stage.progress({ bucket, records });
      }
    }
    for (const { lines: places, rerouted } of slices) {
      const batch = [...rerouted];
      for (let at = 0; at < places.length; at += 2)
        batch.push(recordOf(lines.text, places[at]!, places[at]! + places[at + 1]!));
      if (batch.length > 0) yield batch;
      stage.progress({ bucket, records });
    }
  } finally {
    lines.end();
  }
}

/** The record with the request that another record of its suggestion names; null where it goes by its own. */
function reroutedRecord(record: AdmittedRecord, routes: ReadonlyMap<string, string>): AdmittedRecord | null {
  const request = record.request === undefined ? routes.get(record.suggestion) : undefined;
  return request === undefined ? null : { ...record, request };
}

interface Slice {
  /** Two numbers a line: where it stands, and its length. */
  lines: number[];
  rerouted: AdmittedRecord[];
}

/** Memory of a bucket that is done, for the next that this thread reads. */
let spare: Buffer | null = null;
const MOST_SPARE = 64 << 20;

/** The lines of a bucket one after another in one stretch of memory. */
class Lines {
  text: Buffer = spare ?? Buffer.allocUnsafeSlow(1 << 20);
  #used = 0;

  constructor() {
    spare = null;
  }

  /** Where the line stands now. */
  add(text: Buffer, start: number, end: number): number {
    const at = this.#used;
    this.#used += end - start;
    if (this.#used > this.text.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#used, this.text.length * 2));
      this.text.copy(larger, 0, 0, at);
      this.text = larger;
    }
    text.copy(this.text, at, start, end);
    return at;
  }

  /** Gives the memory back: nothing reads the lines any more. */
  end(): void {
    if (this.text.length <= MOST_SPARE) spare = this.text;
  }
}
