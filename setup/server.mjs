// Finds or installs the Temporal server program: a running server, `temporal` on PATH, the cache, the SDK's download, the Go proxy.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, findProgram, installByGo, keep } from './program.mjs';

const VERSION = 'v1.5.1';
const DOWNLOAD_MS = 10_000;

export async function ensureServer() {
  if (process.env.TEMPORAL_ADDRESS) return;
  if (findProgram('temporal')) return;
  const failures = [];
  for (const [name, step] of [
    ["the SDK's download", downloadBySdk],
    ['go install', () => installByGo('temporal', `github.com/temporalio/cli/cmd/temporal@${VERSION}`)],
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
      if (ok) keep('temporal', join(folder, file));
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
