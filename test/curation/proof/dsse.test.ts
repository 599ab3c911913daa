/** Envelopes: signed, verified here and by another implementation, and refused when anything in them was changed. */
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatManifest,
  keyidOf,
  parseManifest,
  parsePublicKeys,
  preAuthEncoding,
  sign,
  verify,
  type Envelope,
} from '../../../curation/proof/dsse.ts';
import { datasetStatement } from '../../../curation/proof/statement.ts';
import { sampleFacts } from '../formats/sample.ts';
import { dataFiles } from '../../../curation/formats/facts.ts';

const pair = generateKeyPairSync('ed25519');
const keyid = keyidOf(pair.publicKey);
const keys = [{ keyid, key: pair.publicKey }];
const pem = pair.publicKey.export({ type: 'spki', format: 'pem' }) as string;
const statement = datasetStatement(sampleFacts(), dataFiles(sampleFacts()));
const envelope = sign(statement, pair.privateKey, keyid);

const python = spawnSync('python3', ['-c', 'import cryptography'], { encoding: 'utf8' }).status === 0;
if (!python)
  console.warn('SKIPPED: python3 with `cryptography` is not installed, so no other implementation verifies the DSSE.');

describe('envelopes', () => {
  it('encodes what is signed as the DSSE specification does', () => {
    expect(preAuthEncoding('http://example.com/HelloWorld', Buffer.from('hello world')).toString()).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
    // Lengths are bytes, not characters.
    expect(preAuthEncoding('é', Buffer.from('ü')).toString()).toBe('DSSEv1 2 é 2 ü');
  });

  it('is verified with the key that signed it, and gives the signed bytes', () => {
    const { payload, signers } = verify(envelope, keys);
    expect(signers).toEqual([keyid]);
    expect(payload.equals(statement)).toBe(true);
    expect(sign(statement, pair.privateKey, keyid)).toEqual(envelope);
  });

  it('is not verified by another key, whatever its key id says', () => {
    const stranger = generateKeyPairSync('ed25519');
    expect(verify(envelope, [{ keyid, key: stranger.publicKey }]).signers).toEqual([]);
    expect(verify(sign(statement, stranger.privateKey, keyid), keys).signers).toEqual([]);
    expect(verify({ ...envelope, signatures: [] }, keys).signers).toEqual([]);
  });

  it('accepts one good signature among others', () => {
    const stranger = generateKeyPairSync('ed25519');
    const two = {
      ...envelope,
      signatures: [...sign(statement, stranger.privateKey, 'x').signatures, ...envelope.signatures],
    };
    expect(verify(two, keys).signers).toEqual([keyid]);
  });

  it('is not verified once any bit of payload or signature was flipped', () => {
    const flip = (base64: string, bit: number): string => {
      const bytes = Buffer.from(base64, 'base64');
      bytes[Math.floor(bit / 8) % bytes.length]! ^= 1 << (bit % 8);
      return bytes.toString('base64');
    };
    fc.assert(
      fc.property(fc.nat(1 << 20), (bit) => {
        const [signature] = envelope.signatures;
        const payload = { ...envelope, payload: flip(envelope.payload, bit) };
        const sig = { ...envelope, signatures: [{ ...signature!, sig: flip(signature!.sig, bit) }] };
        expect(verify(payload, keys).signers).toEqual([]);
        expect(verify(sig, keys).signers).toEqual([]);
      }),
    );
  });

  it.each<[string, unknown]>([
    ['no object', 'text'],
    ['no signatures', { ...envelope, signatures: undefined }],
    ['another payload type', { ...envelope, payloadType: 'text/plain' }],
    ['text that is not base64', { ...envelope, payload: `${envelope.payload.slice(0, -4)}*` }],
    ['a signature without sig', { ...envelope, signatures: [{ keyid }] }],
  ])('refuses %s', (_, malformed) => {
    expect(() => verify(malformed, keys)).toThrow(expect.objectContaining({ name: 'EnvelopeFault' }) as Error);
  });

  it('is found again in the manifest, whose bytes depend on nothing else', () => {
    const manifest = { envelopes: [envelope], publicKeys: { [keyid]: pem } };
    const text = formatManifest(manifest);
    expect(parseManifest(text)).toEqual(manifest);
    const { payloadType, signatures, payload } = envelope;
    expect(formatManifest({ publicKeys: { [keyid]: pem }, envelopes: [{ signatures, payload, payloadType }] })).toBe(
      text,
    );
    expect(() => parseManifest(text.slice(0, -20))).toThrow(/not JSON/);
    expect(() => parseManifest('{}')).toThrow(/no list "envelopes"/);
  });

  it('reads trusted keys from PEM, and takes no other kind', () => {
    expect(parsePublicKeys(`${pem}${pem}`).map((key) => key.keyid)).toEqual([keyid, keyid]);
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' });
    expect(() => parsePublicKeys(rsa as string)).toThrow(/Ed25519/);
    expect(() => parsePublicKeys('nothing')).toThrow(/No PEM block/);
  });

  it.skipIf(!python)('is verified by an implementation that shares no code with this one', () => {
    const script = `
import base64, json, sys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key
given = json.load(sys.stdin)
key = load_pem_public_key(given["pem"].encode())
for envelope in given["manifest"]["envelopes"]:
    body, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"].encode()
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)
    try:
        key.verify(base64.b64decode(envelope["signatures"][0]["sig"]), signed)
        print("good", json.loads(body)["_type"])
    except InvalidSignature:
        print("bad")
`;
    const forged: Envelope = { ...envelope, payload: Buffer.from('{}').toString('base64') };
    const manifest: unknown = JSON.parse(formatManifest({ envelopes: [envelope, forged], publicKeys: {} }));
    const run = spawnSync('python3', ['-c', script], { input: JSON.stringify({ pem, manifest }), encoding: 'utf8' });
    expect(run.stdout, run.stderr).toBe('good https://in-toto.io/Statement/v1\nbad\n');
  });
});
