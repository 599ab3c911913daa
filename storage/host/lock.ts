/** A lock between processes that share a folder: held by files alone, taken over from a holder that died. */
import { randomBytes } from 'node:crypto';
import { readFile, readdir, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFile } from './private.ts';
import { ownerText, parseOwner, stateOf, thisProcess } from './process.ts';

/**
 * Runs `work` while no other process (nor another call of this one) holds the lock of that name in that folder.
 *
 * The lock is a row of files `NAME.lock-N`; the highest N holds it. Who finds the highest one free or its holder dead makes N+1 by an
 * exclusive create, which one of several racers wins, and then removes the lower ones. The highest is never removed, so a
 * racer that slept and makes an old number sees the higher one and steps back.
 *
 * @throws Error when the lock could not be had within `patienceMs`, naming the file that holds it
 */
export async function withLock<T>(
  folder: string,
  name: string,
  work: () => Promise<T>,
  patienceMs = 30_000,
): Promise<T> {
  const mine = `${ownerText(thisProcess())} ${randomBytes(8).toString('hex')}`;
  const held = await acquire(folder, name, mine, patienceMs);
  try {
    return await work();
  } finally {
    // An empty lock file is free: emptying needs no room on a full disk.
    await truncate(held, 0);
  }
}

async function acquire(folder: string, name: string, mine: string, patienceMs: number): Promise<string> {
  const path = (turn: number): string => join(folder, `${name}.lock-${turn}`);
  for (let waited = 0, pause = 1; ; pause = Math.min(pause * 2, 50)) {
    const turns = await turnsOf(folder, name);
    const last = turns.at(-1) ?? 0;
    if (last === 0 || (await isFree(path(last)))) {
      const next = path(last + 1);
      if (await createFile(next, mine)) {
        const after = await turnsOf(folder, name);
        if (after.at(-1) === last + 1) {
          for (const turn of after.slice(0, -1)) await unlink(path(turn)).catch(() => undefined);
          return next;
        }
        await unlink(next).catch(() => undefined);
      }
      continue;
    }
    if (waited >= patienceMs) {
      throw new Error(`${path(last)} has been held for ${waited} ms: if its holder is gone, remove that file`);
    }
    const wait = pause * (0.5 + randomBytes(1)[0]! / 256);
    await sleep(wait);
    waited += wait;
  }
}

async function turnsOf(folder: string, name: string): Promise<number[]> {
  const start = `${name}.lock-`;
  return (await readdir(folder))
    .filter((entry) => entry.startsWith(start) && /^[1-9][0-9]*$/.test(entry.slice(start.length)))
    .map((entry) => Number(entry.slice(start.length)))
    .sort((a, b) => a - b);
}

async function isFree(path: string): Promise<boolean> {
  let text: string;
  try {
    text = await readFile(path, 'latin1');
  } catch (error) {
    // A lower number that was removed meanwhile: look again.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  if (text === '') return true;
  const owner = parseOwner(text.split(' ')[0]!);
  return owner !== null && stateOf(owner) === 'dead';
}
