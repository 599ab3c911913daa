/** What gather makes of the links of shards: the request of every suggestion that some records leave without one. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SHARD_PARTS } from '../../../activities/curate/admit.ts';
import { gather, type Reroute } from '../../../activities/curate/gather.ts';
import { LineBuffer, linesOf } from '../../../activities/run/container.ts';
import type { Stage } from '../../../activities/run/stage.ts';
import type { Admitted, Ref } from '../../../activities/types.ts';

type Link = [suggestion: string, request: string | null, partly: boolean];

/** What it reroutes, where each shard holds these links. */
async function reroutes(shards: Link[][]): Promise<Reroute[]> {
  const written = new Map<string, Buffer[]>();
  const stage = {
    plan: { buckets: 3 },
    progress: () => undefined,
    reader: {
      read: ({ key }: Ref, part: number) => {
        expect(part).toBe(3 + SHARD_PARTS.links);
        const lines = new LineBuffer();
        for (const link of shards[Number(key)]!) lines.push(link);
        return Promise.resolve(lines.bytes());
      },
    },
    write: (unit: string, parts: Buffer[]) => {
      written.set(unit, parts);
      return Promise.resolve({ key: unit, size: 0 });
    },
  };
  const admitted = shards.map((_, shard) => ({
    ref: { key: String(shard), size: 0 },
    ...{ fingerprints: 0, withheld: 0, withheldFingerprints: 0 },
  }));
  const { reroutes: ref } = await gather(admitted as unknown as Admitted[], stage as unknown as Stage);
  return ref === null ? [] : [...linesOf<Reroute>(written.get(ref.key)![0]!)];
}

/** Few suggestions in many shards; ids that look like the end of a link too. */
const id = fc.oneof(fc.nat({ max: 9 }).map(String), fc.constantFrom('true]', '",true]', '"'));
const link = fc
  .record({ suggestion: id, request: fc.option(id), named: fc.boolean() })
  .map(({ suggestion, request, named }): Link => [suggestion, request, request === null || !named]);
const shard = fc.uniqueArray(link, { selector: ([suggestion]) => suggestion, maxLength: 12 });

it('finds the first request of each suggestion that some record leaves without one, in any order of shards', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(shard, { maxLength: 5 }), async (shards) => {
      const all = shards.flat();
      const expected = [...new Set(all.filter(([, , partly]) => partly).map(([suggestion]) => suggestion))]
        .sort()
        .map((suggestion) => {
          const named = all.filter(([of, request]) => of === suggestion && request !== null);
          return [suggestion, named.map(([, request]) => request!).sort()[0]] as const;
        })
        .filter(([suggestion, request]) => request !== undefined && request !== suggestion);
      expect(await reroutes(shards)).toEqual(expected);
      expect(await reroutes(shards.toReversed())).toEqual(expected);
    }),
  );
});

it('reroutes nothing where every record names its request', async () => {
  expect(await reroutes([[['s1', 'r1', false]], [['s1', 'r1', false]]])).toEqual([]);
});
