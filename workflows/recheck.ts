/** Recheck: judges every published version by today's facts, and ends with those that must be issued again. */
import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { RecheckInput, RecheckSummary } from '../activities/erase/nightlyrecheck.ts';
import { scheduledTime } from './nightly.ts';
import { stages } from './run/stages.ts';
import { setAttributes } from './run/steering.ts';

/** What is found is no failure, so that a schedule goes on: operators see it as GarnerOutcome="reissue". */
export async function recheck(input: RecheckInput): Promise<RecheckSummary> {
  setAttributes({ outcome: 'running' });
  const now = input.now ?? scheduledTime();
  const { runId } = workflowInfo();
  try {
    const summary = await stages.recheckAll({ ...input, now, run: `recheck-${runId}` });
    const due = summary.reissue.map(({ version }) => version);
    setCurrentDetails(due.length === 0 ? 'nothing to issue again' : `to issue again: ${due.join(', ')}`);
    setAttributes({ outcome: due.length === 0 ? 'done' : 'reissue' });
    return summary;
  } catch (error) {
    setAttributes({ outcome: 'failed' });
    throw error;
  }
}
