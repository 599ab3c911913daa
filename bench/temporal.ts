/**
 * What Temporal costs: how fast server and worker start, and a run beside the same stages called one after the other in one process. What it
 * gives: two worker processes beside one. `GARNER_BENCH_EVENTS` sets the size (1,500,000 make a gigabyte); below that, what a run costs
 * whatever its size counts.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { storeSettings } from '../activities/run/settings.ts';
import { curateHere } from '../activities/whole.ts';
import type { CurateInput } from '../activities/types.ts';
import { generate } from '../cli/sample/write.ts';
import { BUILTIN_POLICY } from '../config/policy.ts';
import { openKeystore } from '../storage/keystore.ts';
import { startServer } from '../worker/server/server.ts';
import { installRuntime, startWorker } from '../worker/worker.ts';

type Row = Record<string, number | string>;

const EVENTS = Number(process.env['GARNER_BENCH_EVENTS'] ?? 60_000);
const NOW = '2026-05-10T00:00:00Z';
const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));

/** A run over `inputs` with the built-in policy, its settings stored under `out`. */
export async function benchInput(run: string, out: string, inputs: string[], facts: string, keys: string) {
  const settings = {
    policy: { file: BUILTIN_POLICY, text: readFileSync(BUILTIN_POLICY, 'utf8') },
    access: null,
    local: true,
  };
  const input: CurateInput = {
    ...{ run, out, inputs, format: 'garner', facts, settings: await storeSettings(out, run, settings, keys) },
    ...{ now: Date.parse(NOW), window: null, plain: true, concurrency: 1, shardBytes: 64 << 20, actor: 'bench' },
    ...{ approval: 'automatic', purpose: 'model-improvement', onFailure: 'fail' },
  };
  return input;
}

export function benchTemporal(): Promise<Row[]> {
  return overSample(async (folder) => [await start(folder), ...share(folder)]);
}

/** One worker process of one stage thread beside two, on a server of their own: their first run, and the same again once they are warm. */
export function benchWorkers(): Promise<Row[]> {
  return overSample(workers);
}

async function overSample(bench: (folder: string) => Promise<Row[]>): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'garner-bench-temporal-'));
  try {
    await generate({ events: EVENTS, seed: 1, out: join(folder, 'sample') });
    return await bench(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function start(folder: string): Promise<Row> {
  const keystore = await openKeystore(join(folder, 'keys'));
  installRuntime();
  const begun = performance.now();
  const server = await startServer({ folder: join(folder, 'start') });
  const worker = await startWorker({ address: server.address, keystore, scratch: folder, threads: 1 });
  const seconds = (performance.now() - begun) / 1000;
  await worker.stop();
  await server.stop();
  return { what: 'start of server and worker', figure: `${seconds.toFixed(1)} s` };
}

/** The same input through one stage thread and a server, and without: processor time of all processes, and the clock. */
function share(folder: string): Row[] {
  const engine = timed(folder, fileURLToPath(import.meta.url), ['engine', folder]);
  const run = timed(folder, MAIN, ['run', ...inputOf(folder), '--concurrency', '1', '--out', join(folder, 'out')]);
  const percent = (a: number, b: number) => `${((a / b - 1) * 100).toFixed(1)}%`;
  const row = (what: string, { wall, cpu }: Timed): Row => ({
    what,
    figure: `${wall.toFixed(1)} s`,
    note: `${cpu.toFixed(1)} s of processor`,
  });
  return [
    row(`engine called directly, ${EVENTS} events`, engine),
    row('run through Temporal, server included', run),
    { what: "Temporal's share", figure: percent(run.wall, engine.wall), note: `${percent(run.cpu, engine.cpu)} of processor` }, // prettier-ignore
  ];
}

interface Timed {
  wall: number;
  /** Seconds of the process and of those it waited for. */
  cpu: number;
}

function timed(folder: string, file: string, args: string[]): Timed {
  const script = `TIMEFORMAT='%R %U %S'; time "$0" "$@" >/dev/null 2>"${join(folder, 'stderr')}"`;
  const { stderr, status } = spawnSync('bash', ['-c', script, process.execPath, file, ...args], {
    encoding: 'utf8',
    cwd: folder,
  });
  if (status !== 0) throw new Error(`bench ${args[0]} failed: ${readFileSync(join(folder, 'stderr'), 'utf8')}`);
  const [wall = NaN, user = NaN, system = NaN] = stderr.trim().split(/\s+/).map(Number);
  return { wall, cpu: user + system };
}

function inputOf(folder: string): string[] {
  const sample = ['--input', join(folder, 'sample', 'events'), '--facts', join(folder, 'sample', 'facts')];
  return [...sample, '--now', NOW, '--keys', join(folder, 'keys'), '--plain', '--json'];
}

/** One, two, two, one: a machine that gets slower or faster meanwhile does so to both. */
const TURNS = [1, 2, 2, 1];

async function workers(folder: string): Promise<Row[]> {
  const keystore = await openKeystore(join(folder, 'keys'));
  const person = { name: 'bench', group: 'copilot-team', affiliation: 'employee', team: 'bench', from: '2026-01-01' };
  const people = [{ ...person, recipient: keystore.identity().recipient }];
  writeFileSync(join(folder, 'access.yaml'), JSON.stringify({ version: 1, people }));
  const server = await startServer({ folder: join(folder, 'cluster') });
  try {
    const turns: Turn[] = [];
    for (const [turn, count] of TURNS.entries()) turns.push(await runOn(count, turn, folder, server.address));
    return [
      ...compared(
        'first run',
        turns.map(({ first }) => first),
      ),
      ...compared(
        'second run',
        turns.map(({ second }) => second),
      ),
    ];
  } finally {
    await server.stop();
  }
}

/** Rows of one worker, two, and the ratio, from the seconds of each turn. */
function compared(what: string, seconds: number[]): Row[] {
  const of = (count: number) => seconds.filter((_, turn) => TURNS[turn] === count);
  const sum = (count: number) => of(count).reduce((total, one) => total + one, 0);
  const row = (workers: string, count: number) => ({
    what: `${what} of ${workers}, ${EVENTS} events`,
    figure: `${(sum(count) / 2).toFixed(1)} s`,
    note: of(count)
      .map((one) => one.toFixed(1))
      .join(', '),
  });
  return [
    row('one worker process', 1),
    row('two worker processes', 2),
    { what: `two beside one, ${what}`, figure: `${(sum(1) / sum(2)).toFixed(2)}×` },
  ];
}

/** Seconds of two runs of the same processes, which were new. */
interface Turn {
  first: number;
  second: number;
}

async function runOn(count: number, turn: number, folder: string, address: string): Promise<Turn> {
  const running: ChildProcess[] = [];
  try {
    for (let index = 0; index < count; index++) running.push(await worker(folder, address));
    const cluster = ['--address', address, '--access', join(folder, 'access.yaml'), '--concurrency', '4'];
    const seconds = (name: string) => {
      const cut = ['--shard-bytes', '16MB', '--out', join(folder, `out-${turn}-${name}`)];
      return timed(folder, MAIN, ['run', ...inputOf(folder), ...cluster, ...cut]).wall;
    };
    return { first: seconds('first'), second: seconds('second') };
  } finally {
    for (const child of running) {
      child.removeAllListeners('exit');
      child.kill('SIGKILL');
    }
  }
}

async function worker(folder: string, address: string): Promise<ChildProcess> {
  const args = [MAIN, 'worker', '--address', address, '--keys', join(folder, 'keys'), '--threads', '1'];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise<void>((ready, failed) => {
    child.stderr.on('data', (data) => String(data).includes('worker ready') && ready());
    child.once('exit', () => failed(new Error('bench: the worker ended')));
  });
  return child;
}

/** `node dist/bench/temporal.js engine FOLDER`: the stages over the sample of a folder, in this process. */
if (process.argv[1]?.endsWith('temporal.js') && process.argv[2] === 'engine') {
  const folder = process.argv[3]!;
  const [out, keys] = [join(folder, 'engine'), join(folder, 'keys')];
  const sample = join(folder, 'sample');
  const input = await benchInput('run-engine', out, [join(sample, 'events')], join(sample, 'facts'), keys);
  await curateHere(input, { scratch: join(folder, 'scratch'), keys });
  process.exit(0);
}
