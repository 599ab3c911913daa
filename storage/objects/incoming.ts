/** Where files stand until they are whole: one folder under the root, swept of what dead processes left. */
import { randomBytes } from 'node:crypto';
import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ownerText, parseOwner, stateOf, thisProcess } from '../host/process.ts';

/** Name of the folder; no key begins with it. */
export const INCOMING = '.incoming';
/** A file of another host, whose processes cannot be seen from here, is abandoned after a day without a write. */
const ABANDONED_MS = 24 * 3_600_000;

/** A path for a file to be written; its name says by whom. */
export function nextIncoming(folder: string): string {
  return join(folder, `${ownerText(thisProcess())}-${randomBytes(12).toString('hex')}`);
}

/** Removes the unfinished files of processes that are gone; returns how many. */
export async function sweepIncoming(folder: string): Promise<number> {
  let removed = 0;
  for (const name of await readdir(folder)) {
    const owner = parseOwner(name.split('-')[0]!);
    if (owner === null) continue;
    const path = join(folder, name);
    const state = stateOf(owner);
    if (state === 'alive') continue;
    if (state === 'elsewhere') {
      const found = await stat(path).catch(() => undefined);
      if (found === undefined || Date.now() - found.mtimeMs < ABANDONED_MS) continue;
    }
    await unlink(path).catch(() => undefined);
    removed++;
  }
  return removed;
}
