/** The audit log of an installation: append-only, hash-chained JSONL with a signed Merkle checkpoint after each entry. */
import type { KeyObject } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  formatNoteKey,
  parseNoteKey,
  signCheckpoint,
  verifyCheckpoint,
  type NoteKey,
} from '../curation/proof/log/checkpoint.ts';
import { TreeHasher } from '../curation/proof/log/merkle.ts';
import { CHECKPOINT, LOG, checkLog, linesOf, type AuditReport } from './audit/check.ts';
import { NO_ENTRY, formatLine, parseLine, type AuditEntry, type LoggedEntry } from './audit/line.ts';
import { flushFolder, privateFolder, replaceFile } from './host/private.ts';
import { withLock } from './host/lock.ts';
import { ignoreMissing } from './objects/file-fault.ts';

export type { AuditReport } from './audit/check.ts';
export type { AuditEntry, LoggedEntry } from './audit/line.ts';

/** Which entries to show; a field that is absent allows all. `since` and `until` (excluded) are RFC 3339, UTC. */
export interface AuditFilter {
  who?: string;
  action?: string;
  /** The subject itself, or what lies under it: `completions` shows `completions/2026-05`. */
  dataset?: string;
  since?: string;
  until?: string;
}

export interface AuditLog {
  readonly folder: string;
  /** The key that checks checkpoints, in C2SP form (`name+id+key`): hand it to auditors. */
  readonly verifierKey: string;
  /** Adds an entry; it is on disk, under a signed checkpoint, when this returns. Processes that append at once take turns. */
  append(entry: AuditEntry): Promise<LoggedEntry>;
  /** The signed checkpoint of the log (C2SP tlog-checkpoint): keep a copy elsewhere, it shows a cut tail later. */
  checkpoint(): Promise<string>;
  /** Checks every entry, and that the log still begins with what the given checkpoint signed. */
  verify(checkpoint?: string): Promise<AuditReport>;
  /** Entries in their order. */
  show(filter?: AuditFilter): AsyncGenerator<LoggedEntry>;
}

/** A log that must not be appended to: it is not what its checkpoint signed. */
export class AuditFault extends Error {
  override readonly name = 'AuditFault';
}

const ORIGIN = 'garner/audit';
const LOCK = 'audit';
const APPEND = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;

/** Opens the log in a folder of its own, made 0700 on first use. `signer` is the keystore's signing key. */
export async function openAudit(
  folder: string,
  signer: { privateKey: KeyObject; publicKey: KeyObject },
  origin: string = ORIGIN,
): Promise<AuditLog> {
  const at = resolve(folder);
  await privateFolder(at);
  return new Log(at, signer.privateKey, formatNoteKey(origin, signer.publicKey), origin);
}

/** Checks a log, or a copy of one, by its verifier key alone. */
export async function verifyAudit(folder: string, verifierKey: string, checkpoint?: string): Promise<AuditReport> {
  return checkLog(folder, [parseNoteKey(verifierKey)], checkpoint);
}

class Log implements AuditLog {
  readonly folder: string;
  readonly verifierKey: string;
  private readonly key: NoteKey;
  private readonly privateKey: KeyObject;
  private readonly origin: string;
  /** What has been read of the file; other processes add to it. */
  private tree = new TreeHasher();
  private bytes = 0;
  private previous = NO_ENTRY;

  constructor(folder: string, privateKey: KeyObject, verifierKey: string, origin: string) {
    this.folder = folder;
    this.privateKey = privateKey;
    this.verifierKey = verifierKey;
    this.key = parseNoteKey(verifierKey);
    this.origin = origin;
  }

  append(entry: AuditEntry): Promise<LoggedEntry> {
    return withLock(this.folder, LOCK, async () => {
      await this.catchUp();
      const { line, hash } = formatLine(entry, this.tree.size, this.previous);
      const bytes = Buffer.from(`${line}\n`);
      const file = await open(join(this.folder, LOG), APPEND, 0o600);
      try {
        // What stands after the last whole line is of an append that never returned.
        await file.truncate(this.bytes);
        await file.write(bytes, 0, bytes.length, this.bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      if (this.tree.size === 0) await flushFolder(this.folder);
      this.take(bytes.subarray(0, -1), hash);
      await replaceFile(join(this.folder, CHECKPOINT), this.sign());
      return parseLine(line)!;
    });
  }

  checkpoint(): Promise<string> {
    return withLock(this.folder, LOCK, async () => {
      await this.catchUp();
      return this.sign();
    });
  }

  verify(checkpoint?: string): Promise<AuditReport> {
    return withLock(this.folder, LOCK, () => checkLog(this.folder, [this.key], checkpoint));
  }

  async *show(filter: AuditFilter = {}): AsyncGenerator<LoggedEntry> {
    const since = instant(filter.since, -Infinity);
    const until = instant(filter.until, Infinity);
    let number = 0;
    for await (const { line, whole } of linesOf(join(this.folder, LOG))) {
      number++;
      if (!whole) return;
      const entry = parseLine(line.toString());
      if (entry === null)
        throw new AuditFault(`${join(this.folder, LOG)}:${number} was edited: run garner audit verify`);
      const time = Date.parse(entry.time);
      if (time < since || time >= until) continue;
      if (filter.who !== undefined && entry.actor !== filter.who) continue;
      if (filter.action !== undefined && entry.action !== filter.action) continue;
      const { dataset } = filter;
      if (dataset !== undefined && entry.subject !== dataset && !entry.subject.startsWith(`${dataset}/`)) continue;
      yield entry;
    }
  }

  /** Reads what other processes added, and refuses to go on where the file is not what the checkpoint signed. */
  private async catchUp(): Promise<void> {
    const path = join(this.folder, LOG);
    const note = await readFile(join(this.folder, CHECKPOINT), 'utf8').catch(ignoreMissing);
    const signed = note === undefined ? undefined : verifyCheckpoint(note, [this.key]);
    const compare = (): void => {
      if (signed?.size === this.tree.size && !signed.root.equals(this.tree.root())) this.refuse(path);
    };
    compare();
    const found = await stat(path).catch(ignoreMissing);
    if ((found?.size ?? 0) < this.bytes) this.refuse(path);
    for await (const { line, whole } of linesOf(path, this.bytes)) {
      if (!whole) break;
      const entry = parseLine(line.toString());
      if (entry === null || entry.previous !== this.previous || entry.index !== this.tree.size)
        return this.refuse(path);
      this.take(line, entry.hash);
      compare();
    }
    const unsigned = this.tree.size - (signed?.size ?? 0);
    if (unsigned < 0 || unsigned > 1) this.refuse(path);
  }

  private refuse(path: string): never {
    // A later call reads the whole file again: it may have been put back.
    this.tree = new TreeHasher();
    this.bytes = 0;
    this.previous = NO_ENTRY;
    throw new AuditFault(`${path} is not what its checkpoint signed: run garner audit verify, and put back a copy`);
  }

  private take(line: Buffer, hash: string): void {
    this.tree.append(line);
    this.bytes += line.length + 1;
    this.previous = hash;
  }

  private sign(): string {
    return signCheckpoint({ origin: this.origin, size: this.tree.size, root: this.tree.root() }, this.privateKey);
  }
}

function instant(text: string | undefined, none: number): number {
  if (text === undefined) return none;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new RangeError(`"${text}" is no time: write 2026-05-01 or 2026-05-01T10:00:00Z`);
  return time;
}
