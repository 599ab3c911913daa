/** The state that operators see and steer: stage and counts, pause, approval, retries. */
import { defineSearchAttributeKey } from '@temporalio/common';
import {
  ApplicationFailure,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { CurateInput, PageResult } from '../../activities/types.ts';
import { addTally, emptyTally } from '../../curation/stages/ledger.ts';
import { windowText } from '../../curation/events/window.ts';
import { causeOf } from './failures.ts';
import {
  approveUpdate,
  holdSignal,
  pauseUpdate,
  progressQuery,
  rejectUpdate,
  resumeUpdate,
  retryUpdate,
  waitingSignal,
  type Decision,
  type Progress,
  type RetryDecision,
  type StageLabel,
} from './messages.ts';

const keyword = (name: string) => defineSearchAttributeKey(name, 'KEYWORD');
const ATTRIBUTE = {
  purpose: keyword('GarnerPurpose'),
  stage: keyword('GarnerStage'),
  policy: keyword('GarnerPolicy'),
  window: keyword('GarnerWindow'),
  version: keyword('GarnerVersion'),
  outcome: keyword('GarnerOutcome'),
} as const;

/** Fills search attributes: opaque or from closed sets, since Temporal stores them readable. */
export function setAttributes(values: Partial<Record<keyof typeof ATTRIBUTE, string>>): void {
  upsertSearchAttributes(
    Object.entries(values).map(([name, value]) => ({ key: ATTRIBUTE[name as keyof typeof ATTRIBUTE], value })),
  );
}

/** @throws Refused unless it is said who decides and why */
export function named({ by, why }: Decision): void {
  if (!by || !why) refuse('say who and why (--by, --why)');
}

export function refuse(message: string): never {
  throw ApplicationFailure.nonRetryable(message, 'Refused');
}

function retried({ unit }: RetryDecision): string {
  return unit === null ? 'retry' : `retry ${unit}`;
}

export class Steering {
  readonly progress: Progress;
  readonly #starter: string;
  readonly #waits: boolean;
  /** Units that wait for an operator, by page. */
  readonly #waiting = new Map<string, number>();

  constructor(input: CurateInput) {
    const now = Date.now();
    this.#starter = input.actor;
    this.#waits = input.onFailure === 'wait';
    this.progress = {
      ...{ run: input.run, stage: 'plan', paused: false, finished: 0, total: 0, running: 0, records: 0 },
      ...{ out: emptyTally(), startedAt: now, stageStartedAt: now, failures: [], pages: [], decisions: [] },
      approval: { required: input.approval === 'required' },
    };
    const { progress } = this;
    this.attributes({ purpose: input.purpose, window: windowText(input.window), outcome: 'running' });
    setHandler(progressQuery, () => progress);
    setHandler(pauseUpdate, (decision) => this.#hold(true, decision), {
      validator: (decision) => {
        named(decision);
        if (progress.paused) refuse('the run is paused already');
      },
    });
    setHandler(resumeUpdate, (decision) => this.#hold(false, decision), {
      validator: (decision) => {
        named(decision);
        if (!progress.paused) refuse('the run is not paused');
      },
    });
    const approval = (decision: Decision) => {
      named(decision);
      this.#checkWaiting();
    };
    setHandler(
      approveUpdate,
      (decision) => this.#decide('approve', decision, () => (progress.approval.by = decision.by)),
      {
        validator: (decision) => {
          approval(decision);
          if (decision.by === this.#starter) refuse('somebody else than who started the run must approve it');
        },
      },
    );
    setHandler(
      rejectUpdate,
      (decision) => this.#decide('reject', decision, () => (progress.approval.rejectedBy = decision.by)),
      { validator: approval },
    );
    setHandler(retryUpdate, (decision) => this.#decide(retried(decision), decision, () => this.#again(decision.unit)), {
      validator: (decision) => {
        named(decision);
        if (!progress.failures.some(({ unit }) => unit === decision.unit))
          refuse('no such stage or shard of the run waits to be tried again');
      },
    });
    setHandler(waitingSignal, (page, count) => {
      if (count > 0) this.#waiting.set(page, count);
      else this.#waiting.delete(page);
      this.#outcome();
    });
  }

  readonly attributes = setAttributes;

  async stage(stage: StageLabel, total = 0): Promise<void> {
    const waited = this.progress.stage === 'approval';
    Object.assign(this.progress, { stage, total, finished: 0, stageStartedAt: Date.now() });
    const ended = stage === 'done' || stage === 'failed' || stage === 'cancelled';
    const outcome = ended ? stage : stage === 'approval' ? 'waiting' : waited ? 'running' : undefined;
    this.attributes({ stage, ...(outcome ? { outcome } : {}) });
    if (!ended) await this.running();
  }

  /** Resolves at once, or when a pause ends. */
  async running(): Promise<void> {
    if (this.progress.paused) await condition(() => !this.progress.paused);
  }

  /** Does one stage, or one unit of it; where failures wait, an operator has it tried again until it works. */
  async attempt<T>(work: () => Promise<T>, unit: number | null = null): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const { progress } = this;
        if (!this.#waits || isCancellation(error)) throw error;
        const cause = causeOf(error);
        if (cause.type === 'NoRecords' || cause.type === 'ConfigInvalid') throw error;
        const failure = { workflow: progress.run, stage: progress.stage, unit, ...cause, since: Date.now() };
        progress.failures.push(failure);
        this.#outcome();
        await condition(() => !progress.failures.includes(failure));
        this.#outcome();
      }
    }
  }

  /** Counts a page that ended. */
  paged<T extends PageResult>(page: T): T {
    this.progress.finished += page.units;
    this.progress.records += page.tally.records + page.records;
    addTally(this.progress.out, page.tally);
    this.progress.decisions.push(...page.decisions);
    return page;
  }

  /** A page is over: whatever it told last, nothing of it waits any more. */
  leave(page: string): void {
    const { pages } = this.progress;
    pages.splice(pages.indexOf(page), 1);
    if (this.#waiting.delete(page)) this.#outcome();
  }

  /** Waits for approval where the policy asks for it; who gave it, or null. @throws Refused where it was rejected. */
  async approval(): Promise<string | null> {
    const { approval } = this.progress;
    if (!approval.required) return null;
    await this.stage('approval');
    await condition(() => approval.by !== undefined || approval.rejectedBy !== undefined);
    if (approval.rejectedBy !== undefined) throw ApplicationFailure.nonRetryable('publication was rejected', 'Refused');
    return approval.by!;
  }

  #again(unit: number | null): void {
    this.progress.failures = this.progress.failures.filter((failure) => failure.unit !== unit);
  }

  #decide(what: string, { by, why }: Decision, apply: () => void): void {
    this.progress.decisions.push({ what, by, why, at: Date.now() });
    apply();
  }

  async #hold(held: boolean, decision: Decision): Promise<void> {
    this.#decide(held ? 'pause' : 'resume', decision, () => (this.progress.paused = held));
    // A page that has just ended has nothing left to hold.
    await Promise.all(
      this.progress.pages.map((page) =>
        getExternalWorkflowHandle(page)
          .signal(holdSignal, held)
          .catch(() => undefined),
      ),
    );
  }

  #outcome(): void {
    const waits = this.#waiting.size > 0 || this.progress.failures.length > 0;
    this.attributes({ outcome: waits ? 'waiting' : 'running' });
  }

  #checkWaiting(): void {
    const { stage, approval } = this.progress;
    if (stage !== 'approval') refuse(`the run does not wait for approval: it is in ${stage}`);
    if (approval.by !== undefined || approval.rejectedBy !== undefined) refuse('that was decided already');
  }
}
