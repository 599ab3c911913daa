/**
 * Signed checkpoints of a Merkle log, in the text forms that transparency logs exchange: C2SP signed-note and tlog-checkpoint
 * (https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint), with Ed25519 keys. A checkpoint kept elsewhere shows a cut tail.
 */
import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

/** The state of a log: who keeps it, how many entries it has, and their Merkle root (32 bytes). */
export interface Checkpoint {
  origin: string;
  size: number;
  root: Buffer;
  /** Further lines, none of them empty. */
  extensions?: string[];
}

/** A key that signs notes, by name; the four-byte id binds the name to the key. */
export interface NoteKey {
  name: string;
  id: string;
  key: KeyObject;
}

/** A note or checkpoint that is not well-formed, is not signed by a known key, or was changed. */
export class NoteFault extends Error {
  readonly kind: 'malformed' | 'unknown_signer' | 'forged';
  constructor(kind: NoteFault['kind'], message: string) {
    super(message);
    this.name = 'NoteFault';
    this.kind = kind;
  }
}

const ED25519 = 1;
const MAX_NOTE = 1 << 20;
const MAX_SIGNATURES = 100;
const SIGNATURE_MARK = '\u2014 ';

/** The key as verifiers exchange it: `name+8 hex digits+base64(0x01 ‖ 32 bytes)`. */
export function formatNoteKey(name: string, publicKey: KeyObject): string {
  const raw = rawPublicKey(publicKey);
  return `${checkName(name)}+${keyId(name, raw)}+${Buffer.concat([Buffer.of(ED25519), raw]).toString('base64')}`;
}

/** Reads a verifier key. Throws NoteFault where it is malformed, of another algorithm, or its id does not fit. */
export function parseNoteKey(text: string): NoteKey {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const bytes = Buffer.from(encoded ?? '', 'base64');
  if (!name || !id || bytes.length !== 33 || bytes[0] !== ED25519)
    throw new NoteFault('malformed', 'The verifier key is not of the form name+id+key with an Ed25519 key.');
  const raw = bytes.subarray(1);
  if (keyId(name, raw) !== id) throw new NoteFault('malformed', `The id of verifier key ${name} does not fit its key.`);
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' });
  return { name, id, key };
}

/** Signs a note. `text` ends in a line feed, has no empty line and no other control character; `name` has no space or plus. */
export function signNote(text: string, name: string, privateKey: KeyObject): string {
  if (!isNoteText(text))
    throw new NoteFault('malformed', 'A note must end in a line feed and hold no other control character.');
  const id = Buffer.from(keyId(checkName(name), rawPublicKey(createPublicKey(privateKey))), 'hex');
  const signature = sign(null, Buffer.from(text), privateKey);
  return `${text}\n${SIGNATURE_MARK}${name} ${Buffer.concat([id, signature]).toString('base64')}\n`;
}

/**
 * Gives the text of a note that at least one of the keys signed, with the names of those keys.
 * Signatures of unknown keys are passed over; a failing one of a known key refuses the whole note.
 */
export function openNote(note: string, keys: readonly NoteKey[]): { text: string; signers: string[] } {
  const cut = note.lastIndexOf('\n\n');
  const text = note.slice(0, cut + 1);
  const tail = note.slice(cut + 2);
  if (cut < 0 || note.length > MAX_NOTE || !isNoteText(text) || !tail.endsWith('\n'))
    throw new NoteFault('malformed', 'The note has no text, blank line and signature lines.');
  const lines = tail.slice(0, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw new NoteFault('malformed', 'The note has more than 100 signatures.');
  const signers = new Set<string>();
  for (const line of lines) {
    const [, name, encoded] = /^\u2014 ([^+\s]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? [];
    const bytes = Buffer.from(encoded ?? '', 'base64');
    if (!name || bytes.length < 5) throw new NoteFault('malformed', 'A signature line of the note is malformed.');
    const id = bytes.toString('hex', 0, 4);
    const known = keys.find((key) => key.name === name && key.id === id);
    if (!known) continue;
    if (!verify(null, Buffer.from(text), known.key, bytes.subarray(4)))
      throw new NoteFault('forged', `The signature of ${name} does not fit the note: it was changed or forged.`);
    signers.add(name);
  }
  if (signers.size === 0)
    throw new NoteFault('unknown_signer', 'No known key signed the note: give the verifier key of the log.');
  return { text, signers: [...signers].sort() };
}

/** The checkpoint as note text: origin, size, base64 root, extension lines. Throws NoteFault where a line would break the form. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const { origin, size, root, extensions = [] } = checkpoint;
  const lines = [origin, String(size), root.toString('base64'), ...extensions];
  if (
    !Number.isSafeInteger(size) ||
    size < 0 ||
    root.length !== 32 ||
    lines.some((line) => !/^[^\p{Cc}]+$/u.test(line))
  )
    throw new NoteFault('malformed', 'A checkpoint needs an origin, a size, a 32-byte root and lines without breaks.');
  return `${lines.join('\n')}\n`;
}

/** Reads note text as a checkpoint. Throws NoteFault `malformed`. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin, size, encoded, ...extensions] = text.endsWith('\n') ? text.slice(0, -1).split('\n') : [];
  const root = Buffer.from(encoded ?? '', 'base64');
  const fits =
    origin &&
    /^(0|[1-9][0-9]{0,15})$/.test(size ?? '') &&
    Number.isSafeInteger(Number(size)) &&
    root.length === 32 &&
    root.toString('base64') === encoded &&
    !extensions.includes('');
  if (!fits) throw new NoteFault('malformed', 'The note is no checkpoint: origin, size and base64 root are expected.');
  return { origin, size: Number(size), root, ...(extensions.length > 0 ? { extensions } : {}) };
}

/** A signed checkpoint; the log's origin is the name of its key. */
export function signCheckpoint(checkpoint: Checkpoint, privateKey: KeyObject): string {
  return signNote(formatCheckpoint(checkpoint), checkpoint.origin, privateKey);
}

/** Reads a signed checkpoint that the log itself signed. Throws NoteFault. */
export function verifyCheckpoint(note: string, keys: readonly NoteKey[]): Checkpoint {
  const { text, signers } = openNote(note, keys);
  const checkpoint = parseCheckpoint(text);
  if (!signers.includes(checkpoint.origin))
    throw new NoteFault('unknown_signer', `The checkpoint is not signed by its own log, ${checkpoint.origin}.`);
  return checkpoint;
}

function keyId(name: string, rawKey: Uint8Array): string {
  const hash = createHash('sha256').update(`${name}\n`).update(Buffer.of(ED25519)).update(rawKey).digest();
  return hash.toString('hex', 0, 4);
}

function rawPublicKey(key: KeyObject): Buffer {
  if (key.asymmetricKeyType !== 'ed25519') throw new NoteFault('malformed', 'Notes are signed with Ed25519 keys only.');
  return key.export({ format: 'der', type: 'spki' }).subarray(-32);
}

function checkName(name: string): string {
  if (!/^[^+\s\p{Cc}]+$/u.test(name)) throw new NoteFault('malformed', 'A key name has no spaces and no plus sign.');
  return name;
}

/** Signed-note text: ends in a line feed, no control characters but line feeds, and well-formed Unicode. */
function isNoteText(text: string): boolean {
  return text.length > 1 && text.endsWith('\n') && !/[^\P{Cc}\n]/u.test(text) && !/\p{Cs}/u.test(text);
}
