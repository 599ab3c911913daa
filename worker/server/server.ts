/** The embedded Temporal server: one process beside the run, its history in a private folder under the output. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { findServer } from './program.ts';

export interface EmbeddedServer {
  /** host:port of the front end. */
  address: string;
  /** URL of the web UI, where it was asked for. */
  ui?: string;
  pid: number;
  stop(): Promise<void>;
}

/** A server that ends with this process, unless it is released. */
export interface StartedServer extends EmbeddedServer {
  release(): void;
}

export interface ServerOptions {
  /** Folder of the history file and the server's log (made 0700: the server itself writes 0644 files). */
  folder: string;
  ui?: boolean;
  uiPort?: number;
  port?: number;
  /** More of the server's dynamic configuration, `key=value` each. */
  settings?: string[];
  /** Address of a codec server that the web UI asks to decode payloads. */
  codecEndpoint?: string;
}

export const START_MS = 30_000;
/** Without the first three the server polls its queues slowly: 97 ms an activity instead of about 12; without the others it knows no priority. */
const TUNING = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'system.enableActivityEagerExecution=true',
  'matching.useNewMatcher=true',
  'matching.enableFairness=true',
];
const SQLITE = ['journal_mode=WAL', 'synchronous=NORMAL'].flatMap((value) => ['--sqlite-pragma', value]);

/** Where workers and those who give them work meet. */
export const TASK_QUEUE = 'garner';

/** Search attributes that operators find runs by; every value is opaque or from a closed set. */
export const SEARCH_ATTRIBUTES = {
  GarnerPurpose: 'Keyword',
  GarnerStage: 'Keyword',
  GarnerPolicy: 'Keyword',
  GarnerWindow: 'Keyword',
  GarnerVersion: 'Keyword',
  GarnerOutcome: 'Keyword',
} as const;

/** The process that becomes the server at a word on its standard input, or ends with the command that made it. */
const HELD = ['-c', 'read -r begin && exec "$@" </dev/null', 'sh'];

/**
 * Starts the server and waits until it answers.
 * @param record is told of the server before it begins: one that is not on record never runs
 * @throws where no server program is installed, or it does not answer within 30 s (its log is named).
 */
export async function startServer(
  options: ServerOptions,
  record: (server: Omit<EmbeddedServer, 'stop'>) => void = () => {},
): Promise<StartedServer> {
  const program = findServer();
  if (!program)
    throw new Error(
      'No Temporal server program: run `node setup/setup.mjs`, put `temporal` on PATH, or name a server with --address.',
    );
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const port = options.port ?? (await freePort());
  const uiPort = options.uiPort ?? (await freePort());
  const log = openSync(join(options.folder, 'server.log'), 'a', 0o600);
  const attributes = Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => [
    '--search-attribute',
    `${name}=${type}`,
  ]);
  const args = [
    'server',
    'start-dev',
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--db-filename',
    join(options.folder, 'temporal.db'),
  ];
  args.push(
    ...(options.ui ? ['--ui-port', String(uiPort)] : ['--headless']),
    '--log-level',
    'error',
    ...[...TUNING, ...(options.settings ?? [])].flatMap((value) => ['--dynamic-config-value', value]),
    ...SQLITE,
    ...attributes,
  );
  if (options.ui && options.codecEndpoint) args.push('--ui-codec-endpoint', options.codecEndpoint);
  // Its own process group: a Ctrl-C in the terminal reaches the command first, which then ends the server in order.
  const child = spawn('/bin/sh', [...HELD, program, ...args], { stdio: ['pipe', log, log], detached: true });
  closeSync(log);
  await once(child, 'spawn');
  const end = () => void child.kill('SIGTERM');
  process.once('exit', end);
  const release = () => void process.off('exit', end);
  child.once('exit', release);
  const address = `127.0.0.1:${port}`;
  const server = { address, pid: child.pid!, ...(options.ui ? { ui: `http://127.0.0.1:${uiPort}` } : {}) };
  record(server);
  // One that has ended is found below.
  child.stdin!.on('error', () => {}).end('begin\n');
  await answering(child, address, join(options.folder, 'server.log'));
  return {
    ...server,
    stop: () => stop(child),
    release: () => {
      release();
      child.unref();
    },
  };
}

async function answering(child: ChildProcess, address: string, log: string): Promise<void> {
  const deadline = performance.now() + START_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`The Temporal server ended with code ${child.exitCode}: see ${log}.`);
    try {
      const connection = await Connection.connect({ address, connectTimeout: 500 });
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      await connection.close();
      return;
    } catch {
      await sleep(60);
    }
  }
  await stop(child);
  throw new Error(`The Temporal server did not answer on ${address} within ${START_MS / 1000} s: see ${log}.`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(late);
}

/** A TCP port on loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
