/** The server of an output folder: started by the first command that needs it, shared by the others, ended by the last, adopted after a crash. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { withLock } from '../../storage/host/lock.ts';
import { ownerText, parseOwner, processOf, stateOf, thisProcess, type Owner } from '../../storage/host/process.ts';
import { START_MS, startServer, type EmbeddedServer, type ServerOptions } from './server.ts';

/** A command that uses the server. */
interface User {
  /** Random: a process may use the server more than once. */
  id: string;
  /** The process, as `ownerText` names it. */
  who: string;
  /** It runs or erases, or carries out what others start; the others look and steer. */
  works: boolean;
}

/** `server.json`: written before the server begins, so that whoever comes next finds it at any moment; changed under the lock `server` alone. */
interface ServerFile {
  address: string;
  ui?: string;
  /** As `ownerText` names it. */
  server: string;
  users: User[];
}

/** Someone else is running a command on this output folder. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
  constructor(folder: string, user: User) {
    const { pid } = parseOwner(user.who)!;
    super(`another command (process ${pid}) runs on ${folder}: wait for it, or name another folder with --out`);
  }
}

/** The history folder of an output folder; of an object store the one in the default output folder, since a server needs a disk. */
export function historyFolder(out: string): string {
  return join(
    /^(?!file:)[a-z][a-z0-9+.-]+:\/\//i.test(out) ? 'garner-out' : out.replace(/^file:\/\//, ''),
    '.temporal',
  );
}

/**
 * The folder's server for a command that works alone in it; others may look on.
 * @throws FolderInUse while another command works there, or where a web page is asked for and any other uses the server
 */
export async function ownServer(options: ServerOptions): Promise<EmbeddedServer> {
  return enter(options, true, ({ works }) => works || options.ui === true);
}

/**
 * The folder's server for a command that minds no other, which `works` like the one of a run, or looks and steers.
 * @throws FolderInUse where a command uses a server that does not answer
 */
export async function sharedServer(options: ServerOptions & { works: boolean }): Promise<EmbeddedServer> {
  return enter(options, options.works, () => false);
}

async function enter(
  options: ServerOptions,
  works: boolean,
  excludes: (user: User) => boolean,
): Promise<EmbeddedServer> {
  const { folder } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const me = { id: randomBytes(8).toString('hex'), who: ownerText(thisProcess()), works };
  const joined = await withLock(folder, 'server', () => startOrJoin(options, me, excludes), 2 * START_MS);
  const server = parseOwner(joined.server)!;
  // A command that leaves early takes its server along; one that is killed leaves it to the next command.
  const leaveAtOnce = () => {
    if (othersAt(folder, joined, me).length === 0) signal(server, 'SIGTERM');
  };
  process.once('exit', leaveAtOnce);
  const { address, ui } = joined;
  return {
    address,
    pid: server.pid,
    ...(ui === undefined ? {} : { ui }),
    stop: async () => {
      const leave = () => leaveServer(folder, joined, me);
      // A full disk, or a folder that was removed, has no room for a lock.
      await withLock(folder, 'server', leave, 2 * START_MS).catch(leave);
      process.off('exit', leaveAtOnce);
    },
  };
}

async function startOrJoin(options: ServerOptions, me: User, excludes: (user: User) => boolean): Promise<ServerFile> {
  const { folder } = options;
  const left = await recorded(folder);
  const others = left ? othersOf(left, me) : [];
  const excluded = others.find(excludes);
  if (excluded) throw new FolderInUse(folder, excluded);
  if (left) {
    if (!options.ui && (await answers(left.address, others.length > 0 ? START_MS : 0)))
      return writeServerFile(folder, { ...left, users: [...others, me] });
    if (others.length > 0) throw new FolderInUse(folder, others[0]!);
    await end(folder, left);
  }
  let file: ServerFile | undefined;
  const started = await startServer(options, ({ address, pid, ui }) => {
    const server = ownerText(processOf(pid));
    file = writeServerFile(folder, { address, server, users: [me], ...(ui ? { ui } : {}) });
  });
  started.release();
  return file!;
}

/** Ends the server, unless others use it. */
async function leaveServer(folder: string, joined: ServerFile, me: User): Promise<void> {
  const others = othersAt(folder, joined, me);
  if (others.length === 0) await end(folder, joined);
  else writeServerFile(folder, { ...joined, users: others });
}

/** The server that the folder's file names, unless it is gone. One whose process cannot be known from here, or from a later one of its pid, must answer. */
async function recorded(folder: string): Promise<ServerFile | null> {
  const file = readServerFile(folder);
  const server = file && parseOwner(file.server);
  if (!server) return null;
  const state = stateOf(server);
  if (state === 'dead') return null;
  if ((state === 'elsewhere' || server.started === '0') && !(await answers(file.address))) return null;
  return file;
}

/** Who else uses the server and may still run. */
function othersOf({ users }: ServerFile, me: User): User[] {
  return users.filter(({ id, who }) => {
    const user = parseOwner(who);
    return user !== null && id !== me.id && stateOf(user) !== 'dead';
  });
}

/** The same of the server that the folder's file names now; none where that is another. */
function othersAt(folder: string, { server }: ServerFile, me: User): User[] {
  const file = readServerFile(folder);
  return file?.server === server ? othersOf(file, me) : [];
}

function readServerFile(folder: string): ServerFile | null {
  try {
    const file = JSON.parse(readFileSync(join(folder, 'server.json'), 'utf8')) as ServerFile;
    return typeof file.server === 'string' && Array.isArray(file.users) ? file : null;
  } catch {
    return null;
  }
}

function writeServerFile(folder: string, file: ServerFile): ServerFile {
  const whole = join(folder, 'server.json');
  const part = `${whole}.part`;
  writeFileSync(part, JSON.stringify(file) + '\n', { mode: 0o600 });
  renameSync(part, whole);
  return file;
}

/** Ends a server, whoever started it, and takes it off the record; one of another host goes on. */
async function end(folder: string, { server: text }: ServerFile): Promise<void> {
  const server = parseOwner(text)!;
  signal(server, 'SIGTERM');
  for (let waited = 0; stateOf(server) === 'alive' && waited < 5_000; waited += 50) await sleep(50);
  signal(server, 'SIGKILL');
  if (stateOf(server) !== 'elsewhere' && readServerFile(folder)?.server === text)
    rmSync(join(folder, 'server.json'), { force: true });
}

function signal(server: Owner, name: NodeJS.Signals): void {
  if (stateOf(server) !== 'alive') return;
  try {
    process.kill(server.pid, name);
  } catch {
    // It is gone already.
  }
}

async function answers(address: string, patienceMs = 0): Promise<boolean> {
  for (const deadline = performance.now() + patienceMs; ;) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: 2_000 });
      await connection.close();
      return true;
    } catch {
      if (performance.now() >= deadline) return false;
      await sleep(60);
    }
  }
}
