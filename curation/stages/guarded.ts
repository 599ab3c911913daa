/** Which removed text leaves fingerprints: what was taken out because of whose it is, not because of consent, vendoring or labels. */
import type { Reason } from '../verdict.ts';

const PRIVATE: ReadonlySet<Reason> = new Set<Reason>([
  'no_repository',
  'unknown_host',
  'unknown_repository',
  'identity_mismatch',
  'repository_deleted',
  'repository_private',
  'repository_was_private',
  'private_network',
  'owner_denied',
  'owner_opted_out',
  'license_not_allowed',
  'submodule_private',
  'path_excluded',
  'codeowner_denied',
  'rule_error',
]);

export function isPrivate(reason: Reason): boolean {
  return PRIVATE.has(reason);
}
