/** Curate: plan, admit, gather, assemble, select, render, settle, publish. Order, retries and signals; the work is in the activities. */
import {
  ActivityCancellationType,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  proxyActivities,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Assembled, CurateInput, Planned, Ref, RunSummary, StageInput } from '../activities/types.ts';
import { mapBounded } from './bounded.ts';
import { Steering } from './steering.ts';
import { NOT_RETRIED } from './failures.ts';

const stages = proxyActivities<Activities>({
  startToCloseTimeout: '12 hours',
  heartbeatTimeout: '12 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    maximumAttempts: 30,
    nonRetryableErrorTypes: [...NOT_RETRIED],
  },
});

/** Bytes of example text that one part of render takes: a file of each format and split. */
const PART_BYTES = 256e6;

export async function curate(input: CurateInput): Promise<RunSummary> {
  const steering = new Steering(input);
  try {
    const summary = await run(input, steering);
    await steering.stage('done');
    return summary;
  } catch (error) {
    await CancellationScope.nonCancellable(() => stages.clean({ ...stageInput(input), keepLedger: false }));
    await steering.stage(isCancellation(error) ? 'cancelled' : 'failed');
    throw error;
  }
}

async function run(input: CurateInput, steering: Steering): Promise<RunSummary> {
  await steering.stage('plan');
  const planned = await stages.plan(input);
  const common = stageInput(input, planned);
  const bounded = <T, R>(items: T[], work: (item: T) => Promise<R>) =>
    mapBounded(items, input.concurrency, steering, work);

  await steering.stage('admit', planned.shards);
  const shards = await bounded(count(planned.shards), async (shard) =>
    steering.admitted(await stages.admit({ ...common, shard })),
  );
  const records = shards.reduce((sum, shard) => sum + shard.tally.records + shard.records, 0);
  if (records === 0) throw ApplicationFailure.nonRetryable('there is no record in the whole input', 'NoRecords');

  await steering.stage('gather');
  const { shards: list, filter, reroutes } = await stages.gather({ ...common, shards });
  const buckets = count(planned.buckets);
  let boilerplate: Ref | null = null;
  if (filter && planned.boilerplate) {
    const surveys = await bounded(buckets, (bucket) =>
      stages.survey({ ...common, bucket, shards: list, reroutes, filter }),
    );
    boilerplate = await stages.gatherSurveys({ ...common, surveys: surveys.filter((ref) => ref !== null), filter });
  }

  await steering.stage('assemble', planned.buckets);
  const assembled = await bounded(buckets, async (bucket) =>
    steering.finished(await stages.assemble({ ...common, bucket, shards: list, reroutes, filter, boilerplate })),
  );

  await steering.stage('select');
  const selected = await stages.select({ ...common, assembled });

  const parts = partsOf(assembled);
  await steering.stage('render', parts.length);
  const rendered = await bounded(parts, async ({ part, buckets }) =>
    steering.finished(await stages.render({ ...common, part, buckets, decisions: selected.ref })),
  );
  const settled = await stages.settle({ ...common, shards, assembled, selected });

  const approvedBy = await steering.approval();
  await steering.stage('publish');
  const { summary } = await stages.publish({
    ...common,
    shards,
    assembled,
    selected,
    rendered,
    settled,
    actor: input.actor,
    approvedBy,
  });
  await stages.clean({ ...common, keepLedger: true });
  return summary;
}

function stageInput(input: CurateInput, planned?: Planned): StageInput {
  const { run, out, settings, facts, plain } = input;
  return { run, out, settings, facts, plain, plan: planned?.plan ?? null };
}

/** Neighbouring buckets until their examples fill a part. */
function partsOf(assembled: Assembled[]): { part: number; buckets: { bucket: number; ref: Ref }[] }[] {
  const parts: { part: number; buckets: { bucket: number; ref: Ref }[] }[] = [];
  let room = 0;
  assembled.forEach(({ ref, bytes }, bucket) => {
    if (parts.length === 0 || bytes > room) {
      parts.push({ part: parts.length, buckets: [] });
      room = PART_BYTES;
    }
    parts.at(-1)!.buckets.push({ bucket, ref });
    room -= bytes;
  });
  return parts;
}

function count(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
