/** garner verify: checks a dataset folder against its signed statements, offline. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { checkDataset, type CheckInput, type Problem } from '../../curation/proof/check.ts';
import { EnvelopeFault, parseManifest, parsePublicKeys } from '../../curation/proof/dsse.ts';
import { TreeHasher, verifyInclusion } from '../../curation/proof/log/merkle.ts';
import { parseStatement } from '../../curation/proof/statement.ts';
import { DEFAULT_SELECTION } from '../../curation/selection/policy.ts';
import { count, emptyTally, type LedgerRow } from '../../curation/stages/ledger.ts';
import { TOMBSTONE } from '../../activities/erase/tombstone.ts';
import { loadPolicy } from '../../config/policy.ts';
import { openKeystore } from '../../storage/keystore.ts';
import { MANIFEST, openStore, type ObjectStore } from '../../storage/objects.ts';
import { beyond } from '../measure/beyond.ts';
import { strangeColumns } from './columns.ts';
import { contentsOf } from './contents.ts';
import { CommandError, EXIT } from '../exit.ts';
import { readIdentities } from './identity.ts';
import { jsonOption, keysOption, outOption } from '../options.ts';
import { parseProof, type LedgerProof } from '../records/prove.ts';
import { ledgerLines, readRun } from '../records/record.ts';

interface Options {
  trust?: string[];
  revoked?: string[];
  identity?: string;
  policy?: string;
  proof?: string;
  run?: string;
  out: string;
  keys?: string;
  json?: boolean;
}

export function verifyCommand(program: Command): void {
  program
    .command('verify <dataset>')
    .description('check signature, files and figures of a dataset')
    .option('--trust <pem...>', "the publisher's public keys (default: the local signing key)")
    .option('--revoked <pem...>', 'public keys that are believed no longer, whatever they signed')
    .option('--identity <file>', 'age identity to check the plaintext with (default: the local one)')
    .option('--policy <file>', 'the policy it must have been made under')
    .option('--proof <file>', 'a proof of `garner ledger prove` that a record is in its ledger')
    .option('--run <run>', 'compare with the ledger of the run under --out')
    .addOption(outOption())
    .addOption(keysOption())
    .addOption(jsonOption())
    .action((dataset: string, options: Options) => verify(dataset, options));
}

async function verify(dataset: string, options: Options): Promise<void> {
  const store = openStore(dataset);
  if ((await store.stat(MANIFEST)) === null) await refuseFolder(store, dataset);
  const keystore = await openKeystore(options.keys);
  const identities = options.identity
    ? readIdentities(await text(options.identity), options.identity)
    : [keystore.identity().secret];
  const trust = options.trust
    ? (await Promise.all(options.trust.map(keysOf))).flat()
    : parsePublicKeys(keystore.signing().publicPem);
  const revoked = (await Promise.all((options.revoked ?? []).map(keysOf))).flat();
  const isRevoked = new Set(revoked.map(({ keyid }) => keyid));
  const all = [
    ...trust.filter(({ keyid }) => !isRevoked.has(keyid)),
    ...revoked.map((key) => ({ ...key, revoked: true })),
  ];
  const result = await check(store, dataset, all, identities, options);
  const { problems, signer } = result;
  if (options.json) process.stdout.write(JSON.stringify(result) + '\n');
  else {
    for (const { file, problem, todo } of problems) process.stdout.write(`${file ?? 'dataset'}: ${problem} ${todo}\n`);
    process.stdout.write(`signer: ${signer}\n`);
  }
  if (problems.length > 0) throw new CommandError(EXIT.checkFailed, `${problems.length} problems`);
  if (signer !== 'trusted')
    throw new CommandError(EXIT.checkFailed, `the signer is ${signer}: name its key with --trust`);
  if (!options.json) process.stdout.write('verified\n');
}

async function check(
  store: ObjectStore,
  dataset: string,
  trust: CheckInput['trust'],
  identities: string[],
  options: Options,
) {
  try {
    const { envelopes, publicKeys } = parseManifest((await store.readAll(MANIFEST)).toString());
    const { files, rows, columns, components, strays, locked, leaks } = await contentsOf(
      store,
      identities,
      [MANIFEST],
      minLexemesOf(envelopes),
    );
    const sums = files.some(({ path }) => path === 'SHA256SUMS')
      ? { sums: (await store.readAll('SHA256SUMS')).toString() }
      : {};
    const result = checkDataset({
      ...{ envelopes, publicKeys, files, trust, rows, components, ...sums },
      expected: {
        ...placeOf(dataset),
        ...(options.policy === undefined ? {} : { policyDigest: loadPolicy(options.policy).digest }),
        ...(options.run === undefined ? {} : { ledger: await ledgerOf(options, options.run) }),
      },
    });
    if (result.dataset) result.problems.push(...strangeColumns(columns, result.dataset.fields));
    result.problems.push(...(await beyond(store, result.dataset?.purpose, identities)));
    if (leaks > 0)
      result.problems.push({
        problem: `Rows of two splits are near-duplicates: ${leaks} bands of their signatures are the same.`,
        todo: 'Do not use it to evaluate; ask the publisher.',
      });
    for (const [file, number] of Object.entries(strays))
      result.problems.push({
        file,
        problem: `${number} of its rows are of another split.`,
        todo: 'Do not use it; ask the publisher.',
      });
    if (options.identity)
      for (const file of locked)
        result.problems.push({
          file,
          problem: 'It is not sealed to the identity given.',
          todo: 'The grant may have ended, or is of another audience: ask for one, and have the dataset rewrapped.',
        });
    if (options.proof) {
      const ledger = result.dataset?.ledger;
      result.problems.push(...checkProofs(parseProof(await text(options.proof), options.proof), options.proof, ledger));
    }
    return result;
  } catch (error) {
    if (error instanceof EnvelopeFault || error instanceof SyntaxError)
      throw new CommandError(EXIT.checkFailed, `${MANIFEST}: ${error.message}`);
    throw error;
  }
}

/** Which texts are long enough to be near-duplicates, as it is attested. */
function minLexemesOf(envelopes: readonly { payload: string }[]): number {
  for (const { payload } of envelopes) {
    try {
      const { predicate } = parseStatement(Buffer.from(payload, 'base64'));
      const { minLexemes } = (predicate['leakage'] ?? {}) as { minLexemes?: unknown };
      if (Number.isSafeInteger(minLexemes)) return minLexemes as number;
    } catch {
      // The check of the statements says what is wrong with it.
    }
  }
  return DEFAULT_SELECTION.nearDuplicates.minLexemes;
}

/** A copy may lie anywhere under any name; where a folder is called as a version is, it must be that version. */
function placeOf(dataset: string): { name?: string; version?: string } {
  const [store, name, version] = resolve(dataset).split(/[\\/]/).slice(-3);
  if (!/^\d{4}-\d\d-\d\d_\d{4}-\d\d-\d\d-[0-9a-f]{12}$/.test(version ?? '')) return {};
  return { version: version!, ...(store === 'datasets' ? { name: name! } : {}) };
}

/** The ledger at hand, counted row by row. */
async function ledgerOf(options: Options, run: string) {
  const tree = new TreeHasher();
  const tally = emptyTally();
  for await (const line of ledgerLines(options.out, await readRun(options.out, run), options.keys)) {
    tree.append(Buffer.from(line));
    count(tally, JSON.parse(line) as LedgerRow);
  }
  const { kept: _, ...reasons } = tally.reasons;
  return { ...tally, reasons, root: tree.root().toString('hex') };
}

function checkProofs(
  proofs: LedgerProof[],
  file: string,
  ledger: { root: string; size: number } | undefined,
): Problem[] {
  const todo = 'Ask for a proof of the record from who has the ledger of this dataset.';
  return proofs.flatMap(({ entry, index, size, root, proof }, at) => {
    const place = `Proof ${at + 1}`;
    if (root !== ledger?.root || size !== ledger.size)
      return [{ file, problem: `${place} is of another ledger than the attested one.`, todo }];
    const claim = { entry: Buffer.from(entry), index, size, root: Buffer.from(root, 'hex') };
    return verifyInclusion({ ...claim, proof: proof.map((hash) => Buffer.from(hash, 'hex')) })
      ? []
      : [{ file, problem: `${place} does not hold: the record is not in the ledger as it stands there.`, todo }];
  });
}

/** Without a manifest a folder is no dataset; one that was recalled says by what it was replaced. */
async function refuseFolder(store: ObjectStore, dataset: string): Promise<never> {
  if ((await store.stat(TOMBSTONE)) === null)
    throw new CommandError(EXIT.checkFailed, `${dataset}: holds no ${MANIFEST}: it is no published dataset`);
  const { replacedBy } = JSON.parse((await store.readAll(TOMBSTONE)).toString()) as { replacedBy?: string | null };
  const instead = replacedBy ? `use version ${String(replacedBy)}` : 'no version replaces it';
  throw new CommandError(EXIT.checkFailed, `${dataset}: was recalled (${TOMBSTONE} says why): ${instead}`);
}

async function keysOf(file: string) {
  const pem = await text(file);
  try {
    return parsePublicKeys(pem);
  } catch {
    throw new CommandError(EXIT.usage, `${file}: holds no Ed25519 public key in PEM`);
  }
}

async function text(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw new CommandError(EXIT.usage, `${file}: cannot be read`);
  }
}
