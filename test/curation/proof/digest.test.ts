/** Digests, versions, canonical JSON and SHA256SUMS. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../curation/proof/canonical.ts';
import { datasetDigest, versionOf } from '../../../curation/proof/digest.ts';
import { formatSums, parseSums } from '../../../curation/proof/sums.ts';
import { sha256 } from '../formats/sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'garner-sums-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const coreutils = spawnSync('sha256sum', ['--version']).status === 0;
if (!coreutils) console.warn('SKIPPED: sha256sum is not installed, so SHA256SUMS is not checked by it.');

describe('the digest of a dataset', () => {
  const files = ['b', 'a', 'c'].map((name) => ({ path: `data/kto/${name}.parquet`, sha256: sha256(name) }));

  it('is the sha256 of the sorted digests, a line each', () => {
    const lines = files.map((file) => file.sha256).sort().map((line) => `${line}\n`); // prettier-ignore
    expect(datasetDigest(files)).toBe(sha256(lines.join('')));
  });

  it('does not depend on the order of files nor on what lies outside data/', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(files, { minLength: 3 }), (shuffled) => {
        expect(datasetDigest([...shuffled, { path: 'README.md', sha256: sha256('card') }])).toBe(datasetDigest(files));
      }),
    );
  });

  it('changes with every file', () => {
    expect(datasetDigest(files.slice(1))).not.toBe(datasetDigest(files));
    expect(datasetDigest([...files, files[0]!])).not.toBe(datasetDigest(files));
  });

  it('refuses digests in another form, which would not sort alike', () => {
    expect(() => datasetDigest([{ path: 'data/x', sha256: sha256('x').toUpperCase() }])).toThrow(/data\/x/);
  });

  it('gives a version of window and digest', () => {
    const window = { from: '2026-05-01T00:00:00.000Z', to: '2026-05-07' };
    expect(versionOf(window, '0123456789abcdef')).toBe('2026-05-01_2026-05-07-0123456789ab');
    expect(() => versionOf({ from: 'May', to: 'June' }, '00')).toThrow(/ISO dates/);
  });
});

describe('canonical JSON', () => {
  it('says the same of equal values, whatever the order of keys', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'é' }], a: undefined, A: true })).toBe(
      '{"A":true,"b":[1,{"c":"é","d":null}]}',
    );
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: fc.constantFrom('a', 'Z', '1', '"', 'é', '\u{1f600}', '_') }), fc.integer()),
        (table) => {
          const turned = Object.fromEntries(Object.entries(table).reverse());
          expect(canonicalJson(turned)).toBe(canonicalJson(table));
          expect(JSON.parse(canonicalJson(table))).toEqual(table);
        },
      ),
    );
  });

  it('refuses what has no JSON or UTF-8 form', () => {
    expect(() => canonicalJson(Number.NaN)).toThrow(TypeError);
    expect(() => canonicalJson('\ud800')).toThrow(/surrogate/);
  });
});

describe('SHA256SUMS', () => {
  const paths = fc.uniqueArray(
    fc.string({ unit: fc.constantFrom('a', '/', '\\', '\n', '\r', ' ', 'é', 'n'), minLength: 1 }),
  );

  it('is read back as it was written, by path', () => {
    fc.assert(
      fc.property(paths, (list) => {
        const sums = list.map((path) => ({ path, sha256: sha256(path) }));
        const sorted = [...sums].sort((a, b) => (a.path < b.path ? -1 : 1));
        expect(parseSums(formatSums(sums))).toEqual(sorted);
        expect(formatSums([...sums].reverse())).toBe(formatSums(sums));
      }),
    );
  });

  it.each([
    ['a cut last line', `${sha256('a')}  a`, /last line/],
    ['a short digest', `${sha256('a').slice(1)}  a\n`, /:1:/],
    ['a path twice', `${sha256('a')}  a\n${sha256('b')}  a\n`, /:2: the path stands twice/],
  ])('names the line of %s', (_, text, message) => {
    expect(() => parseSums(text)).toThrow(message);
  });

  it.skipIf(!coreutils)('is understood by sha256sum', () => {
    const names = ['plain.txt', 'with space', 'back\\slash', 'line\nbreak'];
    for (const name of names) writeFileSync(join(folder, name), name);
    writeFileSync(join(folder, 'SHA256SUMS'), formatSums(names.map((path) => ({ path, sha256: sha256(path) }))));
    const check = () => spawnSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: folder });
    expect(check().status).toBe(0);
    writeFileSync(join(folder, 'plain.txt'), 'other');
    expect(check().status).toBe(1);
  });
});
