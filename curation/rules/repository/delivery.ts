/** Webhook deliveries of the `repository` event, as GitHub sends them, to what they say of a repository. */
import { createHash } from 'node:crypto';
import type { Json } from '../../proof/canonical.ts';
import { canonicalJson } from '../../proof/canonical.ts';
import type { FactRecord } from '../facts/record.ts';
import { lower } from './remote.ts';
import type { RepositoryDelivery, Visibility } from './state.ts';
import { VISIBILITIES } from './state.ts';

/** Fields of the envelope around a payload. `deliveryId` (or `guid`) tells a repeated delivery from a second event. */
export const DELIVERY_FIELDS = ['deliveredAt', 'payload', 'host', 'deliveryId', 'guid'] as const;

/**
 * The host is the envelope's, else that of the payload's addresses, else github.com. The stricter of `private` and `visibility`
 * counts, and `privatized` is private whatever the rest says.
 * @throws FactsError where the payload does not tell which repository it is about, or whether it is private
 */
export function readDelivery(record: FactRecord): RepositoryDelivery {
  const payload = record.object('payload');
  const repository = payload.object('repository');
  const fullName = repository.text('full_name');
  const slash = fullName.lastIndexOf('/');
  if (slash <= 0 || slash === fullName.length - 1) repository.fail('full_name', 'is not owner/name');
  const action = payload.text('action');
  const given = record.optionalText('deliveryId') ?? record.optionalText('guid');
  const delivery: RepositoryDelivery = {
    host: lower(record.optionalText('host') ?? hostOf(repository) ?? 'github.com'),
    id: repository.id('id'),
    owner: lower(fullName.slice(0, slash)),
    name: lower(fullName.slice(slash + 1)),
    visibility: action === 'privatized' ? 'private' : visibilityOf(repository),
    since: record.instant('deliveredAt'),
    action,
    event: given ?? digest(record, payload.value),
    identified: given !== undefined,
    source: record.source,
  };
  const fork = repository.optionalFlag('fork');
  if (fork !== undefined) delivery.fork = fork;
  const license = licenseOf(repository);
  if (license !== undefined) delivery.license = license;
  return delivery;
}

function visibilityOf(repository: FactRecord): Visibility {
  const isPrivate = repository.optionalFlag('private');
  if (repository.value['visibility'] === undefined || repository.value['visibility'] === null) {
    return isPrivate === undefined
      ? repository.fail('visibility', 'is missing, and so is private: one of them must stand')
      : isPrivate
        ? 'private'
        : 'public';
  }
  const visibility = repository.choice('visibility', VISIBILITIES);
  return isPrivate === true && visibility === 'public' ? 'private' : visibility;
}

function hostOf(repository: FactRecord): string | undefined {
  for (const field of ['html_url', 'clone_url', 'git_url', 'ssh_url']) {
    const url = repository.optionalText(field);
    if (url === undefined) continue;
    const host = /^(?:[a-z+]+:\/\/)?(?:[^@/]*@)?([^/:?#]+)/i.exec(url)?.[1];
    return host ?? repository.fail(field, 'is not an address with a host');
  }
  return undefined;
}

function licenseOf(repository: FactRecord): string | undefined {
  const license = repository.value['license'];
  if (license === undefined || license === null) return undefined;
  return repository.object('license').optionalText('spdx_id');
}

function digest(record: FactRecord, payload: Record<string, unknown>): string {
  try {
    return createHash('sha256')
      .update(canonicalJson(payload as Json))
      .digest('base64url')
      .slice(0, 22);
  } catch {
    return record.fail('payload', 'holds text that is not well-formed Unicode');
  }
}
