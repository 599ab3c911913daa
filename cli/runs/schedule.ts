/** garner schedule, nightly: the runs that come by themselves, made equal to a list, shown, and made up for. */
import { userInfo } from 'node:os';
import {
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleDescription,
} from '@temporalio/client';
import type { Command } from 'commander';
import type { RecheckInput } from '../../activities/erase/nightlyrecheck.ts';
import type { RetentionInput } from '../../activities/retention/expire.ts';
import { namedGuards } from '../../activities/run/guards.ts';
import { windowStates, type NightlyInput } from '../../activities/nights/windows.ts';
import { readText } from '../../config/document.ts';
import { parseExperiment } from '../../config/experiment.ts';
import { readPolicyOf } from '../../config/policy/purpose.ts';
import { BUILTIN_SCHEDULES, isWindowed, loadSchedules, PURPOSE_OF, type Schedule } from '../../config/schedules.ts';
import { dayPlus, windowOfDay } from '../../curation/events/window.ts';
import { TASK_QUEUE } from '../../worker/server/server.ts';
import { connect, namedAddress } from '../connection.ts';
import { CommandError, EXIT } from '../exit.ts';
import { addressOption, jsonOption, keysOption, outOption, parseTime } from '../options.ts';
import { readAccess } from './run.ts';

interface Options {
  out: string;
  keys?: string;
  address?: string;
  config: string;
  json?: boolean;
}

const PREFIX = 'garner-';

export function scheduleCommands(program: Command): void {
  const schedule = program
    .command('schedule')
    .description('runs that come by themselves, as config/schedules.yaml lists them');
  const command = (parent: Command, name: string, description: string) =>
    parent
      .command(name)
      .description(description)
      .option('--config <file>', 'the list', BUILTIN_SCHEDULES)
      .addOption(outOption())
      .addOption(keysOption())
      .addOption(addressOption())
      .addOption(jsonOption());

  command(schedule, 'apply', "make the server's schedules equal to the list: shows what differs, then changes it")
    .option('--dry-run', 'show what differs, change nothing')
    .option('--by <name>', 'in whose name the runs are (default: the account)', userInfo().username)
    .action((options: Options & { dryRun?: boolean; by: string }) =>
      withClient(options, (client) => apply(client, options)),
    );
  command(schedule, 'list', 'the schedules of the server and their next starts').action((options: Options) =>
    withClient(options, (client) => list(client, options)),
  );
  command(schedule, 'backfill <id>', 'do the days of a range that were missed')
    .requiredOption('--from <day>', 'the first day, YYYY-MM-DD', parseTime)
    .requiredOption('--to <day>', 'the last day', parseTime)
    .action((id: string, options: Options & { from: number; to: number }) =>
      withClient(options, (client) => backfill(client, id, options)),
    );
  const nightly = program.command('nightly').description('the windows of schedules');
  command(nightly, 'status', 'which windows are done, late (events came since) or missing')
    .option('--now <time>', 'the moment (default: the clock)', parseTime)
    .option('--from <day>', 'the first day (default: the first that was curated)')
    .action(async (options: Options & { now?: number; from?: string }) => {
      for (const entry of loadSchedules(options.config).filter(isWindowed)) {
        for (const state of await windowStates(entry, options.now ?? Date.now(), options.keys, options.from)) {
          const { day, version, issues } = state;
          const plain = `${entry.id}  ${day}  ${state.state.padEnd(8)}${version ?? ''}${issues > 1 ? `  (issue ${issues})` : ''}`;
          process.stdout.write(
            (options.json ? JSON.stringify({ schedule: entry.id, ...state }) : plain.trimEnd()) + '\n',
          );
        }
      }
    });
}

async function withClient(options: Options, work: (client: Client) => Promise<void>): Promise<void> {
  const connected = await connect(options);
  try {
    await work(connected.client);
  } finally {
    await connected.close();
  }
}

async function apply(
  client: Client,
  { config, address, dryRun, by }: Options & { dryRun?: boolean; by: string },
): Promise<void> {
  const local = namedAddress(address) === undefined;
  const wanted = new Map<string, Job>();
  for (const schedule of loadSchedules(config)) wanted.set(PREFIX + schedule.id, await jobOf(schedule, by, local));
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const gone: string[] = [];
  for await (const { scheduleId } of client.schedule.list())
    if (scheduleId.startsWith(PREFIX) && !wanted.has(scheduleId)) gone.push(scheduleId);
  // The server lists them in no order.
  for (const scheduleId of gone.sort()) {
    say(`- ${scheduleId}`);
    if (!dryRun) await client.schedule.getHandle(scheduleId).delete();
  }
  for (const [scheduleId, job] of wanted) {
    const options = optionsOf(job);
    const handle = client.schedule.getHandle(scheduleId);
    const found = await handle.describe().catch((error: unknown) => {
      if (error instanceof ScheduleNotFoundError) return null;
      throw error;
    });
    if (found === null) {
      say(`+ ${scheduleId}`);
      if (!dryRun) await client.schedule.create({ scheduleId, ...options });
      continue;
    }
    const differs = differences(found, job);
    for (const difference of differs) say(`~ ${scheduleId} ${difference}`);
    if (differs.length > 0 && !dryRun) await handle.update(({ state }) => ({ ...options, state }));
    if (differs.length === 0) say(`= ${scheduleId}`);
  }
}

/** What a schedule starts. */
interface Job {
  schedule: Schedule;
  workflow: 'nightly' | 'recheck' | 'retention';
  input: NightlyInput | RecheckInput | RetentionInput;
}

/** Every file that the schedule names is read and checked: a wrong one changes nothing on the server. */
async function jobOf(schedule: Schedule, actor: string, local: boolean): Promise<Job> {
  if (!isWindowed(schedule)) {
    const { policy, text } = readPolicyOf('model-improvement', schedule.policy);
    const { kind, out, facts, inputs, timeZone } = schedule;
    const common = { out, policy: { file: policy.file, text }, actor, now: null };
    if (kind === 'recheck') return { schedule, workflow: kind, input: { ...common, facts: facts! } };
    return { schedule, workflow: kind, input: { ...common, inputs, timeZone } };
  }
  const { policy, text } = readPolicyOf(PURPOSE_OF[schedule.kind], schedule.policy);
  const access = readAccess({ access: schedule.access ?? undefined, policy: policy.file }, policy, local);
  await namedGuards(schedule.guard, schedule.guardKey);
  const input: NightlyInput = {
    schedule: { ...schedule, access: access?.file ?? null },
    policy: { file: policy.file, text },
    actor,
  };
  if (schedule.experiment !== null) {
    const experiment = { file: schedule.experiment, text: readText(schedule.experiment) };
    parseExperiment(experiment.file, experiment.text);
    input.experiment = experiment;
  }
  return { schedule, workflow: 'nightly', input };
}

function optionsOf({ schedule, workflow, input }: Job) {
  const { id, kind, at, timeZone: timezone, jitter, catchUp } = schedule;
  return {
    spec: { calendars: [{ hour: Math.floor(at / 60), minute: at % 60 }], timezone, jitter },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: catchUp, pauseOnFailure: true },
    action: {
      type: 'startWorkflow' as const,
      workflowType: workflow,
      workflowId: `${workflow}-${id}`,
      taskQueue: TASK_QUEUE,
      args: [input] as [Job['input']],
      staticSummary: workflow === kind ? kind : `${workflow}: ${kind}`,
    },
  };
}

/** What of a server's schedule is not as it is listed, in words. */
function differences({ spec, policies, action }: ScheduleDescription, { schedule, workflow, input }: Job): string[] {
  const [calendar] = spec.calendars ?? [];
  const hour = calendar?.hour[0]?.start ?? 0;
  const minute = calendar?.minute[0]?.start ?? 0;
  const is = new Map(leavesOf(action.args?.[0]));
  const wanted = new Map(leavesOf(input));
  const pairs: [string, unknown, unknown][] = [
    ['at', hour * 60 + minute, schedule.at],
    ['timeZone', spec.timezone ?? 'UTC', schedule.timeZone],
    ['jitter', Number(spec.jitter ?? 0), schedule.jitter],
    ['overlap', policies.overlap, ScheduleOverlapPolicy.SKIP],
    ['catchUp', policies.catchupWindow, schedule.catchUp],
    ['pauseOnFailure', policies.pauseOnFailure, true],
    ['calendars', spec.calendars?.length, 1],
    ['workflow', action.workflowType, workflow],
    ...[...new Set([...is.keys(), ...wanted.keys()])].map((name): [string, unknown, unknown] => [
      name,
      is.get(name),
      wanted.get(name),
    ]),
  ];
  const found = pairs
    .filter(([, is, wanted]) => is !== wanted)
    .map(([name, is, wanted]) =>
      name.endsWith('.text') ? `${name.slice(0, -5)}: its text changed` : `${name}: ${String(is)} → ${String(wanted)}`,
    );
  return [...new Set(found)];
}

/** Every value of a workflow's input by the name that the list has for it. */
function leavesOf(value: unknown, name = ''): [string, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[name, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([field, child]) =>
    leavesOf(child, name === '' || name === 'schedule' ? field : `${name}.${field}`),
  );
}

async function list(client: Client, { json }: Options): Promise<void> {
  for await (const { scheduleId } of client.schedule.list()) {
    if (!scheduleId.startsWith(PREFIX)) continue;
    const { state, info, action } = await client.schedule.getHandle(scheduleId).describe();
    const [input] = (action.args ?? []) as [Partial<NightlyInput>?];
    const row = {
      id: scheduleId.slice(PREFIX.length),
      kind: input?.schedule?.kind ?? action.workflowType,
      paused: state.paused,
      next: info.nextActionTimes[0]?.toISOString() ?? null,
      last: info.recentActions.at(-1)?.scheduledAt.toISOString() ?? null,
      skipped: info.numActionsSkippedOverlap,
    };
    const plain = `${row.id}  ${row.kind}  ${row.paused ? 'PAUSED' : 'active'}  next ${row.next ?? '-'}  last ${row.last ?? '-'}`;
    process.stdout.write((json ? JSON.stringify(row) : plain) + '\n');
  }
}

/** Starts of the nights after the days of the range, or of a sweep on these days, one after the other. */
async function backfill(
  client: Client,
  id: string,
  { config, from, to }: Options & { from: number; to: number },
): Promise<void> {
  const schedule = loadSchedules(config).find((candidate) => candidate.id === id);
  if (!schedule) throw new CommandError(EXIT.usage, `${config} lists no schedule ${id}`);
  if (to < from) throw new CommandError(EXIT.usage, '--to lies before --from');
  // The start that closes a day comes within the day after it, at its place; a sweep has no window to close.
  const after = isWindowed(schedule) ? 1 : 0;
  const day = (time: number, plus: number) => dayPlus(new Date(time).toISOString().slice(0, 10), plus);
  const start = new Date(windowOfDay(day(from, after), schedule.timeZone).from);
  const end = new Date(windowOfDay(day(to, after), schedule.timeZone).to - 1);
  const handle = client.schedule.getHandle(PREFIX + id);
  await handle.backfill({ start, end, overlap: ScheduleOverlapPolicy.BUFFER_ALL }).catch((error: unknown) => {
    if (error instanceof ScheduleNotFoundError)
      throw new CommandError(EXIT.usage, `the server has no schedule ${id}: run \`garner schedule apply\` first`);
    throw error;
  });
  process.stderr.write(`${id}: the days from ${day(from, 0)} to ${day(to, 0)} are made up for\n`);
}
