/** The stages over generated events: admit beside bare gunzip and JSON.parse, assemble and select, Temporal's share, memory at 1× and 10×. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { generate } from '../cli/sample/write.ts';

type Row = Record<string, number | string>;
const EVENTS = Number(process.env['GARNER_BENCH_EVENTS'] ?? 60_000);
const NOW = '2026-05-10T00:00:00Z';
const MB = 1e6;

export async function benchPipeline(): Promise<Row[]> {
  const folder = join(tmpdir(), `garner-bench-${process.pid}`);
  try {
    mkdirSync(folder, { recursive: true });
    await generate({ events: EVENTS, seed: 1, out: join(folder, 'one') });
    const bytes = oneGzip(join(folder, 'one', 'events'), join(folder, 'events.jsonl.gz'));
    const rows: Row[] = [
      { what: `input, ${EVENTS} events`, figure: `${(bytes / MB).toFixed(1)} MB`, note: 'plain; read as one .gz' },
    ];
    rows.push(...child('stages', folder, bytes));
    await generate({ events: EVENTS * 10, seed: 1, out: join(folder, 'ten') });
    for (const size of ['one', 'ten']) rows.push(...run(size, folder));
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All events as one compressed file; returns their plain size. */
function oneGzip(events: string, target: string): number {
  const plain = Buffer.concat(
    readdirSync(events)
      .sort()
      .map((name) => {
        const bytes = readFileSync(join(events, name));
        return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
      }),
  );
  writeFileSync(target, gzipSync(plain));
  return plain.length;
}

/** Each measure has a process of its own, so that none inherits another's heap. */
function child(name: string, folder: string, bytes: number): Row[] {
  const file = fileURLToPath(new URL(`./pipeline-${name}.js`, import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--expose-gc', file, folder, String(bytes)], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`bench ${name} failed: ${stderr.slice(-2000)}`);
  return JSON.parse(stdout) as Row[];
}

/** A whole run through Temporal beside the same stages called in one process, and the peak memory of the run. */
function run(size: string, folder: string): Row[] {
  const main = fileURLToPath(new URL('../cli/main.js', import.meta.url));
  const out = join(folder, `out-${size}`);
  const args = [
    '--input',
    join(folder, size, 'events'),
    '--facts',
    join(folder, size, 'facts'),
    '--now',
    NOW,
    '--plain',
    '--json',
    '--out',
    out,
  ];
  const script = `/usr/bin/time -v "$0" "$@" 2>&1 >/dev/null | grep -E 'Maximum resident|Elapsed|User time|System time'`;
  const timed = spawnSync('bash', ['-c', script, process.execPath, main, 'run', ...args], { encoding: 'utf8' }).stdout;
  const figure = (name: string) =>
    timed
      .split('\n')
      .find((line) => line.includes(name))
      ?.split(': ')
      .at(-1)
      ?.trim() ?? 'no /usr/bin/time here';
  const label = size === 'one' ? '1×' : '10×';
  return [
    {
      what: `run through Temporal, ${label}`,
      figure: figure('Elapsed'),
      note: `user ${figure('User time')} s, system ${figure('System time')} s`,
    },
    {
      what: `peak memory of the run's process, ${label}`,
      figure: `${Math.round(Number(figure('Maximum resident')) / 1024)} MB`,
    },
  ];
}
