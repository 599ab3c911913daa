/** garner list, status, pause, resume, approve, reject, cancel: operators see and steer runs. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Progress } from '../workflows/messages.ts';
import { connect, type Connected } from './connection.ts';
import { CommandError, EXIT } from './exit.ts';
import { addressOption, jsonOption, keysOption, outOption } from './options.ts';
import { progressLine } from './progress.ts';

interface Options {
  out: string;
  keys?: string;
  address?: string;
  json?: boolean;
}

const QUERY_WAIT_MS = 5_000;

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
  command('status <run>', 'where a run stands').action((run: string, options: Options) =>
    withConnection(options, (connected) => status(connected, run, options)),
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
      throw new CommandError(EXIT.usage, 'there is no such run here: `garner list` names them');
    throw error;
  } finally {
    await connected.close();
  }
}

async function list({ client }: Connected, { json, where }: Options & { where?: string }): Promise<void> {
  const query = `WorkflowType = "curate"${where ? ` AND (${where})` : ''}`;
  for await (const { workflowId, status, startTime, closeTime } of client.workflow.list({ query })) {
    const row = {
      run: workflowId,
      status: status.name.toLowerCase(),
      started: startTime.toISOString(),
      ended: closeTime?.toISOString() ?? null,
    };
    process.stdout.write(
      json ? JSON.stringify(row) + '\n' : `${row.run}  ${row.status.padEnd(10)} ${row.started}  ${row.ended ?? ''}\n`,
    );
  }
}

async function status({ client }: Connected, run: string, { json }: Options): Promise<void> {
  const handle = client.workflow.getHandle(run);
  const { status } = await handle.describe();
  // A query is answered by a worker; where none is there, the run's state alone is told.
  const progress = await Promise.race([
    handle.query<Progress, []>('progress').catch(() => null),
    new Promise<null>((resolve) => setTimeout(() => resolve(null), QUERY_WAIT_MS).unref()),
  ]);
  const state = status.name.toLowerCase();
  if (json) process.stdout.write(JSON.stringify({ run, status: state, progress }) + '\n');
  else process.stdout.write(`${run}  ${state}${progress ? `\n${progressLine(progress)}` : ''}\n`);
}
