/** What is signed where data goes: the tombstone of each version that was taken back, and the certificate of an erasure. Neither names anybody. */
import { statement } from './statement.ts';

export const TOMBSTONE_PREDICATE = 'urn:garner:predicate:tombstone:1';
export const ERASURE_PREDICATE = 'urn:garner:predicate:erasure:1';

/** A version that was taken back, as its tombstone says it. */
export interface Tombstone {
  name: string;
  version: string;
  /** Of the dataset that was there. */
  digest: string;
  /** `retention`: the age that the policy sets has passed. */
  reason: 'erasure' | 'retention';
  /** Id of the erasure, or of the retention run, that took it back. */
  erasure: string;
  /** The version that holds the rest; null where nothing was left. */
  replacedBy: string | null;
  /** Of the replacement; null where there is none. */
  newDigest: string | null;
  /** Examples taken out. */
  removed: number;
  /** Objects destroyed, as they were stored: with an encrypted file the header that held its key is gone. */
  destroyed: { path: string; sha256: string }[];
  /** What whoever has a copy is asked to do. */
  recall: string;
}

/** What looking for the subject again found. */
export interface AbsenceProbe {
  /** Objects of the store that were looked at, and indexes among them. */
  objects: number;
  indexes: number;
  /** Versions whose index still names the subject, and objects that should be gone: both empty, or the erasure has failed. */
  remaining: string[];
  /** Datasets without an index: whom they hold cannot be told. */
  uncovered: string[];
  /** Runs that were under way: they cannot publish the subject, and their staging goes when they end. */
  unfinished: string[];
}

export interface Certificate {
  erasure: string;
  kind: string;
  /** Keyed hashes of the subject. */
  keys: string[];
  versions: Tombstone[];
  probe: AbsenceProbe;
  /** When it was signed, RFC 3339. */
  at: string;
}

/** in-toto Statement of a tombstone; its subject is the dataset by name and digest. */
export function tombstoneStatement(tombstone: Tombstone): Buffer {
  const { name, version, digest } = tombstone;
  return statement(TOMBSTONE_PREDICATE, [{ path: `datasets/${name}/${version}`, sha256: digest }], { ...tombstone });
}

/** in-toto Statement of an erasure; its subjects are the datasets that were taken back. */
export function erasureStatement(certificate: Certificate): Buffer {
  const subjects = certificate.versions.map(({ name, version, digest }) => ({
    path: `datasets/${name}/${version}`,
    sha256: digest,
  }));
  const { versions, probe, ...rest } = certificate;
  const plain = { ...rest, versions: versions.map((version) => ({ ...version })), probe: { ...probe } };
  return statement(ERASURE_PREDICATE, subjects, plain);
}
