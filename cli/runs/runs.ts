/** garner list, status, pause, resume, approve, reject, retry, cancel: operators see and steer runs. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { RetryDecision } from '../../workflows/run/messages.ts';
import { connect, type Connected } from '../connection.ts';
import { CommandError, EXIT } from '../exit.ts';
import { addressOption, jsonOption, keysOption, outOption, parseNumber } from '../options.ts';
import { askProgress } from './progress.ts';
import { askStatus, statusText, watch } from './status.ts';

interface Options {
  out: string;
  keys?: string;
  address?: string;
  json?: boolean;
}

export function runsCommands(program: Command): void {
  const command = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .addOption(outOption())
      .addOption(keysOption())
      .addOption(addressOption())
      .addOption(jsonOption());

  command('list', 'runs, newest first')
    .option('--where <query>', 'a visibility query, such as GarnerStage="approval"')
    .action((options: Options & { where?: string }) =>
      withConnection(options, (connected) => list(connected, options)),
    );
  command('status <run>', 'where a run stands, what fails and why')
    .option('--watch', 'until the run has ended')
    .action((run: string, options: Options & { watch?: boolean }) =>
      withConnection(options, async ({ client }) => {
        if (options.watch) return watch(client, run);
        const status = await askStatus(client, run);
        process.stdout.write(options.json ? JSON.stringify(status) + '\n' : statusText(status));
      }),
    );
  command('retry <run>', 'try what failed and waits again, once its cause is mended')
    .option(
      '--shard <n>',
      'number of the shard (bucket, part) that failed; without it a stage that is one unit',
      parseNumber,
    )
    .option('--by <name>', 'who decides (default: the account)', userInfo().username)
    .requiredOption('--why <text>', 'what was mended: kept with the run')
    .action((run: string, options: Options & { shard?: number; by: string; why: string }) =>
      withConnection(options, (connected) => retry(connected, run, options)),
    );
  for (const [name, description] of [
    ['pause', 'hold a run: what is in work ends, nothing more begins'],
    ['resume', 'let a paused run go on'],
    ['approve', 'allow the publication of a run that waits for it'],
    ['reject', 'refuse the publication of a run that waits for it'],
  ] as const) {
    command(`${name} <run>`, description)
      .option('--by <name>', 'who decides (default: the account)', userInfo().username)
      .requiredOption('--why <text>', 'why: kept with the run')
      .action((run: string, options: Options & { by: string; why: string }) =>
        withConnection(options, async ({ client }) => {
          await client.workflow.getHandle(run).executeUpdate(name, { args: [{ by: options.by, why: options.why }] });
          process.stderr.write(`${run}: ${name} done\n`);
        }),
      );
  }
  command('cancel <run>', 'end a run; what it staged is removed').action((run: string, options: Options) =>
    withConnection(options, async ({ client }) => {
      await client.workflow.getHandle(run).cancel();
      process.stderr.write(`${run}: cancelling\n`);
    }),
  );
}

async function withConnection(options: Options, work: (connected: Connected) => Promise<void>): Promise<void> {
  const connected = await connect(options);
  try {
    await work(connected);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError)
      throw new CommandError(EXIT.usage, 'no such run is under way here: `garner list` names the runs');
    throw error;
  } finally {
    await connected.close();
  }
}

async function list({ client }: Connected, { json, where }: Options & { where?: string }): Promise<void> {
  const query = `WorkflowType != "page"${where ? ` AND (${where})` : ''}`;
  for await (const { workflowId, type, status, startTime, closeTime } of client.workflow.list({ query })) {
    const row = {
      run: workflowId,
      kind: type,
      status: status.name.toLowerCase(),
      started: startTime.toISOString(),
      ended: closeTime?.toISOString() ?? null,
    };
    process.stdout.write(
      json
        ? JSON.stringify(row) + '\n'
        : `${row.run}  ${row.kind.padEnd(9)} ${row.status.padEnd(10)} ${row.started}  ${row.ended ?? ''}\n`,
    );
  }
}

async function retry(
  { client }: Connected,
  run: string,
  { shard, by, why }: { shard?: number; by: string; why: string },
): Promise<void> {
  const { failures } = await askProgress(client, run);
  const unit = shard ?? null;
  const failure = failures.find((candidate) => candidate.unit === unit);
  if (!failure) {
    const waiting = failures.map(({ stage, unit }) => (unit === null ? stage : `--shard ${unit} (${stage})`));
    const what = unit === null ? 'no stage' : `no unit ${unit}`;
    throw new CommandError(
      EXIT.usage,
      `${what} of ${run} waits to be tried again${waiting.length > 0 ? `; these do: ${waiting.join(', ')}` : ''}`,
    );
  }
  const decision: RetryDecision = { unit, by, why };
  await client.workflow.getHandle(failure.workflow).executeUpdate('retry', { args: [decision] });
  process.stderr.write(`${run}: ${failure.stage}${unit === null ? '' : ` ${unit}`} is tried again\n`);
}
