/** Curate: plan, admit, gather, assemble, select, render, settle, publish. Order, retries and signals; the work is in the activities. */
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  patched,
  setCurrentDetails,
  startChild,
} from '@temporalio/workflow';
import type {
  CurateInput,
  PagedStage,
  PageResult,
  Planned,
  Ref,
  RunSummary,
  StageInput,
  UnitItem,
} from '../activities/types.ts';
import { both, mapBounded } from './run/bounded.ts';
import { holdSignal } from './run/messages.ts';
import { PAGE_UNITS, page as pageWorkflow } from './page.ts';
import { lastRites, stages } from './run/stages.ts';
import { Steering } from './run/steering.ts';

/** Bytes of example text that one part of render takes: a file of each format and split. */
const PART_BYTES = 256e6;
/** Pages at once: while one ends the next fills the workers. */
const PAGES_AT_ONCE = 2;

export async function curate(input: CurateInput): Promise<RunSummary> {
  const steering = new Steering(input);
  const { decisions } = steering.progress;
  try {
    const summary = await run(input, steering);
    await steering.stage('done');
    return summary;
  } catch (error) {
    await CancellationScope.nonCancellable(async () => {
      // The failure of the run is what counts: that cleaning failed too must not hide it.
      if (decisions.length > 0) await lastRites.note({ ...stageInput(input), decisions }).catch(() => undefined);
      await lastRites.clean({ ...stageInput(input), keepLedger: false }).catch(() => undefined);
    });
    await steering.stage(isCancellation(error) ? 'cancelled' : 'failed');
    throw error;
  }
}

async function run(input: CurateInput, steering: Steering): Promise<RunSummary> {
  await steering.stage('plan');
  const planned = await steering.attempt(() => stages.plan(input));
  steering.attributes({ policy: planned.policyDigest.slice(0, 12) });
  setCurrentDetails(`${planned.sources} sources, ${planned.shards} shards, ${planned.buckets} buckets`);
  const common = stageInput(input, planned);
  const paged = (stage: PagedStage, items: UnitItem[], shared: object = {}, begun?: () => void) =>
    inPages(input, common, steering, stage, items, shared, begun);

  await steering.stage('admit', planned.shards);
  const shards = await paged(
    'admit',
    count(planned.shards, (shard) => ({ shard })),
  );
  const records = shards.reduce((sum, page) => sum + page.tally.records + page.records, 0);
  if (records === 0) throw ApplicationFailure.nonRetryable('there is no record in the whole input', 'NoRecords');
  const shardLists = listsOf(shards);

  await steering.stage('gather');
  const gathered = await steering.attempt(() => stages.gather({ ...common, shards: shardLists }));
  const { shards: list, filter, reroutes } = gathered;
  const buckets = count(planned.buckets, (bucket) => ({ bucket }));
  let boilerplate: Ref | null = null;
  if (filter && planned.boilerplate) {
    await steering.stage('survey', planned.buckets);
    const surveys = listsOf(await paged('survey', buckets, { shards: list, reroutes, filter }));
    boilerplate = await steering.attempt(() => stages.gatherSurveys({ ...common, surveys, filter }));
  }

  await steering.stage('assemble', planned.buckets);
  const assembledPages = await paged('assemble', buckets, { shards: list, reroutes, filter, boilerplate });
  const assembled = listsOf(assembledPages);

  await steering.stage('select');
  const selected = await steering.attempt(() => stages.select({ ...common, assembled }));

  const parts = partsOf(assembledPages.flatMap(({ bytes }) => bytes));
  const { ledgerParts = 0 } = planned;
  await steering.stage('render', parts.length + ledgerParts);
  const judged = { shards: shardLists, assembled, selected };
  let rendering = parts.length === 0;
  const render = async () =>
    listsOf(await paged('render', parts, { assembled, decisions: selected.ref }, () => (rendering = true)));
  const writeLedger = async () => {
    // Parts of render are few and long: the last of them would be worked at alone.
    if (patched('render-first')) await condition(() => rendering);
    return listsOf(
      await paged(
        'ledger',
        count(ledgerParts, (part) => ({ part })),
        judged,
      ),
    );
  };
  const settle = (ledger?: Ref[]) => steering.attempt(() => stages.settle({ ...common, ...judged, ledger }));
  // Runs that began before the ledger had parts settle it as one, when all is rendered.
  const [rendered, ledger] = patched('ledger-by-part') ? await both(steering, render, writeLedger) : [await render()];
  const settled = await settle(ledger);

  const approvedBy = await steering.approval();
  await steering.stage('publish');
  const { actor } = input;
  const { summary } = await steering.attempt(() =>
    stages.publish({ ...common, shards: shardLists, assembled, selected, rendered, settled, actor, approvedBy }),
  );
  steering.attributes({ version: summary.version });
  const { decisions } = steering.progress;
  if (decisions.length > 0) await stages.note({ ...common, decisions });
  await stages.clean({ ...common, keepLedger: true });
  return summary;
}

/** Runs a stage over its units in pages; results come in the order of the units. `begun` is told of each page that has started. */
function inPages(
  input: CurateInput,
  common: StageInput,
  steering: Steering,
  stage: PagedStage,
  items: UnitItem[],
  shared: object,
  begun?: () => void,
): Promise<PageResult[]> {
  const { progress } = steering;
  const { run, concurrency: width, onFailure } = input;
  const starts = count(Math.ceil(items.length / PAGE_UNITS), (page) => page * PAGE_UNITS);
  return mapBounded(starts, PAGES_AT_ONCE, steering, async (first) => {
    const workflowId = `${run}-${stage}-${first / PAGE_UNITS}`;
    const part = items.slice(first, first + PAGE_UNITS);
    progress.pages.push(workflowId);
    try {
      const { paused } = progress;
      const child = await startChild(pageWorkflow, {
        workflowId,
        staticSummary: `${stage} ${first} to ${first + part.length - 1}`,
        args: [{ stage, common, shared, items: part, first, width, waits: onFailure === 'wait', paused }],
      });
      begun?.();
      // A pause or resume that came before there was a page to tell. One that is gone tells so by its result.
      if (progress.paused !== paused) await child.signal(holdSignal, progress.paused).catch(() => undefined);
      return steering.paged(await child.result());
    } finally {
      steering.leave(workflowId);
    }
  });
}

function stageInput(input: CurateInput, planned?: Planned): StageInput {
  const { run, out, settings, facts, plain } = input;
  return { run, out, settings, facts, plain, plan: planned?.plan ?? null };
}

function listsOf(pages: PageResult[]): Ref[] {
  return pages.map(({ list }) => list);
}

/** Neighbouring buckets until their examples fill a part; `bytes` of example text by bucket. */
function partsOf(bytes: number[]): { part: number; from: number; to: number }[] {
  const parts: { part: number; from: number; to: number }[] = [];
  let room = 0;
  bytes.forEach((size, bucket) => {
    if (parts.length === 0 || size > room) {
      parts.push({ part: parts.length, from: bucket, to: bucket });
      room = PART_BYTES;
    }
    parts.at(-1)!.to = bucket + 1;
    room -= size;
  });
  return parts;
}

function count<T>(length: number, item: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => item(index));
}
