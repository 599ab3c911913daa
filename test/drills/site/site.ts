/** A place for drills: a server that can be taken away, workers that can be killed, runs that are watched from outside. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { expect } from 'vitest';
import type { RunSummary } from '../../../activities/types.ts';
import { openKeystore } from '../../../storage/keystore.ts';
import { dataConverter } from '../../../worker/codec.ts';
import { startServer, type EmbeddedServer } from '../../../worker/server/server.ts';
import { filesUnder } from '../../command.ts';

const MAIN = resolve(import.meta.dirname, '../../../dist/cli/main.js');
export const NOW = '2026-05-10T00:00:00Z';

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
  seconds: number;
}

export interface Running {
  child: ChildProcess;
  ended: Promise<Ended>;
}

export class Site {
  readonly folder = mkdtempSync(join(tmpdir(), 'garner-drill-'));
  readonly env = { ...process.env, XDG_CONFIG_HOME: join(this.folder, 'config'), TEMPORAL_ADDRESS: '' };
  readonly #children = new Set<ChildProcess>();
  server!: EmbeddedServer;

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  get keys(): string {
    return this.path('keys');
  }

  /** Keys, people and a sample; the server, with further settings of its own, unless `server` is false. */
  async open(events: number, seed: number, server: boolean | string[] = true): Promise<void> {
    const keystore = await openKeystore(this.keys);
    const person = {
      name: 'drill',
      group: 'copilot-team',
      affiliation: 'employee',
      team: 'drills',
      from: '2026-01-01',
    };
    const people = [{ ...person, recipient: keystore.identity().recipient }];
    writeFileSync(this.path('access.yaml'), JSON.stringify({ version: 1, people }));
    console.log(`sample: ${events} events, seed ${seed}`);
    const made = await this.start(['generate', '--events', `${events}`, '--seed', `${seed}`, '--out', 'sample']).ended;
    expect(made.stderr).not.toContain('garner:');
    if (server)
      this.server = await startServer({
        folder: this.path('history'),
        ...(Array.isArray(server) ? { settings: server } : {}),
      });
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await this.server?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  start(args: string[], options: { env?: object; uid?: number; gid?: number; main?: string } = {}): Running {
    const begun = performance.now();
    const { env, main = MAIN, ...rest } = options;
    const child = spawn(process.execPath, [main, ...args], {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...this.env, ...env },
      ...rest,
    });
    this.#children.add(child);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => (stdout += String(data)));
    child.stderr.on('data', (data) => (stderr += String(data)));
    const ended = new Promise<Ended>((done) =>
      child.on('close', (status) => {
        this.#children.delete(child);
        done({ status, stdout, stderr, seconds: (performance.now() - begun) / 1000 });
      }),
    );
    return { child, ended };
  }

  /** A run on the site's server; workers do its work. */
  run(out: string, ...more: string[]): Running {
    return this.start([
      ...['run', '--input', 'sample/events', '--facts', 'sample/facts', '--now', NOW, '--json', '--keys', this.keys],
      ...['--out', this.path(out), '--access', 'access.yaml', '--address', this.server.address, '--plain'],
      ...['--shard-bytes', '16KB', '--concurrency', '2', ...more],
    ]);
  }

  /** Resolves when the worker takes work. */
  async worker(
    options: { keys?: string; threads?: number; env?: object; main?: string; more?: string[] } = {},
  ): Promise<Running> {
    const args = ['worker', '--address', this.server.address, '--keys', options.keys ?? this.keys];
    const { threads = 2, more = [], env = {}, main = MAIN } = options;
    const running = this.start([...args, '--threads', `${threads}`, ...more], { env, main });
    await new Promise<void>((ready, failed) => {
      running.child.stderr!.on('data', (data) => String(data).includes('worker ready') && ready());
      void running.ended.then(({ stderr }) => failed(new Error(`the worker ended: ${stderr}`)));
    });
    return running;
  }

  /** The server is killed as a power cut would, and comes back on the same file and port after a while. */
  async takeServerAway(seconds: number): Promise<void> {
    const port = Number(this.server.address.split(':')[1]);
    process.kill(this.server.pid, 'SIGKILL');
    await sleep(seconds * 1000);
    this.server = await startServer({ folder: this.path('history'), port });
  }

  async withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const connection = await Connection.connect({ address: this.server.address });
    const keystore = await openKeystore(this.keys);
    try {
      return await work(new Client({ connection, dataConverter: dataConverter(keystore) }));
    } finally {
      await connection.close();
    }
  }

  /** Files of a kind that a run has staged so far. */
  staged(out: string, kind: string): string[] {
    try {
      return filesUnder(this.path(out, 'runs')).filter((file) => file.includes(`/${kind}/`));
    } catch {
      return [];
    }
  }

  async until(what: string, met: () => boolean, seconds = 120): Promise<void> {
    for (let waited = 0; !met(); waited += 10) {
      if (waited > seconds * 1000) throw new Error(`${what}: not seen within ${seconds} s`);
      await sleep(10);
    }
  }

  /** Looks again and again whether a version is visible without its manifest; the returned function stops and tells. */
  watchVersions(out: string): () => string[] {
    const seen: string[] = [];
    const timer = setInterval(() => seen.push(...this.halfVersions(out)), 15);
    return () => {
      clearInterval(timer);
      return [...seen, ...this.halfVersions(out)];
    };
  }

  /** Folders of versions that stand without a manifest. */
  halfVersions(out: string): string[] {
    const root = this.path(out, 'datasets', 'completions');
    return entries(root).filter((version) => !entries(join(root, version)).includes('manifest.dsse.json'));
  }

  /** What an ended run must not leave: staging, unfinished files. */
  leftovers(out: string): string[] {
    const runs = this.path(out, 'runs');
    const staged = entries(runs).flatMap((run) =>
      filesUnder(join(runs, run)).map((file) => file.slice(runs.length + 1)),
    );
    return [
      ...staged.filter((file) => !/^run-[0-9a-f]{16}\/(ledger\/|run\.json$)/.test(file)),
      ...entries(this.path(out, '.incoming')),
      ...entries(this.path(out, 'datasets', 'completions')).filter((name) => name.startsWith('.')),
    ];
  }

  /** A run that came through: the digest and counts of the undisturbed one, and nothing left behind. */
  expectSame(ended: Ended, wanted: RunSummary, out: string): RunSummary {
    expect(ended.stderr).toBe('');
    expect(ended.status).toBe(0);
    const summary = JSON.parse(ended.stdout) as RunSummary;
    expect(summary.kept + summary.excluded + summary.rejected).toBe(summary.records);
    const { digest, records, kept, excluded, rejected, examples, reasons } = wanted;
    expect(summary).toMatchObject({ digest, records, kept, excluded, rejected, examples, reasons });
    expect(this.leftovers(out)).toEqual([]);
    return summary;
  }

  /** A run that failed cleanly: an exit code, a message, nothing visible, nothing left behind. */
  expectFailed(ended: Ended, out: string, code: number, message: RegExp): void {
    expect(ended.stderr).toMatch(message);
    expect(ended.status).toBe(code);
    expect(entries(this.path(out, 'datasets', 'completions'))).toEqual([]);
    expect(this.leftovers(out)).toEqual([]);
  }

  /** Lines of all sample events, counted without the product's code. */
  text(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  folderOf(name: string): string {
    mkdirSync(this.path(name), { recursive: true });
    return this.path(name);
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
