/** garner worker: works for runs that others start, until it is told to stop. */
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { openKeystore } from '../../storage/keystore.ts';
import { openScratch, sweepScratch } from '../../storage/scratch.ts';
import { historyFolder, sharedServer } from '../../worker/server/embedded.ts';
import { serveHealth } from '../../worker/health.ts';
import { openLog } from '../../worker/log.ts';
import { installRuntime, startWorker, type RunningWorker } from '../../worker/worker.ts';
import { namedAddress } from '../connection.ts';
import { addressOption, keysOption, outOption, parseCount, parsePlace, tracesOption } from '../options.ts';

/** A worker that does not stop in this time after it was told to is ended: a stuck stage must not hold a deployment. */
const EXIT_DEADLINE_MS = 45_000;

export function workerCommand(program: Command): void {
  program
    .command('worker')
    .description('work on runs, until SIGTERM')
    .addOption(addressOption())
    .addOption(outOption())
    .addOption(keysOption())
    .option('--threads <n>', 'stages at once (default: the cores)', parseCount)
    .option('--health <host:port>', 'answer GET /health and GET /ready there', parsePlace)
    .option('--metrics <host:port>', 'Prometheus metrics of the SDK and of the worker there', parsePlace)
    .addOption(tracesOption())
    .option('--log <level>', 'JSON lines on stdout: debug, info, warn, error or silent', 'silent')
    .option('--deployment <name>', 'version runs by this deployment: each ends on the program it began on')
    .action(work);
}

interface WorkerCommandOptions {
  address?: string;
  out: string;
  keys?: string;
  threads?: number;
  health?: { host: string; port: number };
  metrics?: { host: string; port: number };
  traces?: string;
  log: string;
  deployment?: string;
}

/** Signal handlers stand before anything is open, so that a worker that is told to stop while it starts ends too. */
async function work(options: WorkerCommandOptions): Promise<void> {
  let worker: RunningWorker | undefined;
  let told = false;
  const stop = () => {
    told = true;
    setTimeout(() => process.exit(1), EXIT_DEADLINE_MS).unref();
    worker?.stop().catch(() => process.exit(1));
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  await sweepScratch();
  const scratch = await openScratch('worker');
  const keystore = await openKeystore(options.keys);
  const { metrics } = options;
  installRuntime(metrics && `${metrics.host}:${metrics.port}`);
  const named = namedAddress(options.address);
  const server = named === undefined ? await sharedServer({ folder: historyFolder(options.out), works: true }) : null;
  const log = openLog(options.log);
  const health = options.health ? await serveHealth(options.health, () => worker?.state() ?? 'STARTING') : null;
  try {
    worker = await startWorker({
      ...{ address: named ?? server!.address, keystore, scratch: scratch.folder, log, measured: !!metrics },
      threads: options.threads ?? availableParallelism(),
      ...(options.keys === undefined ? {} : { keys: options.keys }),
      ...(options.traces === undefined ? {} : { traces: options.traces }),
      ...(options.deployment === undefined ? {} : { deployment: options.deployment }),
    });
    if (told) stop();
    process.stderr.write('worker ready\n');
    log.info('worker ready');
    await worker.ended;
    log.info('worker ended');
  } finally {
    await health?.close();
    await scratch.remove();
    await server?.stop();
  }
}
