/** The server of an output folder: started by the first command that needs it, found by the others, adopted after a crash. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { ownerText, parseOwner, stateOf, thisProcess } from '../../storage/host/process.ts';
import { startServer, type EmbeddedServer, type ServerOptions } from './server.ts';

interface ServerFile {
  address: string;
  ui?: string;
  pid: number;
  /** The command that uses it, as `ownerText` names it. */
  owner: string;
}

/** Someone else is running a command on this output folder. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
}

/** The history folder of an output folder; of an object store the one in the default output folder, since a server needs a disk. */
export function historyFolder(out: string): string {
  return join(
    /^(?!file:)[a-z][a-z0-9+.-]+:\/\//i.test(out) ? 'garner-out' : out.replace(/^file:\/\//, ''),
    '.temporal',
  );
}

/** Address of the server that is running for this folder, if one is. */
export async function runningServer(folder: string): Promise<ServerFile | null> {
  const file = readServerFile(folder);
  if (!file || !isAlive(file.pid)) return null;
  return (await answers(file.address)) ? file : null;
}

/**
 * Starts the folder's server, or takes over the one that a killed command left behind.
 * @throws FolderInUse while another command runs on the folder
 */
export async function ownServer(options: ServerOptions): Promise<EmbeddedServer> {
  const { folder } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const left = await runningServer(folder);
  const user = left ? parseOwner(left.owner) : null;
  if (user && ownerText(user) !== ownerText(thisProcess()) && stateOf(user) !== 'dead')
    throw new FolderInUse(
      `another command (process ${user.pid}) runs on ${folder}: wait for it, or name another folder with --out`,
    );
  if (left && !options.ui) {
    writeServerFile(folder, { ...left, owner: ownerText(thisProcess()) });
    return { address: left.address, pid: left.pid, stop: () => stopAdopted(folder, left.pid) };
  }
  if (left) await stopAdopted(folder, left.pid);
  const server = await startServer(options);
  writeServerFile(folder, {
    address: server.address,
    pid: server.pid,
    owner: ownerText(thisProcess()),
    ...(server.ui ? { ui: server.ui } : {}),
  });
  return {
    ...server,
    stop: async () => {
      await server.stop();
      rmSync(join(folder, 'server.json'), { force: true });
    },
  };
}

function readServerFile(folder: string): ServerFile | null {
  try {
    return JSON.parse(readFileSync(join(folder, 'server.json'), 'utf8')) as ServerFile;
  } catch {
    return null;
  }
}

function writeServerFile(folder: string, file: ServerFile): void {
  writeFileSync(join(folder, 'server.json'), JSON.stringify(file) + '\n', { mode: 0o600 });
}

async function stopAdopted(folder: string, pid: number): Promise<void> {
  const signal = (name: NodeJS.Signals) => {
    try {
      process.kill(pid, name);
    } catch {
      // It is gone already.
    }
  };
  signal('SIGTERM');
  for (let waited = 0; isAlive(pid) && waited < 5_000; waited += 50)
    await new Promise((resolve) => setTimeout(resolve, 50));
  if (isAlive(pid)) signal('SIGKILL');
  rmSync(join(folder, 'server.json'), { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function answers(address: string): Promise<boolean> {
  try {
    const connection = await Connection.connect({ address, connectTimeout: 2_000 });
    await connection.close();
    return true;
  } catch {
    return false;
  }
}
