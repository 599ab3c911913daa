/** The texts of a private code base: every file that is text, in pieces, and a count of what was passed over. */
import { createReadStream } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { lex } from '../../curation/overlap/lexer.ts';
import { GuardFault } from './fault.ts';

export interface CorpusCounts {
  files: number;
  /** Bytes of the text files as they lie on disk. */
  bytes: number;
  binary: number;
  links: number;
  /** Folders that were not entered. */
  folders: number;
}

/** History and what package managers fetch: not the code base's own text. */
export const PASSED_OVER: readonly string[] = ['.git', '.hg', '.svn', 'node_modules'];

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

const SNIFFED = 8192;
/** Characters of a piece; larger files come in several. */
const PIECE = 1 << 22;
/** Lexemes that the next piece begins with again, so that no run is cut: longer than any fingerprint and its winnowing window. */
const OVERLAP = 64;

export function emptyCounts(): CorpusCounts {
  return { files: 0, bytes: 0, binary: 0, links: 0, folders: 0 };
}

/**
 * Text files under the folders, with their size in bytes; `counts` is added to. Links are not followed. @throws GuardFault where something cannot be read:
 * a corpus with a hole proves nothing
 */
export async function* corpusFiles(
  folders: readonly string[],
  counts: CorpusCounts,
  passedOver: readonly string[] = PASSED_OVER,
): AsyncGenerator<{ path: string; bytes: number; encoding: Encoding }> {
  for (const folder of folders) yield* filesIn(folder, counts, passedOver);
}

async function* filesIn(
  folder: string,
  counts: CorpusCounts,
  passedOver: readonly string[],
): AsyncGenerator<{ path: string; bytes: number; encoding: Encoding }> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw unreadable(folder, error);
  });
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) counts.links++;
    else if (entry.isDirectory()) {
      if (passedOver.includes(entry.name)) counts.folders++;
      else yield* filesIn(path, counts, passedOver);
    } else if (entry.isFile()) {
      const { bytes, encoding } = await sniff(path);
      if (encoding === null) counts.binary++;
      else {
        counts.files++;
        counts.bytes += bytes;
        yield { path, bytes, encoding };
      }
    }
  }
}

/** A file is binary where a zero byte stands among its first 8 KiB, as git tells it, and no byte-order mark says UTF-16. */
async function sniff(path: string): Promise<{ bytes: number; encoding: Encoding | null }> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFFED), 0, SNIFFED, 0);
      const head = buffer.subarray(0, bytesRead);
      if (head[0] === 0xff && head[1] === 0xfe) return { bytes: size, encoding: 'utf-16le' };
      if (head[0] === 0xfe && head[1] === 0xff) return { bytes: size, encoding: 'utf-16be' };
      return { bytes: size, encoding: head.includes(0) ? null : 'utf-8' };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** The text of one file in pieces of about 4 million characters that overlap by 64 lexemes. What is no UTF-8 is read as Latin-1. */
export async function* piecesOf(path: string, encoding: Encoding): AsyncGenerator<string> {
  try {
    const isUtf8 = encoding === 'utf-8' && (await decodes(path));
    const decoder = new TextDecoder(encoding === 'utf-8' && !isUtf8 ? 'latin1' : encoding);
    let held = '';
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      held += decoder.decode(chunk, { stream: true });
      if (held.length < PIECE) continue;
      yield held;
      held = held.slice(overlapFrom(held));
    }
    yield held + decoder.decode();
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function decodes(path: string): Promise<boolean> {
  const strict = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>)
      strict.decode(chunk, { stream: true });
    strict.decode();
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

function overlapFrom(text: string): number {
  const { count, starts } = lex(text);
  const from = count > OVERLAP ? starts[count - OVERLAP]! : 0;
  // Sixty-four lexemes over a million characters are no code, and would be read again and again.
  return Math.max(from, text.length - PIECE / 4);
}

function unreadable(path: string, error: unknown): GuardFault {
  if (error instanceof GuardFault) return error;
  const code = (error as NodeJS.ErrnoException).code ?? 'error';
  return new GuardFault(path, `cannot be read (${code}): a corpus must be read whole`);
}
