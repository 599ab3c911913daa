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
  window: { from: number; to: number } | null;
  codeVersion: string;
  /** Of all that decides: judged again under the same digest, every decision is the same. */
  planDigest: string;
}

/** Writes what the run of this stage judges by. It stays as long as the ledger does. */
export async function writeBasis(stage: Stage): Promise<Ref> {
  const { sources, factsDigest, now, erased, window, codeVersion, planDigest } = stage.plan;
  const decided = { factsDigest, now, sources, erased, window, codeVersion, planDigest };
  const basis: Basis = { policy: stage.settings.policy, facts: stage.request.facts, ...decided };
  return stage.writeJson('ledger/basis', basis);
}
