/** What an answer of an S3 service, or its absence, means to whoever stores objects. */
import { StorageFault, type FaultKind } from '../objects/object.ts';

const NAMES: Record<string, FaultKind> = {
  NoSuchKey: 'not_found',
  NotFound: 'not_found',
  NoSuchBucket: 'not_found',
  QuotaExceeded: 'full',
  XMinioAdminBucketQuotaExceeded: 'full',
  XMinioStorageFull: 'full',
  // Of two conditional writes at once one is told to try again.
  ConditionalRequestConflict: 'unavailable',
};
const DENIED = new Set([
  'AccessDenied',
  'AllAccessDisabled',
  'CredentialsProviderError',
  'ExpiredToken',
  'InvalidAccessKeyId',
  'InvalidToken',
  'SignatureDoesNotMatch',
]);

/** What was being done when it failed: it decides what a refused condition or permission means. */
export type Act = 'read' | 'write';

/** The fault of an error met at a path. Faults pass as they are; the service's own message is not repeated. */
export function faultOf(error: unknown, path: string, act: Act): StorageFault {
  if (error instanceof StorageFault) return error;
  const name = nameOf(error);
  const status = statusOf(error);
  if (NAMES[name] === 'not_found' || status === 404) return new StorageFault('not_found', path);
  if (status === 412 || name === 'PreconditionFailed') {
    return new StorageFault(act === 'write' ? 'exists' : 'changed', path);
  }
  if (NAMES[name] !== undefined) return new StorageFault(NAMES[name], path);
  if (status === 507) return new StorageFault('full', path);
  if (DENIED.has(name) || status === 401 || status === 403) {
    return new StorageFault(
      act === 'write' ? 'not_writable' : 'not_readable',
      path,
      `was refused (${name}): check the AWS_* credentials, their rights on the bucket and the endpoint`,
    );
  }
  return new StorageFault(
    'unavailable',
    path,
    `could not be used (${name}${status === 0 ? '' : ` ${status}`}): try again`,
  );
}

export function statusOf(error: unknown): number {
  const metadata = (error as { $metadata?: { httpStatusCode?: number } } | null)?.$metadata;
  return metadata?.httpStatusCode ?? 0;
}

function nameOf(error: unknown): string {
  const { name, code } = (error ?? {}) as { name?: string; code?: string };
  return name === undefined || name === 'Error' ? (code ?? 'no error code') : name;
}
