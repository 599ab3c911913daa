/** Measure: plan, admit, join, figures, publish, for the purposes that do not train. Order, retries and signals; the work is in the activities. */
import { ApplicationFailure, CancellationScope, isCancellation } from '@temporalio/workflow';
import type { CurateInput, RunSummary, StageInput } from '../activities/types.ts';
import { mapBounded } from './run/bounded.ts';
import { lastRites, stages } from './run/stages.ts';
import { Steering } from './run/steering.ts';

export async function measure(input: CurateInput): Promise<RunSummary> {
  const steering = new Steering(input);
  const { run, out, settings, facts, plain } = input;
  const opened: StageInput = { run, out, settings, facts, plain, plan: null };
  try {
    const summary = await measured(input, opened, steering);
    await steering.stage('done');
    return summary;
  } catch (error) {
    const { decisions } = steering.progress;
    await CancellationScope.nonCancellable(async () => {
      if (decisions.length > 0) await lastRites.note({ ...opened, decisions }).catch(() => undefined);
      await lastRites.clean({ ...opened, keepLedger: false }).catch(() => undefined);
    });
    await steering.stage(isCancellation(error) ? 'cancelled' : 'failed');
    throw error;
  }
}

async function measured(input: CurateInput, opened: StageInput, steering: Steering): Promise<RunSummary> {
  const { progress } = steering;
  await steering.stage('plan');
  const planned = await steering.attempt(() => (input.from ? stages.measurePlan(input) : stages.plan(input)));
  steering.attributes({ policy: planned.policyDigest.slice(0, 12) });
  const common = { ...opened, plan: planned.plan };
  const units = (length: number) => Array.from({ length }, (_, index) => index);

  await steering.stage('admit', planned.shards);
  const shards = await mapBounded(units(planned.shards), input.concurrency, steering, async (shard) => {
    const options = { summary: `admit ${shard}` };
    const admit = () => stages.measureAdmit.executeWithOptions(options, [{ ...common, shard }]);
    const admitted = await steering.attempt(admit, shard);
    progress.finished++;
    progress.records += admitted.tally.records + admitted.records;
    return admitted;
  });
  const records = shards.reduce((sum, shard) => sum + shard.tally.records + shard.records, 0);
  if (records === 0) throw ApplicationFailure.nonRetryable('there is no record in the whole input', 'NoRecords');

  await steering.stage('assemble', planned.buckets);
  const refs = shards.map(({ ref }) => ref);
  const joined = await mapBounded(units(planned.buckets), input.concurrency, steering, async (bucket) => {
    const options = { summary: `assemble ${bucket}` };
    const join = () => stages.measureJoin.executeWithOptions(options, [{ ...common, bucket, shards: refs }]);
    const outcomes = await steering.attempt(join, bucket);
    progress.finished++;
    return outcomes;
  });

  await steering.stage('render');
  const figures = await steering.attempt(() => stages.measureFigures({ ...common, joined, records }));
  const approvedBy = await steering.approval();
  await steering.stage('publish');
  const { actor } = input;
  const summary = await steering.attempt(() =>
    stages.measurePublish({ ...common, shards, joined, figures, actor, approvedBy }),
  );
  steering.attributes({ version: summary.version });
  const { decisions } = progress;
  if (decisions.length > 0) await stages.note({ ...common, decisions });
  await stages.clean({ ...common, keepLedger: true });
  return summary;
}
