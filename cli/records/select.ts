/** garner select --dry-run: what each knob of selection takes out of the examples of files, or of a run. Nothing is published. */
import { Option, type Command } from 'commander';
import { effectOf, type SelectionEffect } from '../../activities/curate/effect.ts';
import type { CurateInput } from '../../activities/types.ts';
import { loadPolicy } from '../../config/policy.ts';
import { openScratch, sweepScratch } from '../../storage/scratch.ts';
import { CommandError, EXIT } from '../exit.ts';
import { guardKeyOption, jsonOption, keysOption, outOption, parseTime } from '../options.ts';
import { judgeAgain, type AgainOptions } from './explain/again.ts';
import { judgeFiles } from './explain/judged.ts';

interface Options extends AgainOptions {
  input?: string[];
  run?: string;
  format: CurateInput['format'];
  policy?: string;
  now?: number;
  dryRun?: boolean;
  json?: boolean;
}

export function selectCommand(program: Command): void {
  program
    .command('select')
    .description('show what each knob of selection takes out, in its turn and alone')
    .requiredOption('--dry-run', 'only show it; `garner run` selects and publishes')
    .option('--input <paths...>', 'files, folders or s3:// addresses of events')
    .option('--run <run>', 'a run that is finished or waits for approval, as it judged')
    .addOption(
      new Option('--format <name>').choices(['auto', 'garner', 'copilot', 'continue', 'tabby']).default('auto'),
    )
    .option('--facts <dir>', 'folder of facts; with --run a copy of those it was judged by')
    .option('--guard <files...>', 'with --run: the guard files that it was given')
    .addOption(guardKeyOption())
    .addOption(outOption())
    .option('--policy <file>', 'the policy whose selection is tried')
    .option('--now <time>', 'the moment of judgement', parseTime)
    .addOption(keysOption())
    .addOption(jsonOption())
    .action((options: Options) => select(options));
}

async function select(options: Options): Promise<void> {
  const { input, run, json, policy, now } = options;
  if ((input === undefined) === (run === undefined))
    throw new CommandError(EXIT.usage, 'name either --input or --run: files, or a run that judged them');
  if (run !== undefined && (policy !== undefined || now !== undefined))
    throw new CommandError(EXIT.usage, 'a run is judged by its own policy and moment: leave out --policy and --now');
  if (input !== undefined) {
    const { purpose } = loadPolicy(policy);
    if (purpose !== 'model-improvement')
      throw new CommandError(EXIT.usage, `purpose ${purpose} selects nothing: it publishes figures`);
  }
  await sweepScratch();
  const scratch = await openScratch('select');
  try {
    const { stage, assembled } =
      run === undefined
        ? await judgeFiles(input!, 'select', { ...options, now: now ?? Date.now() }, scratch.folder)
        : await judgeAgain(run, options, scratch.folder);
    const effect = await effectOf(assembled, stage);
    process.stdout.write(json ? JSON.stringify(effect) + '\n' : plain(effect));
  } finally {
    await scratch.remove();
  }
}

function plain({ knobs, counts, components, largestComponent }: SelectionEffect): string {
  const line = (cells: (string | number)[]) =>
    String(cells[0]).padEnd(44) + cells.slice(1).map((cell) => String(cell).padStart(10)).join('') + '\n'; // prettier-ignore
  const rows = knobs.map(({ rule, setting, before, out, after, alone }) =>
    line([setting === null ? rule : `${rule} (${setting})`, before, out, after, alone]),
  );
  const { train = 0, validation = 0, test = 0 } = counts;
  return (
    line(['knob', 'before', 'out', 'after', 'alone']) +
    rows.join('') +
    `train ${train}, validation ${validation}, test ${test}; ${components} components, the largest of ${largestComponent}\n`
  );
}
