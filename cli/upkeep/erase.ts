/** garner erase: takes a person, a repository or a suggestion out of every published version, for good. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { Command } from 'commander';
import { versionsHolding } from '../../activities/erase/erase.ts';
import { pseudonymsOf } from '../../activities/measure/pseudonyms.ts';
import type { EraseRequest, EraseSummary } from '../../activities/types.ts';
import { storeSettings } from '../../activities/run/settings.ts';
import { BUILTIN_POLICY, loadPolicy } from '../../config/policy.ts';
import type { Facts } from '../../curation/rules/facts.ts';
import { parseRemote, parseRepositoryId, repositoryId } from '../../curation/rules/repository/remote.ts';
import { subjectKey, suspectKey, type SubjectKind } from '../../curation/stages/erasure.ts';
import { KeyedHash } from '../../curation/stages/keyed.ts';
import { parseAccess } from '../../storage/people/access.ts';
import { addErasures } from '../../storage/people/erasures.ts';
import { isFactsFolder, openFacts } from '../../storage/facts.ts';
import { openKeystore } from '../../storage/keystore.ts';
import { openStore, placeIn } from '../../storage/objects.ts';
import { openScratch, sweepScratch } from '../../storage/scratch.ts';
import { FolderInUse, historyFolder, ownServer } from '../../worker/server/embedded.ts';
import { TASK_QUEUE } from '../../worker/server/server.ts';
import { connect, namedAddress } from '../connection.ts';
import { CommandError, EXIT } from '../exit.ts';
import { addressOption, jsonOption, keysOption, outOption } from '../options.ts';

interface Options {
  user?: string;
  repository?: string;
  suggestion?: string;
  out: string;
  keys?: string;
  facts?: string;
  policy?: string;
  access?: string;
  address?: string;
  by?: string;
  dryRun?: boolean;
  json?: boolean;
}

export function eraseCommand(program: Command): void {
  program
    .command('erase')
    .description('take a subject out of every dataset version, and keep it out of later runs')
    .option('--user <id>', 'a user, as events name it')
    .option('--repository <name>', 'a repository: host/owner/name, its address, or host#id')
    .option('--suggestion <id>', 'a suggestion, as events name it')
    .addOption(outOption())
    .addOption(keysOption())
    .option('--facts <dir>', 'folder of facts: finds a repository under its other names too')
    .option('--policy <file>', 'the policy whose hosts an address is read by (default: the built-in one)')
    .option(
      '--access <file>',
      'whom new versions are sealed to (default: access.yaml beside the policy, where there is one)',
    )
    .addOption(addressOption())
    .option('--by <name>', 'who erases (default: the account)')
    .option('--dry-run', 'only say which versions hold the subject')
    .addOption(jsonOption())
    .action((options: Options) => erase(options));
}

async function erase(options: Options): Promise<void> {
  const { kind, id } = subjectOf(options);
  await sweepScratch();
  const scratch = await openScratch('erase');
  try {
    const keystore = await openKeystore(options.keys);
    const hash = new KeyedHash(keystore.erasureIndexKey());
    const names = kind === 'repository' ? await repositoryNames(id, options, scratch.folder) : [id];
    const borne = kind === 'user' ? pseudonymsOf(id, keystore).map((pseudonym) => suspectKey(pseudonym, hash)) : [];
    const keys = [...names.map((name) => subjectKey(kind, name, hash)), ...borne].sort();
    if (options.dryRun) {
      const held = await versionsHolding(keys, openStore(options.out), keystore);
      for (const row of held)
        process.stdout.write(options.json ? JSON.stringify(row) + '\n' : `${row.version}  ${row.examples} examples\n`);
      if (held.length === 0) process.stderr.write('no version holds it\n');
      return;
    }
    // At once, so that no run that is under way publishes the subject while this waits for anything.
    await addErasures(keystore, keys);
    const summary = await throughServer(options, kind, keys, scratch.folder);
    report(summary, options);
  } finally {
    await scratch.remove();
  }
}

function subjectOf(options: Options): { kind: SubjectKind; id: string } {
  const given = (['user', 'repository', 'suggestion'] as const).filter((kind) => options[kind] !== undefined);
  const [kind] = given;
  if (!kind || given.length > 1)
    throw new CommandError(EXIT.usage, 'name one subject: --user, --repository or --suggestion');
  const id = options[kind]!.trim();
  if (id === '') throw new CommandError(EXIT.usage, `--${kind}: names nothing`);
  return { kind, id };
}

/** Every name and id that the repository is known under. */
async function repositoryNames(given: string, options: Options, scratch: string): Promise<string[]> {
  const numbered = /^([^/#\s]+)#([1-9][0-9]{0,15})$/.exec(given);
  const { repositories } = loadPolicy(options.policy).rules;
  const remote = numbered ? null : parseRemote(given, repositories);
  const name = numbered ? null : remote?.ok ? remote.id : parseRepositoryId(given)?.id;
  if (name === undefined)
    throw new CommandError(EXIT.usage, '--repository: give host/owner/name, an address of a known host, or host#id');
  const host = numbered?.[1]!.toLowerCase() ?? name!.slice(0, name!.indexOf('/'));
  const names = new Set<string>(numbered ? [`${host}#${numbered[2]}`] : [name!]);
  if (options.facts === undefined) return [...names];
  if (!(await isFactsFolder(options.facts)))
    throw new CommandError(EXIT.usage, `${options.facts} --facts: is not there`);
  const opened = await openFacts(options.facts, join(scratch, 'facts'));
  try {
    const { facts }: { facts: Facts } = opened;
    for (const id of numbered ? [Number(numbered[2])] : facts.repositoriesByName(name!)) {
      names.add(`${host}#${id}`);
      for (const state of facts.history(host, id)) names.add(repositoryId(host, state.owner, state.name));
    }
  } finally {
    await opened.close();
  }
  return [...names];
}

async function throughServer(
  options: Options,
  kind: SubjectKind,
  keys: string[],
  scratch: string,
): Promise<EraseSummary> {
  const keystore = await openKeystore(options.keys);
  const [server, own] =
    namedAddress(options.address) === undefined
      ? await Promise.all([serverOf(options.out), import('../../worker/worker.ts')])
      : [null, null];
  own?.installRuntime();
  try {
    const { client, address, close } = await connect({ ...options, address: server?.address ?? options.address });
    const keysFolder = options.keys === undefined ? {} : { keys: options.keys };
    const worker = own ? await own.startWorker({ address, keystore, scratch, threads: 1, ...keysFolder }) : null;
    try {
      const result = begin(client, await requestOf(options, kind, keys, server !== null));
      if (!worker) return await result;
      const stopped = worker.ended.then(() => {
        throw new CommandError(
          EXIT.failed,
          'the worker stopped before the erasure ended: run the command again to go on',
        );
      });
      return await Promise.race([result, stopped]);
    } finally {
      await worker?.stop();
      await close();
    }
  } finally {
    await server?.stop();
  }
}

async function serverOf(out: string) {
  try {
    return await ownServer({ folder: historyFolder(out) });
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw error;
    const told = 'It cannot publish the subject any more; run this command again when it has ended.';
    throw new CommandError(EXIT.failed, `${error.message}. ${told}`);
  }
}

async function requestOf(options: Options, kind: SubjectKind, keys: string[], local: boolean): Promise<EraseRequest> {
  const { out } = options;
  // The same subject has the same id: asked again while it goes on, the erasure under way is joined.
  const run = `erase-${createHash('sha256').update(keys.join()).digest('hex').slice(0, 16)}`;
  const policy = options.policy ?? BUILTIN_POLICY;
  const beside = join(policy, '..', 'access.yaml');
  const file = options.access ?? (existsSync(beside) ? beside : null);
  const access = file === null ? null : { file, text: readFileSync(file, 'utf8') };
  if (access) parseAccess(access.file, access.text);
  const settings = { policy: { file: policy, text: readFileSync(policy, 'utf8') }, access, local };
  const actor = options.by ?? userInfo().username;
  return { run, out, kind, keys, actor, settings: await storeSettings(out, run, settings, options.keys) };
}

async function begin(client: Client, request: EraseRequest): Promise<EraseSummary> {
  try {
    const started = { taskQueue: TASK_QUEUE, workflowId: request.run, args: [request] };
    const handle = await client.workflow.start('erase', started);
    return (await handle.result()) as EraseSummary;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return (await client.workflow.getHandle(request.run).result()) as EraseSummary;
  }
}

function report(summary: EraseSummary, { json, out }: Options): void {
  const { versions, probe, certificate } = summary;
  if (json) process.stdout.write(JSON.stringify(summary) + '\n');
  else {
    for (const { name, version, removed, replacedBy } of versions)
      process.stdout.write(
        `${name}/${version}: ${removed} examples out, ${replacedBy ? `replaced by ${replacedBy}` : 'nothing was left'}\n`,
      );
    process.stdout.write(`certificate  ${placeIn(out, certificate)}\n`);
    if (versions.length === 0) process.stderr.write('no version held it; later runs leave it out\n');
    if (probe.unfinished.length > 0)
      process.stderr.write(
        `runs under way: ${probe.unfinished.join(', ')}: they cannot publish it, and what they staged goes when they end\n`,
      );
  }
  if (probe.remaining.length > 0)
    throw new CommandError(EXIT.checkFailed, `still there: ${probe.remaining.join(', ')}: erase again`);
  if (probe.uncovered.length > 0)
    throw new CommandError(
      EXIT.checkFailed,
      `without an index, so nobody can tell whom they hold: ${probe.uncovered.join(', ')}: remove them`,
    );
}
