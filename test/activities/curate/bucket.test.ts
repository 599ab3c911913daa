/** Buckets as shards write them and stages read them: every record once, and with all that belongs to its request. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BucketLines, readBucket, recordsOf, slicesOf } from '../../../activities/curate/bucket.ts';
import type { Reroute } from '../../../activities/curate/gather.ts';
import { LineBuffer } from '../../../activities/run/container.ts';
import type { Stage } from '../../../activities/run/stage.ts';
import type { Ref } from '../../../activities/types.ts';
import { bucketOf, KeyedHash } from '../../../curation/stages/keyed.ts';
import type { AdmittedRecord } from '../../../curation/stages/record.ts';

const KEY = Buffer.alloc(32, 7);
const refOf = (key: string): Ref => ({ key, size: 0 });

type Known = Pick<AdmittedRecord, 'source' | 'line' | 'suggestion' | 'request'> & { note: string };

function linesOf(values: readonly unknown[]): Buffer {
  const lines = new LineBuffer();
  for (const value of values) lines.push(value);
  return lines.bytes();
}

/** The objects of shards that admitted these records, and a stage that reads them. */
function stored(
  shards: Known[][],
  routes: Reroute[],
  buckets: number,
): { objects: Map<string, Buffer[]>; stage: Stage } {
  const join = new KeyedHash(KEY);
  const objects = new Map<string, Buffer[]>();
  for (const [index, records] of shards.entries()) {
    const lines = new BucketLines(buckets);
    for (const record of records)
      lines.push(
        bucketOf(join, record.request ?? record.suggestion, buckets * slicesOf(buckets)),
        record as unknown as AdmittedRecord,
      );
    objects.set(`shard ${index}`, lines.parts());
  }
  objects.set('list', [linesOf(shards.map((_, index) => refOf(`shard ${index}`)))]);
  objects.set('routes', [linesOf(routes)]);
  const read = ({ key }: Ref, part: number) => Promise.resolve(objects.get(key)![part]!);
  const stage = { plan: { buckets }, key: () => KEY, progress: () => undefined, reader: { read } };
  return { objects, stage: stage as unknown as Stage };
}

async function batchesOf(bucket: number, routes: Reroute[], stage: Stage): Promise<Known[][]> {
  const batches: Known[][] = [];
  for await (const batch of readBucket(bucket, refOf('list'), routes.length > 0 ? refOf('routes') : null, stage))
    batches.push(batch as unknown as Known[]);
  return batches;
}

/** Suggestions s0 to s29, of which every third names its request in some records only. */
const record = fc
  .record({ suggestion: fc.nat({ max: 29 }), named: fc.boolean(), note: fc.string({ unit: 'binary', maxLength: 40 }) })
  .map(({ suggestion, named, note }) => ({
    ...{ source: 0, line: 0, suggestion: `s${suggestion}`, note },
    ...(suggestion % 3 !== 0 || named ? { request: `r${suggestion >> 1}` } : {}),
  }));

describe('the buckets of shards', () => {
  it('give each record once, in one batch with all records of its request, whichever records name it', async () => {
    const shards = fc.array(fc.array(record, { maxLength: 40 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(shards, fc.constantFrom(1, 2, 5), async (given, buckets) => {
        let line = 0;
        const numbered = given.map((records): Known[] => records.map((one) => ({ ...one, line: line++ })));
        const all = numbered.flat();
        const requests = new Map(all.flatMap((one) => (one.request ? [[one.suggestion, one.request] as const] : [])));
        const routes = [...requests].filter(([suggestion]) =>
          all.some((one) => one.suggestion === suggestion && one.request === undefined),
        );
        const { stage } = stored(numbered, routes, buckets);
        const read: Known[] = [];
        const batchOf = new Map<string, string>();
        for (let bucket = 0; bucket < buckets; bucket++)
          for (const [at, batch] of (await batchesOf(bucket, routes, stage)).entries())
            for (const one of batch) {
              read.push(one);
              const request = one.request ?? one.suggestion;
              expect(batchOf.get(request) ?? `${bucket} ${at}`).toBe(`${bucket} ${at}`);
              batchOf.set(request, `${bucket} ${at}`);
            }
        const expected = all.map((one) => {
          const request = one.request ?? requests.get(one.suggestion);
          return request === undefined ? one : { ...one, request };
        });
        expect(read.sort((a, b) => a.line - b.line)).toEqual(expected);
      }),
    );
  });

  it('give their records shard by shard too', () => {
    const records = Array.from({ length: 50 }, (_, line): Known => ({
      source: 0,
      line,
      suggestion: `s${line}`,
      note: 'é',
    }));
    const { objects } = stored([records], [], 3);
    const read = objects.get('shard 0')!.flatMap((part) => [...recordsOf(part)] as unknown as Known[]);
    expect(read.sort((a, b) => a.line - b.line)).toEqual(records);
  });

  it('are refused where a line is of no slice', async () => {
    const { objects, stage } = stored([[{ source: 0, line: 1, suggestion: 's', note: '' }]], [], 1);
    objects.set('shard 0', [linesOf([{ source: 0, line: 1, suggestion: 's' }])]);
    await expect(batchesOf(0, [], stage)).rejects.toMatchObject({ type: 'Damaged' });
  });
});
