/** Nightly: curates or measures the window that its scheduled time closes, and curates again those before whose events came late, newest first. */
import { ApplicationFailure, executeChild, patched, workflowInfo } from '@temporalio/workflow';
import type { DueWindow, NightlyInput } from '../activities/nights/windows.ts';
import type { RunSummary } from '../activities/types.ts';
import { curate } from './curate.ts';
import { measure } from './measure.ts';
import { stagesWith } from './run/stages.ts';

const books = stagesWith({ startToCloseTimeout: '1 hour' }, 'windowsDue', 'openWindow', 'closeWindow');

/** A start that comes so long after its time is a backfill: it lets the night of today go first. */
const BACKFILL_MS = 36 * 3_600_000;
/** A figure can wait for an example. */
const PRIORITY = { curate: 2, measure: 3, backfill: 4 } as const;

export interface NightlyResult {
  windows: { day: string; late: boolean; version: string; digest: string }[];
}

export async function nightly(input: NightlyInput): Promise<NightlyResult> {
  const { id, kind } = input.schedule;
  const at = scheduledTime();
  const { startTime } = workflowInfo();
  const [workflow, turn] = kind === 'curate' ? [curate, PRIORITY.curate] : [measure, PRIORITY.measure];
  const priorityKey = startTime.getTime() - at > BACKFILL_MS ? PRIORITY.backfill : turn;
  const windows: NightlyResult['windows'] = [];
  const isDone = ({ day }: DueWindow) => windows.some((window) => window.day === day);
  let due = await books.windowsDue({ ...input, at });
  for (let window: DueWindow | undefined = due[0]; window; window = due.find((other) => !isDone(other))) {
    const run = await books.openWindow({ ...input, at, window });
    const summary: RunSummary = await executeChild(workflow, {
      workflowId: run.run,
      args: [run],
      staticSummary: `${kind} ${window.day}${window.late ? ', again: events came late' : ''}`,
      priority: { priorityKey, fairnessKey: id },
    });
    await books.closeWindow({ ...input, at, window, summary });
    windows.push({ day: window.day, late: window.late, version: summary.version, digest: summary.digest });
    // Which files hold events of earlier windows is known once they were read. Nights that began before that was asked take what was due.
    if (patched('ask-again')) due = await books.windowsDue({ ...input, at });
  }
  return { windows };
}

/** When the schedule meant this start to be, however late it came: a backfill's lies in the past. */
export function scheduledTime(): number {
  const value = workflowInfo().searchAttributes['TemporalScheduledStartTime']?.[0];
  const time = value instanceof Date ? value.getTime() : NaN;
  if (Number.isNaN(time)) throw ApplicationFailure.nonRetryable('start it by its schedule', 'Refused');
  return time;
}
