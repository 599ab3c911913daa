/** garner aggregate: counts for related products, with nobody in them. */
import type { Command } from 'commander';
import { measure, measureOptions, printMeasured, type MeasureOptions } from './measurement.ts';

export function aggregateCommand(program: Command): void {
  measureOptions(program.command('aggregate').description('counts for related products, with nobody in them'), 'related-products') // prettier-ignore
    .action(async (options: MeasureOptions) => printMeasured(await measure('related-products', options), options));
}
