/** garner keys: which epoch pseudonyms are made in and which key seals payloads, and the beginning of new ones. */
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { openAudit } from '../storage/audit.ts';
import { withLock } from '../storage/host/lock.ts';
import { openKeystore, type Keystore } from '../storage/keystore.ts';
import { jsonOption, keysOption } from './options.ts';

interface Options {
  keys?: string;
  json?: boolean;
}

interface Rotation extends Options {
  only?: keyof typeof ROTATED;
  by?: string;
  why: string;
}

/** What can be rotated, and how; the root, signing and erasure keys cannot. */
const ROTATED = {
  pseudonyms: (keystore: Keystore) => keystore.rotatePseudonyms(),
  payloads: (keystore: Keystore) => keystore.rotateCodecKey(),
};

export function keysCommand(program: Command): void {
  const keys = program
    .command('keys')
    .description('the epoch of pseudonyms and the key of payloads; no secret is shown');
  keys
    .command('show')
    .description('what is in use')
    .addOption(keysOption())
    .addOption(jsonOption())
    .action(async (options: Options) => print(await openKeystore(options.keys), options));
  keys
    .command('rotate')
    .description(
      'begin an epoch of pseudonyms and a key of payloads; what earlier ones named or sealed can still be read',
    )
    .addOption(new Option('--only <what>', 'rotate one of both').choices(Object.keys(ROTATED)))
    .option('--by <name>', 'who rotates (default: the account)')
    .requiredOption('--why <text>', 'for what reason')
    .addOption(keysOption())
    .addOption(jsonOption())
    .action((options: Rotation) => rotate(options));
}

/** Two rotations at once take turns, so that each begins an epoch of its own. */
async function rotate(options: Rotation): Promise<void> {
  const { folder } = await openKeystore(options.keys);
  await withLock(folder, 'keys', async () => {
    const keystore = await openKeystore(folder);
    const log = await openAudit(join(folder, 'audit'), keystore.signing());
    for (const what of Object.keys(ROTATED) as (keyof typeof ROTATED)[]) {
      if (options.only !== undefined && options.only !== what) continue;
      const current = ROTATED[what](keystore);
      const entry = { actor: options.by ?? userInfo().username, action: 'keys.rotate', subject: `keys/${what}` };
      await log.append({ time: new Date().toISOString(), ...entry, details: { current, why: options.why } });
    }
    print(keystore, options);
  });
}

function print(keystore: Keystore, { json }: Options): void {
  const { current, keys } = keystore.codecKeys();
  const told = {
    pseudonymEpoch: keystore.pseudonymEpoch(),
    payloadKey: current,
    payloadKeys: Object.keys(keys).length,
  };
  if (json) process.stdout.write(JSON.stringify(told) + '\n');
  else
    process.stdout.write(
      `pseudonyms are made in epoch ${told.pseudonymEpoch}\npayloads are sealed with key ${current}; ${told.payloadKeys} can be opened\n`,
    );
}
