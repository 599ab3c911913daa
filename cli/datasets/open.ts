/** garner open: decrypts a dataset for somebody of its audience. */
import { mkdir, readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { openAudit } from '../../storage/audit.ts';
import { openKeystore } from '../../storage/keystore.ts';
import { openStore } from '../../storage/objects.ts';
import { openStream } from '../../storage/seal.ts';
import { join } from 'node:path';
import { CommandError, EXIT } from '../exit.ts';
import { readIdentities } from './identity.ts';
import { keysOption } from '../options.ts';

export function openCommand(program: Command): void {
  program
    .command('open <dataset>')
    .description('decrypt a dataset into a folder')
    .option('--identity <file>', 'age identity (default: the local one)')
    .requiredOption('--out <dir>', 'folder for the plain dataset; must not exist or be empty')
    .addOption(keysOption())
    .action(async (dataset: string, options: { identity?: string; out: string; keys?: string }) => {
      const keystore = await openKeystore(options.keys);
      const identities = options.identity
        ? readIdentities(await readFile(options.identity, 'utf8'), options.identity)
        : [keystore.identity().secret];
      const from = openStore(dataset);
      const to = openStore(options.out);
      for await (const { key } of to.list(''))
        throw new CommandError(EXIT.usage, `${options.out} holds ${key}: name an empty folder`);
      await mkdir(resolve(options.out), { recursive: true, mode: 0o700 });
      let files = 0;
      try {
        for await (const { key } of from.list('')) {
          const sealed = key.endsWith('.age');
          await to.write(
            sealed ? key.slice(0, -'.age'.length) : key,
            sealed ? openStream(identities)(from.read(key)) : from.read(key),
          );
          files++;
        }
      } catch (error) {
        await to.removeAll('');
        throw error;
      }
      if (files === 0) throw new CommandError(EXIT.usage, `${dataset}: there is no dataset`);
      const log = await openAudit(join(keystore.folder, 'audit'), keystore.signing());
      const subject = resolve(dataset).split(/[\\/]/).slice(-2).join('/');
      await log.append({ time: new Date().toISOString(), actor: userInfo().username, action: 'open', subject });
      process.stderr.write(`${files} files opened into ${options.out}\n`);
    });
}
