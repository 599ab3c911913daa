/**
 * Guard files of named private corpora, from the files that a command or a schedule names to where every worker of a run finds them: sealed,
 * beside the run's settings. Whoever starts a run opens them, mixes their digests into the run's id, and stores them under that id.
 */
import { GuardFault } from '../../storage/guard/fault.ts';
import { readGuard } from '../../storage/guard/file.ts';
import { keyFileOf, readGuardKey, type GuardKey } from '../../storage/guard/key.ts';
import type { Keystore } from '../../storage/keystore.ts';
import { openStore } from '../../storage/objects.ts';
import { sealStream } from '../../storage/seal.ts';
import type { StoredGuard } from './settings.ts';

/** A guard file with its key. */
export interface NamedGuard {
  file: string;
  key: GuardKey;
}

/** Guard files with their keys: those of `keyFiles`, or `FILE.key` beside each. @throws GuardFault where a file or its key is missing */
export async function namedGuards(files: readonly string[], keyFiles: readonly string[] = []): Promise<NamedGuard[]> {
  const keys = await Promise.all(keyFiles.map(readGuardKey));
  const guards: NamedGuard[] = [];
  for (const file of files) {
    const { header, filter } = await readGuard(file);
    await filter.return(undefined);
    const key =
      keyFiles.length === 0 ? await readGuardKey(keyFileOf(file)) : keys.find(({ id }) => id === header.keyId);
    if (key?.id !== header.keyId) throw otherKey(file, header.keyId);
    guards.push({ file, key });
  }
  return guards;
}

/** What decides a run of its guards: key ids and digests, ascending. @throws GuardFault where a file is damaged or of another key */
export async function digestGuards(guards: readonly NamedGuard[]): Promise<{ keyId: string; sha256: string }[]> {
  const found = new Map<string, { keyId: string; sha256: string }>();
  for (const { file, key } of guards) {
    const { header, filter, sha256 } = await readGuard(file);
    if (header.keyId !== key.id) throw otherKey(file, header.keyId);
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

function otherKey(file: string, keyId: string): GuardFault {
  return new GuardFault(file, `was made with key ${keyId}: name the file of that key with --guard-key`);
}

function byDigest(a: { sha256: string }, b: { sha256: string }): number {
  return a.sha256 < b.sha256 ? -1 : 1;
}
