/** Files that only their owner may read: made whole or not at all, flushed to disk, never through a symbolic link. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ownerText, thisProcess } from './process.ts';

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Makes a folder (and its parents) with mode 0700.
 * @throws Error when the path is a symbolic link, no folder, of another user, or open to group or others
 */
export async function privateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const found = await lstat(path);
  if (!found.isDirectory()) throw new Error(`${path} is not a folder: remove it or name another one`);
  const uid = process.getuid?.();
  if (uid !== undefined && found.uid !== uid) {
    throw new Error(`${path} belongs to another user: name a folder of your own`);
  }
  if ((found.mode & 0o077) !== 0) throw new Error(`${path} is open to others: run chmod 700 ${path}`);
}

/** A name for an unfinished file beside its target; it says which process is writing it. */
export function unfinishedName(): string {
  return `.unfinished-${ownerText(thisProcess())}-${randomBytes(8).toString('hex')}`;
}

/** Writes a 0600 file in one step: replaced whole, or left as it was. */
export async function replaceFile(path: string, bytes: Uint8Array | string): Promise<void> {
  const unfinished = await writeUnfinished(path, bytes);
  try {
    await rename(unfinished, path);
  } catch (error) {
    await unlink(unfinished).catch(() => undefined);
    throw error;
  }
  await flushFolder(dirname(path));
}

/** Writes a 0600 file unless there is one; of several processes that race, one wins. Returns whether this call made it. */
export async function createFile(path: string, bytes: Uint8Array | string): Promise<boolean> {
  const unfinished = await writeUnfinished(path, bytes);
  try {
    await link(unfinished, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(unfinished).catch(() => undefined);
    await flushFolder(dirname(path));
  }
}

/** Makes renames and links in a folder durable. */
export async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function writeUnfinished(path: string, bytes: Uint8Array | string): Promise<string> {
  const unfinished = join(dirname(path), unfinishedName());
  const file = await open(unfinished, CREATE, 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    await unlink(unfinished).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
  return unfinished;
}
