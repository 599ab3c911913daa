/** What of a finished curation stays to be measured, where its policy names purposes that may: its sealed buckets, and the record that names them. */
import type { MeasuredPurpose } from '../../curation/measurement/rows/field.ts';
import type { Plan as UserPlan } from '../../curation/events/event.ts';
import type { Keystore } from '../../storage/keystore.ts';
import type { ObjectStore } from '../../storage/objects.ts';
import type { Plan } from '../plan/pinned.ts';
import { readSealed, writeSealed } from '../run/settings.ts';
import type { Stage } from '../run/stage.ts';
import type { Admitted } from '../types.ts';

/** Objects of a run that stay with the record below; the rest of what it staged goes. */
export const KEPT_UNIT = 'admit';
const RECORD = 'kept';

export interface Kept {
  plan: Plan;
  shards: Admitted[];
  purposes: MeasuredPurpose[];
  /** Plans of users that the curation let in; all of them allowed training, at their events and at its now. */
  trainable: readonly UserPlan[];
  /** Where its facts lay. */
  facts: string | null;
}

export const keptKey = (run: string): string => `runs/${run}/${RECORD}`;

/** Nothing where the policy names no purpose. Written before the run is cleaned, which goes by it. */
export async function keepBuckets(shards: Admitted[], stage: Stage): Promise<void> {
  const { policy, plan, request } = stage;
  const { measurable } = policy.output;
  if (!measurable?.length) return;
  const { trainable } = policy.rules.consent;
  const kept: Kept = { plan, shards, purposes: measurable, trainable, facts: request.facts };
  await writeSealed(stage.store, keptKey(request.run), kept, stage.keystore);
}

/** Null where nothing of the run was kept, or an erasure took it back. */
export async function readKept(store: ObjectStore, run: string, keystore: Keystore): Promise<Kept | null> {
  const key = keptKey(run);
  return (await store.stat(key)) === null ? null : readSealed<Kept>(store, { key }, keystore);
}

/** Takes back the buckets of every finished curation: what is erased may be in any of them, and they can be made again. */
export async function removeKept(store: ObjectStore): Promise<void> {
  const runs: string[] = [];
  for await (const { key } of store.list('runs/')) {
    const [, run, unit, ...rest] = key.split('/');
    if (unit === RECORD && rest.length === 0) runs.push(run!);
  }
  for (const run of runs) await removeKeptOf(run, store);
}

/** Takes back the buckets of one run. The record goes last: killed before, they are still known as kept. */
export async function removeKeptOf(run: string, store: ObjectStore): Promise<void> {
  await store.removeAll(`runs/${run}/${KEPT_UNIT}/`);
  await store.remove(keptKey(run));
}
