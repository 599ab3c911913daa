/** The tombstone that stands where a version was taken back, and the destruction of what lay there. */
import { createHash } from 'node:crypto';
import { sign } from '../../curation/proof/dsse.ts';
import { tombstoneStatement, type Tombstone } from '../../curation/proof/erasure.ts';
import { MANIFEST, type ObjectStore } from '../../storage/objects.ts';
import { indexKey } from './erasure.ts';
import type { Stage } from '../run/stage.ts';

export const TOMBSTONE = 'TOMBSTONE.json';
/** Lock, in the keystore's folder, of who takes a version back. */
export const REISSUE_LOCK = 'reissue';

/** The tombstone of `name/version`; null where the version was not taken back. */
export async function readTombstone(store: ObjectStore, version: string): Promise<Tombstone | null> {
  const key = `datasets/${version}/${TOMBSTONE}`;
  if ((await store.stat(key)) === null) return null;
  const { envelope: _, ...tombstone } = JSON.parse((await store.readAll(key)).toString()) as Tombstone & {
    envelope: unknown;
  };
  return tombstone;
}

/** Writes the tombstone, signed. From then on the version counts as taken back, though its objects still lie there. */
export async function writeTombstone(
  tombstone: Tombstone,
  { store, keystore }: Pick<Stage, 'store' | 'keystore'>,
): Promise<void> {
  const { privateKey, keyid } = keystore.signing();
  const envelope = sign(tombstoneStatement(tombstone), privateKey, keyid);
  const key = `datasets/${tombstone.name}/${tombstone.version}/${TOMBSTONE}`;
  await store.write(key, Buffer.from(JSON.stringify({ ...tombstone, envelope }, null, 2) + '\n'));
}

/** What is about to be destroyed of a version: the stored form of everything under `data/`, read once. */
export async function storedDigests(version: string, store: ObjectStore): Promise<Tombstone['destroyed']> {
  const folder = `datasets/${version}/`;
  const found: Tombstone['destroyed'] = [];
  for await (const { key } of store.list(`${folder}data/`)) {
    const hash = createHash('sha256');
    for await (const chunk of store.read(key)) hash.update(chunk);
    found.push({ path: key.slice(folder.length), sha256: hash.digest('hex') });
  }
  return found;
}

/** Removes all that a version held but its tombstone: the manifest first, so that a half-removed folder is no dataset, the index last. */
export async function destroyVersion(version: string, store: ObjectStore): Promise<void> {
  const folder = `datasets/${version}/`;
  await store.remove(folder + MANIFEST);
  const left = new Set<string>();
  for await (const { key } of store.list(folder)) {
    const [part, ...under] = key.slice(folder.length).split('/');
    // Folders as a whole, so that no empty one stays.
    if (part !== TOMBSTONE) left.add(under.length > 0 ? `${part}/` : part!);
  }
  for (const part of left) await (part.endsWith('/') ? store.removeAll(folder + part) : store.remove(folder + part));
  await store.remove(indexKey(version));
}
