/** Starts a real MinIO server for a test, on loopback, on a port and folder of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Minio {
  endpoint: string;
  stop(): Promise<void>;
}

/** The program on PATH or in the project's cache; null where there is none. */
export function findMinio(): string | null {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'garner', 'bin');
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), cache]) {
    const path = join(folder, 'minio');
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** Starts the server and sets the AWS_* variables of this process to its credentials. */
export async function startMinio(program: string): Promise<Minio> {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'garner-minio-'));
  const address = `127.0.0.1:${await freePort()}`;
  const [user, password] = ['garner-test', 'garner-test-secret'];
  const server: ChildProcess = spawn(program, ['server', '--quiet', '--address', address, folder], {
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      MINIO_ROOT_USER: user,
      MINIO_ROOT_PASSWORD: password,
      MINIO_BROWSER: 'off',
    },
    stdio: 'ignore',
  });
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: user, AWS_SECRET_ACCESS_KEY: password });
  const endpoint = `http://${address}`;
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    if (server.kill('SIGKILL')) await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; ; tries++) {
    const ready = await fetch(`${endpoint}/minio/health/ready`).catch(() => undefined);
    if (ready?.ok === true) return { endpoint, stop };
    if (tries > 200) {
      await stop();
      throw new Error('MinIO did not start');
    }
    await sleep(100);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
