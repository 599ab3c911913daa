/** garner assess: what an experiment showed, and whether anything may be concluded from it. */
import type { Command } from 'commander';
import { readText } from '../../config/document.ts';
import { parseExperiment } from '../../config/experiment.ts';
import { measure, measureOptions, printMeasured, type MeasureOptions } from './measurement.ts';

export function assessCommand(program: Command): void {
  measureOptions(
    program.command('assess').description('assess an experiment between strategies'),
    'strategy-assessment',
  )
    .requiredOption('--experiment <file>', 'the experiment as it was declared before it began')
    .action(async (options: MeasureOptions & { experiment: string }) => {
      const text = readText(options.experiment, '--experiment');
      // Read here too, so that a wrong file starts nothing.
      parseExperiment(options.experiment, text);
      const experiment = { file: options.experiment, text };
      printMeasured(await measure('strategy-assessment', options, experiment), options);
    });
}
