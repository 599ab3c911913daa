/** Plan: lists the source objects, pins each by digest, cuts them into shards, and names everything that decides the result. */
import { createHash, type Hash } from 'node:crypto';
import { detectFormat, type FormatName } from '../../curation/events/adapters.ts';
import { parseRecord } from '../../curation/events/parse.ts';
import { RecordReader } from '../../curation/events/records.ts';
import { planGuard } from '../../curation/overlap/plan.ts';
import { ConfigError } from '../../config/document.ts';
import type { Policy } from '../../config/policy.ts';
import { compressionOf, decode, StreamFault } from '../../storage/decode.ts';
import { readErasures } from '../../storage/people/erasures.ts';
import { openStore, type ObjectStore } from '../../storage/objects.ts';
import type { Piece, Plan, PlannedSource } from './pinned.ts';
import { ledgerPartCount, ledgerPartsOf, plainBytesOf } from './parts.ts';
import { listSources, type SourceObject } from './sources.ts';
import type { Stage } from '../run/stage.ts';
import type { CurateInput, Planned } from '../types.ts';

/** Plain bytes that a bucket should hold: assemble has one whole bucket in memory. */
const BUCKET_BYTES = 24 << 20;
const MAX_BUCKETS = 4096;
const PROBED_RECORDS = 20;
const PINNED_AT_ONCE = 4;

/**
 * Plans a run; `given` are sources that were found before, in place of what the inputs hold.
 * @throws ConfigError where an input cannot be read, is empty of records' bytes, or its format cannot be told.
 */
export async function plan(input: CurateInput, stage: Stage, given?: readonly PlannedSource[]): Promise<Planned> {
  const { policy, facts, codeVersion } = stage;
  const named = stage.settings.sources;
  const found: readonly Found[] = given ?? named ?? (await listSources(input.inputs));
  const pinned = await pinAll(found, input, stage);
  pinned.sort((a, b) => compare(a.source.sha256, b.source.sha256) || compare(a.source.name, b.source.name));
  const sources = pinned.map(({ source }) => source);
  const bytes = sources.reduce((sum, { size }) => sum + size, 0);
  const plainBytes = sources.reduce((sum, source) => sum + plainBytesOf(source), 0);
  const buckets = Math.min(MAX_BUCKETS, Math.max(1, Math.ceil(plainBytes / BUCKET_BYTES)));
  const erased = await readErasures(stage.keystore);
  const decisive = {
    inputs: sources.map(({ sha256, format }) => [sha256, format]),
    ...{ policy: policy.digest, facts: facts.digest, code: codeVersion, now: input.now, window: input.window, buckets },
    // Only where there are any, so that the first erasure alone gives other keys.
    ...(erased.length > 0 ? { erased: createHash('sha256').update(erased.join()).digest('hex') } : {}),
    ...(stage.settings.confirmed?.length ? { confirmed: stage.settings.confirmed } : {}),
    ...(stage.settings.cases?.length ? { cases: stage.settings.cases } : {}),
    ...(stage.guards.length > 0 ? { guards: stage.guards.map(({ keyId, sha256 }) => [keyId, sha256]) } : {}),
  };
  const planDigest = createHash('sha256').update(JSON.stringify(decisive)).digest('hex');
  const shards = cutShards(
    pinned.flatMap(({ source, pieces }, index) =>
      pieces.map((piece) => {
        const bytes = plainBytesOf({ size: piece.end - piece.start, compressed: source.compressed });
        return { piece: { source: index, ...piece }, bytes };
      }),
    ),
    input.shardBytes,
  );
  const { run, now, window } = input;
  const made: Plan = {
    run,
    planDigest,
    policyDigest: policy.digest,
    factsDigest: facts.digest,
    codeVersion,
    now,
    window,
    sources,
    shards,
    buckets,
    ledgerParts: ledgerPartsOf(sources),
    epoch: stage.keystore.pseudonymEpoch(),
    erased,
    ...guardPlan(plainBytes, policy),
  };
  const ref = await stage.writeJson('plan', made);
  const boilerplate = policy.guard.enabled && policy.guard.boilerplateRepositories > 0;
  return {
    ...{ plan: ref, shards: shards.length, buckets, sources: sources.length, bytes },
    ledgerParts: ledgerPartCount(made),
    ...{ planDigest, policyDigest: policy.digest, boilerplate },
  };
}

/** @throws ConfigError where even a winnowed filter of all sources would be over the policy's bound */
function guardPlan(plainBytes: number, { guard, file }: Policy): Pick<Plan, 'guard' | 'guardFingerprints'> {
  const { mode, expected, bytes, fits } = planGuard(plainBytes, guard.memory);
  if (guard.enabled && !fits)
    throw new ConfigError(
      file,
      undefined,
      'guard.memory',
      `is too little for this input: its private code may need a filter of ${Math.ceil(bytes / 2 ** 20)} MB; raise it or run on less input`,
    );
  return { guard: mode, guardFingerprints: expected };
}

/** What stands in the inputs, or a file that was found before with its format. */
type Found = SourceObject & { format?: FormatName };

/** Pins several sources at once: while one is hashed the bytes of others are read. */
async function pinAll(
  found: readonly Found[],
  input: CurateInput,
  stage: Stage,
): Promise<{ source: PlannedSource; pieces: Pinned['pieces'] }[]> {
  const pinned: { source: PlannedSource; pieces: Pinned['pieces'] }[] = [];
  let next = 0;
  const lane = async () => {
    while (next < found.length) {
      const object = found[next++]!;
      const store = openStore(object.store);
      const { sha256, compressed, pieces } = await pin(store, object, input.shardBytes);
      const format = object.format ?? (input.format === 'auto' ? await probe(store, object) : input.format);
      pinned.push({ source: { ...object, sha256, compressed, format }, pieces });
      stage.progress({ sources: pinned.length });
    }
  };
  const lanes = Array.from({ length: PINNED_AT_ONCE }, lane);
  try {
    await Promise.all(lanes);
  } finally {
    next = found.length;
    await Promise.allSettled(lanes);
  }
  return pinned;
}

interface Pinned {
  sha256: string;
  compressed: boolean;
  pieces: Omit<Piece, 'source'>[];
}

/** Reads a source once: its digest, and where it can be cut. Compressed and UTF-16 sources are one piece. */
async function pin(store: ObjectStore, object: SourceObject, shardBytes: number): Promise<Pinned> {
  const whole = createHash('sha256');
  const cutter = new Cutter(shardBytes, whole);
  let first = true;
  let compressed = false;
  let single = false;
  let size = 0;
  for await (const chunk of store.read(object.key)) {
    if (first) {
      compressed = compressionOf(chunk) !== 'none';
      single = compressed || isWide(chunk);
      first = false;
    }
    size += chunk.length;
    if (single) whole.update(chunk);
    else cutter.push(chunk);
  }
  if (size !== object.size)
    throw new ConfigError(object.name, undefined, '', 'changed while it was being read: run again');
  const cut = cutter.end();
  const sha256 = whole.digest('hex');
  return { sha256, compressed, pieces: single ? [{ start: 0, end: size, firstLine: 1, sha256 }] : cut };
}

/** Cuts a plain file at the first line feed past each `shardBytes`, and feeds its bytes to the digest of the whole. */
class Cutter {
  readonly #limit: number;
  readonly #whole: Hash;
  readonly #pieces: Omit<Piece, 'source'>[] = [];
  /** Of the piece; undefined in the first, which is all of the whole so far. */
  #hash: Hash | undefined;
  #start = 0;
  #position = 0;
  #line = 1;
  #firstLine = 1;

  constructor(limit: number, whole: Hash) {
    this.#limit = limit;
    this.#whole = whole;
  }

  push(chunk: Buffer): void {
    let from = 0;
    while (this.#position + chunk.length - from - this.#start >= this.#limit) {
      const wanted = Math.max(from, from + this.#limit - 1 - (this.#position - this.#start));
      const feed = chunk.indexOf(10, wanted);
      if (feed < 0) break;
      this.#take(chunk.subarray(from, feed + 1));
      this.#close();
      from = feed + 1;
    }
    this.#take(chunk.subarray(from));
  }

  end(): Omit<Piece, 'source'>[] {
    if (this.#position > this.#start) this.#close();
    return this.#pieces;
  }

  #take(bytes: Buffer): void {
    this.#whole.update(bytes);
    this.#hash?.update(bytes);
    this.#position += bytes.length;
    for (let feed = bytes.indexOf(10); feed >= 0; feed = bytes.indexOf(10, feed + 1)) this.#line++;
  }

  #close(): void {
    this.#pieces.push({
      start: this.#start,
      end: this.#position,
      firstLine: this.#firstLine,
      sha256: (this.#hash ?? this.#whole.copy()).digest('hex'),
    });
    this.#hash = createHash('sha256');
    this.#start = this.#position;
    this.#firstLine = this.#line;
  }
}

/** A UTF-16 or UTF-32 byte-order mark: such a file has no lines to cut at. */
function isWide(bytes: Buffer): boolean {
  if (bytes.length < 2) return false;
  const mark = bytes.readUInt16BE(0);
  return mark === 0xfffe || mark === 0xfeff || (bytes.length >= 4 && bytes.readUInt32BE(0) === 0xfeff);
}

/** The format of a source from its first records; sources without a readable record are read as canonical events and rejected there. */
async function probe(store: ObjectStore, object: SourceObject): Promise<FormatName> {
  const records: Record<string, unknown>[] = [];
  const reader = new RecordReader();
  try {
    for await (const chunk of decode(store.read(object.key))) {
      look(reader.push(chunk), records);
      if (records.length >= PROBED_RECORDS) break;
    }
    look(reader.end(), records);
  } catch (error) {
    // A broken stream is a ledger row of admit; what came before the break may still tell the format.
    if (!(error instanceof StreamFault)) throw error;
  }
  if (records.length === 0) return 'garner';
  const format = detectFormat(records);
  if (!format)
    throw new ConfigError(
      object.name,
      1,
      '',
      'is of no known format: name it with --format garner, copilot, continue or tabby',
    );
  return format;
}

/** Adds what can be read of the records found, until there are enough. */
function look(found: ReturnType<RecordReader['end']>, records: Record<string, unknown>[]): void {
  for (const record of found) {
    if (records.length >= PROBED_RECORDS) return;
    const parsed = 'bytes' in record ? parseRecord(record.bytes, record.final) : null;
    if (parsed?.ok) records.push(parsed.value);
  }
}

/** Pieces, in the order of the sources, into shards of about so many plain bytes. The largest come first: what is left at the end is little. */
function cutShards(pieces: { piece: Piece; bytes: number }[], shardBytes: number): Piece[][] {
  const shards: { pieces: Piece[]; bytes: number }[] = [];
  for (const { piece, bytes } of pieces) {
    const last = shards.at(-1);
    if (last && last.bytes + bytes <= shardBytes) {
      last.pieces.push(piece);
      last.bytes += bytes;
    } else shards.push({ pieces: [piece], bytes });
  }
  return shards.sort((a, b) => b.bytes - a.bytes).map(({ pieces: held }) => held);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
