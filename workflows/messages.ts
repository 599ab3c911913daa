/** What operators can ask and tell a run. */
import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { Tally } from '../curation/stages/ledger.ts';

export type StageLabel =
  | 'plan'
  | 'admit'
  | 'gather'
  | 'assemble'
  | 'select'
  | 'render'
  | 'approval'
  | 'publish'
  | 'done'
  | 'failed'
  | 'cancelled';

export interface Progress {
  run: string;
  stage: StageLabel;
  paused: boolean;
  /** Units (shards, buckets, parts) of the stage: finished and in all; 0 of 0 where a stage is one unit. */
  finished: number;
  total: number;
  /** Of admit: records read, and those already out by reason. */
  records: number;
  out: Tally;
  /** Times on the workflow's clock, milliseconds since 1970-01-01 UTC. */
  startedAt: number;
  stageStartedAt: number;
  approval: { required: boolean; by?: string; rejectedBy?: string };
}

/** Who does it and why: kept with the run. */
export interface Decision {
  by: string;
  why: string;
}

export const progressQuery = defineQuery<Progress>('progress');
export const pauseUpdate = defineUpdate<void, [Decision]>('pause');
export const resumeUpdate = defineUpdate<void, [Decision]>('resume');
export const approveUpdate = defineUpdate<void, [Decision]>('approve');
export const rejectUpdate = defineUpdate<void, [Decision]>('reject');
