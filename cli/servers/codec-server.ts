/** garner codec-server: opens histories in the web page for those who may read them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { AUDIENCES, type Audience } from '../../config/policy.ts';
import { parseAccess } from '../../storage/people/access.ts';
import { openAudit } from '../../storage/audit.ts';
import { openKeystore } from '../../storage/keystore.ts';
import { codecServer } from '../../worker/codec-server/serve.ts';
import { issueToken } from '../../worker/codec-server/token.ts';
import { CommandError, EXIT } from '../exit.ts';
import { keysOption, parseCount, parsePlace } from '../options.ts';

const HOUR = 3_600_000;

export function codecServerCommand(program: Command): void {
  const audience = () =>
    new Option('--audience <name>', 'whose people may read histories').choices(AUDIENCES).default('platform-health');
  const parent = program
    .command('codec-server')
    .description('lets the web page show histories to those who may read them');
  parent
    .command('serve', { isDefault: true })
    .description('answer until Ctrl-C')
    .addOption(keysOption())
    .addOption(audience())
    .requiredOption('--access <file>', 'who may read what')
    .requiredOption('--origin <url...>', 'pages that may ask, such as http://127.0.0.1:8233')
    .option('--listen <host:port>', 'where to answer', parsePlace, { host: '127.0.0.1', port: 8081 })
    .option('--per-minute <n>', 'requests of one person', parseCount, 600)
    .action(serve);
  parent
    .command('token <name>')
    .description('a token for a person of the access file')
    .addOption(keysOption())
    .addOption(audience())
    .requiredOption('--access <file>', 'who may read what')
    .option('--hours <n>', 'how long it is valid', parseCount, 8)
    .action(async (name: string, options: { keys?: string; audience: Audience; access: string; hours: number }) => {
      if (!isGranted(options.access, options.audience, name))
        throw new CommandError(
          EXIT.usage,
          `${options.access}: ${name} is not in ${options.audience}: grant access first`,
        );
      const { privateKey } = (await openKeystore(options.keys)).signing();
      const until = Date.now() + options.hours * HOUR;
      process.stdout.write(issueToken({ subject: name, audience: options.audience, until }, privateKey) + '\n');
    });
}

interface ServeOptions {
  keys?: string;
  audience: Audience;
  access: string;
  origin: string[];
  listen: { host: string; port: number };
  perMinute: number;
}

async function serve({ keys, audience, access, origin, listen, perMinute }: ServeOptions): Promise<void> {
  const keystore = await openKeystore(keys);
  const { publicKey } = keystore.signing();
  const log = await openAudit(join(keystore.folder, 'audit'), keystore.signing());
  const server = codecServer({
    ...{ keystore, publicKey, audience, origins: origin, perMinute },
    granted: (subject) => isGranted(access, audience, subject),
    audit: (entry) => log.append(entry),
  });
  process.stderr.write(`codec server on ${await server.listen(listen)}\n`);
  await new Promise<void>((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  await server.close();
}

/** Read at each question, so that a grant that was revoked counts at once; a file that cannot be read grants nothing. */
function isGranted(file: string, audience: Audience, name: string): boolean {
  try {
    const people = parseAccess(file, readFileSync(file, 'utf8')).grantsAt([audience], Date.now());
    return people.some((person) => person.name === name);
  } catch {
    return false;
  }
}
