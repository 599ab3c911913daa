/** What each failure says to the person at the terminal, and the exit code of the command. */
import { ApplicationFailure, CancelledFailure, TerminatedFailure } from '@temporalio/common';
import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ConfigError } from '../config/document.ts';
import { FactsError } from '../curation/rules/facts.ts';
import { PatternError } from '../curation/rules/path/exclusion.ts';
import { GuardFault } from '../storage/guard/fault.ts';
import { KeystoreFault } from '../storage/keystore.ts';
import { ForeignKey } from '../worker/codec.ts';
import { StorageFault } from '../storage/objects.ts';
import { FolderInUse } from '../worker/server/embedded.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';

/** Failure types of a run that the user mends in files or options. */
const USAGE: ReadonlySet<string> = new Set(['ConfigInvalid', 'NoRecords']);

/** What to print and to exit with for anything that a command throws. */
export function explainFailure(error: unknown): { code: ExitCode; message: string } {
  if (error instanceof CommandError) return { code: error.code, message: error.message };
  if (
    error instanceof ConfigError ||
    error instanceof FactsError ||
    error instanceof PatternError ||
    error instanceof KeystoreFault ||
    error instanceof ForeignKey ||
    error instanceof GuardFault
  )
    return { code: EXIT.usage, message: error.message };
  if (error instanceof StorageFault)
    return { code: error.kind === 'not_found' ? EXIT.usage : EXIT.failed, message: error.message };
  if (error instanceof FolderInUse) return { code: EXIT.failed, message: error.message };
  if (error instanceof WorkflowFailedError || error instanceof WorkflowUpdateFailedError) return runFailure(error);
  return { code: EXIT.failed, message: error instanceof Error ? error.message : 'failed' };
}

function runFailure(error: Error): { code: ExitCode; message: string } {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof CancelledFailure) return { code: EXIT.cancelled, message: 'cancelled' };
    if (cause instanceof TerminatedFailure)
      return { code: EXIT.failed, message: 'it, or a page of it, was terminated in Temporal: run it again' };
    if (cause instanceof ApplicationFailure && cause.type)
      return { code: USAGE.has(cause.type) ? EXIT.usage : EXIT.failed, message: cause.message };
  }
  return { code: EXIT.failed, message: error.message };
}
