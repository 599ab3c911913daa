/** What passes between workflow and activities: references and counts, never content. */
import type { FormatName as SourceFormat } from '../curation/events/adapters.ts';
import type { AbsenceProbe, Tombstone } from '../curation/proof/erasure.ts';
import type { SubjectKind } from '../curation/stages/erasure.ts';
import type { Tally } from '../curation/stages/ledger.ts';

/** An object in the run's output store, named by the attempt that wrote it. */
export interface Ref {
  key: string;
  /** Bytes as stored. */
  size: number;
  /** Of an object of several parts: digest of the index of their ends, the first 32 hex digits of its sha256. */
  index?: string;
}

export interface CurateInput {
  /** Opaque id of the run: `run-` and 16 hex digits. */
  run: string;
  /** Folder or URL of the output store. */
  out: string;
  /** Folders, files or URLs of source objects. */
  inputs: string[];
  format: SourceFormat | 'auto';
  facts: string | null;
  /** The policy and access file as they were when the run was started, sealed in the output store. */
  settings: Ref;
  /** Milliseconds since 1970-01-01 UTC. */
  now: number;
  window: { from: number; to: number } | null;
  /** Leaves the dataset unencrypted. */
  plain: boolean;
  /** Shards and buckets in work at once. */
  concurrency: number;
  shardBytes: number;
  /** Who started it, for the audit log and for approval by somebody else. */
  actor: string;
  approval: 'automatic' | 'required';
  purpose: string;
  /** What a unit does whose failure trying again does not mend: ends the run, or waits for `garner retry`. */
  onFailure: 'fail' | 'wait';
  /** Of a measurement: the finished curation whose buckets are read in place of the inputs. */
  from?: string;
}

/** What every stage after plan is given. */
export interface StageInput {
  run: string;
  out: string;
  settings: Ref;
  /** Null before the plan is made. */
  plan: Ref | null;
  facts: string | null;
  plain: boolean;
}

export interface Planned {
  plan: Ref;
  shards: number;
  buckets: number;
  /** Parts of the ledger. */
  ledgerParts: number;
  sources: number;
  bytes: number;
  planDigest: string;
  policyDigest: string;
  /** Whether code that public repositories share is exempt from the guard. */
  boilerplate: boolean;
}

export interface Admitted {
  ref: Ref;
  tally: Tally;
  /** Records that went into buckets; they are counted when their suggestion is settled. */
  records: number;
  redactions: Record<string, number>;
  fingerprints: number;
  /** Texts whose documents other shards may name. */
  withheld: number;
  /** What they add to the filter of private code where all of them are private. */
  withheldFingerprints: number;
  /** Records by the part of the ledger that their rows stand in; absent where settle writes the whole of it. */
  ledger?: number[];
}

/** Stages that work unit by unit: a shard, a bucket, a part. */
export type PagedStage = 'admit' | 'survey' | 'assemble' | 'render' | 'ledger';
export type UnitItem =
  { shard: number } | { bucket: number } | { part: number; from: number; to: number } | { part: number };
export type UnitResult = Admitted | Assembled | Rendered | LedgerPart | Ref | null;

/** A decision of an operator, as it is kept. */
export interface Decided {
  /** `pause`, `resume`, `approve`, `reject`, `retry admit 7`. */
  what: string;
  by: string;
  why: string;
  /** Milliseconds since 1970-01-01 UTC. */
  at: number;
}

/** Some hundred units of a stage. */
export interface PageInput {
  stage: PagedStage;
  common: StageInput;
  /** What every unit of the stage is given, and what each one alone. */
  shared: object;
  items: UnitItem[];
  /** Number of the first unit. */
  first: number;
  /** Units in work at once. */
  width: number;
  /** Whether a failed unit waits for an operator. */
  waits: boolean;
  paused: boolean;
  /** Where a page goes on whose history had become long. */
  soFar?: {
    results: UnitResult[];
    /** Indexes of the units that are done. */
    done: number[];
    failures: object[];
    decisions: Decided[];
    retries: Record<number, number>;
    paused: boolean;
  };
}

/** Sums over the units of a page; those that the stage does not have are zero. */
export interface UnitTotals {
  tally: Tally;
  records: number;
  redactions: Record<string, number>;
  fingerprints: number;
  /** Of assemble: bytes of example text by bucket. */
  bytes: number[];
}

export interface PageResult extends UnitTotals {
  /** The units' results in their order, sealed. */
  list: Ref;
  units: number;
  decisions: Decided[];
}

export interface Gathered {
  /** The shards' objects, listed. */
  shards: Ref;
  /** Merged filter of private fingerprints; null where there are none. */
  filter: Ref | null;
  /** Records that name no request though others of their suggestion do; null where there are none. */
  reroutes: Ref | null;
  fingerprints: number;
}

export interface Assembled {
  ref: Ref;
  examples: number;
  /** Bytes of example text. */
  bytes: number;
  redactions: Record<string, number>;
}

export interface Selected {
  ref: Ref;
  kept: number;
  /** Examples taken out, by reason. */
  out: Record<string, number>;
  /** What each knob of the policy took out. */
  rules: Record<string, number>;
  /** Clusters of two or more near-duplicates, and the examples in the largest. */
  clusters: number;
  largestCluster: number;
}

export interface RenderedFile {
  ref: Ref;
  format: string;
  split: string;
  rows: number;
  /** Of the plaintext. */
  sha256: string;
  /** Of the bytes as stored. */
  stored: string;
  bytes: number;
}

export interface Rendered {
  files: RenderedFile[];
  /** Statistics of the rendered examples, for card and report. */
  statistics: Statistics;
  /** Their entries of the erasure index. */
  index: Ref;
  /** A `SignedText` for each text of the rows. */
  signed: Ref;
}

/** Additive counts over examples; every value is a whole number so that the order of adding is of no matter. */
export interface Statistics {
  examples: number;
  labels: Record<string, { label: 'positive' | 'negative'; count: number; weight: number }>;
  languages: Record<string, { positive: number; negative: number }>;
  models: Record<string, number>;
  lengths: { positive: number[]; negative: number[] };
  weights: { positive: number[]; negative: number[] };
  balance: Record<string, { positive: number; negative: number }>;
  licences: Record<string, number>;
  retention: Record<string, { kept: number; observed: number }>;
  /** Examples that read like private code with other names. */
  renamed: number;
  /** First and last day of the examples' records, `YYYY-MM-DD`; empty where there are none. */
  from: string;
  to: string;
}

/** The rows of some sources, settled. */
export interface LedgerPart {
  /** Sealed pieces of the ledger, in order of source and line. */
  ledger: Ref[];
  /** Rows before it, and the complete subtrees (RFC 6962) that its own ones make there: hash, hex, and number of rows. */
  first: number;
  tree: [hash: string, rows: number][];
  counts: Tally;
  /** Outcomes by day, sealed: a `DayTally`. Staged alone. */
  days: Ref;
}

export interface Settled {
  /** Sealed pieces of the ledger, in order of source and line. */
  ledger: Ref[];
  tally: Tally;
  /** RFC 6962 root over the rows in that order, hex. */
  root: string;
  /** By what the run judged, sealed: see activities/publish/basis.ts. */
  basis: Ref;
  /** Outcomes by day, sealed: a `DayTally`. Staged alone. */
  days: Ref;
}

export interface Published {
  /** Folder of the version in the output store. */
  dataset: string;
  version: string;
  digest: string;
  /** False where this version was there already with the same digest. */
  fresh: boolean;
}

/** What `garner run` ends with. */
export interface RunSummary {
  runId: string;
  dataset: string;
  version: string;
  digest: string;
  records: number;
  kept: number;
  excluded: number;
  rejected: number;
  examples: number;
  reasons: Record<string, number>;
}

/** What an erasure is asked: hashes of the subject, never its id. */
export interface EraseRequest {
  /** Opaque id: `erase-` and 16 hex digits, the same for the same subject. */
  run: string;
  out: string;
  settings: Ref;
  kind: SubjectKind;
  keys: string[];
  actor: string;
}

/** What `garner erase` ends with. */
export interface EraseSummary {
  erasure: string;
  /** Key of the signed certificate in the output store. */
  certificate: string;
  versions: Tombstone[];
  probe: AbsenceProbe;
}
