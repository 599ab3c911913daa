/** Page: up to 500 units of one stage (shards of admit, buckets of assemble, parts of render) in a history of their own. */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Decided, PageInput, PageResult, UnitResult } from '../activities/types.ts';
import { addTally, emptyTally } from '../curation/stages/ledger.ts';
import { causeOf } from './run/failures.ts';
import { holdSignal, pageQuery, retryUpdate, waitingSignal, type Failure } from './run/messages.ts';
import { stages } from './run/stages.ts';
import { named, refuse } from './run/steering.ts';
import { totalsOf } from './run/totals.ts';

/** Units of one page: about 3,500 events. */
export const PAGE_UNITS = 500;

export async function page(input: PageInput): Promise<PageResult> {
  const work = new Page(input);
  try {
    await work.all();
  } catch (error) {
    // What is in work ends before the run removes what was staged.
    await CancellationScope.nonCancellable(() => work.quiet());
    throw error;
  }
  const { stage, common, first, items } = input;
  const list = await stages.list({ ...common, stage, first, results: work.results });
  return { list, units: items.length, ...totalsOf(work.results), decisions: work.decisions };
}

class Page {
  readonly results: UnitResult[];
  readonly decisions: Decided[];
  readonly #input: PageInput;
  readonly #failures: Failure[];
  /** Indexes to begin, in order. */
  readonly #queue: number[] = [];
  /** Operators' retries of each unit: a part of the name of what the next try writes. */
  readonly #retries: Record<number, number>;
  #running = 0;
  /** Signals to the run that have not arrived yet. */
  #telling = 0;
  #left: number;
  #paused: boolean;
  #failed: { error: unknown } | null = null;

  constructor(input: PageInput) {
    const { items, first, stage } = input;
    const so = input.soFar;
    this.#input = input;
    this.#paused = so?.paused ?? input.paused;
    this.results = so?.results ?? new Array<UnitResult>(items.length).fill(null);
    this.decisions = so?.decisions ?? [];
    this.#failures = (so?.failures ?? []) as Failure[];
    this.#retries = so?.retries ?? {};
    const done = new Set(so?.done ?? []);
    const parked = new Set(this.#failures.map(({ unit }) => unit! - first));
    items.forEach((_, index) => {
      if (!done.has(index) && !parked.has(index)) this.#queue.push(index);
    });
    this.#left = items.length - done.size;
    setHandler(pageQuery, () => this.#progress(stage));
    setHandler(holdSignal, (held) => void (this.#paused = held));
    setHandler(
      retryUpdate,
      ({ unit, by, why }) => {
        const at = this.#failures.findIndex((failure) => failure.unit === unit);
        this.#failures.splice(at, 1);
        this.decisions.push({ what: `retry ${stage} ${unit}`, by, why, at: Date.now() });
        const index = unit! - first;
        this.#retries[index] = (this.#retries[index] ?? 0) + 1;
        this.#queue.unshift(index);
        this.#tellRun();
      },
      {
        validator: (decision) => {
          named(decision);
          if (!this.#failures.some(({ unit }) => unit === decision.unit))
            refuse(`unit ${decision.unit} of ${stage} does not wait to be tried again`);
        },
      },
    );
  }

  /** Works until every unit has its result, at most `width` at once. */
  async all(): Promise<void> {
    const { width } = this.#input;
    const full = () => workflowInfo().continueAsNewSuggested;
    while (this.#left > 0) {
      await condition(
        () =>
          this.#failed !== null ||
          this.#left === 0 ||
          (full() ? this.#running === 0 : this.#queue.length > 0 && this.#running < width && !this.#paused),
      );
      if (this.#failed) throw this.#failed.error;
      if (this.#left === 0) return;
      if (full()) await this.#goOn();
      else void this.#begin(this.#queue.shift()!);
    }
  }

  quiet(): Promise<void> {
    return condition(() => this.#running === 0);
  }

  async #begin(index: number): Promise<void> {
    const { stage, common, shared, items, first, waits } = this.#input;
    const unit = first + index;
    const again = this.#retries[index] ?? 0;
    this.#running++;
    try {
      const call = stages[stage].executeWithOptions as (options: object, args: unknown[]) => Promise<UnitResult>;
      this.results[index] = await call(
        { activityId: `${stage}-${unit}${again > 0 ? `.${again}` : ''}`, summary: `${stage} ${unit}` },
        [{ ...common, ...shared, ...items[index] }],
      );
      this.#left--;
    } catch (error) {
      if (!waits || isCancellation(error)) this.#failed ??= { error };
      else {
        this.#failures.push({ workflow: workflowInfo().workflowId, stage, unit, ...causeOf(error), since: Date.now() });
        this.#tellRun();
      }
    } finally {
      this.#running--;
    }
  }

  /** The history is long: a fresh one takes over with what is done. Nothing is in work. */
  async #goOn(): Promise<never> {
    // What a workflow that has ended had yet to send is lost.
    await condition(() => allHandlersFinished() && this.#telling === 0);
    const waiting = new Set([...this.#queue, ...this.#failures.map(({ unit }) => unit! - this.#input.first)]);
    return continueAsNew<typeof page>({
      ...this.#input,
      soFar: {
        results: this.results,
        done: this.results.flatMap((_, index) => (waiting.has(index) ? [] : [index])),
        failures: this.#failures,
        decisions: this.decisions,
        retries: this.#retries,
        paused: this.#paused,
      },
    });
  }

  /** For the run's search attribute alone: no unit waits for it. */
  #tellRun(): void {
    const { parent, workflowId } = workflowInfo();
    if (!parent) return;
    this.#telling++;
    getExternalWorkflowHandle(parent.workflowId)
      .signal(waitingSignal, workflowId, this.#failures.length)
      .catch(() => undefined)
      .finally(() => this.#telling--);
  }

  #progress(stage: PageInput['stage']) {
    const out = emptyTally();
    let records = 0;
    for (const result of this.results) {
      if (!result || !('tally' in result)) continue;
      addTally(out, result.tally);
      records += result.records + result.tally.records;
    }
    const total = this.results.length;
    return {
      ...{ stage, finished: total - this.#left, total, running: this.#running, paused: this.#paused },
      ...{ records, out, failures: this.#failures },
    };
  }
}
