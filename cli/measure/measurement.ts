/** Starts a measurement: everything checked that can be, then the workflow, with a server and worker of its own where none is named. */
import { createHmac } from 'node:crypto';
import { availableParallelism, userInfo } from 'node:os';
import { Option, type Command } from 'commander';
import { casesOf } from '../../activities/measure/review.ts';
import { listSources } from '../../activities/plan/sources.ts';
import { readKept, type Kept } from '../../activities/measure/kept.ts';
import { mayMeasure } from '../../activities/measure/plan.ts';
import type { CurateInput, RunSummary } from '../../activities/types.ts';
import { storeSettings } from '../../activities/run/settings.ts';
import { ConfigError } from '../../config/document.ts';
import type { Policy } from '../../config/policy.ts';
import { readPolicyOf } from '../../config/policy/purpose.ts';
import { windowText } from '../../curation/events/window.ts';
import type { MeasuredPurpose } from '../../curation/measurement/rows/field.ts';
import { openKeystore, type Keystore } from '../../storage/keystore.ts';
import { openStore, placeIn } from '../../storage/objects.ts';
import { namedAddress } from '../connection.ts';
import {
  addressOption,
  inShell,
  jsonOption,
  keysOption,
  onFailureOption,
  outHint,
  outOption,
  parseBytes,
  parseCount,
  parseTime,
  parseWindow,
} from '../options.ts';
import { group } from '../runs/progress.ts';
import { readAccess, type RunOptions } from '../runs/run.ts';
import { finish, startOrJoin, withSession } from '../runs/session.ts';

/** After training runs: a figure can wait for an example. */
const MEASURE_PRIORITY = 4;

export interface MeasureOptions extends RunOptions {
  /** A finished curation whose buckets are measured in place of sources. */
  run?: string;
}

/** The options that all measurements take. */
export function measureOptions(command: Command, purpose: MeasuredPurpose): Command {
  return command
    .option('--input <paths...>', 'files, folders or s3:// addresses of events')
    .addOption(
      new Option(
        '--run <run>',
        'in place of --input: what a finished `garner run` admitted, where its policy says output.measurable',
      ).conflicts(['input', 'format', 'now']),
    )
    .addOption(
      new Option('--format <name>').choices(['auto', 'garner', 'copilot', 'continue', 'tabby']).default('auto'),
    )
    .option('--facts <dir>', 'folder of facts: consents name plans')
    .option('--policy <file>', `policy of purpose ${purpose} (default: config/purposes/${purpose}.yaml of the program)`)
    .option('--access <file>', 'who may read what (default: access.yaml beside the policy, where there is one)')
    .addOption(outOption())
    .addOption(keysOption())
    .option('--now <time>', 'the moment that "now" means (default: the clock)', parseTime)
    .option('--window <from/to>', 'only suggestions whose first event lies in it', parseWindow)
    .option('--plain', 'leave the files unencrypted, for local use')
    .addOption(addressOption())
    .option('--concurrency <n>', 'shards in work at once (default: the cores)', parseCount)
    .option('--shard-bytes <size>', 'size of a shard', parseBytes, 64 << 20)
    .option('--by <name>', 'who starts it (default: the account)')
    .addOption(onFailureOption())
    .addOption(jsonOption());
}

/** Runs a measurement to its end. @throws ConfigError before anything is written, where policy, facts or input are wrong */
export async function measure(
  purpose: MeasuredPurpose,
  options: MeasureOptions,
  experiment?: { file: string; text: string },
): Promise<RunSummary> {
  const local = namedAddress(options.address) === undefined;
  if (!options.input?.length && options.run === undefined)
    throw new ConfigError('--input', undefined, '', 'names nothing: give files or folders of events, or --run RUN');
  const { policy, text } = readPolicyOf(purpose, options.policy);
  const access = readAccess({ ...options, policy: policy.file }, policy, local);
  const kept = options.run === undefined ? null : await keptBy(options.run, options, policy);
  if (!kept) await listSources(options.input);
  return withSession(options, async (session) => {
    const settings = {
      ...{ policy: { file: policy.file, text }, access, local },
      ...(experiment ? { experiment } : {}),
      ...(await casesOf(session.keystore, purpose)),
    };
    const input = await inputOf(options, policy, settings, kept, session.keystore);
    const handle = await startOrJoin(session.client, 'measure', input, {
      staticSummary: `${input.purpose}, ${windowText(input.window)}`,
      staticDetails: `started by ${input.actor}; approval ${input.approval}; a failed shard: ${input.onFailure}`,
      priorityKey: MEASURE_PRIORITY,
    });
    return finish(session, handle, options);
  });
}

/** What a finished curation kept. @throws ConfigError where there is nothing, or the policies do not fit each other */
async function keptBy(run: string, { out, keys }: MeasureOptions, policy: Policy): Promise<Kept> {
  const kept = await readKept(openStore(out), run, await openKeystore(keys));
  mayMeasure(kept, run, policy);
  return kept;
}

async function inputOf(
  options: MeasureOptions,
  policy: Policy,
  settings: Parameters<typeof storeSettings>[2],
  kept: Kept | null,
  keystore: Keystore,
): Promise<CurateInput> {
  const { out, format, plain = false, shardBytes, run: from } = options;
  const wanted = {
    ...{ inputs: options.input ?? [], format, facts: options.facts ?? kept?.facts ?? null, out, plain, shardBytes },
    ...(from === undefined ? {} : { from }),
    ...{ now: options.now ?? kept?.plan.now ?? Date.now(), window: options.window ?? null },
  };
  const name = createHmac('sha256', keystore.derive('run', '', 32))
    .update(JSON.stringify([policy.purpose, wanted, settings]))
    .digest('hex');
  const run = `run-${name.slice(0, 16)}`;
  return {
    ...wanted,
    run,
    settings: await storeSettings(out, run, settings, options.keys),
    concurrency: options.concurrency ?? availableParallelism(),
    actor: options.by ?? userInfo().username,
    approval: policy.approval,
    purpose: policy.purpose,
    onFailure: options.onFailure ?? 'fail',
  };
}

/** What a measurement ends with: counts, and where its files are. */
export function printMeasured(summary: RunSummary, options: MeasureOptions): void {
  if (options.json) {
    const { examples: _examples, ...rest } = summary;
    process.stdout.write(JSON.stringify(rest) + '\n');
    return;
  }
  const { records, kept, excluded, rejected, reasons, dataset, runId } = summary;
  const why = Object.entries(reasons)
    .filter(([reason]) => reason !== 'kept')
    .map(([reason, count]) => `  ${group(count).padStart(10)}  ${reason}`);
  const place = placeIn(options.out, dataset);
  const report = options.plain ? placeIn(place, 'data/report.html') : `garner open ${inShell(place)} --out FOLDER, then FOLDER/data/report.html`; // prettier-ignore
  const lines = [
    `${group(records)} records: ${group(kept)} measured, ${group(excluded)} excluded, ${group(rejected)} rejected`,
    ...why,
    `files    ${place}`,
    `report   ${report}`,
    `ledger   garner ledger ${runId}${outHint(options.out)}`,
  ];
  process.stdout.write(lines.join('\n') + '\n');
}
