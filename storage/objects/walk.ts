/** Walks a folder in the order of its keys. */
import { readdir, realpath, stat } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { join, sep } from 'node:path';
import { escape, ignoreMissing } from './file-fault.ts';
import { INCOMING } from './incoming.ts';
import { StorageFault, compareKeys } from './object.ts';

/**
 * Files under `top` (a real path) whose key starts with the prefix, in UTF-8 byte order of their keys; one folder's names are in memory at a time
 * for each level. Sockets, pipes and devices are passed over. A symbolic link to a file inside of `top` counts as that file; with `links`
 * every link is given as itself, not followed.
 * @throws StorageFault for a link that leads out of `top` or to a folder, and for a name that is not UTF-8
 */
export async function* walk(top: string, prefix: string, links = false): AsyncGenerator<{ key: string; path: string }> {
  const start = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  if (start !== '') {
    const real = await realpath(join(top, start)).catch(ignoreMissing);
    if (real === undefined) return;
    if (!inside(real, top)) throw escape(join(top, start));
  }
  yield* walkFolder(top, start, prefix, links);
}

async function* walkFolder(
  top: string,
  folder: string,
  prefix: string,
  links: boolean,
): AsyncGenerator<{ key: string; path: string }> {
  const entries = await readdir(join(top, folder), { withFileTypes: true }).catch(ignoreMissing);
  for (const { key, entry } of sorted(entries ?? [], folder)) {
    // A folder's key ends in `/`, so either may be the longer one.
    if (!key.startsWith(prefix) && !prefix.startsWith(key)) continue;
    const path = join(top, key);
    if (key.includes('\uFFFD')) {
      throw new StorageFault('not_readable', path, 'has a name that is not UTF-8, or holds U+FFFD: rename it');
    }
    if (entry.isDirectory()) {
      if (key !== `${INCOMING}/`) yield* walkFolder(top, key, prefix, links);
    } else if (key.startsWith(prefix)) {
      if (entry.isFile() || (links && entry.isSymbolicLink())) yield { key, path };
      else if (entry.isSymbolicLink()) yield { key, path: await target(top, path) };
    }
  }
}

function sorted(entries: Dirent[], folder: string): { key: string; entry: Dirent }[] {
  return entries
    .map((entry) => ({ key: `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`, entry }))
    .sort((a, b) => compareKeys(a.key, b.key));
}

async function target(top: string, path: string): Promise<string> {
  const real = await realpath(path);
  if (!inside(real, top)) throw escape(path);
  if (!(await stat(real)).isFile()) {
    throw new StorageFault('not_readable', path, 'is a symbolic link to a folder: name its target instead');
  }
  return real;
}

function inside(real: string, top: string): boolean {
  return real === top || real.startsWith(top.endsWith(sep) ? top : top + sep);
}
