/** Gather: merges what the shards found into one private filter, and finds suggestions whose records name their request only in part. */
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { FingerprintFilter } from '../../curation/overlap/filter.ts';
import { eachFingerprint, FINGERPRINT_BYTES } from '../../curation/overlap/grams.ts';
import { SHARD_PARTS } from './admit.ts';
import { LineBuffer, linesOf } from '../run/container.ts';
import { RunFailure } from '../run/failure.ts';
import type { Stage } from '../run/stage.ts';
import type { Admitted, Gathered, Ref } from '../types.ts';

/** [suggestion, request] of a suggestion of which some records lack the request. */
export type Reroute = [string, string];

/** Share of bits set past which the filter claims more than it was sized for. */
const FULL = 0.35;

export async function gather(shards: Admitted[], stage: Stage): Promise<Gathered> {
  const fingerprints = shards.reduce((sum, shard) => sum + shard.fingerprints, 0);
  const filter = fingerprints > 0 ? await gatherFilter(shards, fingerprints, stage) : null;
  const reroutes = await rerouted(shards, stage);
  const list = new LineBuffer();
  for (const { ref } of shards) list.push(ref);
  return { shards: await stage.write('gather/shards', [list.bytes()]), filter, reroutes, fingerprints };
}

/**
 * Holds the filter and one shard's fingerprints, compressed, at a time. The filter's size comes from the plan and not from the count, which
 * counts what stands in several shards several times. @throws RunFailure ConfigInvalid where the sources held more than the plan allows for
 */
async function gatherFilter(shards: Admitted[], fingerprints: number, stage: Stage): Promise<Ref> {
  const merged = FingerprintFilter.sized(stage.plan.guardFingerprints);
  for (const shard of shards) {
    if (shard.fingerprints === 0) continue;
    const part = await stage.reader.read(shard.ref, stage.plan.buckets + SHARD_PARTS.fingerprints);
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of Readable.from([part]).pipe(createGunzip()) as AsyncIterable<Buffer>) {
      const held = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const whole = held.length - (held.length % FINGERPRINT_BYTES);
      eachFingerprint(held.subarray(0, whole), (high, low) => merged.add(high, low));
      rest = held.subarray(whole);
    }
    // The remainder of a cut part is no whole fingerprint, and is refused as such.
    eachFingerprint(rest, () => undefined);
    stage.progress({ fingerprints: merged.added });
  }
  if (merged.added !== fingerprints)
    throw new RunFailure('Damaged', `the shards hold ${merged.added} fingerprints and announced ${fingerprints}`);
  if (merged.fill() > FULL)
    throw new RunFailure(
      'ConfigInvalid',
      `${stage.policy.file} guard.memory: the sources hold more private code than their size promised: run on less input at once`,
    );
  return stage.writeStream('gather/filter', merged.pieces());
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
