/** Basis: by what a run judged, sealed beside its ledger, so that each of its verdicts can be explained when the run is over. */
import type { PlannedSource } from '../plan/pinned.ts';
import type { Stage } from '../run/stage.ts';
import type { Ref } from '../types.ts';

export interface Basis {
  policy: { file: string; text: string };
  /** Where the facts lay, and what they were. */
  facts: string | null;
  factsDigest: string;
  /** Milliseconds since 1970-01-01 UTC. */
  now: number;
  sources: PlannedSource[];
  /** Keyed hashes of who was erased before the run. */
  erased: string[];
}

/** Writes what the run of this stage judges by. It stays as long as the ledger does. */
export async function writeBasis(stage: Stage): Promise<Ref> {
  const { sources, factsDigest, now, erased } = stage.plan;
  const { policy } = stage.settings;
  const basis: Basis = { policy, facts: stage.request.facts, factsDigest, now, sources, erased };
  return stage.writeJson('ledger/basis', basis);
}
