/** One line of the audit log: what happened, chained by hash to the line before. */
import { createHash } from 'node:crypto';

/** What somebody did to something. Holds names and digests, never user text: the log is kept in the clear. */
export interface AuditEntry {
  /** RFC 3339, UTC. */
  time: string;
  /** Who: a person's name in access.yaml, or the account that ran the command. */
  actor: string;
  /** `run`, `publish`, `approve`, `open`, `grant`, `revoke`, `decode`, `erase`, … */
  action: string;
  /** What it was done to: a run id, `dataset/version`, a person's name, a keyed id. */
  subject: string;
  /** Further values that JSON can hold. */
  details?: Record<string, unknown>;
}

/** An entry as it stands in the log: `index` from 0; hashes in lower-case hex. */
export interface LoggedEntry extends AuditEntry {
  index: number;
  previous: string;
  hash: string;
}

/** `previous` of the first entry. */
export const NO_ENTRY = '0'.repeat(64);
/** Bytes of a line, its newline excluded. */
export const MAX_LINE = 64 * 1024;

const SUFFIX = /,"hash":"([0-9a-f]{64})"\}$/;
const SUFFIX_LENGTH = ',"hash":"'.length + 64 + '"}'.length;

/**
 * The line, without newline, and its hash: sha256 over the line's own bytes up to the hash field.
 * @throws RangeError when a field is missing, no time, or the line is too long
 */
export function formatLine(entry: AuditEntry, index: number, previous: string): { line: string; hash: string } {
  const { time, actor, action, subject, details = {} } = entry;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(time)) throw new RangeError('an audit entry needs a UTC time');
  if (actor === '' || action === '') throw new RangeError('an audit entry needs an actor and an action');
  const open = JSON.stringify({ index, previous, time, actor, action, subject, details }).slice(0, -1);
  const hash = sha256(open);
  const line = `${open},"hash":"${hash}"}`;
  if (Buffer.byteLength(line) > MAX_LINE) throw new RangeError(`an audit entry has at most ${MAX_LINE} bytes`);
  return { line, hash };
}

/** The entry of a line whose own hash holds; null for any other text. */
export function parseLine(line: string): LoggedEntry | null {
  const found = SUFFIX.exec(line);
  if (found === null || sha256(line.slice(0, -SUFFIX_LENGTH)) !== found[1]) return null;
  try {
    const entry = JSON.parse(line) as LoggedEntry;
    return Number.isSafeInteger(entry.index) && typeof entry.previous === 'string' ? entry : null;
  } catch {
    return null;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
