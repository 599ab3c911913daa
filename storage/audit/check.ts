/** Checks an audit log from its first line to its last, against its own checkpoint and one that was kept elsewhere. */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NoteFault, verifyCheckpoint, type Checkpoint, type NoteKey } from '../../curation/proof/log/checkpoint.ts';
import { TreeHasher } from '../../curation/proof/log/merkle.ts';
import { MAX_LINE, NO_ENTRY, parseLine } from './line.ts';

export const LOG = 'log.jsonl';
export const CHECKPOINT = 'checkpoint';

/** What a check found; `line` counts from 1, null where the problem is of the whole log. */
export interface AuditReport {
  ok: boolean;
  entries: number;
  /** Merkle root over all lines (RFC 6962, each line's bytes without newline a leaf), hex. */
  root: string;
  problems: { line: number | null; problem: string }[];
}

const MAX_PROBLEMS = 100;

/**
 * Finds edited, dropped, inserted and reordered entries, and, given a checkpoint kept elsewhere, a cut or rewritten tail.
 * Reads only; needs the log's public key alone, so anyone can run it on a copy.
 */
export async function checkLog(folder: string, keys: readonly NoteKey[], kept?: string): Promise<AuditReport> {
  const problems: AuditReport['problems'] = [];
  const report = (line: number | null, problem: string): void => {
    if (problems.length < MAX_PROBLEMS) problems.push({ line, problem });
  };
  const own = await readFile(join(folder, CHECKPOINT), 'utf8').catch(() => undefined);
  const marks: { name: string; checkpoint: Checkpoint; met: boolean }[] = [];
  for (const [name, note] of [
    ['the log’s own checkpoint', own],
    ['the checkpoint kept elsewhere', kept],
  ] as const) {
    if (note === undefined) continue;
    try {
      marks.push({ name, checkpoint: verifyCheckpoint(note, keys), met: false });
    } catch (error) {
      if (!(error instanceof NoteFault)) throw error;
      report(null, `${name} does not hold: ${error.message}`);
    }
  }
  const tree = new TreeHasher();
  const meet = (): void => {
    for (const mark of marks) {
      if (mark.checkpoint.size !== tree.size) continue;
      mark.met = true;
      if (!mark.checkpoint.root.equals(tree.root())) {
        report(null, `the first ${tree.size} entries are not those that ${mark.name} signed: one of them was changed`);
      }
    }
  };
  meet();
  let previous: string | null = NO_ENTRY;
  for await (const { line, whole } of linesOf(join(folder, LOG))) {
    const number = tree.size + 1;
    if (!whole) {
      report(number, 'the last line has no end: an append was interrupted, or the log was cut within a line');
      break;
    }
    const entry = parseLine(line.toString());
    if (entry === null) {
      report(number, 'the entry was edited: its hash does not hold');
      previous = null;
    } else {
      if (previous !== null && entry.previous !== previous) {
        report(number, 'the entry does not follow the one before: an entry was dropped, inserted or moved here');
      } else if (entry.index !== tree.size) {
        report(number, `the entry is number ${entry.index} of its log and stands in place ${tree.size}`);
      }
      previous = entry.hash;
    }
    tree.append(line);
    meet();
  }
  for (const { name, checkpoint, met } of marks) {
    if (!met) report(null, `${tree.size} entries are left of ${checkpoint.size} that ${name} signed: the tail was cut`);
  }
  const signed = marks.find((mark) => mark.name.endsWith('own checkpoint'))?.checkpoint.size ?? 0;
  // An append writes its entry first and the checkpoint after it, so a crash leaves one entry at most unsigned.
  if (tree.size - signed > 1)
    report(null, `the last ${tree.size - signed} entries are not signed by the log’s own checkpoint`);
  return { ok: problems.length === 0, entries: tree.size, root: tree.root().toString('hex'), problems };
}

/** Lines of the log from a byte offset on, as bytes without newline; a last one without newline is not whole. Nothing for a missing file. */
export async function* linesOf(path: string, start = 0): AsyncGenerator<{ line: Buffer; whole: boolean }> {
  let held = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(path, { start })) {
      held = Buffer.concat([held, chunk as Buffer]);
      let at = 0;
      for (let end = held.indexOf(10); end !== -1; end = held.indexOf(10, at)) {
        yield { line: held.subarray(at, end), whole: true };
        at = end + 1;
      }
      held = held.subarray(at);
      // What no append can have written is given out in pieces that no hash fits, so that memory stays bounded.
      if (held.length > MAX_LINE) {
        yield { line: held, whole: true };
        held = Buffer.alloc(0);
      }
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (held.length > 0) yield { line: held, whole: false };
}
