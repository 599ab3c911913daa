/** The secrets of one installation: a folder that only its owner may read, filled on first use. */
import { generateIdentity, identityToRecipient } from 'age-encryption';
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { keyidOf } from '../curation/proof/dsse.ts';
import { createFile, privateFolder, unfinishedName } from './host/private.ts';

/** The keys of one folder. What is derived comes from the root key alone; the erasure-index, signing and age keys are keys of their own. */
export interface Keystore {
  readonly folder: string;
  /** 32 bytes. */
  rootKey(): Buffer;
  /** HKDF-SHA256 (RFC 5869) of the root key; `purpose` is its info, `salt` its salt. 32 bytes unless told. */
  derive(purpose: string, salt: string, length?: number): Buffer;
  /** The epoch that pseudonyms are made in: a whole number from 1, as text. */
  pseudonymEpoch(): string;
  /** Key of the pseudonyms of one epoch for one audience, 32 bytes: pseudonyms of two epochs or audiences cannot be joined. */
  pseudonymKey(epoch: string, audience: string): Buffer;
  /** Begins the next epoch and returns it. */
  rotatePseudonyms(): string;
  /** 32 bytes that never change, whatever else is rotated: erased subjects must be found again for ever. */
  erasureIndexKey(): Buffer;
  /** The Ed25519 key that attestations and checkpoints are signed with. */
  signing(): { privateKey: KeyObject; publicKey: KeyObject; keyid: string; publicPem: string };
  /** The local age identity: `AGE-SECRET-KEY-1…` and `age1…`. */
  identity(): { secret: string; recipient: string };
  /** AES-256 keys of the payload codec by id; old ones still decrypt, `current` encrypts. */
  codecKeys(): { current: string; keys: Record<string, Buffer> };
  /** As `codecKeys`, read anew: another process may have rotated them. @throws KeystoreFault where they are gone or damaged */
  readCodecKeys(): Promise<ReturnType<Keystore['codecKeys']>>;
  /** Adds a codec key, makes it the current one and returns its id. */
  rotateCodecKey(): string;
}

/** A keystore that cannot be used; the message names the file and says what to do, and holds nothing of its content. */
export class KeystoreFault extends Error {
  override readonly name = 'KeystoreFault';
  readonly path: string;

  constructor(path: string, problem: string) {
    super(`${path} ${problem}`);
    this.path = path;
  }
}

const FILES = {
  root: 'root.key',
  erasure: 'erasure-index.key',
  signing: 'signing.pem',
  identity: 'identity.txt',
  epoch: 'pseudonym-epoch',
  codec: 'codec.json',
} as const;

/** `garner/keys` in the user's configuration folder (XDG Base Directory Specification). */
export function defaultKeysFolder(): string {
  const xdg = process.env['XDG_CONFIG_HOME'];
  return join(xdg !== undefined && xdg.startsWith('/') ? xdg : join(homedir(), '.config'), 'garner', 'keys');
}

/**
 * Opens the keys in a folder, making those that are missing. Of several processes that do so at once all get the same keys.
 * @throws KeystoreFault when folder or a file is open to others, or a file is damaged
 */
export async function openKeystore(folder: string = defaultKeysFolder()): Promise<Keystore> {
  const at = resolve(folder);
  try {
    await privateFolder(at);
  } catch (error) {
    throw new KeystoreFault(at, `cannot hold keys: ${(error as Error).message}`);
  }
  const root = await load(at, FILES.root, newKey, parseKey);
  const erasure = await load(at, FILES.erasure, newKey, parseKey);
  const signing = await load(at, FILES.signing, newSigningKey, parseSigningKey);
  const secret = await load(at, FILES.identity, newIdentity, parseIdentity);
  const recipient = await identityToRecipient(secret);
  let epoch = await load(at, FILES.epoch, () => '1\n', parseEpoch);
  let codec = await load(at, FILES.codec, newCodec, parseCodec);
  const derive = (purpose: string, salt: string, length = 32): Buffer =>
    Buffer.from(hkdfSync('sha256', root, salt, purpose, length));
  return {
    folder: at,
    rootKey: () => Buffer.from(root),
    derive,
    pseudonymEpoch: () => String(epoch),
    pseudonymKey: (name, audience) => derive(`garner/pseudonym/${JSON.stringify([name, audience])}`, ''),
    rotatePseudonyms: () => {
      replaceSync(join(at, FILES.epoch), `${epoch + 1}\n`);
      epoch += 1;
      return String(epoch);
    },
    erasureIndexKey: () => Buffer.from(erasure),
    signing: () => ({ ...signing }),
    identity: () => ({ secret, recipient }),
    codecKeys: () => ({ current: codec.current, keys: { ...codec.keys } }),
    readCodecKeys: async () => {
      const gone = () => Promise.reject(new KeystoreFault(join(at, FILES.codec), 'is gone: put it back from a backup'));
      codec = await load(at, FILES.codec, gone, parseCodec);
      return codec;
    },
    rotateCodecKey: () => {
      const id = String(Math.max(...Object.keys(codec.keys).map(Number)) + 1);
      const next = { current: id, keys: { ...codec.keys, [id]: randomBytes(32) } };
      replaceSync(join(at, FILES.codec), codecText(next));
      codec = next;
      return id;
    },
  };
}

/** A key file's meaning; made by `make` where there is none. `parse` gives null for what is damaged. */
async function load<T>(
  folder: string,
  name: string,
  make: () => string | Promise<string>,
  parse: (text: string) => T | null,
): Promise<T> {
  const path = join(folder, name);
  try {
    let found = await stat(path).catch(() => undefined);
    if (found === undefined) {
      await createFile(path, await make());
      found = await stat(path);
    }
    if (!found.isFile()) throw new KeystoreFault(path, 'is not a file: move it away');
    if ((found.mode & 0o077) !== 0) {
      throw new KeystoreFault(
        path,
        `can be read by others: run chmod 600 ${path}, and replace the key if they may have read it`,
      );
    }
    const key = parse(await readFile(path, 'latin1'));
    if (key === null) {
      throw new KeystoreFault(
        path,
        'is damaged: put it back from a backup; without it, what it sealed or named is lost',
      );
    }
    return key;
  } catch (error) {
    if (error instanceof KeystoreFault) throw error;
    throw new KeystoreFault(
      path,
      `cannot be used (${(error as NodeJS.ErrnoException).code ?? 'error'}): check its permissions`,
    );
  }
}

/** Rotations are calls without waiting, so that the returned name is on disk when it is first used. */
function replaceSync(path: string, text: string): void {
  const unfinished = join(path, '..', unfinishedName());
  writeFileSync(unfinished, text, { mode: 0o600, flag: 'wx', flush: true });
  renameSync(unfinished, path);
}

function newKey(): string {
  return `${randomBytes(32).toString('hex')}\n`;
}

function parseKey(text: string): Buffer | null {
  return /^[0-9a-f]{64}\n?$/.test(text) ? Buffer.from(text.trim(), 'hex') : null;
}

function newSigningKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
}

function parseSigningKey(text: string): ReturnType<Keystore['signing']> | null {
  try {
    const privateKey = createPrivateKey(text);
    if (privateKey.asymmetricKeyType !== 'ed25519') return null;
    const publicKey = createPublicKey(privateKey);
    const publicPem = publicKey.export({ format: 'pem', type: 'spki' }) as string;
    return { privateKey, publicKey, keyid: keyidOf(publicKey), publicPem };
  } catch {
    return null;
  }
}

/** The form of age-keygen: `age -d -i identity.txt` takes it. */
async function newIdentity(): Promise<string> {
  const secret = await generateIdentity();
  return `# public key: ${await identityToRecipient(secret)}\n${secret}\n`;
}

function parseIdentity(text: string): string | null {
  const lines = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
  return lines.length === 1 && /^AGE-SECRET-KEY-1[0-9A-Z]{58}$/.test(lines[0]!) ? lines[0]! : null;
}

function parseEpoch(text: string): number | null {
  return /^[1-9][0-9]{0,8}\n?$/.test(text) ? Number(text) : null;
}

type Codec = ReturnType<Keystore['codecKeys']>;

function newCodec(): string {
  return codecText({ current: '1', keys: { '1': randomBytes(32) } });
}

function codecText(codec: Codec): string {
  const keys = Object.fromEntries(Object.entries(codec.keys).map(([id, key]) => [id, key.toString('hex')]));
  return `${JSON.stringify({ current: codec.current, keys }, null, 2)}\n`;
}

function parseCodec(text: string): Codec | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const { current, keys } = (value ?? {}) as { current?: unknown; keys?: unknown };
  if (typeof current !== 'string' || typeof keys !== 'object' || keys === null || !Object.hasOwn(keys, current))
    return null;
  const read: Record<string, Buffer> = {};
  for (const [id, key] of Object.entries(keys)) {
    if (!/^[1-9][0-9]{0,8}$/.test(id) || typeof key !== 'string' || !/^[0-9a-f]{64}$/.test(key)) return null;
    read[id] = Buffer.from(key, 'hex');
  }
  return { current, keys: read };
}
