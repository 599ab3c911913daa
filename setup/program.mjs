// Programs that set-up installs once for this user: where they are looked for, where they are kept, and how Go builds one.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const fileOf = (name) => (process.platform === 'win32' ? `${name}.exe` : name);

/** The folder that keeps what setup installs for this user: `$XDG_CACHE_HOME/garner` or `~/.cache/garner`. */
export function cacheFolder() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'garner');
}

/** Path of a program on PATH or in the cache; null where it is in neither. */
export function findProgram(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).concat(join(cacheFolder(), 'bin'));
  const folder = folders.find((candidate) => candidate && existsSync(join(candidate, fileOf(name))));
  return folder ? join(folder, fileOf(name)) : null;
}

/** Moves a file into the cache under the program's name. */
export function keep(name, file) {
  const bin = join(cacheFolder(), 'bin');
  mkdirSync(bin, { recursive: true });
  chmodSync(file, 0o755);
  renameSync(file, join(bin, fileOf(name)));
}

/** Builds a program from the Go module proxy into the cache; returns null when it is there afterwards, else why not. */
export function installByGo(name, module) {
  if (spawnSync('go', ['version']).status !== 0) return 'Go is not installed';
  console.error(`Building ${name} with Go, once (2.5 to 5 minutes)…`);
  mkdirSync(cacheFolder(), { recursive: true });
  const folder = mkdtempSync(join(cacheFolder(), 'build-'));
  const result = spawnSync('go', ['install', module], {
    env: { ...process.env, GOBIN: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    timeout: 900_000,
  });
  const built = join(folder, fileOf(name));
  const refused =
    result.status === 0 && existsSync(built)
      ? null
      : (result.stderr ?? '').trim().split('\n').at(-1) || 'go install failed';
  if (!refused) keep(name, built);
  rmSync(folder, { recursive: true, force: true });
  return refused;
}
