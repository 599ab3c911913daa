/**
 * Signed envelopes (DSSE 1.0, https://github.com/secure-systems-lab/dsse) with Ed25519, and the manifest file that holds them:
 * one JSON object `{"envelopes": […], "publicKeys": {keyid: PEM}}`, each envelope as any DSSE implementation reads it.
 * The keys carried along tell a forged manifest from one whose signer is merely unknown; they are never trusted by themselves.
 */
import { createHash, createPublicKey, sign as signBytes, verify as verifyBytes, type KeyObject } from 'node:crypto';
import { canonicalJson } from './canonical.ts';

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

export interface Envelope {
  payloadType: string;
  /** Base64 of the signed bytes. */
  payload: string;
  signatures: { keyid: string; sig: string }[];
}

/** A public key by the id that signatures name it with. */
export interface PublicKey {
  keyid: string;
  key: KeyObject;
}

/** Envelopes and the public keys they were signed with, by key id. */
export interface Manifest {
  envelopes: Envelope[];
  publicKeys: Record<string, string>;
}

/** An envelope or manifest that is not well-formed. */
export class EnvelopeFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EnvelopeFault';
  }
}

/** Pre-authentication encoding: what is signed, so that no payload can be read as one of another type. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const type = Buffer.from(payloadType);
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} `), type, Buffer.from(` ${payload.length} `), payload]);
}

/** Signs the bytes of a statement with an Ed25519 key. The signature is deterministic (RFC 8032). */
export function sign(statement: Uint8Array, privateKey: KeyObject, keyid: string): Envelope {
  if (privateKey.asymmetricKeyType !== 'ed25519')
    throw new EnvelopeFault('Statements are signed with Ed25519 keys only.');
  const sig = signBytes(null, preAuthEncoding(PAYLOAD_TYPE, statement), privateKey).toString('base64');
  return {
    payloadType: PAYLOAD_TYPE,
    payload: Buffer.from(statement).toString('base64'),
    signatures: [{ keyid, sig }],
  };
}

/**
 * Checks an envelope against the keys given. `signers` are the ids of those that signed it: none of them means that it proves nothing.
 * Every key is tried against every signature: the key id in an envelope is a hint that anybody can write. Throws EnvelopeFault
 * where it is not well-formed.
 */
export function verify(envelope: unknown, publicKeys: readonly PublicKey[]): { payload: Buffer; signers: string[] } {
  const { payloadType, payload, signatures } = checkEnvelope(envelope);
  const bytes = decode(payload);
  const signed = preAuthEncoding(payloadType, bytes);
  const signers = publicKeys
    .filter(({ key }) => key.asymmetricKeyType === 'ed25519')
    .filter(({ key }) => signatures.some(({ sig }) => verifyBytes(null, signed, key, decode(sig))))
    .map(({ keyid }) => keyid);
  return { payload: bytes, signers };
}

/** Key id of an Ed25519 key: hex sha256 of its SubjectPublicKeyInfo (DER). */
export function keyidOf(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** Reads public keys from PEM text (one or several SubjectPublicKeyInfo blocks), as `--trust` names them. Throws EnvelopeFault. */
export function parsePublicKeys(pem: string): PublicKey[] {
  const blocks = pem.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? [];
  if (blocks.length === 0)
    throw new EnvelopeFault('No PEM block "PUBLIC KEY" was found: give the signer\'s public key.');
  return blocks.map((block) => {
    let key: KeyObject;
    try {
      key = createPublicKey(block);
    } catch {
      throw new EnvelopeFault('A PEM block "PUBLIC KEY" is damaged: get the key anew from its owner.');
    }
    if (key.asymmetricKeyType !== 'ed25519') throw new EnvelopeFault('Only Ed25519 public keys can be trusted here.');
    return { keyid: keyidOf(key), key };
  });
}

/** The text of `manifest.dsse.json`; the same envelopes always give the same bytes. */
export function formatManifest(manifest: Manifest): string {
  const envelopes = manifest.envelopes.map(({ payloadType, payload, signatures }) => ({
    payloadType,
    payload,
    signatures,
  }));
  return `${canonicalJson({ envelopes, publicKeys: manifest.publicKeys })}\n`;
}

/** Reads `manifest.dsse.json`. Throws EnvelopeFault where it is no manifest; signatures are not checked here. */
export function parseManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new EnvelopeFault('manifest.dsse.json is not JSON: it was cut or changed; copy the dataset anew.');
  }
  if (!isRecord(value) || !Array.isArray(value['envelopes']))
    throw new EnvelopeFault('manifest.dsse.json has no list "envelopes".');
  const keys = value['publicKeys'] ?? {};
  if (!isRecord(keys)) throw new EnvelopeFault('manifest.dsse.json: "publicKeys" is not an object of PEM texts.');
  const publicKeys: Record<string, string> = {};
  for (const [keyid, pem] of Object.entries(keys)) {
    if (typeof pem !== 'string') throw new EnvelopeFault('manifest.dsse.json: a public key is not PEM text.');
    publicKeys[keyid] = pem;
  }
  return { envelopes: value['envelopes'].map(checkEnvelope), publicKeys };
}

function checkEnvelope(envelope: unknown): Envelope {
  if (!isRecord(envelope)) throw new EnvelopeFault('The envelope is not a JSON object.');
  const { payloadType, payload, signatures } = envelope;
  if (typeof payloadType !== 'string' || typeof payload !== 'string' || !Array.isArray(signatures))
    throw new EnvelopeFault('The envelope has no payloadType, payload and signatures.');
  if (payloadType !== PAYLOAD_TYPE) throw new EnvelopeFault(`The envelope's payloadType is not ${PAYLOAD_TYPE}.`);
  decode(payload);
  return {
    payloadType,
    payload,
    signatures: signatures.map((signature: unknown) => {
      if (!isRecord(signature) || typeof signature['sig'] !== 'string')
        throw new EnvelopeFault('A signature of the envelope has no "sig".');
      decode(signature['sig']);
      const keyid = signature['keyid'];
      return { keyid: typeof keyid === 'string' ? keyid : '', sig: signature['sig'] };
    }),
  };
}

/** Base64, standard or URL-safe as DSSE allows; Buffer.from would silently pass over anything else. */
function decode(text: string): Buffer {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw new EnvelopeFault('The envelope holds text that is not base64.');
  return Buffer.from(text, 'base64');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
