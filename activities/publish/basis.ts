/** Basis: by what a run judged, sealed beside its ledger, so that each of its verdicts can be explained when the run is over. */
import type { Quarter } from '../../curation/events/window.ts';
import { SHARD_PARTS } from '../curate/admit.ts';
import { SourceQuarters } from '../curate/quarters.ts';
import type { PlannedSource } from '../plan/pinned.ts';
import type { Stage } from '../run/stage.ts';
import type { Admitted, Ref } from '../types.ts';

export interface Basis {
  policy: { file: string; text: string };
  /** Where the facts lay, and what they were. */
  facts: string | null;
  factsDigest: string;
  /** Milliseconds since 1970-01-01 UTC. */
  now: number;
  /** With the quarters of an hour in which their events happened. */
  sources: (PlannedSource & { quarters: Quarter[] })[];
  /** Keyed hashes of who was erased before the run. */
  erased: string[];
  window: { from: number; to: number } | null;
  codeVersion: string;
  /** Of all that decides: judged again under the same digest, every decision is the same. */
  planDigest: string;
}

/** Writes what the run of this stage judges by. It stays as long as the ledger does. */
export async function writeBasis(shards: readonly Admitted[], stage: Stage): Promise<Ref> {
  const { sources, factsDigest, now, erased, window, codeVersion, planDigest, buckets } = stage.plan;
  const quarters = new SourceQuarters();
  for (const { ref } of shards) quarters.merge(await stage.reader.read(ref, buckets + SHARD_PARTS.quarters));
  const basis: Basis = {
    ...{ policy: stage.settings.policy, facts: stage.request.facts, factsDigest, now, erased, window },
    ...{ codeVersion, planDigest },
    sources: sources.map((source, index) => ({ ...source, quarters: quarters.of(index) })),
  };
  return stage.writeJson('ledger/basis', basis);
}
