/** The header of an age v1 file (age-encryption.org/v1): who may have the file key, under a MAC. X25519 recipients, by node:crypto. */
import { Decrypter } from 'age-encryption';
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  timingSafeEqual,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { keyBytes } from './bech32.ts';
import { SealFault } from './fault.ts';

const VERSION = 'age-encryption.org/v1';
const LABEL = 'age-encryption.org/v1/X25519';
const ZERO_NONCE = Buffer.alloc(12);
const TAG = { authTagLength: 16 };
/** PKCS #8 of an X25519 key (RFC 8410), up to the 32 bytes of the key. */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');
/** A header of 5,000 recipients is below this; a longer first part is no age file. */
export const MAX_HEADER = 1 << 20;
const MAX_CACHED = 1_000;

interface Key {
  readonly raw: Buffer;
  readonly key: KeyObject;
}
const recipientKeys = new Map<string, Key>();
const identityKeys = new Map<string, Key>();

/**
 * The header that lets the recipients (`age1…`, X25519) have a file key of 16 bytes, up to and with its last newline.
 * @throws Error when there is no recipient or one is malformed; it says which by position
 */
export function encodeHeader(fileKey: Buffer, recipients: readonly string[]): Buffer {
  if (recipients.length === 0) throw new Error('nothing can be sealed to nobody: name at least one recipient');
  const stanzas = [...new Set(recipients)].map((recipient, index) => stanza(fileKey, recipient, index));
  const body = `${VERSION}\n${stanzas.join('')}---`;
  return Buffer.from(`${body} ${base64(mac(fileKey, Buffer.from(body)))}\n`);
}

/**
 * The file key behind a header, for the first identity (`AGE-SECRET-KEY-1…`; post-quantum ones too) that opens it.
 * @throws SealFault `no_identity` or `damaged`
 */
export async function openHeader(header: Buffer, identities: readonly string[]): Promise<Buffer> {
  const { stanzas, covered, sum } = parseHeader(header);
  const fileKey = unwrap(stanzas, identities) ?? (await unwrapOther(header, identities));
  if (fileKey === null)
    throw new SealFault('no_identity', 'the file is sealed to others: none of the identities opens it');
  if (!timingSafeEqual(mac(fileKey, covered), sum)) throw damaged('its header was changed');
  return fileKey;
}

/**
 * Where the header ends in a file's first bytes; null when more bytes are needed.
 * @throws SealFault `damaged` when these bytes begin no age v1 file
 */
export function headerEnd(bytes: Buffer): number | null {
  const known = Math.min(bytes.length, VERSION.length + 1);
  if (bytes.toString('latin1', 0, known) !== `${VERSION}\n`.slice(0, known)) throw damaged('it is no age v1 file');
  const last = bytes.indexOf('\n--- ', 0, 'latin1');
  const end = last === -1 ? -1 : bytes.indexOf('\n', last + 5, 'latin1');
  if (end === -1 && bytes.length > MAX_HEADER) throw damaged('its header has no end');
  return end === -1 ? null : end + 1;
}

interface Stanza {
  readonly args: string[];
  readonly body: Buffer;
}

function parseHeader(header: Buffer): { stanzas: Stanza[]; covered: Buffer; sum: Buffer } {
  const lines = header.toString('latin1').split('\n');
  const stanzas: Stanza[] = [];
  let at = 1;
  while (lines[at]?.startsWith('-> ') === true) {
    const args = lines[at++]!.slice(3).split(' ');
    const parts: Buffer[] = [];
    for (let length = 64; length === 64;) {
      const line = lines[at++];
      if (line === undefined || line.length > 64) throw damaged('its header is malformed');
      length = line.length;
      parts.push(fromBase64(line));
    }
    stanzas.push({ args, body: Buffer.concat(parts) });
  }
  const last = lines[at];
  if (last?.startsWith('--- ') !== true || at !== lines.length - 2 || lines[at + 1] !== '') {
    throw damaged('its header is malformed');
  }
  const sum = fromBase64(last.slice(4));
  if (sum.length !== 32) throw damaged('its header is malformed');
  return { stanzas, covered: header.subarray(0, header.length - last.length - 1 + 3), sum };
}

function stanza(fileKey: Buffer, recipient: string, index: number): string {
  const to = cached(recipientKeys, recipient, () => {
    try {
      const raw = keyBytes(recipient, 'age');
      return { raw, key: publicKeyOf(raw) };
    } catch (error) {
      throw new Error(`recipient ${index + 1}: ${(error as Error).message}`, { cause: error });
    }
  });
  const ephemeral = newKeyPair();
  const share = Buffer.from(ephemeral.publicKey.x!, 'base64url');
  const privateKey = createPrivateKey({ key: ephemeral.privateKey, format: 'jwk' });
  const shared = diffieHellman({ privateKey, publicKey: to.key });
  const cipher = createCipheriv('chacha20-poly1305', wrapKey(shared, share, to.raw), ZERO_NONCE, TAG);
  const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
  return `-> X25519 ${base64(share)}\n${base64(body)}\n`;
}

function unwrap(stanzas: Stanza[], identities: readonly string[]): Buffer | null {
  for (const identity of identities) {
    if (/^AGE-SECRET-KEY-PQ-1/.test(identity)) continue;
    const own = cached(identityKeys, identity, () => {
      const raw = keyBytes(identity, 'age-secret-key-');
      const key = createPrivateKey({ key: Buffer.concat([PKCS8, raw]), format: 'der', type: 'pkcs8' });
      return { raw: createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32), key };
    });
    for (const { args, body } of stanzas) {
      if (args[0] !== 'X25519') continue;
      const share = fromBase64(args[1] ?? '');
      if (args.length !== 2 || share.length !== 32 || body.length !== 32) throw damaged('its header is malformed');
      const fileKey = unwrapOne(own, share, body);
      if (fileKey !== null) return fileKey;
    }
  }
  return null;
}

function unwrapOne(own: Key, share: Buffer, body: Buffer): Buffer | null {
  try {
    // OpenSSL refuses shares of low order, as the specification demands.
    const shared = diffieHellman({ privateKey: own.key, publicKey: publicKeyOf(share) });
    const decipher = createDecipheriv('chacha20-poly1305', wrapKey(shared, share, own.raw), ZERO_NONCE, TAG);
    decipher.setAuthTag(body.subarray(16));
    return Buffer.concat([decipher.update(body.subarray(0, 16)), decipher.final()]);
  } catch {
    return null;
  }
}

/** Identities of other kinds are the library's. */
async function unwrapOther(header: Buffer, identities: readonly string[]): Promise<Buffer | null> {
  const others = identities.filter((identity) => /^AGE-SECRET-KEY-PQ-1/.test(identity));
  if (others.length === 0) return null;
  const decrypter = new Decrypter();
  for (const identity of others) decrypter.addIdentity(identity);
  try {
    return Buffer.from(await decrypter.decryptHeader(header));
  } catch {
    return null;
  }
}

/** By JWK: OpenSSL takes ten times as long to read or write 32 bytes as DER. */
function publicKeyOf(raw: Buffer): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: raw.toString('base64url') }, format: 'jwk' });
}

/**
 * A new pair that Node encodes as it makes it. Node 20 must not be asked for the JWK of a key that it has generated: it allocates while it
 * holds the key's lock, and waits for itself for good where that collects what generated the key.
 */
function newKeyPair(): { publicKey: JsonWebKey; privateKey: JsonWebKey } {
  const encoding = { format: 'jwk' } as unknown as { format: 'pem'; type: 'spki' & 'pkcs8' }; // not in the types
  const pair: unknown = generateKeyPairSync('x25519', { publicKeyEncoding: encoding, privateKeyEncoding: encoding });
  return pair as { publicKey: JsonWebKey; privateKey: JsonWebKey };
}

function wrapKey(shared: Buffer, share: Buffer, recipient: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', shared, Buffer.concat([share, recipient]), LABEL, 32));
}

function mac(fileKey: Buffer, covered: Buffer): Buffer {
  return createHmac('sha256', Buffer.from(hkdfSync('sha256', fileKey, '', 'header', 32)))
    .update(covered)
    .digest();
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

/** Canonical unpadded base64 alone. */
function fromBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (base64(bytes) !== text) throw damaged('its header is malformed');
  return bytes;
}

function cached(keys: Map<string, Key>, name: string, make: () => Key): Key {
  let key = keys.get(name);
  if (key === undefined) {
    key = make();
    if (keys.size >= MAX_CACHED) keys.clear();
    keys.set(name, key);
  }
  return key;
}

function damaged(why: string): SealFault {
  return new SealFault('damaged', `the sealed file is damaged: ${why}`);
}
