/** What a worker counts: stages, records, redactions, bytes. No name of a file, repository or person is ever a label. */
import { Runtime } from '@temporalio/worker';
import type { RecheckSummary } from '../activities/erase/nightlyrecheck.ts';
import type { StageName } from '../activities/index.ts';
import type { Admitted, Assembled, Rendered, Settled } from '../activities/types.ts';

export interface StageMetrics {
  /** A try of a stage that ended: how, and after how many seconds. */
  ended(stage: StageName, how: string, seconds: number): void;
  /** What a stage that ended well did. */
  did(stage: StageName, result: unknown): void;
}

/** Counters of the process's runtime: they appear where the SDK's own metrics do. */
export function stageMetrics(): StageMetrics {
  const meter = Runtime.instance().metricMeter;
  const tries = meter.createCounter('garner_stage_tries', 'tries', 'Tries of stages that ended, by stage and how');
  const seconds = meter.createHistogram('garner_stage', 'float', 'seconds', 'Seconds of a try of a stage');
  const records = meter.createCounter('garner_records', 'records', 'Settled records, by outcome');
  const reasons = meter.createCounter('garner_records_out', 'records', 'Records that are out, by reason');
  const redactions = meter.createCounter('garner_redactions', 'findings', 'Redacted findings, by rule');
  const bytes = meter.createCounter(
    'garner_dataset_bytes',
    'bytes',
    'Bytes of dataset files before sealing, by format',
  );
  const rechecked = meter.createCounter(
    'garner_versions_rechecked',
    'versions',
    'Published versions that were judged again, by what became of them',
  );
  // Where a series begins with its first count, no alert sees that count.
  for (const state of ['clean', 'affected', 'unindexed', 'aggregate', 'withdrawn']) rechecked.add(0, { state });
  const redacted = (counts: Record<string, number>) => {
    for (const [rule, count] of Object.entries(counts)) redactions.add(count, { rule });
  };
  const does: { [Name in StageName]?: (result: never) => void } = {
    admit: (result: Admitted) => redacted(result.redactions),
    assemble: (result: Assembled) => redacted(result.redactions),
    render: (result: Rendered) => {
      for (const file of result.files) bytes.add(file.bytes, { format: file.format });
    },
    recheckAll: ({ versions }: RecheckSummary) => {
      for (const [state, count] of Object.entries(versions)) rechecked.add(count, { state });
    },
    settle: ({ tally }: Settled) => {
      for (const outcome of ['kept', 'excluded', 'rejected'] as const) records.add(tally[outcome], { outcome });
      for (const [reason, count] of Object.entries(tally.reasons))
        if (reason !== 'kept') reasons.add(count, { reason });
    },
  };
  return {
    ended: (stage, how, took) => {
      tries.add(1, { stage, how });
      seconds.record(took, { stage });
    },
    did: (stage, result) => (does[stage] as ((result: unknown) => void) | undefined)?.(result),
  };
}
