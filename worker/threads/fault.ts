/** What a failed stage tells Temporal: a type from a closed set, a message without content, and whether trying again may help. */
import { ApplicationFailure } from '@temporalio/common';
import { RunFailure, type FailureType } from '../../activities/run/failure.ts';
import { ConfigError } from '../../config/document.ts';
import { FactsError } from '../../curation/rules/facts.ts';
import { PatternError } from '../../curation/rules/path/exclusion.ts';
import { GuardFault } from '../../storage/guard/fault.ts';
import { KeystoreFault } from '../../storage/keystore.ts';
import { StorageFault } from '../../storage/objects.ts';
import { SealFault } from '../../storage/seal.ts';

export interface Fault {
  type: FailureType | 'Unavailable' | 'Unexpected' | 'Hung';
  message: string;
  retry: boolean;
}

/** Errors of the program itself, which it would make again. */
const MISTAKES: ReadonlySet<string> = new Set(['ReferenceError', 'SyntaxError', 'TypeError', 'RangeError']);

export function faultOf(error: unknown): Fault {
  if (error instanceof RunFailure) return { type: error.type, message: error.message, retry: false };
  if (
    error instanceof ConfigError ||
    error instanceof FactsError ||
    error instanceof PatternError ||
    error instanceof GuardFault
  )
    return { type: 'ConfigInvalid', message: error.message, retry: false };
  if (error instanceof StorageFault) return storageFault(error);
  if (error instanceof SealFault)
    return { type: error.kind === 'no_identity' ? 'KeyMissing' : 'Damaged', message: error.message, retry: false };
  if (error instanceof KeystoreFault) return { type: 'KeyMissing', message: error.message, retry: false };
  // An unforeseen error may quote what it worked on: its kind and place are told, its message is not.
  const { name, stack } = error instanceof Error ? error : { name: 'unknown', stack: undefined };
  const place =
    stack
      ?.split('\n')
      .find((line) => /^\s+at /.test(line))
      ?.trim() ?? '';
  return { type: 'Unexpected', message: `${name} ${place}`.trim(), retry: !MISTAKES.has(name) };
}

function storageFault(error: StorageFault): Fault {
  const type = {
    not_writable: 'NotWritable',
    full: 'NotWritable',
    unavailable: 'Unavailable',
    changed: 'Damaged',
  } as const;
  return { type: type[error.kind as keyof typeof type] ?? 'Damaged', message: error.message, retry: error.retryable };
}

export function failureOf({ type, message, retry }: Fault): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: !retry });
}
