/** garner worker: works for runs that others start, until it is told to stop. */
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { openKeystore } from '../storage/keystore.ts';
import { openScratch, sweepScratch } from '../storage/scratch.ts';
import { historyFolder, ownServer, runningServer } from '../worker/embedded.ts';
import { installRuntime, startWorker } from '../worker/worker.ts';
import { namedAddress } from './connection.ts';
import { addressOption, keysOption, outOption, parseCount } from './options.ts';

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
    .action(async (options: { address?: string; out: string; keys?: string; threads?: number }) => {
      await sweepScratch();
      const scratch = await openScratch('worker');
      const keystore = await openKeystore(options.keys);
      installRuntime();
      const folder = historyFolder(options.out);
      const running = namedAddress(options.address) ?? (await runningServer(folder))?.address;
      const server = running ? null : await ownServer({ folder });
      const worker = await startWorker({
        ...{
          address: running ?? server!.address,
          keystore,
          scratch: scratch.folder,
          threads: options.threads ?? availableParallelism(),
        },
        ...(options.keys === undefined ? {} : { keys: options.keys }),
      });
      process.stderr.write('worker ready\n');
      const stop = () => {
        setTimeout(() => process.exit(1), EXIT_DEADLINE_MS).unref();
        worker.stop().catch(() => process.exit(1));
      };
      process.once('SIGTERM', stop).once('SIGINT', stop);
      try {
        await worker.ended;
      } finally {
        await scratch.remove();
        await server?.stop();
      }
    });
}
