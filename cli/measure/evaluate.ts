/** garner evaluate: how the product does, in figures with intervals that show nobody. */
import type { Command } from 'commander';
import { measure, measureOptions, printMeasured, type MeasureOptions } from './measurement.ts';

export function evaluateCommand(program: Command): void {
  measureOptions(program.command('evaluate').description('measure the product: acceptance, retention, latency'), 'product-evaluation') // prettier-ignore
    .action(async (options: MeasureOptions) => printMeasured(await measure('product-evaluation', options), options));
}
