/** garner access: who may read what. Grants and revocations stand in access.yaml; rewrap seals a published dataset to today's readers. */
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { rewrapDataset } from '../../activities/publish/rewrap.ts';
import { AUDIENCES, BUILTIN_POLICY, type Audience } from '../../config/policy.ts';
import { grantIn, loadAccess, parseAccess, revokeIn, type Grant, type GrantText } from '../../storage/people/access.ts';
import { openAudit } from '../../storage/audit.ts';
import { flushFolder, replaceFile } from '../../storage/host/private.ts';
import { withLock } from '../../storage/host/lock.ts';
import { openKeystore, type Keystore } from '../../storage/keystore.ts';
import { openStore } from '../../storage/objects.ts';
import { CommandError, EXIT } from '../exit.ts';
import { readIdentities } from './identity.ts';
import { jsonOption, keysOption, parseTime } from '../options.ts';

const DEFAULT_FILE = join(BUILTIN_POLICY, '..', 'access.yaml');

interface Common {
  access: string;
  keys?: string;
  by: string;
}

export function accessCommand(program: Command): void {
  const access = program.command('access').description('who may read what');
  const command = (name: string, description: string) =>
    access
      .command(name)
      .description(description)
      .option('--access <file>', 'the access file (default: access.yaml beside the built-in policy)', DEFAULT_FILE)
      .addOption(keysOption());
  const by = () => new Option('--by <name>', 'who does it (default: the account)').default(userInfo().username);
  const group = () => new Option('--group <audience>', 'the audience').choices(AUDIENCES);

  command('grant <name>', 'let a person read what is sealed to an audience from then on')
    .addOption(group().makeOptionMandatory())
    .addOption(new Option('--affiliation <kind>').choices(['employee', 'contractor']).makeOptionMandatory())
    .requiredOption('--team <team>', 'the team; what it works on stands under teams in the file')
    .requiredOption('--recipient <age1…>', 'age public key of the person')
    .option('--from <time>', 'from when (default: this moment)', parseTime)
    .option('--until <time>', 'until when (default: no end)', parseTime)
    .addOption(by())
    .action((name: string, options: Common & GrantOptions) => grant(name, options));
  command('revoke <name>', 'end the grants of a person; what was sealed to them before stays readable to them')
    .addOption(group())
    .addOption(by())
    .action((name: string, options: Common & { group?: Audience }) => revoke(name, options));
  command('list', 'people by audience, with what holds at a time')
    .addOption(group())
    .option('--at <time>', 'the time (default: this moment)', parseTime)
    .addOption(jsonOption())
    .action((options: Common & { group?: Audience; at?: number; json?: boolean }) => list(options));
  command('rewrap <dataset>', "seal a dataset to today's readers of its audience, and sign its stored sums again")
    .option('--identity <file>', 'age identity that opens it (default: the local one)')
    .option('--anew', 'encrypt the content anew too: keys that a reader kept open nothing of it')
    .addOption(by())
    .addOption(jsonOption())
    .action((dataset: string, options: Common & RewrapOptions) => rewrap(dataset, options));
}

interface GrantOptions {
  group: Audience;
  affiliation: Grant['affiliation'];
  team: string;
  recipient: string;
  from?: number;
  until?: number;
}

async function grant(name: string, options: Common & GrantOptions): Promise<void> {
  const { group, affiliation, team, recipient, from, until } = options;
  const given: GrantText = {
    ...{ name, group, affiliation, team, recipient, from: stamp(from ?? Date.now()) },
    ...(until === undefined ? {} : { until: stamp(until) }),
  };
  await edit(options, (file, text) => grantIn(file, text, given));
  await audit(await openKeystore(options.keys), options.by, 'grant', name, {
    ...{ group, recipient, from: given.from, until: given.until ?? null },
  });
  process.stderr.write(
    `${name} reads ${group} from ${given.from}: \`garner access rewrap\` opens earlier datasets too\n`,
  );
}

async function revoke(name: string, options: Common & { group?: Audience }): Promise<void> {
  const at = stamp(Date.now());
  await edit(options, (file, text) => revokeIn(file, text, name, at, options.group));
  await audit(await openKeystore(options.keys), options.by, 'revoke', name, { group: options.group ?? null, at });
  process.stderr.write(
    `${name} is out from ${at} on: nothing more is sealed to them. What they copied stays readable to them;\n` +
      '`garner access rewrap DATASET --anew` takes the stored datasets from them.\n',
  );
}

function list({ access, group, at, json }: Common & { group?: Audience; at?: number; json?: boolean }): void {
  const time = at ?? Date.now();
  const holding = new Set(loadAccess(access).grantsAt(group ? [group] : AUDIENCES, time));
  for (const grant of loadAccess(access).people) {
    if (group && grant.group !== group) continue;
    const { name, affiliation, team, recipient, from, until } = grant;
    const holds = [...holding].some((one) => one.name === name && one.group === grant.group && one.from === from);
    const end = until === Infinity ? null : stamp(until);
    const row = { name, group: grant.group, affiliation, team, recipient, from: stamp(from), until: end, holds };
    process.stdout.write(
      json
        ? JSON.stringify(row) + '\n'
        : `${holds ? 'holds' : 'ended'}  ${grant.group.padEnd(16)} ${name}  ${affiliation}, ${team}  ${row.from} to ${end ?? 'no end'}  ${recipient}\n`,
    );
  }
}

interface RewrapOptions {
  identity?: string;
  anew?: boolean;
  json?: boolean;
}

async function rewrap(dataset: string, { access, keys, by, identity, anew, json }: Common & RewrapOptions) {
  const keystore = await openKeystore(keys);
  const identities = identity
    ? readIdentities(await readFile(identity, 'utf8'), identity)
    : [keystore.identity().secret];
  const file = existsSync(access) ? access : null;
  const done = await rewrapDataset(openStore(dataset), {
    ...{ keystore, identities, anew: anew === true, at: Date.now() },
    access: file === null ? null : parseAccess(file, readFileSync(file, 'utf8')),
  });
  const subject = `${done.name}/${done.version}`;
  await audit(keystore, by, 'rewrap', subject, {
    digest: done.digest,
    readers: done.readers,
    files: done.files,
    anew: anew === true,
  });
  if (json) process.stdout.write(JSON.stringify(done) + '\n');
  else process.stderr.write(`${subject}: ${done.files} files sealed to ${done.readers} readers\n`);
}

/** Changes the access file in one step; two commands at once take turns. */
async function edit({ access }: Common, change: (file: string, text: string) => string): Promise<void> {
  const folder = dirname(resolve(access));
  if (!existsSync(folder))
    throw new CommandError(EXIT.usage, `${folder}: is not there: make it, or name a file with --access`);
  await withLock(folder, '.access', async () => {
    const text = existsSync(access) ? await readFile(access, 'utf8') : '';
    await replaceFile(access, change(access, text));
    await flushFolder(folder);
  });
}

async function audit(
  keystore: Keystore,
  actor: string,
  action: string,
  subject: string,
  details: Record<string, unknown>,
): Promise<void> {
  const log = await openAudit(join(keystore.folder, 'audit'), keystore.signing());
  await log.append({ time: new Date().toISOString(), actor, action, subject, details });
}

function stamp(time: number): string {
  return new Date(time).toISOString();
}
