/** What operators can ask and tell a run. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Decided, PagedStage } from '../../activities/types.ts';
import type { Tally } from '../../curation/stages/ledger.ts';

export type StageLabel =
  | 'plan'
  | 'admit'
  | 'gather'
  | 'survey'
  | 'assemble'
  | 'select'
  | 'render'
  | 'approval'
  | 'publish'
  | 'done'
  | 'failed'
  | 'cancelled';

/** A unit of work (a shard of admit, a bucket of assemble, a part of render, or a whole stage) that waits for an operator. */
export interface Failure {
  /** Id of the workflow that the retry update goes to. */
  workflow: string;
  stage: string;
  /** Number of the shard, bucket or part; null where the stage is one unit. */
  unit: number | null;
  /** From the closed set of activities/run/failure.ts. */
  type: string;
  /** Holds nothing of any record. */
  message: string;
  /** On the workflow's clock, milliseconds since 1970-01-01 UTC. */
  since: number;
}

export interface Progress {
  run: string;
  stage: StageLabel;
  paused: boolean;
  /** Units (shards, buckets, parts) of the stage: finished and in all; 0 of 0 where a stage is one unit. */
  finished: number;
  total: number;
  /** Units in work; those of the pages that are running are asked of the pages. */
  running: number;
  /** Of admit: records read, and those already out by reason. */
  records: number;
  out: Tally;
  /** Times on the workflow's clock, milliseconds since 1970-01-01 UTC. */
  startedAt: number;
  stageStartedAt: number;
  approval: { required: boolean; by?: string; rejectedBy?: string };
  failures: Failure[];
  /** Ids of the child workflows that work on a page of this stage. */
  pages: string[];
  decisions: Decided[];
}

/** What a page says of itself: its share of the run's progress. */
export interface PageProgress {
  stage: PagedStage;
  finished: number;
  total: number;
  running: number;
  paused: boolean;
  records: number;
  out: Tally;
  failures: Failure[];
}

/** Who does it and why: kept with the run. */
export interface Decision {
  by: string;
  why: string;
}

/** Which unit to try again; a stage that is one unit has none. */
export interface RetryDecision extends Decision {
  unit: number | null;
}

export const progressQuery = defineQuery<Progress>('progress');
export const pageQuery = defineQuery<PageProgress>('progress');
export const pauseUpdate = defineUpdate<void, [Decision]>('pause');
export const resumeUpdate = defineUpdate<void, [Decision]>('resume');
export const approveUpdate = defineUpdate<void, [Decision]>('approve');
export const rejectUpdate = defineUpdate<void, [Decision]>('reject');
export const retryUpdate = defineUpdate<void, [RetryDecision]>('retry');
/** From a run to its pages. */
export const holdSignal = defineSignal<[boolean]>('hold');
/** From a page to its run: how many of its units wait for an operator. */
export const waitingSignal = defineSignal<[string, number]>('waiting');
