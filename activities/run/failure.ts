/** Failures of a run that trying again does not mend, as a closed set of types; the type is readable in Temporal, the message is sealed. */

export type FailureType =
  | 'ConfigInvalid'
  | 'NoRecords'
  | 'SourceChanged'
  | 'CountsDiffer'
  | 'NotWritable'
  | 'Damaged'
  | 'KeyMissing'
  | 'Refused';

export class RunFailure extends Error {
  override readonly name = 'RunFailure';
  readonly type: FailureType;

  constructor(type: FailureType, message: string) {
    super(message);
    this.type = type;
  }
}
