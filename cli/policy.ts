/** garner policy check: reads policy and facts as a run would, and says what is wrong with file, line and field. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ConfigError } from '../config/document.ts';
import { loadPolicy } from '../config/policy.ts';
import { openFacts } from '../storage/facts.ts';
import { openScratch } from '../storage/scratch.ts';
import { jsonOption } from './options.ts';

export function policyCommand(program: Command): void {
  program
    .command('policy')
    .description('policies')
    .command('check [file]')
    .description('check a policy, and facts beside it')
    .option('--facts <dir>', 'folder of facts')
    .addOption(jsonOption())
    .action(async (file: string | undefined, options: { facts?: string; json?: boolean }) => {
      const policy = loadPolicy(file);
      const facts = options.facts === undefined ? null : await countFacts(options.facts);
      const { digest, purpose } = policy;
      if (options.json) process.stdout.write(JSON.stringify({ file: policy.file, digest, purpose, facts }) + '\n');
      else
        process.stdout.write(
          `${policy.file}: valid\ndigest ${digest}\n${facts ? `facts ${JSON.stringify(facts)}\n` : ''}`,
        );
    });
}

async function countFacts(folder: string) {
  if (!existsSync(folder))
    throw new ConfigError(folder, undefined, '--facts', 'is not there: name the folder of facts');
  const scratch = await openScratch('policy');
  try {
    const { counts, close } = await openFacts(folder, join(scratch.folder, 'facts'));
    await close();
    return counts;
  } finally {
    await scratch.remove();
  }
}
