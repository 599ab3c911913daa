/** Sealed files: what the `age` program reads and writes, and what no longer opens. */
import { generateIdentity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headerEnd } from '../../storage/age/header.ts';
import { open, openStream, rewrap, rewrapHeader, rewrapStream, seal, sealStream } from '../../storage/seal.ts';
import { program } from './child.ts';

const SIZES = [0, 1, 65_535, 65_536, 65_537, 3 * 65_536, 200_001];
const CHUNK = 65_536 + 16;
const hasAge = spawnSync('age', ['--version']).status === 0;
if (!hasAge)
  console.warn('SKIPPED: the age program is not installed (apt-get install age): files are not checked against it');

let secret: string;
let recipient: string;
let other: string;
let otherRecipient: string;
let folder: string;

beforeAll(async () => {
  [secret, other] = [await generateIdentity(), await generateIdentity()];
  [recipient, otherRecipient] = [await identityToRecipient(secret), await identityToRecipient(other)];
  folder = mkdtempSync(join(tmpdir(), 'garner-seal-'));
  writeFileSync(join(folder, 'identity'), `${secret}\n`, { mode: 0o600 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function* cut(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}
async function all(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}
const payloadStart = (sealed: Buffer): number => headerEnd(sealed)! + 16;

describe.skipIf(!hasAge)('the age program', () => {
  it.each(SIZES)('opens what we sealed, and we open what it sealed: %i bytes', async (size) => {
    const plain = randomBytes(size);
    const args = ['-d', '-i', join(folder, 'identity')];
    expect(execFileSync('age', args, { input: await seal(plain, [otherRecipient, recipient]) }).equals(plain)).toBe(
      true,
    );
    const streamed = await all(sealStream([recipient])(cut(plain, 10_007)));
    expect(execFileSync('age', args, { input: streamed }).equals(plain)).toBe(true);
    const theirs = execFileSync('age', ['-r', otherRecipient, '-r', recipient], { input: plain });
    expect((await open(theirs, [secret])).equals(plain)).toBe(true);
    expect((await all(openStream([secret])(cut(theirs, 997)))).equals(plain)).toBe(true);
  });

  it('opens a rewrapped file for the new recipient and no longer for the old one', async () => {
    const sealed = await rewrap(await seal(Buffer.from('text'), [otherRecipient]), [other], [recipient]);
    expect(execFileSync('age', ['-d', '-i', join(folder, 'identity')], { input: sealed }).toString()).toBe('text');
    await expect(open(sealed, [other])).rejects.toMatchObject({ kind: 'no_identity' });
  });
});

describe('sealing', () => {
  it('gives back what was sealed, whole or in pieces of any size', async () => {
    const sizes = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constantFrom(...SIZES));
    const piece = fc.constantFrom(1_000, 4_096, 65_535, 65_536, 65_552, 65_553, 1 << 20);
    await fc.assert(
      fc.asyncProperty(sizes, piece, piece, async (size, a, b) => {
        const plain = randomBytes(size);
        const streamed = await all(sealStream([recipient])(cut(plain, a)));
        const whole = await seal(plain, [recipient]);
        expect(streamed.length).toBe(whole.length);
        expect((await open(streamed, [secret])).equals(plain)).toBe(true);
        expect((await all(openStream([secret])(cut(whole, b)))).equals(plain)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('opens from pieces of one byte', async () => {
    const sealed = await seal(Buffer.from('a few bytes'), [recipient]);
    expect((await all(openStream([secret])(cut(sealed, 1)))).toString()).toBe('a few bytes');
  });

  it('never seals the same bytes to the same file twice', async () => {
    const [a, b] = [await seal(Buffer.alloc(100), [recipient]), await seal(Buffer.alloc(100), [recipient])];
    expect(a.subarray(payloadStart(a)).equals(b.subarray(payloadStart(b)))).toBe(false);
  });

  it('refuses to seal to nobody, and names a malformed recipient by its position', async () => {
    await expect(seal(Buffer.alloc(1), [])).rejects.toThrow(/at least one recipient/);
    const typo = recipient.slice(0, -1) + (recipient.endsWith('q') ? 'p' : 'q');
    await expect(seal(Buffer.alloc(1), [recipient, typo])).rejects.toThrow(/^recipient 2: .*a letter is wrong/);
  });

  it('opens for nobody else', async () => {
    await expect(open(await seal(Buffer.alloc(9), [recipient]), [other])).rejects.toMatchObject({
      kind: 'no_identity',
    });
    await expect(open(await seal(Buffer.alloc(9), [recipient]), [])).rejects.toMatchObject({ kind: 'no_identity' });
  });

  it('changes the header alone when it rewraps', async () => {
    const sealed = await seal(randomBytes(200_001), [recipient, otherRecipient]);
    const { header, oldLength } = await rewrapHeader(sealed.subarray(0, 2_000), [secret], [recipient]);
    const whole = Buffer.concat([header, sealed.subarray(oldLength)]);
    const streamed = await all(rewrapStream([secret], [recipient])(cut(sealed, 777)));
    expect(streamed.subarray(header.length).equals(sealed.subarray(oldLength))).toBe(true);
    for (const file of [whole, streamed]) {
      expect((await open(file, [secret])).length).toBe(200_001);
      await expect(open(file, [other])).rejects.toMatchObject({ kind: 'no_identity' });
    }
  });
});

describe('a sealed file that was tampered with', () => {
  let plain: Buffer;
  let sealed: Buffer;
  let start: number;
  beforeAll(async () => {
    plain = randomBytes(3 * 65_536);
    sealed = await seal(plain, [recipient]);
    start = payloadStart(sealed);
  });
  const chunk = (index: number): Buffer => sealed.subarray(start + index * CHUNK, start + (index + 1) * CHUNK);
  const refused = async (file: Buffer, kind: string): Promise<void> => {
    await expect(open(file, [secret])).rejects.toMatchObject({ name: 'SealFault', kind });
    await expect(all(openStream([secret])(cut(file, 50_000)))).rejects.toMatchObject({ name: 'SealFault', kind });
  };

  it.each([0, 1, 2])('is truncated when it ends after %i of 3 chunks', async (kept) => {
    await refused(sealed.subarray(0, start + kept * CHUNK), 'truncated');
  });
  it('is truncated when it ends before its payload', async () => {
    await refused(sealed.subarray(0, start - 1), 'truncated');
    await refused(sealed.subarray(0, 40), 'truncated');
    await refused(Buffer.alloc(0), 'truncated');
  });
  it('is damaged when it ends within a chunk', async () => {
    await refused(sealed.subarray(0, sealed.length - 1), 'damaged');
    await refused(sealed.subarray(0, start + CHUNK + 7), 'damaged');
  });
  it('is damaged when chunks are swapped, repeated or missing', async () => {
    const head = sealed.subarray(0, start);
    await refused(Buffer.concat([head, chunk(1), chunk(0), chunk(2)]), 'damaged');
    await refused(Buffer.concat([head, chunk(0), chunk(0), chunk(2)]), 'damaged');
    await refused(Buffer.concat([head, chunk(0), chunk(2)]), 'damaged');
  });
  it('is damaged when anything stands after its end', async () => {
    await refused(Buffer.concat([sealed, Buffer.alloc(1)]), 'damaged');
    await refused(Buffer.concat([sealed, Buffer.alloc(CHUNK)]), 'damaged');
    await refused(Buffer.concat([sealed, sealed.subarray(start)]), 'damaged');
  });
  it('does not open with any bit flipped, and gives nothing out', async () => {
    const small = await seal(randomBytes(300), [recipient]);
    await fc.assert(
      fc.asyncProperty(fc.nat(small.length * 8 - 1), async (bit) => {
        const flipped = Buffer.from(small);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        await expect(open(flipped, [secret])).rejects.toMatchObject({ name: 'SealFault' });
      }),
      { numRuns: 400 },
    );
  });
  it('is damaged when a recipient was added without the file key', async () => {
    const stranger = await seal(Buffer.alloc(0), [otherRecipient]);
    const stanza = stranger.toString('latin1').split('\n').slice(1, 3).join('\n');
    const text = sealed.toString('latin1').replace('\n---', `\n${stanza}\n---`);
    await expect(open(Buffer.from(text, 'latin1'), [secret])).rejects.toMatchObject({ kind: 'damaged' });
  });
  it('holds nothing of its content in an error', async () => {
    const error: unknown = await open(sealed.subarray(0, sealed.length - 5), [secret]).catch((cause: unknown) => cause);
    expect(String(error)).toBe('SealFault: the sealed file is damaged: a chunk is not what was sealed in its place');
  });
});

it('hashes the same after a stream as before, at 20 MB and in little memory', async () => {
  const block = randomBytes(1 << 20);
  async function* many(): AsyncGenerator<Buffer> {
    for (let i = 0; i < 20; i++) yield block;
  }
  const [before, after] = [createHash('sha256'), createHash('sha256')];
  for (let i = 0; i < 20; i++) before.update(block);
  for await (const piece of openStream([secret])(sealStream([recipient])(many()))) {
    expect(piece.length).toBeLessThanOrEqual(65_536);
    after.update(piece);
  }
  expect(after.digest('hex')).toBe(before.digest('hex'));
});

it('makes keys while garbage is collected at any moment', async () => {
  const child = await program(`
    import { setFlagsFromString } from 'node:v8';
    import { encodeHeader } from 'STORAGE/age/header.ts';
    setFlagsFromString('--gc-interval=23');
    for (let i = 0; i < 15_000; i++) encodeHeader(Buffer.alloc(16), ['${recipient}']);
    console.log('made');`);
  try {
    const running = child.start();
    const late = setTimeout(() => running.kill('SIGKILL'), 60_000);
    const [made] = await all(running.stdout!).then((bytes) => [bytes.toString(), clearTimeout(late)]);
    expect(made).toBe('made\n');
  } finally {
    child.remove();
  }
}, 90_000);
