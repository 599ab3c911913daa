/** Checks a dataset folder against its signed statements: who signed, which files are not as attested, which figures do not add up. */
import { outcomeOf, precedence, type Reason } from '../verdict.ts';
import { datasetDigest, versionOf } from './digest.ts';
import { parsePublicKeys, verify, type Envelope, type PublicKey } from './dsse.ts';
import { checkFiles, type FoundFile, type Problem } from './files.ts';
import {
  asDataset,
  DATASET_PREDICATE,
  parseStatement,
  PROVENANCE_PREDICATE,
  STORED_PREDICATE,
  type DatasetPredicate,
  type Statement,
} from './statement.ts';

export type { FoundFile, Problem } from './files.ts';

/** trusted: by a key given; unknown: intact, by a key that nobody vouched for; the others prove nothing. */
export type Signer = 'trusted' | 'unknown' | 'revoked' | 'forged' | 'unsigned';

export interface TrustedKey extends PublicKey {
  /** No longer believed, whatever it signed. */
  revoked?: boolean;
}

export interface CheckInput {
  envelopes: readonly Envelope[];
  /** PEM texts that the manifest carries, by key id: they show forgery, not trust. */
  publicKeys?: Readonly<Record<string, string>>;
  /** Every file of the folder except the manifest. */
  files: readonly FoundFile[];
  /** Rows counted in data files, by path without `.age`, where they could be opened. */
  rows?: Readonly<Record<string, number>>;
  /** Components that stand in the rows of each split, where they could be read: none may stand in two. */
  components?: Readonly<Record<string, Iterable<string>>>;
  /** Text of SHA256SUMS, where there is one. */
  sums?: string;
  trust: readonly TrustedKey[];
  /** What is known from elsewhere: the folder's name, the policy at hand, the run's ledger. */
  expected?: {
    name?: string;
    version?: string;
    policyDigest?: string;
    ledger?: {
      root: string;
      records: number;
      kept: number;
      excluded: number;
      rejected: number;
      reasons: Partial<Record<Reason, number>>;
    };
  };
}

export interface CheckResult {
  problems: Problem[];
  signer: Signer;
  /** Key ids of the signer of all statements. */
  keyids: string[];
  /** What is attested; absent where there is no readable dataset statement. */
  dataset?: DatasetPredicate;
}

const COPY_ANEW = 'Do not use it; copy the dataset anew from where it was published.';
const ASK = 'Do not use it; ask the publisher, and compare with the version in the catalogue.';

/** Checks everything that can be checked with what is given; no problems and a trusted signer mean that the dataset is as published. */
export function checkDataset(input: CheckInput): CheckResult {
  const problems: Problem[] = [];
  const report = (problem: string, todo: string, file?: string): void => {
    problems.push(file === undefined ? { problem, todo } : { file, problem, todo });
  };
  const { statements, signer, keyids } = readEnvelopes(input, report);
  const dataset = statements.get(DATASET_PREDICATE);
  if (!dataset) {
    report('The manifest has no dataset statement.', COPY_ANEW, 'manifest.dsse.json');
    return { problems, signer, keyids };
  }
  const predicate = asDataset(dataset.predicate);
  if (!predicate) {
    report('The dataset statement lacks fields that it must have.', ASK, 'manifest.dsse.json');
    return { problems, signer, keyids };
  }
  const stored = statements.get(STORED_PREDICATE);
  problems.push(...checkFiles({ files: input.files, sums: input.sums, dataset, predicate, stored }));
  checkCounts(predicate, input.rows ?? {}, report);
  checkSplits(input.components ?? {}, report);
  checkIdentity(dataset, predicate, input.expected ?? {}, report);
  const provenance = statements.get(PROVENANCE_PREDICATE);
  if (!provenance) report('The manifest has no provenance statement.', COPY_ANEW, 'manifest.dsse.json');
  else checkProvenance(dataset, predicate, provenance, report);
  if (stored && stored.predicate['digest'] !== predicate.digest)
    report('The statement of stored files belongs to another dataset.', ASK, 'manifest.dsse.json');
  return { problems, signer, keyids, dataset: predicate };
}

type Report = (problem: string, todo: string, file?: string) => void;

function readEnvelopes(
  input: CheckInput,
  report: Report,
): { statements: Map<string, Statement>; signer: Signer; keyids: string[] } {
  const statements = new Map<string, Statement>();
  const signers: Signer[] = [];
  const keyids = new Set<string>();
  const at = 'manifest.dsse.json';
  input.envelopes.forEach((envelope, index) => {
    const place = `Statement ${index + 1}`;
    try {
      const { payload, signers: trusted } = verify(envelope, input.trust);
      const good = input.trust.filter((key) => trusted.includes(key.keyid));
      const valid = good.filter((key) => !key.revoked);
      const carried = verify(envelope, carriedKeys(input.publicKeys ?? {})).signers;
      for (const id of valid.length > 0 ? valid.map((key) => key.keyid) : [...trusted, ...carried]) keyids.add(id);
      const claims = envelope.signatures.map(({ keyid }) => keyid);
      const claimsTrusted = input.trust.some((key) => claims.includes(key.keyid));
      if (envelope.signatures.length === 0) signers.push('unsigned');
      else if (valid.length > 0) signers.push('trusted');
      else if (good.length > 0) signers.push('revoked');
      // A signature in a trusted key's name that this key did not make is forged, whatever other key may fit.
      else if (claimsTrusted || carried.length === 0)
        signers.push(input.publicKeys || claimsTrusted ? 'forged' : 'unknown');
      else signers.push('unknown');
      const signer = signers.at(-1);
      if (signer === 'forged')
        report(`${place}: its signature does not fit what it says: it was changed or forged.`, ASK, at);
      if (signer === 'unsigned') report(`${place} is not signed.`, ASK, at);
      const statement = parseStatement(payload);
      if (statements.has(statement.predicateType)) report(`${place}: there are two of its kind.`, ASK, at);
      else statements.set(statement.predicateType, statement);
    } catch (error) {
      signers.push('forged');
      report(`${place} cannot be read: ${error instanceof Error ? error.message : 'it is damaged'}`, COPY_ANEW, at);
    }
  });
  const order: Signer[] = ['forged', 'unsigned', 'revoked', 'unknown', 'trusted'];
  const signer = signers.length === 0 ? 'unsigned' : order.find((one) => signers.includes(one))!;
  const named = [...keyids].sort();
  if (signers.length === 0) report('There is no signed statement at all.', COPY_ANEW, at);
  if (signer === 'unknown')
    report(
      `It is signed by a key that you do not trust${named.length > 0 ? ` (${named.join(', ')})` : ''}.`,
      "Get the publisher's public key from a place you trust and pass it with --trust.",
      at,
    );
  if (signer === 'revoked')
    report(`It is signed by a revoked key (${named.join(', ')}).`, 'Ask the publisher for a version signed anew.', at);
  return { statements, signer, keyids: named };
}

function carriedKeys(publicKeys: Readonly<Record<string, string>>): PublicKey[] {
  return Object.entries(publicKeys).flatMap(([keyid, pem]) => {
    try {
      return parsePublicKeys(pem).map(({ key }) => ({ keyid, key }));
    } catch {
      // A damaged key vouches for nothing; the signature then counts as forged.
      return [];
    }
  });
}

function checkCounts(predicate: DatasetPredicate, rows: Readonly<Record<string, number>>, report: Report): void {
  const { records, kept, excluded, rejected, examples } = predicate.counts;
  if (kept + excluded + rejected !== records)
    report(`kept ${kept} + excluded ${excluded} + rejected ${rejected} are not the ${records} records.`, ASK);
  const sums = { excluded: 0, rejected: 0 };
  for (const [reason, count] of Object.entries(predicate.reasons)) {
    if (precedence(reason as Reason) === undefined)
      report(`"${reason}" is no known reason.`, 'Check with a version that knows it.');
    else sums[outcomeOf(reason as Reason)] += count;
  }
  for (const outcome of ['excluded', 'rejected'] as const)
    if (sums[outcome] !== predicate.counts[outcome])
      report(`The reasons of ${outcome} records add up to ${sums[outcome]}, not ${predicate.counts[outcome]}.`, ASK);
  const labelled = Object.values(predicate.labels).reduce((sum, { count }) => sum + count, 0);
  if (labelled !== examples) report(`The labels add up to ${labelled}, not to ${examples} examples.`, ASK);
  const splits = new Map<string, { examples: number; bytes: number; files: number }>();
  for (const [path, file] of Object.entries(predicate.files)) {
    const [, split] = /^data\/([^/]+\/[a-z]+)-\d+-of-\d+\./.exec(path) ?? [];
    if (!split) continue;
    const sum = splits.get(split) ?? { examples: 0, bytes: 0, files: 0 };
    splits.set(split, {
      examples: sum.examples + (file.examples ?? 0),
      bytes: sum.bytes + file.bytes,
      files: sum.files + 1,
    });
    const counted = rows[path];
    if (counted !== undefined && counted !== file.examples)
      report(`It has ${counted} rows, ${file.examples ?? 0} are attested.`, ASK, path);
  }
  const claimed = Object.entries(predicate.splits).flatMap(([format, parts]) =>
    Object.entries(parts).map(([name, sum]) => [`${format}/${name}`, sum] as const),
  );
  for (const [split, sum] of claimed) {
    const found = splits.get(split) ?? { examples: 0, bytes: 0, files: 0 };
    splits.delete(split);
    for (const figure of ['examples', 'bytes', 'files'] as const)
      if (found[figure] !== sum[figure])
        report(`Split ${split} claims ${sum[figure]} ${figure}, its files add up to ${found[figure]}.`, ASK);
  }
  for (const split of splits.keys()) report(`Split ${split} has files but is not claimed.`, ASK);
}

function checkSplits(components: Readonly<Record<string, Iterable<string>>>, report: Report): void {
  const home = new Map<string, string>();
  const leaks = new Map<string, number>();
  for (const [split, members] of Object.entries(components))
    for (const component of new Set(members)) {
      const other = home.get(component);
      if (other === undefined) home.set(component, split);
      else leaks.set(`${other} and ${split}`, (leaks.get(`${other} and ${split}`) ?? 0) + 1);
    }
  for (const [splits, count] of leaks) report(`Splits ${splits} share ${count} components.`, ASK);
}

function checkIdentity(
  dataset: Statement,
  predicate: DatasetPredicate,
  expected: NonNullable<CheckInput['expected']>,
  report: Report,
): void {
  const listed = Object.keys(predicate.files).sort();
  if (listed.join('\n') !== [...dataset.subjects.keys()].sort().join('\n'))
    report('The files counted are not the files attested.', ASK);
  const digest = datasetDigest([...dataset.subjects].map(([path, sha256]) => ({ path, sha256 })));
  if (digest !== predicate.digest) report('The digest claimed is not that of the attested data files.', ASK);
  if (versionOf(predicate.window, predicate.digest) !== predicate.version)
    report(`Version ${predicate.version} does not follow from the window and the digest.`, ASK);
  for (const field of ['name', 'version', 'policyDigest'] as const)
    if (expected[field] !== undefined && expected[field] !== predicate[field])
      report(
        `It says ${field} ${predicate[field]}, expected was ${expected[field]}.`,
        field === 'policyDigest'
          ? 'It was made under another policy: compare both with `garner policy diff`.'
          : 'The folder was renamed or swapped: copy the dataset anew.',
      );
  const { ledger } = expected;
  if (!ledger) return;
  if (ledger.root !== predicate.ledger.root) report('The ledger at hand does not have the attested root.', ASK);
  for (const figure of ['records', 'kept', 'excluded', 'rejected'] as const)
    if (ledger[figure] !== predicate.counts[figure])
      report(`The ledger counts ${ledger[figure]} ${figure}, the manifest ${predicate.counts[figure]}.`, ASK);
  for (const reason of new Set([...Object.keys(ledger.reasons), ...Object.keys(predicate.reasons)])) {
    const [here, there] = [ledger.reasons[reason as Reason] ?? 0, predicate.reasons[reason] ?? 0];
    if (here !== there) report(`The ledger counts ${here} of reason ${reason}, the manifest ${there}.`, ASK);
  }
}

function checkProvenance(dataset: Statement, predicate: DatasetPredicate, provenance: Statement, report: Report): void {
  const same =
    provenance.subjects.size === dataset.subjects.size &&
    [...dataset.subjects].every(([path, sha256]) => provenance.subjects.get(path) === sha256);
  if (!same) report('The provenance is that of other files.', ASK, 'manifest.dsse.json');
  const definition = provenance.predicate['buildDefinition'];
  const found = isRecord(definition) ? definition['resolvedDependencies'] : undefined;
  const dependencies = (Array.isArray(found) ? (found as unknown[]) : []).map((one) => {
    const digest = isRecord(one) ? one['digest'] : undefined;
    return `${String(isRecord(one) ? one['name'] : '')} ${String(isRecord(digest) ? digest['sha256'] : '')}`;
  });
  const claimed = [
    `policy ${predicate.policyDigest}`,
    `facts ${predicate.factsDigest}`,
    ...predicate.inputs.map((sha256) => `input ${sha256}`),
    ...(predicate.guard?.corpora ?? []).map(({ keyId, sha256 }) => `guard ${keyId} ${sha256}`),
  ];
  if (dependencies.sort().join('\n') !== claimed.sort().join('\n'))
    report('The provenance names other inputs, policy or facts than the dataset statement.', ASK, 'manifest.dsse.json');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
