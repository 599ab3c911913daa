/** Nightly: curates the day that its scheduled time closes, and again the days before whose events came late. */
import { ApplicationFailure, executeChild, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { NightlyInput } from '../activities/run/windows.ts';
import type { RunSummary } from '../activities/types.ts';
import { curate } from './curate.ts';
import { NOT_RETRIED } from './failures.ts';

const books = proxyActivities<Pick<Activities, 'windowsDue' | 'openWindow' | 'closeWindow'>>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '12 seconds',
  retry: { maximumInterval: '1 minute', maximumAttempts: 30, nonRetryableErrorTypes: [...NOT_RETRIED] },
});

/** A start that comes so long after its time is a backfill: it lets the night of today go first. */
const BACKFILL_MS = 36 * 3_600_000;
const PRIORITY = { nightly: 2, backfill: 4 } as const;

export interface NightlyResult {
  windows: { day: string; late: boolean; version: string; digest: string }[];
}

export async function nightly(input: NightlyInput): Promise<NightlyResult> {
  const at = scheduledTime();
  const { startTime } = workflowInfo();
  const priorityKey = startTime.getTime() - at > BACKFILL_MS ? PRIORITY.backfill : PRIORITY.nightly;
  const windows: NightlyResult['windows'] = [];
  for (const window of await books.windowsDue({ ...input, at })) {
    const run = await books.openWindow({ ...input, at, window });
    const summary: RunSummary = await executeChild(curate, {
      workflowId: run.run,
      args: [run],
      staticSummary: `curate ${window.day}${window.late ? ', again: events came late' : ''}`,
      priority: { priorityKey, fairnessKey: input.schedule.id },
    });
    await books.closeWindow({ ...input, at, window, summary });
    windows.push({ day: window.day, late: window.late, version: summary.version, digest: summary.digest });
  }
  return { windows };
}

/** When the schedule meant this start to be, however late it came: a backfill's lies in the past. */
function scheduledTime(): number {
  const value = workflowInfo().searchAttributes['TemporalScheduledStartTime']?.[0];
  const time = value instanceof Date ? value.getTime() : NaN;
  if (Number.isNaN(time)) throw ApplicationFailure.nonRetryable('start it by its schedule', 'Refused');
  return time;
}
