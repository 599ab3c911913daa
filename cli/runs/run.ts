/** garner run: curates, with a server and worker of its own where none is named, and ends with what came out. */
import { createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { availableParallelism, userInfo } from 'node:os';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { readReview } from '../../activities/measure/review.ts';
import { listSources } from '../../activities/plan/sources.ts';
import { digestGuards, namedGuards, storeGuards, type NamedGuard } from '../../activities/run/guards.ts';
import { storeSettings } from '../../activities/run/settings.ts';
import type { CurateInput, RunSummary } from '../../activities/types.ts';
import { ConfigError, readText } from '../../config/document.ts';
import { BUILTIN_POLICY, type Policy } from '../../config/policy.ts';
import { readPolicyOf } from '../../config/policy/purpose.ts';
import { parseAccess } from '../../storage/people/access.ts';
import type { Keystore } from '../../storage/keystore.ts';
import { windowText } from '../../curation/events/window.ts';
import { confirmedOf } from '../../curation/measurement/abuse/review.ts';
import { namedAddress } from '../connection.ts';
import {
  addressOption,
  guardKeyOption,
  jsonOption,
  keysOption,
  onFailureOption,
  outOption,
  parseBytes,
  parseCount,
  parseTime,
  parseWindow,
  tracesOption,
} from '../options.ts';
import { finish, startOrJoin, withSession } from './session.ts';
import { printSummary } from './summary.ts';

/** Before backfills (4), after the nightly (2). */
const RUN_PRIORITY = 3;

export interface RunOptions {
  input: string[];
  format: CurateInput['format'];
  facts?: string;
  policy?: string;
  access?: string;
  out: string;
  keys?: string;
  now?: number;
  window?: { from: number; to: number };
  plain?: boolean;
  address?: string;
  concurrency?: number;
  shardBytes: number;
  by?: string;
  onFailure?: CurateInput['onFailure'];
  guard?: string[];
  guardKey?: string[];
  traces?: string;
  json?: boolean;
}

export function runCommand(program: Command): void {
  program
    .command('run')
    .description('curate feedback events into a dataset')
    .requiredOption('--input <paths...>', 'files, folders or s3:// addresses of events')
    .addOption(
      new Option('--format <name>').choices(['auto', 'garner', 'copilot', 'continue', 'tabby']).default('auto'),
    )
    .option('--facts <dir>', 'folder of facts: repositories, consents, CODEOWNERS, exclusions')
    .option('--policy <file>', 'policy (default: config/policy.yaml of the program)')
    .option('--access <file>', 'who may read what (default: access.yaml beside the policy, where there is one)')
    .addOption(outOption())
    .addOption(keysOption())
    .option('--now <time>', 'the moment that "public now" and "allowed now" mean (default: the clock)', parseTime)
    .option('--guard <files...>', 'guard files of private code bases (garner fingerprint): nothing of them gets in')
    .addOption(guardKeyOption())
    .option('--window <from/to>', 'only suggestions whose first event lies in it', parseWindow)
    .option('--plain', 'leave the dataset unencrypted, for local use')
    .addOption(addressOption())
    .option('--concurrency <n>', 'shards in work at once (default: the cores)', parseCount)
    .option('--shard-bytes <size>', 'size of a shard', parseBytes, 64 << 20)
    .addOption(tracesOption())
    .option('--by <name>', 'who starts it (default: the account)')
    .addOption(onFailureOption())
    .addOption(jsonOption())
    .action(async (options: RunOptions) => {
      const summary = await run(options);
      if (options.json) process.stdout.write(JSON.stringify(summary) + '\n');
      else printSummary(summary, options.out, namedAddress(options.address) === undefined);
    });
}

/** Checks everything that can be checked, then runs. Nothing is written before policy, access, facts and inputs have passed. */
export async function run(options: RunOptions): Promise<RunSummary> {
  const local = namedAddress(options.address) === undefined;
  const { policy, text } = readPolicyOf('model-improvement', options.policy);
  const access = readAccess(options, policy, local);
  await listSources(options.input);
  const guards = await namedGuards(options.guard ?? [], options.guardKey);
  return withSession(options, async (session) => {
    const input = await inputOf(options, policy, text, access, local, session.keystore, guards);
    const handle = await startOrJoin(session.client, 'curate', input, {
      staticSummary: `curate for ${input.purpose}, ${windowText(input.window)}`,
      staticDetails: `started by ${input.actor}; approval ${input.approval}; a failed shard: ${input.onFailure}`,
      priorityKey: RUN_PRIORITY,
    });
    return finish(session, handle, options);
  });
}

/** With a server of our own the local identity reads everything; on a cluster an audience without people stops the run. */
export function readAccess(
  { access, policy: policyFile }: Pick<RunOptions, 'access' | 'policy'>,
  policy: Policy,
  local: boolean,
): { file: string; text: string } | null {
  const beside = join(policyFile ?? BUILTIN_POLICY, '..', 'access.yaml');
  const file = access ?? (existsSync(beside) ? beside : null);
  const { audience } = policy.output;
  if (file === null) {
    if (!local)
      throw new ConfigError(
        'access.yaml',
        undefined,
        '',
        `nobody is named for ${audience.join(', ')}: name an access file with --access`,
      );
    return null;
  }
  const text = readText(file, '--access');
  const people = parseAccess(file, text).recipientsOf(audience, Date.now());
  if (people.length === 0 && !local)
    throw new ConfigError(file, undefined, '', `nobody is in ${audience.join(', ')}: grant access first`);
  return { file, text };
}

async function inputOf(
  options: RunOptions,
  policy: Policy,
  text: string,
  access: { file: string; text: string } | null,
  local: boolean,
  keystore: Keystore,
  guards: NamedGuard[],
): Promise<CurateInput> {
  const { out, format, plain = false, shardBytes } = options;
  const confirmed = confirmedOf(await readReview(keystore));
  const settings = {
    ...{ policy: { file: policy.file, text }, access, local },
    ...(confirmed.length > 0 ? { confirmed } : {}),
  };
  const wanted = {
    ...{ inputs: options.input, format, facts: options.facts ?? null, out, plain, shardBytes },
    ...{ now: options.now ?? Date.now(), window: options.window ?? null },
  };
  const digests = await digestGuards(guards);
  // The same question has the same id: asked again while it runs, it joins the run that is under way.
  const name = createHmac('sha256', keystore.derive('run', '', 32))
    .update(JSON.stringify([wanted, settings, ...(digests.length > 0 ? [digests] : [])]))
    .digest('hex');
  const run = `run-${name.slice(0, 16)}`;
  const stored = await storeGuards(guards, digests, { out, run, keystore });
  return {
    ...wanted,
    run,
    settings: await storeSettings(out, run, { ...settings, guards: stored }, options.keys),
    concurrency: options.concurrency ?? availableParallelism(),
    actor: options.by ?? userInfo().username,
    approval: policy.approval,
    purpose: policy.purpose,
    onFailure: options.onFailure ?? 'fail',
  };
}
