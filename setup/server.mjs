// Finds or installs the Temporal server program: a running server, `temporal` on PATH, the cache, the SDK's download, the Go proxy.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = 'v1.5.1';
const PROGRAM = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
const DOWNLOAD_MS = 10_000;

/** The folder that keeps what setup installs for this user: `$XDG_CACHE_HOME/garner` or `~/.cache/garner`. */
export function cacheFolder() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'garner');
}

/** Path of the server program on PATH or in the cache; null where it is in neither. */
export function findServer() {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder && existsSync(join(folder, PROGRAM))) return join(folder, PROGRAM);
  }
  const cached = join(cacheFolder(), 'bin', PROGRAM);
  return existsSync(cached) ? cached : null;
}

export async function ensureServer() {
  if (process.env.TEMPORAL_ADDRESS) return;
  if (findServer()) return;
  const failures = [];
  for (const [name, step] of [
    ["the SDK's download", downloadBySdk],
    ['go install', installByGo],
  ]) {
    const refused = await step();
    if (!refused) return;
    failures.push(`- ${name}: ${refused}`);
    console.error(`Temporal server: ${name} did not work (${refused}).`);
  }
  console.error(
    `No Temporal server program could be had:\n${failures.join('\n')}\n` +
      `Install the Temporal CLI so that \`temporal\` is on PATH, or set TEMPORAL_ADDRESS to a running server (host:port).`,
  );
  process.exit(1);
}

/** Returns null when the program is in the cache afterwards, else why not. */
function downloadBySdk() {
  mkdirSync(cacheFolder(), { recursive: true });
  const folder = mkdtempSync(join(cacheFolder(), 'download-'));
  const script = join(dirname(fileURLToPath(import.meta.url)), 'download.mjs');
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'ignore', 'pipe'] });
    let message = '';
    child.stderr.on('data', (data) => (message += data));
    const timer = setTimeout(() => child.kill('SIGKILL'), DOWNLOAD_MS);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const file = readdirSync(folder).find((name) => !name.endsWith('.downloading'));
      const ok = code === 0 && file !== undefined;
      if (ok) keep(join(folder, file));
      rmSync(folder, { recursive: true, force: true });
      const lines = message.trim().split('\n');
      resolve(
        ok
          ? null
          : signal
            ? `no answer within ${DOWNLOAD_MS / 1000} s`
            : (lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? '').slice(0, 200),
      );
    });
  });
}

function installByGo() {
  if (spawnSync('go', ['version']).status !== 0) return 'Go is not installed';
  console.error(`Building the Temporal server program with Go, once (2.5 to 5 minutes)…`);
  mkdirSync(cacheFolder(), { recursive: true });
  const folder = mkdtempSync(join(cacheFolder(), 'build-'));
  const result = spawnSync('go', ['install', `github.com/temporalio/cli/cmd/temporal@${VERSION}`], {
    env: { ...process.env, GOBIN: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const built = join(folder, PROGRAM);
  const refused =
    result.status === 0 && existsSync(built)
      ? null
      : (result.stderr ?? '').trim().split('\n').at(-1) || 'go install failed';
  if (!refused) keep(built);
  rmSync(folder, { recursive: true, force: true });
  return refused;
}

function keep(file) {
  const bin = join(cacheFolder(), 'bin');
  mkdirSync(bin, { recursive: true });
  chmodSync(file, 0o755);
  renameSync(file, join(bin, PROGRAM));
}
