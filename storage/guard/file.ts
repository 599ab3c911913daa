/**
 * A guard file: what a private code base leaves behind to recognise it by. The bytes `GRNGRD1\n`, the length of the header (32 bits, little-endian),
 * the header as JSON, the filter. It holds the id of its key and never the key, without which nobody can ask it anything.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { FingerprintFilter } from '../../curation/overlap/filter.ts';
import { fingerprintKey, type GuardMode, guardPrints, K } from '../../curation/overlap/fingerprint.ts';
import { lex } from '../../curation/overlap/lexer.ts';
import { planGuard } from '../../curation/overlap/plan.ts';
import { openStore } from '../objects.ts';
import { corpusFiles, emptyCounts, piecesOf, type CorpusCounts, PASSED_OVER } from './corpus.ts';
import { GuardFault } from './fault.ts';
import type { GuardKey } from './key.ts';

const MAGIC = Buffer.from('GRNGRD1\n');
const MAX_HEADER = 1 << 16;

export interface GuardHeader {
  version: 1;
  keyId: string;
  mode: GuardMode;
  /** Of the filter's bytes, hex. */
  filter: string;
  fingerprints: number;
  files: number;
  bytes: number;
  /** Files of fewer than 20 lexemes, which leave nothing. */
  short: number;
}

export interface BuiltGuard {
  header: GuardHeader;
  counts: CorpusCounts;
  /** sha256 of the file, hex, and its size in bytes. */
  sha256: string;
  size: number;
}

export interface BuildOptions {
  folders: readonly string[];
  out: string;
  key: GuardKey;
  /** Most bytes that the filter may take. */
  memory: number;
  /** Names of folders that are not entered. */
  passedOver?: readonly string[];
  progress?: (bytes: number) => void;
}

/** Reads a code base twice (its size, then its text) and writes its guard file whole or not at all. The same text and key give the same bytes. */
export async function buildGuard(options: BuildOptions): Promise<BuiltGuard> {
  const { folders, out, key, memory, passedOver = PASSED_OVER } = options;
  const sized = emptyCounts();
  for await (const _ of corpusFiles(folders, sized, passedOver));
  if (sized.files === 0) throw new GuardFault(folders.join(', '), 'holds no text file: name a folder of source code');
  let plan = planGuard(sized.bytes, memory);
  for (;;) {
    if (!plan.fits)
      throw new GuardFault(
        out,
        `would need a filter of ${Math.ceil(plan.bytes / 2 ** 20)} MB: raise --memory or name less`,
      );
    const counts = emptyCounts();
    const filter = FingerprintFilter.sized(plan.expected);
    const short = await fill(filter, plan.mode, counts, { ...options, passedOver });
    // Text of very short lexemes leaves more than was planned for, and a filter that is too full claims what it does not hold.
    if (filter.added > plan.expected) {
      plan = planGuard(plan.mode === 'all' ? filter.added * 3 : filter.added * 18, memory);
      continue;
    }
    const header: GuardHeader = {
      ...{ version: 1, keyId: key.id, mode: plan.mode, filter: digestOf(filter), fingerprints: filter.added },
      ...{ files: counts.files, bytes: counts.bytes, short },
    };
    return { header, counts, ...(await write(out, header, filter)) };
  }
}

async function fill(
  filter: FingerprintFilter,
  mode: GuardMode,
  counts: CorpusCounts,
  { folders, key, passedOver, progress }: BuildOptions,
): Promise<number> {
  const secret = fingerprintKey(key.key);
  const add = (high: number, low: number) => filter.add(high, low);
  let short = 0;
  for await (const { path, bytes, encoding } of corpusFiles(folders, counts, passedOver)) {
    for await (const text of piecesOf(path, encoding)) {
      // A whole file this short (`export * from './a'`) says nothing of its own, and would take every such line out of public code.
      if (text.length < 4096 && lex(text).count < K) short++;
      else guardPrints(text, secret, mode, add);
    }
    progress?.(bytes);
  }
  return short;
}

async function write(
  out: string,
  header: GuardHeader,
  filter: FingerprintFilter,
): Promise<{ sha256: string; size: number }> {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  function* whole(): Generator<Uint8Array> {
    yield Buffer.concat([MAGIC, length, json]);
    yield* filter.pieces();
  }
  const path = resolve(out);
  return openStore(dirname(path)).write(basename(path), Readable.from(whole()));
}

function digestOf(filter: FingerprintFilter): string {
  const hash = createHash('sha256');
  for (const piece of filter.pieces()) hash.update(piece);
  return hash.digest('hex');
}

/** The header of a guard file, and its filter's bytes as they are read; the regular end of them says that they are all and what was written. */
export async function readGuard(
  path: string,
): Promise<{ header: GuardHeader; filter: AsyncGenerator<Buffer>; sha256: () => string }> {
  const hash = createHash('sha256');
  const chunks = chunksOf(path, hash);
  let head: Buffer = Buffer.alloc(0);
  let size = MAGIC.length + 4;
  const more = async () => {
    while (head.length < size) {
      const { value, done } = await chunks.next();
      if (done) throw new GuardFault(path, 'is no guard file of this version: make it with garner fingerprint');
      head = Buffer.concat([head, value]);
    }
  };
  await more();
  const length = head.readUInt32LE(MAGIC.length);
  if (!head.subarray(0, MAGIC.length).equals(MAGIC) || length > MAX_HEADER) {
    await chunks.return(undefined);
    throw new GuardFault(path, 'is no guard file of this version: make it with garner fingerprint');
  }
  size += length;
  await more();
  const header = headerOf(head.subarray(MAGIC.length + 4, size), path);
  async function* filter(): AsyncGenerator<Buffer> {
    const inner = createHash('sha256');
    const rest = head.subarray(size);
    inner.update(rest);
    if (rest.length > 0) yield rest;
    for await (const chunk of chunks) {
      inner.update(chunk);
      yield chunk;
    }
    if (inner.digest('hex') !== header.filter)
      throw new GuardFault(path, 'is damaged: make it again with garner fingerprint');
  }
  return { header, filter: filter(), sha256: () => hash.copy().digest('hex') };
}

async function* chunksOf(path: string, hash: { update(bytes: Buffer): unknown }): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      yield chunk;
    }
  } catch (error) {
    throw new GuardFault(path, `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
}

function headerOf(json: Buffer, path: string): GuardHeader {
  try {
    const header = JSON.parse(json.toString()) as GuardHeader;
    const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
    const fits =
      header.version === 1 &&
      /^[0-9a-f]{16}$/.test(header.keyId) &&
      (header.mode === 'all' || header.mode === 'winnow') &&
      /^[0-9a-f]{64}$/.test(header.filter) &&
      [header.fingerprints, header.files, header.bytes, header.short].every(isCount);
    if (fits) return header;
  } catch {
    // Said below.
  }
  throw new GuardFault(path, 'has no header of this version: make it again with garner fingerprint');
}
