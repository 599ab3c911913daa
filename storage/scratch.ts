/** Plaintext that must not outlive its use: folders only their owner may enter, in memory where there is room, swept of what the dead left. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { lstat, mkdir, readdir, rm, statfs, unlink } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { privateFolder } from './host/private.ts';
import { ownerText, parseOwner, stateOf, thisProcess } from './host/process.ts';

const MEMORY = '/dev/shm';
/** f_type of tmpfs (statfs(2)). */
const TMPFS = 0x01021994;
/** Containers often have 64 MiB of shared memory: too little to sort in. */
const ROOM = 512 << 20;
const FORM = /^[A-Za-z0-9_-]{1,64}$/;

const opened = new Set<string>();
let watching = false;

/**
 * Makes a 0700 folder for plaintext, on tmpfs where one has at least `room` bytes free, else in the system's temporary folder.
 * `remove` deletes it with all that is in it; a regular exit of the process does so too, and after a crash the next `sweepScratch`.
 * @param name tells people what it is for: letters, digits, `_`, `-`
 * @throws Error when the place belongs to somebody else or is open to others
 */
export async function openScratch(
  name: string,
  room: number = ROOM,
): Promise<{ folder: string; remove(): Promise<void> }> {
  if (!FORM.test(name)) throw new Error('a scratch folder is named by 1 to 64 letters, digits, _ and -');
  const base = placeIn((await hasRoom(MEMORY, room)) ? MEMORY : tmpdir());
  await privateFolder(base);
  const folder = join(base, `${ownerText(thisProcess())}-${name}-${randomBytes(8).toString('hex')}`);
  await mkdir(folder, { mode: 0o700 });
  opened.add(folder);
  if (!watching) {
    watching = true;
    process.once('exit', () => {
      for (const left of opened) rmSync(left, { recursive: true, force: true });
    });
  }
  return {
    folder,
    remove: async () => {
      // Deleting a link deletes the link: what it points to stays.
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
      opened.delete(folder);
    },
  };
}

/** Removes the scratch folders of processes that are gone from this host; returns how many. */
export async function sweepScratch(): Promise<number> {
  let removed = 0;
  for (const base of new Set([placeIn(MEMORY), placeIn(tmpdir())])) {
    const found = await lstat(base).catch(() => undefined);
    if (found === undefined) continue;
    await privateFolder(base);
    for (const name of await readdir(base)) {
      const owner = parseOwner(name.slice(0, Math.max(0, name.indexOf('-'))));
      if (owner === null || stateOf(owner) !== 'dead') continue;
      const path = join(base, name);
      const entry = await lstat(path).catch(() => undefined);
      if (entry === undefined) continue;
      await (entry.isDirectory() ? rm(path, { recursive: true, force: true }) : unlink(path));
      removed++;
    }
  }
  return removed;
}

function placeIn(folder: string): string {
  return join(folder, `garner-${userInfo().uid}`);
}

async function hasRoom(folder: string, room: number): Promise<boolean> {
  const found = await statfs(folder).catch(() => undefined);
  return found !== undefined && found.type === TMPFS && found.bavail * found.bsize >= room;
}
