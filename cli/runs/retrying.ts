/** What failed and is tried again without anybody's doing. */
import type { Client } from '@temporalio/client';
import { decodeOptionalFailureToOptionalError } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { causeOf } from '../../workflows/run/failures.ts';

/** A try that failed and will be made again without anybody's doing. */
export interface Retrying {
  activity: string;
  attempt: number;
  type: string;
  message: string;
}

/** What is being tried again in these workflows. */
export async function askRetrying(client: Client, workflows: string[]): Promise<Retrying[]> {
  const found: Retrying[] = [];
  for (const id of workflows) {
    const described = await client.workflow
      .getHandle(id)
      .describe()
      .catch(() => null);
    for (const { activityId, activityType, attempt, lastFailure } of described?.raw.pendingActivities ?? []) {
      if ((attempt ?? 1) < 2) continue;
      const error = await decodeOptionalFailureToOptionalError(client.options.loadedDataConverter, lastFailure);
      // The units of a page have names, other activities are numbered.
      const activity = /^\d*$/.test(activityId ?? '') ? (activityType?.name ?? '') : activityId!;
      found.push({ activity, attempt: attempt!, ...causeOf(error) });
    }
  }
  return found;
}

export function retryLine({ activity, attempt, type, message }: Retrying): string {
  return `${activity}: try ${attempt} after ${type}: ${message}`;
}

/** Causes may name files, and people type reasons: control characters in them do not reach the terminal. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
}
