/** Runs the built garner command as a user would, with keys and folders of its own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const PROJECT = resolve(import.meta.dirname, '..');
export const SHARED = resolve(PROJECT, '..', 'shared');
export const hasShared = existsSync(SHARED);
const MAIN = join(PROJECT, 'dist', 'cli', 'main.js');

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** A folder for one test file with a keystore in it; `garner` adds the keys to commands that take them. */
export function workplace(name: string) {
  const folder = mkdtempSync(join(tmpdir(), `garner-test-${name}-`));
  const env = { ...process.env, XDG_CONFIG_HOME: join(folder, 'config'), TEMPORAL_ADDRESS: '' };
  return {
    folder,
    env,
    path: (...parts: string[]) => join(folder, ...parts),
    garner: (...args: string[]): Ended => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
        env,
        encoding: 'utf8',
        maxBuffer: 1 << 28,
        cwd: folder,
      });
      return { status, stdout, stderr };
    },
    start: (...args: string[]): ChildProcess =>
      spawn(process.execPath, [MAIN, ...args], { env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Every regular file under a folder, hidden ones too. */
export function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

export function bytesUnder(folder: string): Buffer {
  return Buffer.concat(filesUnder(folder).flatMap((file) => [readFileSync(file), Buffer.from('\0')]));
}

/** Pids of the servers whose history lies in an output folder, as the kernel knows them. */
export function serversOf(out: string): number[] {
  const history = join(out, '.temporal', 'temporal.db');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && commandLine(name).includes(history))
    .map(Number);
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    // It has ended meanwhile.
    return [];
  }
}
