/** The stages by name: what a worker thread is asked to run, and what workflows see of it. */
import { admit } from './curate/admit.ts';
import { assemble, type AssembleInput } from './curate/assemble.ts';
import { clean, type CleanInput } from './run/clean.ts';
import {
  eraseCertify,
  eraseFind,
  eraseProbe,
  type CertifyInput,
  type EraseInput,
  type ProbeInput,
} from './erase/erase.ts';
import { gather } from './curate/gather.ts';
import { list, listed, type ListInput } from './run/list.ts';
import { measureAdmit } from './measure/admit.ts';
import { measureFigures } from './measure/figures.ts';
import { measureJoin, type Joined } from './measure/join.ts';
import { measurePlan } from './measure/plan.ts';
import { measurePublish, type MeasurePublishInput } from './measure/publish.ts';
import { note } from './run/note.ts';
import { gatherSurveys, survey, type SurveyInput } from './curate/overlap.ts';
import { plan } from './plan/plan.ts';
import { retentionDue, retentionExpire, retentionNote, type Expired, type RetentionStep } from './retention/expire.ts';
import type { DueItem } from './retention/due.ts';
import { publish, type PublishInput } from './publish/publish.ts';
import { recheckAll, type RecheckInput } from './erase/nightlyrecheck.ts';
import { reissue, type ReissueInput } from './erase/reissue.ts';
import { render, type RenderInput } from './publish/render.ts';
import { select } from './curate/select.ts';
import { rowsBefore, settle, writeLedgerPart } from './publish/settle.ts';
import { openStore } from '../storage/objects.ts';
import type { Stage, WorkerSettings } from './run/stage.ts';
import { closeWindow, openWindow, windowsDue, type DueWindow, type NightlyInput } from './nights/windows.ts';
import type {
  Admitted,
  Assembled,
  CurateInput,
  Decided,
  LedgerPart,
  Ref,
  Rendered,
  RunSummary,
  Selected,
  StageInput,
} from './types.ts';

/** Each stage takes what the workflow passes and the opened run. */
export const STAGES = {
  plan: (input: CurateInput, stage: Stage) => plan(input, stage),
  admit: (input: StageInput & { shard: number }, stage: Stage) => admit(input.shard, stage),
  gather: async (input: StageInput & { shards: Ref[] }, stage: Stage) =>
    gather(await listed<Admitted>(input.shards, stage), stage),
  survey: (input: StageInput & SurveyInput, stage: Stage) => survey(input, stage),
  gatherSurveys: async (input: StageInput & { surveys: Ref[]; filter: Ref }, stage: Stage) => {
    const surveys = await listed<Ref | null>(input.surveys, stage);
    return gatherSurveys(
      surveys.filter((ref) => ref !== null),
      input.filter,
      stage,
    );
  },
  assemble: (input: StageInput & AssembleInput, stage: Stage) => assemble(input, stage),
  select: async (input: StageInput & { assembled: Ref[] }, stage: Stage) =>
    select(await listed<Assembled>(input.assembled, stage), stage),
  render: async ({ from, to, ...input }: StageInput & RenderRange, stage: Stage) => {
    const assembled = await listed<Assembled>(input.assembled, stage);
    const buckets = assembled.slice(from, to).map(({ ref }, index) => ({ bucket: from + index, ref }));
    return render({ ...input, buckets, all: assembled.map(({ ref }) => ref) }, stage);
  },
  ledger: async ({ part, selected, ...input }: StageInput & JudgedPages & { part: number }, stage: Stage) => {
    const units = await unitsOf({ selected, ...input }, stage);
    return writeLedgerPart(part, rowsBefore(part, units.shards), { selected, ...units }, stage);
  },
  settle: async ({ ledger, ...input }: StageInput & JudgedPages & { ledger?: Ref[] }, stage: Stage) => {
    const judged = { selected: input.selected, ...(await unitsOf(input, stage)) };
    return settle(judged, stage, ledger && (await listed<LedgerPart>(ledger, stage)));
  },
  publish: async (input: StageInput & PublishPages, stage: Stage) =>
    publish(
      { ...input, ...(await unitsOf(input, stage)), rendered: await listed<Rendered>(input.rendered, stage) },
      stage,
    ),
  eraseFind: (input: StageInput & EraseInput, stage: Stage) => eraseFind(input, stage),
  reissue: (input: StageInput & ReissueInput, stage: Stage) => reissue(input, stage),
  eraseProbe: (input: StageInput & ProbeInput, stage: Stage) => eraseProbe(input, stage),
  eraseCertify: (input: StageInput & CertifyInput, stage: Stage) => eraseCertify(input, stage),
  list: (input: StageInput & ListInput, stage: Stage) => list(input, stage),
  measurePlan: (input: CurateInput, stage: Stage) => measurePlan(input, stage),
  measureAdmit: (input: StageInput & { shard: number }, stage: Stage) => measureAdmit(input.shard, stage),
  measureJoin: (input: StageInput & { bucket: number; shards: Ref[] }, stage: Stage) => measureJoin(input, stage),
  measureFigures: (input: StageInput & { joined: Joined[]; records: number }, stage: Stage) =>
    measureFigures(input, stage),
  measurePublish: (input: StageInput & MeasurePublishInput, stage: Stage) => measurePublish(input, stage),
  note: (input: StageInput & { decisions: Decided[] }, stage: Stage) => note(input.decisions, stage),
} as const;

/** What works without an opened run: before there is one, or where it can no longer be opened. */
export const BARE_STAGES = {
  clean: (input: StageInput & CleanInput) => clean(input, openStore(input.out)),
  windowsDue: (input: NightlyInput & { at: number }, worker: WorkerSettings) => windowsDue(input, worker),
  openWindow: (input: NightlyInput & { at: number; window: DueWindow }, worker: WorkerSettings) =>
    openWindow(input, worker),
  closeWindow: (input: NightlyInput & { at: number; window: DueWindow; summary: RunSummary }, worker: WorkerSettings) =>
    closeWindow(input, worker),
  recheckAll: (input: RecheckInput & { now: number; run: string }, worker: WorkerSettings) => recheckAll(input, worker),
  retentionDue: (input: RetentionStep) => retentionDue(input),
  retentionExpire: (input: RetentionStep & { items: DueItem[] }, worker: WorkerSettings) =>
    retentionExpire(input, worker),
  retentionNote: (input: RetentionStep & { expired: Expired }, worker: WorkerSettings) => retentionNote(input, worker),
} as const;

/** Units of earlier stages come as the lists of their pages. */
interface JudgedPages {
  shards: Ref[];
  assembled: Ref[];
  selected: Selected;
}
type RenderRange = Omit<RenderInput, 'buckets' | 'all'> & { assembled: Ref[]; from: number; to: number };
type PublishPages = Omit<PublishInput, 'shards' | 'assembled' | 'rendered'> & JudgedPages & { rendered: Ref[] };

async function unitsOf(input: JudgedPages, stage: Stage): Promise<{ shards: Admitted[]; assembled: Assembled[] }> {
  return {
    shards: await listed<Admitted>(input.shards, stage),
    assembled: await listed<Assembled>(input.assembled, stage),
  };
}

type Stages = typeof STAGES & typeof BARE_STAGES;
export type StageName = keyof Stages;

/** The same as activities: the run is opened from the input. */
export type Activities = {
  [Name in StageName]: (input: Parameters<Stages[Name]>[0]) => Promise<Awaited<ReturnType<Stages[Name]>>>;
};
