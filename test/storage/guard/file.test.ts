import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FingerprintFilter } from '../../../curation/overlap/filter.ts';
import { fingerprintKey, fingerprintsOf } from '../../../curation/overlap/fingerprint.ts';
import { buildGuard, readGuard } from '../../../storage/guard/file.ts';
import { openGuardKey, readGuardKey, type GuardKey } from '../../../storage/guard/key.ts';

const folder = mkdtempSync(join(tmpdir(), 'garner-test-guard-'));
const corpus = join(folder, 'corpus');
const at = (...parts: string[]) => join(folder, ...parts);
let key: GuardKey;

/** Lines of code that differ from each other. */
const code = (name: string, lines: number): string =>
  Array.from({ length: lines }, (_, i) => `let ${name}${i} = call${i % 97}(${name}${i + 1}, "${i}");\n`).join('');

/** Share of a text's runs that the guard file holds. */
async function share(text: string, file: string): Promise<number> {
  const filter = await FingerprintFilter.fromPieces((await readGuard(file)).filter);
  let [held, all] = [0, 0];
  fingerprintsOf(text, fingerprintKey(key.key), (hi, lo) => {
    all++;
    if (filter.has(hi, lo)) held++;
  });
  return held / all;
}

const build = (out: string, memory = 1 << 30) => buildGuard({ folders: [corpus], out: at(out), key, memory });

beforeAll(async () => {
  mkdirSync(join(corpus, 'deep', 'node_modules'), { recursive: true });
  writeFileSync(join(corpus, 'a.ts'), code('alpha', 50));
  writeFileSync(join(corpus, 'deep', 'wide.cs'), Buffer.from(`\ufeff${code('wide', 50)}`, 'utf16le'));
  writeFileSync(join(corpus, 'deep', 'latin.c'), Buffer.from(`// caf\u00e9\n${code('caf\u00e9', 50)}`, 'latin1'));
  writeFileSync(join(corpus, 'deep', 'node_modules', 'other.js'), code('other', 50));
  writeFileSync(join(corpus, 'image.bin'), Buffer.from([1, 0, 2, 3]));
  writeFileSync(join(corpus, 'tiny.js'), "export * from './a';\n");
  writeFileSync(at('outside.js'), code('outside', 50));
  symlinkSync(at('outside.js'), join(corpus, 'link.js'));
  key = await openGuardKey(at('guard.key'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a guard file', () => {
  it('knows every run of every text file, in UTF-8, UTF-16 and Latin-1, and of nothing else', async () => {
    const { counts, header } = await build('guard');
    expect(counts).toMatchObject({ files: 4, binary: 1, links: 1, folders: 1 });
    expect(header).toMatchObject({ mode: 'all', keyId: key.id, short: 1 });
    for (const name of ['alpha', 'wide', 'caf\u00e9']) expect(await share(code(name, 50), at('guard'))).toBe(1);
    for (const name of ['other', 'outside']) expect(await share(code(name, 50), at('guard'))).toBeLessThan(0.01);
    // A file of one short line leaves nothing, or every such line of public code would go.
    expect(await share("export * from './a';", at('guard'))).toBe(0);
  });

  it('is the same for the same text and key, and holds neither the key nor the text', async () => {
    const [one, two] = [await build('one'), await build('two')];
    expect(one.sha256).toBe(two.sha256);
    const bytes = readFileSync(at('one'));
    expect(bytes.equals(readFileSync(at('two')))).toBe(true);
    expect(bytes.includes(key.key)).toBe(false);
    expect(bytes.includes('alpha')).toBe(false);
  });

  it('takes a file of many megabytes in pieces, without losing a run at their borders', async () => {
    const large = join(corpus, 'large.ts');
    const text = code('large', 200_000);
    expect(text.length).toBeGreaterThan(8e6);
    writeFileSync(large, text);
    try {
      await build('large');
      expect(await share(text, at('large'))).toBe(1);
      // In a tenth of the memory the winnowed runs are kept: some are missing, none of 30 lexemes.
      const { header, size } = await build('winnowed', 4 << 20);
      expect(header.mode).toBe('winnow');
      expect(size).toBeLessThan(5 << 20);
      const part = await share(text.slice(3e6, 4e6), at('winnowed'));
      expect(part).toBeGreaterThan(0.1);
      expect(part).toBeLessThan(0.3);
    } finally {
      rmSync(large);
    }
  });

  it('is refused where memory does not do, where it is cut or changed, and where it is none', async () => {
    await expect(build('none', 64)).rejects.toThrow(/raise --memory/);
    await build('good');
    const bytes = readFileSync(at('good'));
    const read = async (name: string, changed: Buffer) => {
      writeFileSync(at(name), changed);
      return FingerprintFilter.fromPieces((await readGuard(at(name))).filter);
    };
    await expect(read('cut', bytes.subarray(0, -1))).rejects.toThrow(/cut|damaged/);
    const flipped = Buffer.from(bytes);
    flipped[flipped.length - 100]! ^= 1;
    await expect(read('flipped', flipped)).rejects.toThrow(/damaged/);
    await expect(read('foreign', Buffer.from('PK\u0003\u0004 something else altogether'))).rejects.toThrow(
      /no guard file/,
    );
    await expect(read('empty', Buffer.alloc(0))).rejects.toThrow(/no guard file/);
    mkdirSync(at('nothing'));
    await expect(buildGuard({ folders: [at('nothing')], out: at('x'), key, memory: 1e9 })).rejects.toThrow(
      /no text file/,
    );
  });
});

describe('the key of a guard', () => {
  it('is made once, for its owner alone, and is named by an id that tells nothing of it', async () => {
    expect((await openGuardKey(at('guard.key'))).id).toBe(key.id);
    expect(statSync(at('guard.key')).mode & 0o777).toBe(0o600);
    expect((await openGuardKey(at('other.key'))).id).not.toBe(key.id);
    expect(key.key.toString('hex')).not.toContain(key.id);
  });

  it('is refused where others may read it, where it is missing or no key', async () => {
    writeFileSync(at('open.key'), Buffer.alloc(32), { mode: 0o644 });
    chmodSync(at('open.key'), 0o644);
    await expect(readGuardKey(at('open.key'))).rejects.toThrow(/chmod 600/);
    await expect(readGuardKey(at('missing.key'))).rejects.toThrow(/not there/);
    writeFileSync(at('short.key'), 'x', { mode: 0o600 });
    await expect(readGuardKey(at('short.key'))).rejects.toThrow(/32 bytes/);
  });
});
