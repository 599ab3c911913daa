/** A folder that paths may not leave, whatever symbolic links stand in it. */
import { lstat, mkdir, realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { codeOf, escape } from './file-fault.ts';

export class Place {
  private readonly root: string;
  private top: string | undefined;

  constructor(root: string) {
    this.root = root;
  }

  /** The folder's real path, found once. */
  async real(): Promise<string> {
    return (this.top ??= await realpath(this.root));
  }

  /** The real path of a key; with `entry`, of the directory entry itself, a symbolic link in its place not followed. */
  async within(key: string, entry = false): Promise<string> {
    const top = await this.real();
    const path = join(this.root, key);
    const real = entry ? join(await realpath(dirname(path)), nameOf(key)) : await realpath(path);
    if (real !== top && !real.startsWith(top === sep ? sep : top + sep)) throw escape(path);
    return real;
  }

  /** The real folder a key stands in, made where it is missing, part by part so that no link out of the root is walked through. */
  async parentOf(key: string): Promise<string> {
    const parts = key.split('/').slice(0, -1);
    let path = await this.real();
    for (const part of parts) {
      const next = join(path, part);
      await mkdir(next, { mode: 0o700 }).catch((error: unknown) => {
        if (codeOf(error) !== 'EEXIST') throw error;
      });
      const found = await lstat(next);
      if (found.isSymbolicLink()) throw escape(join(this.root, key));
      path = next;
    }
    return path;
  }
}

/** The last part of a key. */
export function nameOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
