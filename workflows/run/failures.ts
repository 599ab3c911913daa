/** Failures as workflows see them: those that trying again does not mend, and what lies under the SDK's wrappings. */
import { ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import type { FailureType } from '../../activities/run/failure.ts';

const TYPES: Record<FailureType, true> = {
  ConfigInvalid: true,
  NoRecords: true,
  SourceChanged: true,
  CountsDiffer: true,
  NotWritable: true,
  Damaged: true,
  KeyMissing: true,
  Refused: true,
};
/** The closed set of activities/run/failure.ts, as the retry policy takes it. */
export const NOT_RETRIED = Object.keys(TYPES) as FailureType[];

/** Type and message of what a stage failed with. */
export function causeOf(error: unknown): { type: string; message: string } {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ApplicationFailure) return { type: cause.type ?? 'Unexpected', message: cause.message };
    if (cause instanceof TimeoutFailure) return { type: 'Timeout', message: 'no worker finished it in time' };
  }
  return { type: 'Unexpected', message: 'failed' };
}
