/** garner verify: checks a dataset folder against its signed statements, offline. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { checkDataset, type FoundFile } from '../curation/proof/check.ts';
import { EnvelopeFault, parseManifest, parsePublicKeys } from '../curation/proof/dsse.ts';
import { openKeystore } from '../storage/keystore.ts';
import { MANIFEST, openStore, type ObjectStore } from '../storage/objects.ts';
import { openStream, SealFault } from '../storage/seal.ts';
import { CommandError, EXIT } from './exit.ts';
import { jsonOption, keysOption } from './options.ts';

export function verifyCommand(program: Command): void {
  program
    .command('verify <dataset>')
    .description('check signature, files and figures of a dataset')
    .option('--trust <pem>', "the publisher's public key (default: the local signing key)")
    .option('--identity <file>', 'age identity to check the plaintext with (default: the local one)')
    .addOption(keysOption())
    .addOption(jsonOption())
    .action(async (dataset: string, options: { trust?: string; identity?: string; keys?: string; json?: boolean }) => {
      const keystore = await openKeystore(options.keys);
      const pem = options.trust
        ? await readFile(options.trust, 'utf8').catch(() => refuse(`${options.trust}: cannot be read`))
        : keystore.signing().publicPem;
      const store = openStore(dataset);
      if ((await store.stat(MANIFEST)) === null)
        refuse(`${dataset}: holds no ${MANIFEST}: it is no published dataset`, EXIT.checkFailed);
      const identities = options.identity
        ? [(await readFile(options.identity, 'utf8')).match(/AGE-SECRET-KEY-1\S+/)?.[0] ?? '']
        : [keystore.identity().secret];
      const result = await check(store, dataset, pem, identities);
      if (options.json) process.stdout.write(JSON.stringify(result) + '\n');
      else
        for (const { file, problem, todo } of result.problems)
          process.stdout.write(`${file ?? 'dataset'}: ${problem} ${todo}\n`);
      if (!options.json) process.stdout.write(`signer: ${result.signer}\n`);
      if (result.problems.length > 0 || result.signer !== 'trusted')
        throw new CommandError(
          EXIT.checkFailed,
          result.problems.length > 0
            ? `${result.problems.length} problems`
            : `the signer is ${result.signer}: name its key with --trust`,
        );
      if (!options.json) process.stdout.write('verified\n');
    });
}

async function check(store: ObjectStore, dataset: string, pem: string, identities: string[]) {
  try {
    const { envelopes, publicKeys } = parseManifest((await store.readAll(MANIFEST)).toString());
    const files: FoundFile[] = [];
    let sums: string | undefined;
    for await (const { key, size } of store.list('')) {
      if (key === MANIFEST) continue;
      if (key === 'SHA256SUMS') sums = (await store.readAll(key)).toString();
      files.push({ path: key, size, ...(await digests(store, key, identities)) });
    }
    const parts = resolve(dataset).split(/[\\/]/);
    return checkDataset({
      ...{ envelopes, publicKeys, files, trust: parsePublicKeys(pem) },
      ...(sums === undefined ? {} : { sums }),
      expected: { version: basename(resolve(dataset)), name: parts.at(-2)! },
    });
  } catch (error) {
    if (error instanceof EnvelopeFault || error instanceof SyntaxError)
      throw new CommandError(EXIT.checkFailed, `${MANIFEST}: ${error.message}`);
    throw error;
  }
}

/** Digests of a file as it lies there and, where we hold a key, of its plaintext; a damaged file has none of its plaintext. */
async function digests(
  store: ObjectStore,
  key: string,
  identities: string[],
): Promise<{ stored: string; plain?: string }> {
  const stored = createHash('sha256');
  for await (const chunk of store.read(key)) stored.update(chunk);
  const found = { stored: stored.digest('hex') };
  if (!key.endsWith('.age')) return found;
  const plain = createHash('sha256');
  try {
    for await (const chunk of openStream(identities)(store.read(key))) plain.update(chunk);
    return { ...found, plain: plain.digest('hex') };
  } catch (error) {
    if (error instanceof SealFault) return found;
    throw error;
  }
}

function refuse(message: string, code: 1 | 2 = EXIT.usage): never {
  throw new CommandError(code, message);
}
