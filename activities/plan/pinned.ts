/** What a plan pins: the sources by digest, the shards cut from them, and everything else that decides the result. */
import type { FormatName } from '../../curation/events/adapters.ts';
import type { GuardMode } from '../../curation/overlap/fingerprint.ts';
import type { Admitted } from '../types.ts';
import type { SourceObject } from './sources.ts';

/** A stretch of one source: whole lines of a plain file, or all of a compressed one. */
export interface Piece {
  source: number;
  start: number;
  end: number;
  /** Number of the first line in it, from 1. */
  firstLine: number;
  /** sha256 of the stored bytes, hex: what is read later must be what was planned. */
  sha256: string;
}

export interface PlannedSource extends SourceObject {
  sha256: string;
  compressed: boolean;
  format: FormatName;
}

export interface Plan {
  run: string;
  planDigest: string;
  policyDigest: string;
  factsDigest: string;
  codeVersion: string;
  now: number;
  window: { from: number; to: number } | null;
  /** By digest, then name: what is first here wins where two are the same. */
  sources: PlannedSource[];
  shards: Piece[][];
  buckets: number;
  /** The part of the ledger that the rows of each source stand in, from 0; parts follow each other as names do. */
  ledgerParts: number[];
  /** Of the pseudonyms in a queue for reviewers: the one in which the run was planned. */
  epoch: string;
  /** Keyed hashes of who was erased before this run, sorted. */
  erased: string[];
  /** Which runs of private text leave fingerprints: chosen from how much text the sources may hold. */
  guard: GuardMode;
  /** Fingerprints that the filter is sized for. From the sources alone: what it wrongly claims must not depend on how they were cut. */
  guardFingerprints: number;
  /** Of a measurement of a finished curation: whose buckets are read, by the objects of its shards. */
  kept?: { run: string; shards: Admitted[] };
}
