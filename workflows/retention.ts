/** Retention: removes what has passed the age that the policy sets, looks whether it is gone, and leaves an audit entry. */
import { workflowInfo } from '@temporalio/workflow';
import type { DueItem } from '../activities/retention/due.ts';
import type { Expired, RetentionInput } from '../activities/retention/expire.ts';
import { scheduledTime } from './nightly.ts';
import { stages } from './run/stages.ts';

/** Items of one activity: a batch that was killed is done again as a whole. */
const BATCH = 20;

export interface RetentionSummary extends Expired {
  /** Id of the workflow, which tombstones and the audit entry carry. */
  retention: string;
}

export async function retention(input: RetentionInput): Promise<RetentionSummary> {
  const step = { ...input, at: input.now ?? scheduledTime(), retention: workflowInfo().workflowId };
  const due: DueItem[] = await stages.retentionDue(step);
  const parts: Expired[] = [];
  for (let first = 0; first < due.length; first += BATCH)
    parts.push(await stages.retentionExpire({ ...step, items: due.slice(first, first + BATCH) }));
  const expired = sumOf(parts);
  await stages.retentionNote({ ...step, expired });
  return { retention: step.retention, ...expired };
}

function sumOf(parts: readonly Expired[]): Expired {
  const sum: Expired = {
    items: { raw: 0, staging: 0, ledger: 0, dataset: 0 },
    ...{ objects: 0, bytes: 0, keys: 0, datasets: [], days: [], remaining: [] },
  };
  for (const part of parts) {
    for (const kind of Object.keys(sum.items) as DueItem['kind'][]) sum.items[kind] += part.items[kind];
    for (const field of ['objects', 'bytes', 'keys'] as const) sum[field] += part[field];
    for (const field of ['datasets', 'days', 'remaining'] as const) sum[field].push(...part[field]);
  }
  return sum;
}
