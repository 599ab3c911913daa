/** garner policy: what is wrong with a policy and its facts, what in them changes nothing, and what another policy would change. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import type { CurateInput } from '../activities/types.ts';
import { ConfigError } from '../config/document.ts';
import { loadPolicy, type Policy } from '../config/policy.ts';
import { loadGitleaks } from '../config/redaction.ts';
import { FactsCheck } from '../curation/rules/check/facts.ts';
import { uselessNames } from '../curation/rules/check/names.ts';
import { uselessPatterns } from '../curation/rules/check/patterns.ts';
import type { Warning } from '../curation/rules/check/warning.ts';
import { openFacts, type FactCounts } from '../storage/facts.ts';
import { openScratch, sweepScratch } from '../storage/scratch.ts';
import { diffPolicies, showDiff } from './records/explain/diff.ts';
import { jsonOption, keysOption, parseTime } from './options.ts';

interface DiffOptions {
  input: string[];
  format: CurateInput['format'];
  facts?: string;
  now?: number;
  keys?: string;
  json?: boolean;
}

export function policyCommand(program: Command): void {
  const policy = program.command('policy').description('policies');
  policy
    .command('check [file]')
    .description('check a policy, and facts beside it; lists what in them changes nothing')
    .option('--facts <dir>', 'folder of facts')
    .addOption(jsonOption())
    .action(check);
  policy
    .command('diff <before> <after>')
    .description('which records of a sample another policy would decide otherwise, and why')
    .requiredOption('--input <path...>', 'files or folders of events')
    .addOption(
      new Option('--format <name>').choices(['auto', 'garner', 'copilot', 'continue', 'tabby']).default('auto'),
    )
    .option('--facts <dir>', 'folder of facts')
    .option('--now <time>', 'the moment of judgement', parseTime)
    .addOption(keysOption())
    .addOption(jsonOption())
    .action(async (before: string, after: string, options: DiffOptions) => {
      const judged = { ...options, now: options.now ?? Date.now() };
      const diff = await withScratch((scratch) => diffPolicies(before, after, options.input, judged, scratch));
      process.stdout.write(options.json ? JSON.stringify(diff) + '\n' : showDiff(diff));
    });
}

async function check(file: string | undefined, options: { facts?: string; json?: boolean }): Promise<void> {
  const policy = loadPolicy(file);
  const { counts, warnings } =
    options.facts === undefined ? checkAlone(policy) : await checkWithFacts(policy, options.facts);
  const { digest, purpose } = policy;
  if (options.json) {
    process.stdout.write(JSON.stringify({ file: policy.file, digest, purpose, facts: counts, warnings }) + '\n');
    return;
  }
  const lines = [`${policy.file}: valid`, `digest ${digest}`];
  if (counts) lines.push(`facts ${JSON.stringify(counts)}`);
  for (const { source, value, problem } of warnings)
    lines.push(`warning: ${source}${value === undefined ? '' : ` ${JSON.stringify(value)}`}: ${problem}`);
  process.stdout.write(lines.join('\n') + '\n');
}

interface Checked {
  counts: FactCounts | null;
  warnings: Warning[];
}

function checkAlone(policy: Policy): Checked {
  const { rules } = policy;
  return { counts: null, warnings: [...unusedRules(policy), ...uselessPatterns(rules), ...uselessNames(rules)] };
}

function unusedRules({ redaction: { gitleaks } }: Policy): Warning[] {
  if (gitleaks === null) return [];
  const problem = 'goes by the path of a file alone and is not used: name such files in paths.exclude';
  return loadGitleaks(gitleaks).byPath.map((value) => ({ source: `${gitleaks} rules`, value, problem }));
}

async function checkWithFacts(policy: Policy, folder: string): Promise<Checked> {
  const { rules } = policy;
  if (!existsSync(folder))
    throw new ConfigError(folder, undefined, '--facts', 'is not there: name the folder of facts');
  return withScratch(async (scratch) => {
    const { counts, facts, entries, close } = await openFacts(folder, join(scratch, 'facts'));
    try {
      const found = new FactsCheck(rules, facts);
      for (const entry of entries()) found.take(entry);
      const useless = [...uselessPatterns(rules), ...uselessNames(rules, facts)];
      return { counts, warnings: [...unusedRules(policy), ...useless, ...found.warnings()] };
    } finally {
      await close();
    }
  });
}

async function withScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  await sweepScratch();
  const scratch = await openScratch('policy');
  try {
    return await work(scratch.folder);
  } finally {
    await scratch.remove();
  }
}
