/** garner select --dry-run: what each knob of selection takes out of a file's examples. Nothing is published. */
import { Option, type Command } from 'commander';
import { effectOf, type SelectionEffect } from '../../activities/curate/effect.ts';
import type { CurateInput } from '../../activities/types.ts';
import { loadPolicy } from '../../config/policy.ts';
import { openScratch, sweepScratch } from '../../storage/scratch.ts';
import { CommandError, EXIT } from '../exit.ts';
import { jsonOption, keysOption, parseTime } from '../options.ts';
import { judgeFiles } from './explain/judged.ts';

interface Options {
  input: string[];
  format: CurateInput['format'];
  facts?: string;
  policy?: string;
  now?: number;
  keys?: string;
  dryRun?: boolean;
  json?: boolean;
}

export function selectCommand(program: Command): void {
  program
    .command('select')
    .description('show what each knob of selection takes out, in its turn and alone')
    .requiredOption('--dry-run', 'only show it; `garner run` selects and publishes')
    .requiredOption('--input <paths...>', 'files, folders or s3:// addresses of events')
    .addOption(
      new Option('--format <name>').choices(['auto', 'garner', 'copilot', 'continue', 'tabby']).default('auto'),
    )
    .option('--facts <dir>', 'folder of facts')
    .option('--policy <file>', 'the policy whose selection is tried')
    .option('--now <time>', 'the moment of judgement', parseTime)
    .addOption(keysOption())
    .addOption(jsonOption())
    .action((options: Options) => select(options));
}

async function select({ input, json, now = Date.now(), ...options }: Options): Promise<void> {
  const { purpose } = loadPolicy(options.policy);
  if (purpose !== 'model-improvement')
    throw new CommandError(EXIT.usage, `purpose ${purpose} selects nothing: it publishes figures`);
  await sweepScratch();
  const scratch = await openScratch('select');
  try {
    const { stage, assembled } = await judgeFiles(input, 'select', { ...options, now }, scratch.folder);
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
