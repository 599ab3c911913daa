/** garner retention: removes raw windows, staging, ledgers and datasets that have passed the age that the policy sets. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { retentionDue, type RetentionInput } from '../../activities/retention/expire.ts';
import type { DueItem } from '../../activities/retention/due.ts';
import { ConfigError } from '../../config/document.ts';
import { loadPolicy, BUILTIN_POLICY } from '../../config/policy.ts';
import type { RetentionSummary } from '../../workflows/retention.ts';
import { TASK_QUEUE } from '../../worker/server/server.ts';
import { CommandError, EXIT } from '../exit.ts';
import { addressOption, jsonOption, keysOption, outOption, parseTime } from '../options.ts';
import { withSession } from '../runs/session.ts';

interface Options {
  policy: string;
  input: string[];
  timeZone: string;
  now?: number;
  out: string;
  keys?: string;
  address?: string;
  by: string;
  dryRun?: boolean;
  json?: boolean;
}

export function retentionCommand(program: Command): void {
  program
    .command('retention')
    .description('remove what has passed the age that the policy sets: raw windows, staging, ledgers, datasets')
    .option('--policy <file>', 'the policy, with its retention', BUILTIN_POLICY)
    .option('--input <address...>', 'raw events, with {day} in the address: s3://events/{day}/', [])
    .option('--time-zone <zone>', 'whose midnight ends a day of raw events', 'UTC')
    .option('--now <time>', 'the moment (default: the clock)', parseTime)
    .addOption(outOption())
    .addOption(keysOption())
    .addOption(addressOption())
    .option('--by <name>', 'in whose name (default: the account)', userInfo().username)
    .option('--dry-run', 'only say what is due')
    .addOption(jsonOption())
    .action((options: Options) => retention(options));
}

async function retention(options: Options): Promise<void> {
  const { policy: file, input: inputs, timeZone, out, by: actor } = options;
  const { retention: ages } = loadPolicy(file);
  if (Object.values(ages).every((age) => age === null))
    throw new ConfigError(file, undefined, 'retention', 'names no age: add for example retention: {datasets: 400d}');
  const at = options.now ?? Date.now();
  const policy = { file, text: readFileSync(file, 'utf8') };
  const input: RetentionInput = { out, policy, inputs, timeZone, now: at, actor };
  if (options.dryRun) {
    const due = await retentionDue({ ...input, at, retention: 'dry-run' });
    for (const item of due) process.stdout.write(options.json ? JSON.stringify(item) + '\n' : `${plain(item)}\n`);
    if (due.length === 0) process.stderr.write('nothing is due\n');
    return;
  }
  const summary = await withSession(options, async ({ client, worker }) => {
    const workflowId = `retention-${randomBytes(8).toString('hex')}`;
    const handle = await client.workflow.start('retention', { taskQueue: TASK_QUEUE, workflowId, args: [input] });
    const result = handle.result() as Promise<RetentionSummary>;
    if (!worker) return result;
    const stopped = worker.ended.then((): never => {
      throw new CommandError(EXIT.failed, 'the worker stopped before retention ended: run the command again');
    });
    return Promise.race([result, stopped]);
  });
  report(summary, options);
}

function report(summary: RetentionSummary, { json }: Options): void {
  const { items, objects, bytes, keys, remaining } = summary;
  if (json) process.stdout.write(JSON.stringify(summary) + '\n');
  else
    process.stdout.write(
      `${items.raw} raw windows, ${items.staging} stagings, ${items.ledger} ledgers and ${items.dataset} datasets removed: ` +
        `${objects} objects, ${bytes} bytes, ${keys} keys\n`,
    );
  if (remaining.length > 0)
    throw new CommandError(EXIT.checkFailed, `still there: ${remaining.slice(0, 10).join(', ')}: run it again`);
}

function plain(item: DueItem): string {
  if (item.kind === 'raw') return `raw      ${item.day}  ${item.input}`;
  if (item.kind === 'staging') return `staging  ${item.run}`;
  if (item.kind === 'ledger') return `ledger   ${item.day}  ${item.run}`;
  return `dataset  ${item.day}  ${item.version}`;
}
