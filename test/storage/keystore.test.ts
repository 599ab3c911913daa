/** The keys of one installation. */
import { spawnSync } from 'node:child_process';
import { createHmac, sign, verify } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { KeystoreFault, defaultKeysFolder, openKeystore } from '../../storage/keystore.ts';
import { open, seal } from '../../storage/seal.ts';
import { ForeignKey, SealingCodec } from '../../worker/codec.ts';
import { program } from './child.ts';

const top = mkdtempSync(join(tmpdir(), 'garner-keys-'));
let counter = 0;
let folder: string;
beforeEach(() => {
  folder = join(top, `keys-${++counter}`);
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

const hkdf = (key: Buffer, salt: string, info: string): Buffer => {
  const secret = createHmac('sha256', salt === '' ? Buffer.alloc(32) : salt)
    .update(key)
    .digest();
  return createHmac('sha256', secret).update(info).update(Buffer.of(1)).digest();
};

describe('a keystore', () => {
  it('is made on first use, for its owner alone, and stays the same', async () => {
    const first = await openKeystore(folder);
    const again = await openKeystore(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const files = readdirSync(folder);
    expect(files.sort()).toEqual([
      'codec.json',
      'erasure-index.key',
      'identity.txt',
      'pseudonym-epoch',
      'root.key',
      'signing.pem',
    ]);
    for (const file of files) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    expect(first.rootKey()).toHaveLength(32);
    expect(again.rootKey().equals(first.rootKey())).toBe(true);
    expect(again.erasureIndexKey().equals(first.erasureIndexKey())).toBe(true);
    expect(again.identity()).toEqual(first.identity());
    expect(again.signing().keyid).toBe(first.signing().keyid);
    expect(again.codecKeys()).toEqual(first.codecKeys());
  });

  it('has keys that differ from installation to installation', async () => {
    const [a, b] = [await openKeystore(folder), await openKeystore(`${folder}-b`)];
    expect(a.rootKey().equals(b.rootKey())).toBe(false);
    expect(a.identity().secret).not.toBe(b.identity().secret);
    expect(a.signing().keyid).not.toBe(b.signing().keyid);
  });

  it('derives by HKDF-SHA256', async () => {
    const keys = await openKeystore(folder);
    expect(keys.derive('selection', 'plan').equals(hkdf(keys.rootKey(), 'plan', 'selection'))).toBe(true);
    expect(keys.derive('selection', 'plan', 48).subarray(0, 32).equals(keys.derive('selection', 'plan'))).toBe(true);
    expect(keys.derive('guard', 'plan').equals(keys.derive('selection', 'plan'))).toBe(false);
  });

  it('has a pseudonym key for each epoch and audience, the same wherever the root key is', async () => {
    const keys = await openKeystore(folder);
    const made = [
      ['1', 'copilot-team'],
      ['1', 'model-partner'],
      ['2', 'copilot-team'],
      ['1', 'copilot-team","x'],
    ].map(([epoch, audience]) => keys.pseudonymKey(epoch!, audience!).toString('hex'));
    expect(new Set(made).size).toBe(4);
    const other = `${folder}-other`;
    mkdirSync(other, { mode: 0o700 });
    writeFileSync(join(other, 'root.key'), readFileSync(join(folder, 'root.key')), { mode: 0o600 });
    expect((await openKeystore(other)).pseudonymKey('1', 'copilot-team').toString('hex')).toBe(made[0]);
  });

  it('rotates pseudonyms and codec keys, and keeps all else', async () => {
    const keys = await openKeystore(folder);
    const [erasure, codec] = [keys.erasureIndexKey(), keys.codecKeys()];
    expect(keys.pseudonymEpoch()).toBe('1');
    expect(keys.rotatePseudonyms()).toBe('2');
    expect(keys.rotateCodecKey()).toBe('2');
    const again = await openKeystore(folder);
    expect(again.pseudonymEpoch()).toBe('2');
    expect(again.codecKeys().current).toBe('2');
    expect(again.codecKeys().keys['1']!.equals(codec.keys['1']!)).toBe(true);
    expect(again.erasureIndexKey().equals(erasure)).toBe(true);
    for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  });

  it('opens what another process sealed with a key that it rotated to', async () => {
    const worker = new SealingCodec(await openKeystore(folder));
    const before = await worker.encode([{ data: Buffer.from('before') }]);
    (await openKeystore(folder)).rotateCodecKey();
    const other = new SealingCodec(await openKeystore(folder));
    const opened = await worker.decode([...before, ...(await other.encode([{ data: Buffer.from('after') }]))]);
    expect(opened.map(({ data }) => Buffer.from(data!).toString())).toEqual(['before', 'after']);
    const [next] = await worker.encode([{ data: Buffer.from('next') }]);
    const [first] = before;
    const keyOf = (payload: typeof next) => Buffer.from(payload!.metadata!['garner-key']!).toString();
    expect(Number(keyOf(next))).toBe(Number(keyOf(first)) + 1);
    rmSync(join(folder, 'codec.json'));
    const sealed = await worker.encode([{ data: Buffer.from('x') }]);
    sealed[0]!.metadata!['garner-key'] = Buffer.from('9');
    await expect(worker.decode(sealed)).rejects.toThrow(/codec\.json is gone: put it back/);
  });

  it('says of what another installation sealed that --keys is wrong', async () => {
    const [mine, theirs] = [await openKeystore(folder), await openKeystore(`${folder}-theirs`)];
    const sealed = await new SealingCodec(theirs).encode([{ data: Buffer.from('x') }]);
    await expect(new SealingCodec(mine).decode(sealed)).rejects.toThrow(/not in this keystore: name the right one/);
    theirs.rotateCodecKey();
    const later = await new SealingCodec(theirs).encode([{ data: Buffer.from('x') }]);
    await expect(new SealingCodec(mine).decode(later)).rejects.toThrow(ForeignKey);
  });

  it('signs and opens', async () => {
    const keys = await openKeystore(folder);
    const { privateKey, publicKey, publicPem } = keys.signing();
    expect(verify(null, Buffer.from('x'), publicKey, sign(null, Buffer.from('x'), privateKey))).toBe(true);
    expect(publicPem).toMatch(/^-----BEGIN PUBLIC KEY-----/);
    const { secret, recipient } = keys.identity();
    expect((await open(await seal(Buffer.from('x'), [recipient]), [secret])).toString()).toBe('x');
  });

  it('writes an identity that the age program takes', async () => {
    if (spawnSync('age', ['--version']).status !== 0) return console.warn('SKIPPED: the age program is not installed');
    const keys = await openKeystore(folder);
    const input = await seal(Buffer.from('text'), [keys.identity().recipient]);
    expect(spawnSync('age', ['-d', '-i', join(folder, 'identity.txt')], { input }).stdout.toString()).toBe('text');
  });

  it('is the same for processes that make it at once', async () => {
    const opening = await program(`
      import { openKeystore } from 'STORAGE/keystore.ts';
      const keys = await openKeystore(process.argv[2]);
      const codec = keys.codecKeys().keys['1'].toString('hex');
      console.log(keys.rootKey().toString('hex'), keys.identity().secret, keys.signing().keyid, codec);
    `);
    try {
      const all = await Promise.all([opening.run(folder), opening.run(folder), opening.run(folder)]);
      expect(all[0]).toMatch(/^[0-9a-f]{64} AGE-SECRET-KEY-1/);
      expect(new Set(all).size).toBe(1);
      expect(readdirSync(folder)).toHaveLength(6);
    } finally {
      opening.remove();
    }
  });
});

describe('a keystore that is not safe to use is refused', () => {
  it.each([0o640, 0o604, 0o660])('for a file of mode %o, and says what to do', async (mode) => {
    await openKeystore(folder);
    chmodSync(join(folder, 'root.key'), mode);
    await expect(openKeystore(folder)).rejects.toMatchObject({
      path: join(folder, 'root.key'),
      message: expect.stringContaining('chmod 600') as string,
    });
  });
  it('for a folder open to others', async () => {
    await openKeystore(folder);
    chmodSync(folder, 0o750);
    await expect(openKeystore(folder)).rejects.toThrow(/chmod 700/);
  });
  it.each(['root.key', 'erasure-index.key', 'signing.pem', 'identity.txt', 'pseudonym-epoch', 'codec.json'])(
    'for a damaged %s, which it names without its content, and leaves as it is',
    async (file) => {
      await openKeystore(folder);
      for (const damage of ['', 'c0ffee', '{"current":"1","keys":{}}']) {
        writeFileSync(join(folder, file), damage);
        const error: unknown = await openKeystore(folder).catch((cause: unknown) => cause);
        expect(error).toBeInstanceOf(KeystoreFault);
        expect((error as KeystoreFault).message).toMatch(/is damaged/);
        expect((error as KeystoreFault).path).toBe(join(folder, file));
        expect(readFileSync(join(folder, file), 'utf8')).toBe(damage);
      }
    },
  );
});

it('lies in the user’s configuration folder unless told', () => {
  const before = process.env['XDG_CONFIG_HOME'];
  process.env['XDG_CONFIG_HOME'] = '/somewhere';
  try {
    expect(defaultKeysFolder()).toBe('/somewhere/garner/keys');
    process.env['XDG_CONFIG_HOME'] = 'relative paths do not count';
    expect(defaultKeysFolder()).toMatch(/^\/.*\.config\/garner\/keys$/);
  } finally {
    if (before === undefined) delete process.env['XDG_CONFIG_HOME'];
    else process.env['XDG_CONFIG_HOME'] = before;
  }
});
