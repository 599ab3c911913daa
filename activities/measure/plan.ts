/** Plans a measurement of what a finished curation admitted: who was let in, when, and by which facts is as it was then, or it is refused. */
import { createHash } from 'node:crypto';
import { ConfigError } from '../../config/document.ts';
import type { Policy } from '../../config/policy.ts';
import { isMeasured } from '../../config/measurement.ts';
import { readErasures } from '../../storage/people/erasures.ts';
import { ledgerPartCount } from '../plan/parts.ts';
import type { Plan } from '../plan/pinned.ts';
import { RunFailure } from '../run/failure.ts';
import type { Stage } from '../run/stage.ts';
import type { CurateInput, Planned } from '../types.ts';
import { readKept, type Kept } from './kept.ts';

/** @throws ConfigError where policies do not allow it; RunFailure SourceChanged where facts, erasures or the program are others since */
export async function measurePlan(input: CurateInput, stage: Stage): Promise<Planned> {
  const from = input.from!;
  const kept = await readKept(stage.store, from, stage.keystore);
  mayMeasure(kept, from, stage.policy);
  const changed = (what: string): never => {
    throw new RunFailure('SourceChanged', `${what} since ${from}: measure from the sources`);
  };
  if (kept.plan.factsDigest !== stage.facts.digest) changed('the facts have changed');
  if (kept.plan.codeVersion !== stage.codeVersion) changed('the program has changed');
  if (kept.plan.erased.join() !== (await readErasures(stage.keystore)).join()) changed('somebody was erased');
  const { policy, settings } = stage;
  const named = {
    kept: kept.plan.planDigest,
    policy: policy.digest,
    window: input.window,
    experiment: settings.experiment?.text,
  };
  const planDigest = createHash('sha256').update(JSON.stringify(named)).digest('hex');
  const plan: Plan = {
    ...kept.plan,
    ...{ run: input.run, planDigest, policyDigest: policy.digest, window: input.window },
    kept: { run: from, shards: kept.shards },
  };
  const ref = await stage.writeJson('plan', plan);
  const { sources, buckets } = plan;
  return {
    ...{ plan: ref, shards: kept.shards.length, buckets, sources: sources.length, ledgerParts: ledgerPartCount(plan) },
    ...{
      bytes: sources.reduce((sum, { size }) => sum + size, 0),
      planDigest,
      policyDigest: policy.digest,
      boilerplate: false,
    },
  };
}

/** Whether a policy may measure what a curation kept. @throws ConfigError saying what stands against it */
export function mayMeasure(kept: Kept | null, run: string, { purpose, measure, file }: Policy): asserts kept is Kept {
  const refuse = (problem: string): never => {
    throw new ConfigError('--run', undefined, '', problem);
  };
  if (!kept)
    return refuse(
      `${run} has no buckets: its policy named no purpose under output.measurable, an erasure took them back, or it lies in another --out. Measure from the sources with --input`,
    );
  if (!isMeasured(purpose) || !measure || !kept.purposes.includes(purpose))
    return refuse(`the policy of ${run} lets ${kept.purposes.join(', ')} measure it, not ${purpose}`);
  const beyond = kept.trainable.find((plan) => !measure.consent.plans.includes(plan));
  if (beyond)
    refuse(`${run} let in users of plan ${beyond}, whom ${file} consent.plans does not name: measure from the sources`);
}
