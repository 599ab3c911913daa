/** The state that operators see and steer: stage and counts, pause, approval. */
import { defineSearchAttributeKey } from '@temporalio/common';
import { ApplicationFailure, condition, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import type { Admitted, CurateInput } from '../activities/types.ts';
import { addTally, emptyTally } from '../curation/stages/ledger.ts';
import {
  approveUpdate,
  pauseUpdate,
  progressQuery,
  rejectUpdate,
  resumeUpdate,
  type Decision,
  type Progress,
  type StageLabel,
} from './messages.ts';

const STAGE = defineSearchAttributeKey('GarnerStage', 'KEYWORD');

export class Steering {
  readonly #starter: string;
  readonly #progress: Progress;

  constructor(input: CurateInput) {
    const now = Date.now();
    this.#starter = input.actor;
    this.#progress = {
      ...{ run: input.run, stage: 'plan', paused: false, finished: 0, total: 0, records: 0, out: emptyTally() },
      ...{ startedAt: now, stageStartedAt: now, approval: { required: input.approval === 'required' } },
    };
    const named = ({ by, why }: Decision) => {
      if (!by || !why) throw ApplicationFailure.nonRetryable('say who and why (--by, --why)', 'Refused');
    };
    setHandler(progressQuery, () => this.#progress);
    setHandler(pauseUpdate, () => void (this.#progress.paused = true), {
      validator: (decision) => {
        named(decision);
        if (this.#progress.paused) throw ApplicationFailure.nonRetryable('the run is paused already', 'Refused');
      },
    });
    setHandler(resumeUpdate, () => void (this.#progress.paused = false), {
      validator: (decision) => {
        named(decision);
        if (!this.#progress.paused) throw ApplicationFailure.nonRetryable('the run is not paused', 'Refused');
      },
    });
    setHandler(approveUpdate, ({ by }) => void (this.#progress.approval.by = by), {
      validator: (decision) => {
        named(decision);
        this.#checkWaiting();
        if (decision.by === this.#starter)
          throw ApplicationFailure.nonRetryable('somebody else than who started the run must approve it', 'Refused');
      },
    });
    setHandler(rejectUpdate, ({ by }) => void (this.#progress.approval.rejectedBy = by), {
      validator: (decision) => {
        named(decision);
        this.#checkWaiting();
      },
    });
  }

  async stage(stage: StageLabel, total = 0): Promise<void> {
    Object.assign(this.#progress, { stage, total, finished: 0, stageStartedAt: Date.now() });
    upsertSearchAttributes([{ key: STAGE, value: stage }]);
    if (stage !== 'done' && stage !== 'failed' && stage !== 'cancelled') await this.running();
  }

  /** Resolves at once, or when a pause ends. */
  async running(): Promise<void> {
    if (this.#progress.paused) await condition(() => !this.#progress.paused);
  }

  admitted(shard: Admitted): Admitted {
    this.#progress.records += shard.tally.records + shard.records;
    addTally(this.#progress.out, shard.tally);
    return this.finished(shard);
  }

  finished<T>(result: T): T {
    this.#progress.finished++;
    return result;
  }

  /** Waits for approval where the policy asks for it; who gave it, or null. @throws Refused where it was rejected. */
  async approval(): Promise<string | null> {
    const { approval } = this.#progress;
    if (!approval.required) return null;
    await this.stage('approval');
    await condition(() => approval.by !== undefined || approval.rejectedBy !== undefined);
    if (approval.rejectedBy !== undefined) throw ApplicationFailure.nonRetryable('publication was rejected', 'Refused');
    return approval.by!;
  }

  #checkWaiting(): void {
    const { stage, approval } = this.#progress;
    if (stage !== 'approval')
      throw ApplicationFailure.nonRetryable(`the run does not wait for approval: it is in ${stage}`, 'Refused');
    if (approval.by !== undefined || approval.rejectedBy !== undefined)
      throw ApplicationFailure.nonRetryable('that was decided already', 'Refused');
  }
}
