/**
 * What is attested of a dataset, as in-toto Statements v1 (https://in-toto.io/Statement/v1): the dataset itself, its provenance (SLSA v1),
 * and the sums of the files as they lie in the store, encrypted. Subjects of the first two are plaintext digests, so that they hold for
 * every re-encryption. The same facts give the same bytes: there is no wall clock and no run id in them.
 */
import type { DatasetFacts, GuardFacts, LeakageFacts } from '../formats/facts.ts';
import { dataFiles, formatNames, splitsOf, sumOf } from '../formats/facts.ts';
import { canonicalJson, type Json } from './canonical.ts';

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const DATASET_PREDICATE = 'urn:garner:predicate:dataset:1';
export const PROVENANCE_PREDICATE = 'https://slsa.dev/provenance/v1';
export const STORED_PREDICATE = 'urn:garner:predicate:stored:1';
export const BUILD_TYPE = 'urn:garner:build:curate:1';

/** A file of the folder by its path and the sha256 of its plaintext; bytes of the plaintext. */
export interface PlainFile {
  path: string;
  sha256: string;
  bytes: number;
}

/** A file as it lies in the store (encrypted where it ends in `.age`). */
export interface StoredFile {
  path: string;
  sha256: string;
  size: number;
}

/** What the dataset statement says beside its subjects. Digests are hex sha256. */
export interface DatasetPredicate {
  name: string;
  version: string;
  digest: string;
  window: { from: string; to: string };
  purpose: string;
  audience: string[];
  policyDigest: string;
  factsDigest: string;
  codeVersion: string;
  now: string;
  counts: DatasetFacts['counts'];
  reasons: Record<string, number>;
  labels: DatasetFacts['labels'];
  /** By format and split: sums over its files. */
  splits: Record<string, Record<string, { examples: number; bytes: number; files: number }>>;
  /** Every attested file; data files with their examples. */
  files: Record<string, { bytes: number; examples?: number }>;
  /** Of a version that was made again without erased subjects: what it replaces. */
  replaces?: DatasetFacts['replaces'];
  inputs: string[];
  ledger: { root: string; size: number };
  redaction: { version: string; recall: number | null };
  /** Columns that the policy names beside those of the formats. */
  fields?: string[];
  guard?: GuardFacts;
  leakage?: LeakageFacts;
}

/**
 * Statement of the dataset. `files` are all files of the folder except the manifest and SHA256SUMS: the data files and the card, Croissant
 * and report. Throws RangeError where a data file of the facts is missing from them or differs.
 */
export function datasetStatement(facts: DatasetFacts, files: readonly PlainFile[]): Buffer {
  const given = new Map(files.map((file) => [file.path, file]));
  const examples = new Map<string, number>();
  for (const file of dataFiles(facts)) {
    const written = given.get(file.path);
    if (written?.sha256 !== file.sha256 || written.bytes !== file.bytes)
      throw new RangeError(`${file.path}: the written file is not the one that the figures count; render it again.`);
    examples.set(file.path, file.examples);
  }
  const predicate: DatasetPredicate = {
    name: facts.name,
    version: facts.version,
    digest: facts.digest,
    window: { from: facts.window.from, to: facts.window.to },
    purpose: facts.purpose,
    audience: [...facts.audience].sort(),
    policyDigest: facts.policyDigest,
    factsDigest: facts.factsDigest,
    codeVersion: facts.codeVersion,
    now: facts.now,
    counts: facts.counts,
    reasons: facts.reasons,
    labels: facts.labels,
    splits: Object.fromEntries(
      formatNames(facts).map((format) => [
        format,
        Object.fromEntries(
          splitsOf(facts, format).map(({ name, files: parts }) => [
            name,
            { examples: sumOf(parts, 'examples'), bytes: sumOf(parts, 'bytes'), files: parts.length },
          ]),
        ),
      ]),
    ),
    files: Object.fromEntries(
      files.map(({ path, bytes }) => {
        const count = examples.get(path);
        return [path, count === undefined ? { bytes } : { bytes, examples: count }];
      }),
    ),
    ...(facts.replaces ? { replaces: { ...facts.replaces } } : {}),
    inputs: [...facts.inputs].sort(),
    ledger: { root: facts.ledgerRoot, size: facts.counts.records },
    redaction: { version: facts.redaction.version, recall: facts.redaction.recall },
    ...(facts.fields ? { fields: [...facts.fields] } : {}),
    ...(facts.guard ? { guard: facts.guard } : {}),
    ...(facts.leakage ? { leakage: { ...facts.leakage } } : {}),
  };
  return statement(DATASET_PREDICATE, files, predicate as unknown as Json);
}

/**
 * SLSA provenance v1: from which inputs, policy, facts and code the files were built, and by what kind of builder. `builder` is a URI.
 * Names of inputs are private and left out; start and end times are too, since they would differ between equal runs.
 */
export function provenanceStatement(facts: DatasetFacts, files: readonly PlainFile[], builder: string): Buffer {
  const dependency = (name: string, sha256: string) => ({ name, digest: { sha256 } });
  return statement(PROVENANCE_PREDICATE, files, {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: {
        name: facts.name,
        now: facts.now,
        purpose: facts.purpose,
        window: { from: facts.window.from, to: facts.window.to },
        policy: { digest: { sha256: facts.policyDigest } },
      },
      internalParameters: { codeVersion: facts.codeVersion, redactionVersion: facts.redaction.version },
      resolvedDependencies: [
        dependency('policy', facts.policyDigest),
        dependency('facts', facts.factsDigest),
        ...(facts.guard?.corpora ?? []).map(({ keyId, sha256 }) => dependency(`guard ${keyId}`, sha256)),
        ...[...facts.inputs].sort().map((sha256) => dependency('input', sha256)),
      ],
    },
    runDetails: { builder: { id: builder, version: { garner: facts.codeVersion } } },
  });
}

/** Sums of the files as stored, `SHA256SUMS` among them, the manifest not: signed again whenever the files are rewrapped. */
export function storedStatement(
  dataset: { name: string; version: string; digest: string },
  files: readonly StoredFile[],
): Buffer {
  return statement(STORED_PREDICATE, files, {
    name: dataset.name,
    version: dataset.version,
    digest: dataset.digest,
    files: Object.fromEntries(files.map(({ path, size }) => [path, { size }])),
  });
}

/** A statement that was read: subjects by path, and the predicate as it came. */
export interface Statement {
  predicateType: string;
  subjects: Map<string, string>;
  predicate: Record<string, unknown>;
}

/** Reads the payload of an envelope. Throws SyntaxError where it is no in-toto Statement v1 with sha256 subjects. */
export function parseStatement(payload: Uint8Array): Statement {
  const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)) as unknown;
  if (!isRecord(value) || value['_type'] !== STATEMENT_TYPE)
    throw new SyntaxError('The payload is no in-toto Statement v1.');
  const { predicateType, predicate, subject } = value;
  if (typeof predicateType !== 'string' || !isRecord(predicate) || !Array.isArray(subject))
    throw new SyntaxError('The statement has no predicateType, predicate and subject.');
  const subjects = new Map<string, string>();
  for (const entry of subject as unknown[]) {
    const name = isRecord(entry) ? entry['name'] : undefined;
    const digest = isRecord(entry) && isRecord(entry['digest']) ? entry['digest']['sha256'] : undefined;
    if (typeof name !== 'string' || typeof digest !== 'string' || !/^[0-9a-f]{64}$/.test(digest) || subjects.has(name))
      throw new SyntaxError('A subject of the statement has no name of its own or no sha256.');
    subjects.set(name, digest);
  }
  return { predicateType, subjects, predicate };
}

/** The predicate where it has the fields that the checks read, with their types; else null. */
export function asDataset(value: Record<string, unknown>): DatasetPredicate | null {
  const isCounts = (table: unknown): boolean =>
    isRecord(table) && Object.values(table).every((count) => Number.isSafeInteger(count) && Number(count) >= 0);
  const fields = ['name', 'version', 'digest', 'purpose', 'policyDigest', 'factsDigest', 'codeVersion', 'now'];
  const { window, counts, reasons, labels, splits, files, inputs, ledger, guard, leakage } = value;
  const fits =
    fields.every((field) => typeof value[field] === 'string') &&
    isRecord(window) &&
    [window['from'], window['to']].every((day) => typeof day === 'string' && /^\d{4}-\d{2}-\d{2}/.test(day)) &&
    isCounts(counts) &&
    ['records', 'kept', 'excluded', 'rejected', 'examples'].every((count) => Object.hasOwn(counts as object, count)) &&
    isCounts(reasons) &&
    isRecord(labels) &&
    Object.values(labels).every((row) => isRecord(row) && Number.isSafeInteger(row['count'])) &&
    isRecord(splits) &&
    Object.values(splits).every((parts) => isRecord(parts) && Object.values(parts).every(isCounts)) &&
    isRecord(files) &&
    Object.values(files).every((file) => isCounts(file) && Object.hasOwn(file as object, 'bytes')) &&
    Array.isArray(inputs) &&
    inputs.every((input) => typeof input === 'string') &&
    isRecord(ledger) &&
    typeof ledger['root'] === 'string' &&
    (guard === undefined || isGuard(guard)) &&
    (leakage === undefined || isCounts(leakage));
  return fits ? (value as unknown as DatasetPredicate) : null;
}

function isGuard(value: unknown): boolean {
  if (!isRecord(value) || !Array.isArray(value['corpora'])) return false;
  return (value['corpora'] as unknown[]).every(
    (corpus) => isRecord(corpus) && typeof corpus['keyId'] === 'string' && typeof corpus['sha256'] === 'string',
  );
}

/** An in-toto Statement v1 about files by path and sha256; the predicate as canonical JSON. @throws RangeError for a path that stands twice */
export function statement(
  predicateType: string,
  files: readonly { path: string; sha256: string }[],
  predicate: Json,
): Buffer {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const twice = sorted.find((file, at) => file.path === sorted[at + 1]?.path);
  if (twice) throw new RangeError(`${twice.path} stands twice among the files of the statement.`);
  const subject = sorted.map(({ path, sha256 }) => ({ name: path, digest: { sha256 } }));
  return Buffer.from(canonicalJson({ _type: STATEMENT_TYPE, subject, predicateType, predicate }));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
