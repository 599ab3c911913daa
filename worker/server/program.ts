/** Where the Temporal server program is: on PATH, or in the cache that the set-up script fills. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The same two places, in the same order, as setup/program.mjs (which must run before anything is built). */
export function findServer(): string | null {
  const program = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'garner', 'bin');
  const folders = (process.env['PATH'] ?? '').split(delimiter).concat(cache);
  const folder = folders.find((candidate) => candidate && existsSync(join(candidate, program)));
  return folder ? join(folder, program) : null;
}
