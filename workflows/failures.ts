/** Types of failures that trying again does not mend: the closed set of activities/failure.ts, as the retry policy takes it. */
import type { FailureType } from '../activities/failure.ts';

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
export const NOT_RETRIED = Object.keys(TYPES) as FailureType[];
