/** The server of an output folder: started by the first command that needs it, found by the others, adopted after a crash. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { withLock } from '../../storage/host/lock.ts';
import { ownerText, parseOwner, processOf, stateOf, thisProcess, type Owner } from '../../storage/host/process.ts';
import { START_MS, startServer, type EmbeddedServer, type ServerOptions } from './server.ts';

/** `server.json`: written before the server begins, so that whoever comes next finds it at any moment. */
interface ServerFile {
  address: string;
  ui?: string;
  /** Both as `ownerText` names them: the server, and the command that uses it. */
  server: string;
  owner: string;
}

interface Recorded {
  file: ServerFile;
  server: Owner;
  /** Another command that may still run. */
  user: Owner | null;
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

/** Address of the server that another command runs for this folder, if one does; one that it is starting is waited for. */
export async function runningServer(folder: string): Promise<{ address: string } | null> {
  for (const deadline = performance.now() + START_MS; ;) {
    const left = await recorded(folder);
    if (!left?.user || performance.now() > deadline) return null;
    if (await answers(left.file.address)) return left.file;
    await sleep(60);
  }
}

/**
 * Starts the folder's server, or takes over the one that a killed command left behind.
 * @throws FolderInUse while another command runs on the folder
 */
export async function ownServer(options: ServerOptions): Promise<EmbeddedServer> {
  const { folder } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return withLock(folder, 'server', () => startOrTakeOver(options), 2 * START_MS);
}

async function startOrTakeOver(options: ServerOptions): Promise<EmbeddedServer> {
  const { folder } = options;
  const left = await recorded(folder);
  if (left?.user)
    throw new FolderInUse(
      `another command (process ${left.user.pid}) runs on ${folder}: wait for it, or name another folder with --out`,
    );
  const owner = ownerText(thisProcess());
  if (left && !options.ui && (await answers(left.file.address))) {
    writeServerFile(folder, { ...left.file, owner });
    return { address: left.file.address, pid: left.server.pid, stop: () => end(folder, left.server) };
  }
  if (left) await end(folder, left.server);
  const { stop, ...server } = await startServer(options, ({ address, pid, ui }) =>
    writeServerFile(folder, { address, server: ownerText(processOf(pid)), owner, ...(ui ? { ui } : {}) }),
  );
  return {
    ...server,
    stop: async () => {
      await stop();
      forget(folder, server.pid);
    },
  };
}

/** The server that the folder's file names, unless it is gone. One whose process cannot be known from here, or from a later one of its pid, must answer. */
async function recorded(folder: string): Promise<Recorded | null> {
  const file = readServerFile(folder);
  const server = file && parseOwner(file.server);
  if (!server) return null;
  const state = stateOf(server);
  if (state === 'dead') return null;
  if ((state === 'elsewhere' || server.started === '0') && !(await answers(file.address))) return null;
  const user = parseOwner(file.owner);
  const other = user && file.owner !== ownerText(thisProcess()) && stateOf(user) !== 'dead';
  return { file, server, user: other ? user : null };
}

function readServerFile(folder: string): ServerFile | null {
  try {
    const file = JSON.parse(readFileSync(join(folder, 'server.json'), 'utf8')) as ServerFile;
    return typeof file.server === 'string' && typeof file.owner === 'string' ? file : null;
  } catch {
    return null;
  }
}

function writeServerFile(folder: string, file: ServerFile): void {
  writeFileSync(join(folder, 'server.json'), JSON.stringify(file) + '\n', { mode: 0o600 });
}

/** Removes the file, unless it names a later server. */
function forget(folder: string, pid: number): void {
  const file = readServerFile(folder);
  if (file && parseOwner(file.server)?.pid === pid) rmSync(join(folder, 'server.json'), { force: true });
}

/** Ends a server that another command started. */
async function end(folder: string, server: Owner): Promise<void> {
  const signal = (name: NodeJS.Signals) => {
    try {
      process.kill(server.pid, name);
    } catch {
      // It is gone already.
    }
  };
  signal('SIGTERM');
  for (let waited = 0; stateOf(server) !== 'dead' && waited < 5_000; waited += 50) await sleep(50);
  if (stateOf(server) !== 'dead') signal('SIGKILL');
  forget(folder, server.pid);
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
