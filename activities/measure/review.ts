/** The review file: what reviewers said of suspects, sealed beside the keys, changed by one process at a time. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { emptyReview, type Review } from '../../curation/measurement/abuse/review.ts';
import { withLock } from '../../storage/host/lock.ts';
import type { Keystore } from '../../storage/keystore.ts';
import { open, seal } from '../../storage/seal.ts';

const FILE = 'abuse.json.age';

/** @throws SealFault where the file is damaged: without it nobody can say who was confirmed, so nothing goes on */
export async function readReview(keystore: Keystore): Promise<Review> {
  let sealed: Buffer;
  try {
    sealed = await readFile(join(folderOf(keystore), FILE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return emptyReview();
    throw error;
  }
  return JSON.parse((await open(sealed, [keystore.identity().secret])).toString()) as Review;
}

export async function updateReview(keystore: Keystore, change: (review: Review) => Review): Promise<Review> {
  const folder = folderOf(keystore);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return withLock(folder, 'review', async () => {
    const changed = change(await readReview(keystore));
    const sealed = await seal(Buffer.from(JSON.stringify(changed)), [keystore.identity().recipient]);
    const fresh = join(folder, `.${FILE}-${process.pid}`);
    await writeFile(fresh, sealed, { mode: 0o600 });
    await rename(fresh, join(folder, FILE));
    return changed;
  });
}

/** For an investigation: the cases that reviewers have. None before the first rotation, until which the same people have the same pseudonyms. */
export async function casesOf(keystore: Keystore, purpose: string): Promise<{ cases?: string[] }> {
  if (purpose !== 'abuse-investigation' || keystore.pseudonymEpoch() === '1') return {};
  const cases = Object.keys((await readReview(keystore)).cases).sort();
  return cases.length > 0 ? { cases } : {};
}

function folderOf(keystore: Keystore): string {
  return join(keystore.folder, 'reviews');
}
