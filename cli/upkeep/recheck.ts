/** garner recheck: which published versions hold what today's facts would not let through, and must be issued again. */
import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { mustReissue, publishedVersions, recheck, type RecheckedVersion } from '../../activities/erase/recheck.ts';
import { loadPolicy } from '../../config/policy.ts';
import { openStore } from '../../storage/objects.ts';
import { openScratch, sweepScratch } from '../../storage/scratch.ts';
import { CommandError, EXIT } from '../exit.ts';
import { jsonOption, keysOption, outOption, parseTime } from '../options.ts';

interface Options {
  facts: string;
  policy?: string;
  now?: number;
  subjects?: boolean;
  out: string;
  keys?: string;
  json?: boolean;
}

export function recheckCommand(program: Command): void {
  program
    .command('recheck [dataset...]')
    .description('which versions hold what may not be used any more: folders, name/version or names (default: all)')
    .requiredOption('--facts <dir>', "today's facts")
    .option('--policy <file>', 'the policy to judge by')
    .option('--now <time>', 'the moment of judgement', parseTime)
    .option('--subjects', 'name the users and repositories')
    .addOption(outOption())
    .addOption(keysOption())
    .addOption(jsonOption())
    .action(async (datasets: string[], options: Options) => {
      const results: RecheckedVersion[] = [];
      for (const [out, versions] of await versionsOf(datasets, options.out))
        results.push(...(await recheckUnder(out, versions, options)));
      if (results.length === 0) throw new CommandError(EXIT.usage, `${options.out} holds no datasets`);
      report(results, options);
    });
}

/** The versions asked for, by the output folder they lie in. */
async function versionsOf(datasets: string[], out: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const add = (folder: string, versions: string[]) =>
    found.set(folder, [...new Set([...(found.get(folder) ?? []), ...versions])]);
  if (datasets.length === 0) add(out, await publishedVersions(openStore(out)));
  for (const dataset of datasets) {
    const path = resolve(dataset);
    const inside = basename(dirname(dirname(path))) === 'datasets' && existsSync(path);
    if (inside) add(dirname(dirname(dirname(path))), [`${basename(dirname(path))}/${basename(path)}`]);
    else {
      const versions = await publishedVersions(openStore(out), dataset.replace(/^datasets\//, '').replace(/\/+$/, ''));
      if (versions.length === 0)
        throw new CommandError(
          EXIT.usage,
          `${dataset}: is neither a version's folder nor a name or name/version under ${out}`,
        );
      add(out, versions);
    }
  }
  return found;
}

async function recheckUnder(out: string, versions: string[], options: Options): Promise<RecheckedVersion[]> {
  const policy = loadPolicy(options.policy);
  await sweepScratch();
  const scratch = await openScratch('recheck');
  try {
    const { facts, keys, now = Date.now() } = options;
    const basis = { facts, policy, now, scratch: scratch.folder, ...(keys !== undefined && { keys }) };
    const results = await recheck(out, versions, basis);
    for (const { version, policyDigest } of results)
      if (policyDigest !== null && policyDigest !== policy.digest)
        process.stderr.write(`${version} was made under another policy than ${policy.file}, by which it is judged\n`);
    return results;
  } finally {
    await scratch.remove();
  }
}

function report(results: RecheckedVersion[], { json, subjects }: Options): void {
  const again = results.filter(mustReissue);
  if (json) {
    const versions = results.map(({ subjects: named, ...result }) => ({
      ...result,
      ...(subjects && { subjects: named }),
    }));
    process.stdout.write(JSON.stringify({ versions, reissue: again.map(({ version }) => version) }) + '\n');
  } else for (const result of results) process.stdout.write(shown(result, subjects === true));
  if (again.length > 0)
    throw new CommandError(
      EXIT.checkFailed,
      `${again.length} of ${results.length} versions must be issued again: ${again.map(({ version }) => version).join(', ')}`,
    );
}

function shown({ version, state, examples, affected, reasons, subjects }: RecheckedVersion, named: boolean): string {
  if (state === 'withdrawn') return `${version}: was taken back\n`;
  if (state === 'aggregate') return `${version}: holds figures, no examples\n`;
  if (state === 'unindexed') return `${version}: has no index, so nobody can tell whom it holds: issue it again\n`;
  if (state === 'clean') return `${version}: ${examples} examples, all may still be used\n`;
  const counts = Object.entries(reasons).map(([reason, count]) => `${reason} ${count}`);
  const lines = [`${version}: ${affected} of ${examples} examples may not be used any more: ${counts.join(', ')}`];
  if (named)
    for (const { kind, id, reason, examples: count } of subjects)
      lines.push(`  ${kind} ${id}: ${reason}, ${count} examples`);
  return lines.join('\n').replace(/[\u0001-\u0009\u000b-\u001f\u007f-\u009f]/g, '\ufffd') + '\n';
}
