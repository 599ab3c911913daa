/** Gather: merges what the shards found into one private filter, and finds suggestions whose records name their request only in part. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { FingerprintFilter } from '../curation/overlap/filter.ts';
import { eachFingerprint } from '../curation/overlap/fingerprint-set.ts';
import { SHARD_PARTS } from './admit.ts';
import { LineBuffer, linesOf } from './container.ts';
import type { Stage } from './stage.ts';
import type { Admitted, Gathered, Ref } from './types.ts';

/** [suggestion, request] of a suggestion of which some records lack the request. */
export type Reroute = [string, string];

export async function gather(shards: Admitted[], stage: Stage): Promise<Gathered> {
  const { buckets } = stage.plan;
  const fingerprints = shards.reduce((sum, shard) => sum + shard.fingerprints, 0);
  let filter: Ref | null = null;
  if (fingerprints > 0) {
    const merged = FingerprintFilter.sized(fingerprints);
    for (const shard of shards) {
      if (shard.fingerprints === 0) continue;
      const bytes = await stage.reader.read(shard.ref, buckets + SHARD_PARTS.fingerprints);
      eachFingerprint(gunzipSync(bytes, { maxOutputLength: 0x7fffffff }), (high, low) => merged.add(high, low));
      stage.progress({ fingerprints });
    }
    filter = await stage.write('gather/filter', [gzipSync(merged.toBytes(), { level: 1 })]);
  }
  const reroutes = await rerouted(shards, stage);
  const list = new LineBuffer();
  for (const { ref } of shards) list.push(ref);
  return { shards: await stage.write('gather/shards', [list.bytes()]), filter, reroutes, fingerprints };
}

async function rerouted(shards: Admitted[], stage: Stage): Promise<Ref | null> {
  const requests = new Map<string, string>();
  const without = new Set<string>();
  for (const shard of shards) {
    const bytes = await stage.reader.read(shard.ref, stage.plan.buckets + SHARD_PARTS.links);
    for (const [suggestion, request, partly] of linesOf<[string, string | null, boolean]>(bytes)) {
      if (request !== null) {
        // Several requests for one suggestion: the first in order, so that every shard order gives the same.
        const known = requests.get(suggestion);
        if (known === undefined || request < known) requests.set(suggestion, request);
      }
      if (partly) without.add(suggestion);
    }
    stage.progress({ links: requests.size });
  }
  const lines = new LineBuffer();
  for (const suggestion of [...without].sort()) {
    const request = requests.get(suggestion);
    if (request !== undefined && request !== suggestion) lines.push([suggestion, request] satisfies Reroute);
  }
  return lines.lines === 0 ? null : stage.write('gather/reroutes', [lines.bytes()]);
}
