/** Admit: reads a shard and writes what the rules let through into buckets, ledger rows of what is out, fingerprints of what was private. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { RecordReader } from '../../curation/events/records.ts';
import { FINGERPRINT_BYTES, FingerprintSet } from '../../curation/overlap/grams.ts';
import { Admission } from '../../curation/stages/admit.ts';
import type { NamedDocument, Withheld } from '../../curation/stages/private/guarded.ts';
import { addCounts, count, emptyTally, outRow, type LedgerRow } from '../../curation/stages/ledger.ts';
import type { AdmittedRecord } from '../../curation/stages/record.ts';
import { decode, StreamFault } from '../../storage/decode.ts';
import { openStore } from '../../storage/objects.ts';
import { BucketLines, slicesOf } from './bucket.ts';
import { LineBuffer } from '../run/container.ts';
import { SourceQuarters } from './quarters.ts';
import { ledgerPartCount } from '../plan/parts.ts';
import { knownSubject } from '../measure/pseudonyms.ts';
import type { Piece } from '../plan/pinned.ts';
import { RunFailure } from '../run/failure.ts';
import type { Stage } from '../run/stage.ts';
import type { Admitted } from '../types.ts';

/** Parts of a shard's object after its buckets. */
export const SHARD_PARTS = { rows: 0, quarters: 1, fingerprints: 2, links: 3, documents: 4, withheld: 5 } as const;

/** Fingerprints in one table at a time: about 50 MB, however large a shard is. */
const FINGERPRINT_BATCH = 1 << 21;

/** Admits shard `index` of the plan. @throws RunFailure SourceChanged where a source is not what was planned. */
export async function admit(index: number, stage: Stage): Promise<Admitted> {
  const { plan } = stage;
  const output = new ShardOutput(plan.buckets);
  const admission = new Admission(
    {
      rules: stage.rules,
      redactor: stage.redactor,
      adapter: { ...stage.policy.adapters },
      guard: stage.guardKey,
      guardMode: plan.guard,
      joinKey: stage.key('join'),
      pseudonymKey: stage.key('pseudonym'),
      buckets: plan.buckets * slicesOf(plan.buckets),
      erasure: stage.erasure,
      ...isAbuse(stage),
      // Of the purposes only this one tells figures by plan.
      ...(stage.policy.output.measurable?.includes('product-evaluation') && { consents: stage.knownFacts }),
    },
    output,
  );
  const ledger = new Array<number>(ledgerPartCount(plan)).fill(0);
  for (const piece of plan.shards[index]!) {
    const source = plan.sources[piece.source]!;
    const before = output.read;
    admission.source(piece.source, source.name, source.format);
    await admitPiece(piece, stage, admission, output);
    ledger[plan.ledgerParts[piece.source]!]! += output.read - before;
    stage.progress({ shard: index, records: output.read });
  }
  admission.finish();
  const parts = output.parts();
  const ref = await stage.write(`admit/${index}`, parts);
  return {
    ref,
    tally: output.tally,
    records: output.records,
    redactions: output.counts,
    fingerprints: output.fingerprints,
    withheld: output.withheldTexts.lines,
    withheldFingerprints: output.withheldFingerprints,
    ledger,
  };
}

/** Whether a user is of the confirmed cohort that the run was started with. */
function isAbuse({ settings, keystore, plan }: Stage): { isAbuse?: (userId: string) => boolean } {
  const { confirmed = [] } = settings;
  if (confirmed.length === 0) return {};
  const subject = knownSubject(confirmed, keystore, plan.epoch);
  return { isAbuse: (userId) => subject(userId) !== undefined };
}

/** What takes the records of a piece, and the rows of those that could not be read. */
export interface PieceTaker {
  record: Admission['record'];
}
export interface RowTaker {
  row(row: LedgerRow): void;
}

/** Reads a piece of a source, record by record. @throws RunFailure SourceChanged */
export async function admitPiece(piece: Piece, stage: Stage, admission: PieceTaker, output: RowTaker): Promise<void> {
  const { compressed } = stage.plan.sources[piece.source]!;
  await (compressed ? admitCompressed : admitPlain)(piece, stage, admission, output);
}

async function admitPlain(piece: Piece, stage: Stage, admission: PieceTaker, output: RowTaker): Promise<void> {
  const source = stage.plan.sources[piece.source]!;
  const reader = new RecordReader({ firstLine: piece.firstLine });
  try {
    for await (const chunk of decode(pinned(piece, stage)))
      for (const record of reader.push(chunk)) admission.record(record);
    for (const record of reader.end()) admission.record(record);
  } catch (error) {
    if (!(error instanceof StreamFault)) throw error;
    await checkPin(piece, stage);
    output.row(outRow(source.name, null, null, error.reason, `stream.${error.reason}`, null));
  }
}

/** A compressed source is read twice, since nothing of it may count before its end is known to be good. */
async function admitCompressed(piece: Piece, stage: Stage, admission: PieceTaker, output: RowTaker): Promise<void> {
  const source = stage.plan.sources[piece.source]!;
  try {
    for await (const chunk of decode(pinned(piece, stage))) stage.progress(chunk.length);
  } catch (error) {
    if (!(error instanceof StreamFault)) throw error;
    await checkPin(piece, stage);
    return output.row(outRow(source.name, null, null, error.reason, `stream.${error.reason}`, null));
  }
  await admitPlain(piece, stage, admission, output);
}

/** A stream that breaks is a fault of the source only if it is the source that was planned. @throws RunFailure SourceChanged */
async function checkPin(piece: Piece, stage: Stage): Promise<void> {
  for await (const chunk of pinned(piece, stage)) stage.progress(chunk.length);
}

/** The bytes of a piece, which must be those that were planned. */
async function* pinned(piece: Piece, stage: Stage): AsyncGenerator<Buffer> {
  const source = stage.plan.sources[piece.source]!;
  const hash = createHash('sha256');
  for await (const chunk of openStore(source.store).read(source.key, { start: piece.start, end: piece.end })) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== piece.sha256)
    throw new RunFailure('SourceChanged', `source ${piece.source} of the plan changed after it was pinned: run again`);
}

/** Tables of shards that are done, empty, for the next that this thread admits. */
const SETS: FingerprintSet[] = [];

/** Collects a shard's output in memory, compressed; `parts` is the last call. */
class ShardOutput {
  readonly tally = emptyTally();
  readonly counts: Record<string, number> = {};
  records = 0;
  /** Distinct ones of each batch. */
  fingerprints = 0;
  readonly #batch = SETS.pop() ?? new FingerprintSet();
  readonly #batches: Buffer[] = [];
  readonly #buckets: BucketLines;
  readonly #rows = new LineBuffer();
  readonly #quarters = new SourceQuarters();
  readonly #documents = new LineBuffer();
  /** A line for each text whose documents are not all known. */
  readonly withheldTexts = new LineBuffer();
  withheldFingerprints = 0;
  /** Per suggestion the request it names, and whether some record of it names none. */
  readonly #links = new Map<string, { request: string | null; partly: boolean }>();

  constructor(buckets: number) {
    this.#buckets = new BucketLines(buckets);
  }

  /** Input records so far. */
  get read(): number {
    return this.tally.records + this.records;
  }

  row(row: LedgerRow): void {
    count(this.tally, row);
    this.#rows.push(row);
  }

  record(place: number, record: AdmittedRecord): void {
    this.#buckets.push(place, record);
    this.#quarters.add(record);
  }

  admitted(): void {
    this.records++;
  }

  readonly fingerprint = (high: number, low: number): void => {
    this.#batch.add(high, low);
    if (this.#batch.size >= FINGERPRINT_BATCH) this.#closeBatch();
  };

  #closeBatch(): void {
    if (this.#batch.size === 0) return;
    this.fingerprints += this.#batch.size;
    this.#batches.push(gzipSync(this.#batch.toBytes(), { level: 1 }));
    this.#batch.clear();
  }

  withheld(text: Withheld): void {
    this.withheldTexts.push(text);
    this.withheldFingerprints += Buffer.byteLength(text.prints, 'base64') / FINGERPRINT_BYTES;
  }

  documents(request: string, documents: readonly NamedDocument[]): void {
    this.#documents.push([request, documents]);
  }

  link(suggestion: string, request: string | undefined): void {
    const known = this.#links.get(suggestion);
    if (!known) this.#links.set(suggestion, { request: request ?? null, partly: request === undefined });
    else if (request === undefined) known.partly = true;
    else if (known.request === null || request < known.request) known.request = request;
  }

  redactions(counts: Record<string, number>): void {
    addCounts(this.counts, counts);
  }

  parts(): Buffer[] {
    const links = new LineBuffer();
    for (const [suggestion, { request, partly }] of this.#links) links.push([suggestion, request, partly]);
    this.#closeBatch();
    SETS.push(this.#batch);
    return [
      ...this.#buckets.parts(),
      this.#rows.bytes(),
      this.#quarters.bytes(),
      Buffer.concat(this.#batches),
      links.bytes(),
      this.#documents.bytes(),
      this.withheldTexts.bytes(),
    ];
  }
}
