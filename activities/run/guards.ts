/** Puts guard files of named private corpora where every worker of a run finds them: sealed, beside the run's settings. */
import { GuardFault } from '../../storage/guard/fault.ts';
import { readGuard } from '../../storage/guard/file.ts';
import type { GuardKey } from '../../storage/guard/key.ts';
import type { Keystore } from '../../storage/keystore.ts';
import { openStore } from '../../storage/objects.ts';
import { sealStream } from '../../storage/seal.ts';
import type { StoredGuard } from './stage.ts';

/** A guard file with its key. */
export interface NamedGuard {
  file: string;
  key: GuardKey;
}

/** What decides a run of its guards: key ids and digests, ascending. @throws GuardFault where a file is damaged or of another key */
export async function digestGuards(guards: readonly NamedGuard[]): Promise<{ keyId: string; sha256: string }[]> {
  const found = new Map<string, { keyId: string; sha256: string }>();
  for (const { file, key } of guards) {
    const { header, filter, sha256 } = await readGuard(file);
    if (header.keyId !== key.id)
      throw new GuardFault(file, `was made with key ${header.keyId}, not ${key.id}: name its key with --guard-key`);
    for await (const _ of filter);
    found.set(sha256(), { keyId: header.keyId, sha256: sha256() });
  }
  return [...found.values()].sort(byDigest);
}

/** Stores the guards of a run. @throws GuardFault where a file is not what `digestGuards` read */
export async function storeGuards(
  guards: readonly NamedGuard[],
  digests: readonly { sha256: string }[],
  at: { out: string; run: string; keystore: Keystore },
): Promise<StoredGuard[]> {
  const store = openStore(at.out);
  const stored = new Map<string, StoredGuard>();
  for (const { file, key } of guards) {
    const { header, filter, sha256 } = await readGuard(file);
    const object = `runs/${at.run}/guards/${header.filter.slice(0, 32)}`;
    if ((await store.stat(object)) === null)
      await store.write(object, sealStream([at.keystore.identity().recipient])(filter));
    // Another command asked for the same run: its worker may be reading what is there.
    else for await (const _ of filter);
    if (!digests.some((known) => known.sha256 === sha256()))
      throw new GuardFault(file, 'changed while it was being read: run again');
    const { keyId, mode } = header;
    stored.set(sha256(), { keyId, sha256: sha256(), mode, key: key.key.toString('base64'), filter: { key: object } });
  }
  return [...stored.values()].sort(byDigest);
}

function byDigest(a: { sha256: string }, b: { sha256: string }): number {
  return a.sha256 < b.sha256 ? -1 : 1;
}
