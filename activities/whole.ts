/** The stages one after the other in this process, without Temporal: for explanations of a file, and as the measure of what Temporal costs. */
import { admit } from './curate/admit.ts';
import { assemble } from './curate/assemble.ts';
import { gather } from './curate/gather.ts';
import { gatherSurveys, survey } from './curate/overlap.ts';
import { plan } from './plan/plan.ts';
import type { Basis } from './publish/basis.ts';
import { publish } from './publish/publish.ts';
import { render } from './publish/render.ts';
import { select } from './curate/select.ts';
import { settle } from './publish/settle.ts';
import { RunFailure } from './run/failure.ts';
import { openStage, type Stage, type WorkerSettings } from './run/stage.ts';
import type { Admitted, Assembled, CurateInput, Ref, Selected, Settled } from './types.ts';

export interface Judged {
  stage: Stage;
  shards: Admitted[];
  assembled: Assembled[];
  selected: Selected;
  settled: Settled;
}

/** What a run was planned with, to be judged again. */
export type PlannedBefore = Pick<Basis, 'sources' | 'planDigest'>;

/**
 * Plan to select and settle: every record has its ledger row, nothing is published.
 * @throws RunFailure SourceChanged where the plan is not the one of `before`
 */
export async function judgeHere(input: CurateInput, worker: WorkerSettings, before?: PlannedBefore): Promise<Judged> {
  const { run, out, settings, facts } = input;
  const request = { run, out, settings, facts, attempt: 'here' };
  const planned = await plan(input, await openStage(request, worker), before?.sources);
  if (before && planned.planDigest !== before.planDigest)
    throw new RunFailure('SourceChanged', 'what decides is not what the run was planned with');
  const stage = await openStage({ ...request, plan: planned.plan }, worker);
  const shards: Admitted[] = [];
  for (let shard = 0; shard < planned.shards; shard++) shards.push(await admit(shard, stage));
  const { shards: list, filter, reroutes } = await gather(shards, stage);
  let boilerplate: Ref | null = null;
  if (filter && planned.boilerplate) {
    const surveys: Ref[] = [];
    for (let bucket = 0; bucket < planned.buckets; bucket++) {
      const ref = await survey({ bucket, shards: list, reroutes, filter }, stage);
      if (ref) surveys.push(ref);
    }
    boilerplate = await gatherSurveys(surveys, filter, stage);
  }
  const assembled: Assembled[] = [];
  for (let bucket = 0; bucket < planned.buckets; bucket++)
    assembled.push(await assemble({ bucket, shards: list, reroutes, filter, boilerplate }, stage));
  const selected = await select(assembled, stage);
  const settled = await settle({ shards, assembled, selected }, stage);
  return { stage, shards, assembled, selected, settled };
}

/** A whole run, published. */
export async function curateHere(input: CurateInput, worker: WorkerSettings) {
  const { stage, shards, assembled, selected, settled } = await judgeHere(input, worker);
  const { plain, actor } = input;
  const buckets = assembled.map(({ ref }, bucket) => ({ bucket, ref }));
  const rendered = [
    await render({ part: 0, buckets, all: assembled.map(({ ref }) => ref), decisions: selected.ref, plain }, stage),
  ];
  return publish({ shards, assembled, selected, rendered, settled, plain, actor, approvedBy: null }, stage);
}
