/** garner ui: the embedded server and its web page over the runs of an output folder. */
import type { Command } from 'commander';
import { historyFolder, ownServer } from '../../worker/server/embedded.ts';
import { outOption, parseCount } from '../options.ts';

export function uiCommand(program: Command): void {
  program
    .command('ui')
    .description("Temporal's web page over the runs of an output folder, until Ctrl-C")
    .addOption(outOption())
    .option('--port <n>', 'port of the web page (default: a free one)', parseCount)
    .action(async (options: { out: string; port?: number }) => {
      const server = await ownServer({
        folder: historyFolder(options.out),
        ui: true,
        ...(options.port ? { uiPort: options.port } : {}),
      });
      process.stdout.write(`${server.ui}/namespaces/default/workflows\n`);
      await new Promise<void>((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
      await server.stop();
    });
}
