/** Whether a place can be written, before anything is begun that would find out late. Nothing is written. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openStore } from '../objects.ts';
import { faultOf, isMissing } from './file-fault.ts';
import { StorageFault, type ObjectStore } from './object.ts';

/**
 * Checks a folder by the rights on it, or on the nearest parent that is there; a bucket by removing what is not in it. A disk that is full is
 * not found this way.
 * @throws StorageFault naming the folder or bucket
 */
export async function checkWritable(place: string): Promise<void> {
  const store = openStore(place);
  if (!store.url.startsWith('file:')) return checkBucket(store, place);
  const folder = fileURLToPath(store.url);
  for (let path = folder; ; path = dirname(path)) {
    try {
      return await access(path, constants.W_OK | constants.X_OK);
    } catch (error) {
      if (!isMissing(error) || path === dirname(path)) throw faultOf(error, folder, 'not_writable');
    }
  }
}

async function checkBucket(store: ObjectStore, place: string): Promise<void> {
  try {
    await store.remove('.writable');
  } catch (error) {
    if (!(error instanceof StorageFault) || error.kind !== 'not_found') throw error;
    throw new StorageFault('not_writable', place.split('?', 1)[0]!, 'is in no bucket: make it');
  }
}
