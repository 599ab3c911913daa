/** A facts folder, on disk or in a bucket: its files, their digest, and their lines in blocks of bounded size. */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { factKind } from '../../curation/rules/facts/line.ts';
import { FactsError } from '../../curation/rules/facts/record.ts';
import { isAddress, openStore } from '../objects.ts';

export interface FactsFile {
  /** Relative to the folder, `/` between parts. */
  name: string;
  kind: 'lines' | 'file';
  /** Bytes. */
  size: number;
  read(): AsyncIterable<Uint8Array>;
}

const BLOCK = 1 << 20;
/** CODEOWNERS of 3 MB are not loaded by GitHub; nothing that is read whole needs more than this. */
const MAX_FILE = 16 << 20;
const READ_AT_ONCE = 8;
const LINE_FEED = 10;
const BYTE_ORDER_MARK = 0xfeff;

/**
 * The facts files of a folder or of an `s3://` address, sorted by name; none where it is absent.
 * @throws FactsError for a file that would be passed over, StorageFault where a bucket cannot be read
 */
export async function listFacts(folder: string): Promise<FactsFile[]> {
  const files: FactsFile[] = [];
  for await (const file of isAddress(folder) ? objectsOf(folder) : filesOf(folder)) {
    if (file.kind === 'file' && file.size > MAX_FILE)
      throw new FactsError(file.name, 0, '', `is larger than ${MAX_FILE} bytes`);
    files.push(file);
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function* objectsOf(address: string): AsyncGenerator<FactsFile> {
  const store = openStore(address);
  for await (const { key, size } of store.list('')) {
    const kind = factKind(key);
    if (kind !== 'none') yield { name: key, kind, size, read: () => store.read(key) };
  }
}

async function* filesOf(folder: string): AsyncGenerator<FactsFile> {
  let names: string[];
  try {
    names = await readdir(folder, { recursive: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new FactsError(folder, 0, '', `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
  for (const written of names) {
    const name = written.replaceAll('\\', '/');
    const path = join(folder, written);
    const found = await stat(path).catch(() => null);
    if (found === null) throw new FactsError(name, 0, '', 'cannot be read: mend the link or the permissions');
    if (!found.isFile()) continue;
    const kind = factKind(name);
    // A stream makes a buffer of that size for each of its reads, and most files are small.
    const highWaterMark = Math.min(BLOCK, found.size + 1);
    if (kind !== 'none') yield { name, kind, size: found.size, read: () => createReadStream(path, { highWaterMark }) };
  }
}

/** Whether there is anything at the address of a folder of facts: an empty folder is there, an empty prefix is not. */
export async function isFactsFolder(folder: string): Promise<boolean> {
  if (isAddress(folder)) return (await listFacts(folder)).length > 0;
  return stat(folder).then(
    () => true,
    () => false,
  );
}

/** The sha256 of each file by name, in lower-case hex, hashed together in the order of names: the digest of the facts. */
export class FactsDigest {
  private readonly files = new Map<string, string>();

  add(name: string, sha256: string): void {
    this.files.set(name, sha256);
  }

  hex(): string {
    const hash = createHash('sha256');
    for (const [name, sha256] of [...this.files].sort(([a], [b]) => (a < b ? -1 : 1)))
      hash.update(`${sha256}  ${name}\n`);
    return hash.digest('hex');
  }
}

/** Digest of the facts files of a folder, whatever order the file system lists them in. */
export async function digestFacts(files: readonly FactsFile[]): Promise<string> {
  const digest = new FactsDigest();
  let next = 0;
  // Thousands of small files: the time goes into waiting for each.
  const lane = async (): Promise<void> => {
    for (let file = files[next++]; file !== undefined; file = files[next++]) {
      const hash = createHash('sha256');
      for await (const chunk of file.read()) hash.update(chunk);
      digest.add(file.name, hash.digest('hex'));
    }
  };
  await Promise.all(Array.from({ length: READ_AT_ONCE }, lane));
  return digest.hex();
}

/** Calls `take` for every line, without its line feed, and returns the file's sha256. Memory is bounded by the longest line. */
export async function readLines(file: FactsFile, take: (text: string, line: number) => void): Promise<string> {
  const hash = createHash('sha256');
  let line = 0;
  let rest: Buffer = Buffer.alloc(0);
  const emit = (block: Buffer): void => {
    if (!isUtf8(block)) refuseBytes(file.name, block, line);
    const text = block.toString('utf8');
    let start = line === 0 && text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0;
    while (start < text.length) {
      const end = text.indexOf('\n', start);
      take(text.slice(start, end < 0 ? text.length : end), ++line);
      start = end < 0 ? text.length : end + 1;
    }
  };
  for await (const data of file.read()) {
    const chunk = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    hash.update(chunk);
    const last = chunk.lastIndexOf(LINE_FEED);
    if (last < 0) {
      rest = Buffer.concat([rest, chunk]);
      if (rest.length > 4 * BLOCK)
        throw new FactsError(file.name, line + 1, '', 'is too long a line: write one object a line');
      continue;
    }
    emit(rest.length > 0 ? Buffer.concat([rest, chunk.subarray(0, last + 1)]) : chunk.subarray(0, last + 1));
    rest = Buffer.from(chunk.subarray(last + 1));
  }
  emit(rest);
  return hash.digest('hex');
}

/** A file that is read whole, with its sha256. */
export async function readWhole(file: FactsFile): Promise<{ text: string; sha256: string }> {
  const pieces: Uint8Array[] = [];
  for await (const piece of file.read()) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  if (!isUtf8(bytes)) refuseBytes(file.name, bytes, 0);
  return { text: bytes.toString('utf8'), sha256: createHash('sha256').update(bytes).digest('hex') };
}

function refuseBytes(name: string, block: Buffer, before: number): never {
  let line = before;
  for (let start = 0; start < block.length;) {
    const found = block.indexOf(LINE_FEED, start);
    const end = found < 0 ? block.length : found;
    line++;
    if (!isUtf8(block.subarray(start, end))) break;
    start = end + 1;
  }
  throw new FactsError(name, line, '', 'is not valid UTF-8');
}
