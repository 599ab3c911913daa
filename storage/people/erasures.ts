/** Who was erased: keyed hashes in one sealed file beside the keys, consulted by every later run. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../host/private.ts';
import { withLock } from '../host/lock.ts';
import { KeystoreFault, type Keystore } from '../keystore.ts';
import { ignoreMissing } from '../objects/file-fault.ts';
import { open, seal } from '../seal.ts';

const FILE = 'erasures.age';
const LOCK = 'erasures';
/** A publication holds the lock while its version becomes visible, which takes a while on a bucket. */
const PATIENCE_MS = 600_000;
const KEY = /^[0-9a-f]{32}$/;

/** All erased keys, sorted. @throws KeystoreFault where the list cannot be read: nothing may run without it */
export async function readErasures(keystore: Keystore): Promise<string[]> {
  const path = join(keystore.folder, FILE);
  const sealed = await readFile(path).catch(ignoreMissing);
  if (sealed === undefined) return [];
  try {
    const keys = JSON.parse((await open(sealed, [keystore.identity().secret])).toString()) as unknown;
    if (Array.isArray(keys) && keys.every((key) => typeof key === 'string' && KEY.test(key))) return keys as string[];
  } catch {
    // Said below: what cannot be opened and what is no list are mended alike.
  }
  throw new KeystoreFault(path, 'is damaged: put it back from a backup; without it, erased people would come back');
}

/** Adds keys; they are on disk when this returns. Returns how many are new. */
export async function addErasures(keystore: Keystore, keys: readonly string[]): Promise<number> {
  if (!keys.every((key) => KEY.test(key))) throw new RangeError('an erasure is named by 32 lower-case hex digits');
  return withLock(
    keystore.folder,
    LOCK,
    async () => {
      const known = await readErasures(keystore);
      const all = new Set([...known, ...keys]);
      if (all.size === known.length) return 0;
      const bytes = Buffer.from(JSON.stringify([...all].sort()));
      await replaceFile(join(keystore.folder, FILE), await seal(bytes, [keystore.identity().recipient]));
      return all.size - known.length;
    },
    PATIENCE_MS,
  );
}

/** Runs `work` with the list as it stands; nobody is added until it ends. */
export function holdingErasures<T>(keystore: Keystore, work: (keys: ReadonlySet<string>) => Promise<T>): Promise<T> {
  return withLock(keystore.folder, LOCK, async () => work(new Set(await readErasures(keystore))), PATIENCE_MS);
}
