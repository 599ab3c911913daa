/** Every way a dataset folder can be wrong, each named by garner verify: with the key that opens it, and with none. */
import { appendFileSync, cpSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateIdentity } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../activities/types.ts';
import { formatManifest, parseManifest } from '../../../curation/proof/dsse.ts';
import { filesUnder, workplace } from '../../command.ts';

const SEED = process.env['DRILL_SEED'] ?? '7';
const place = workplace('tamper');
let dataset: string;
let version: string;
/** Data files, relative. */
let data: string[];

beforeAll(async () => {
  console.log(`seed ${SEED}`);
  place.garner('generate', '--events', '1000', '--seed', SEED, '--out', place.path('sample'));
  const sample = ['--input', place.path('sample', 'events'), '--facts', place.path('sample', 'facts')];
  const { stdout } = place.garner('run', ...sample, '--now', '2026-05-10', '--out', place.path('out'), '--json');
  const summary = JSON.parse(stdout) as RunSummary;
  version = summary.version;
  dataset = place.path('out', summary.dataset);
  data = filesUnder(join(dataset, 'data'))
    .map((file) => file.slice(dataset.length + 1))
    .sort();
  const { publicKeys } = manifest(dataset);
  writeFileSync(place.path('publisher.pem'), Object.values(publicKeys)[0]!);
  writeFileSync(place.path('stranger.txt'), `${await generateIdentity()}\n`);
});
afterAll(() => place.remove());

function manifest(folder: string) {
  return parseManifest(readFileSync(join(folder, 'manifest.dsse.json'), 'utf8'));
}

interface Case {
  name: string;
  change(folder: string): void;
  /** What verify must say of it. */
  file: () => string;
  says: string;
}

const CASES: Case[] = [
  { name: 'missing', change: (folder) => rmSync(join(folder, data[0]!)), file: () => data[0]!, says: 'missing' },
  {
    name: 'extra',
    change: (folder) => writeFileSync(join(folder, 'data', 'extra.parquet'), 'x'),
    file: () => 'data/extra.parquet',
    says: 'not part of the dataset',
  },
  {
    name: 'truncated',
    change: (folder) => truncateSync(join(folder, data[0]!), readFileSync(join(folder, data[0]!)).length - 100),
    file: () => data[0]!,
    says: 'cut',
  },
  {
    name: 'swapped',
    change: (folder) => {
      renameSync(join(folder, data[0]!), join(folder, 'held'));
      renameSync(join(folder, data[1]!), join(folder, data[0]!));
      renameSync(join(folder, 'held'), join(folder, data[1]!));
    },
    file: () => data[1]!,
    says: 'swapped',
  },
  {
    name: 'flipped',
    change: (folder) => {
      const bytes = readFileSync(join(folder, data[0]!));
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(join(folder, data[0]!), bytes);
    },
    file: () => data[0]!,
    says: 'changed',
  },
  ...['README.md', 'croissant.json', 'report.html', 'SHA256SUMS'].map((file) => ({
    name: `edited ${file}`,
    change: (folder: string) => appendFileSync(join(folder, file), '\n'),
    file: () => file,
    says: file === 'README.md' ? 'card was edited' : 'changed',
  })),
  {
    name: 'forged manifest',
    change: (folder) => {
      const { envelopes, publicKeys } = manifest(folder);
      const text = Buffer.from(envelopes[0]!.payload, 'base64').toString().replace('"kept":', '"kept":1');
      const forged = [{ ...envelopes[0]!, payload: Buffer.from(text).toString('base64') }, ...envelopes.slice(1)];
      writeFileSync(join(folder, 'manifest.dsse.json'), formatManifest({ envelopes: forged, publicKeys }));
    },
    file: () => 'manifest.dsse.json',
    says: 'forged',
  },
  {
    name: 'unsigned manifest',
    change: (folder) => {
      const { envelopes, publicKeys } = manifest(folder);
      const bare = envelopes.map((envelope) => ({ ...envelope, signatures: [] }));
      writeFileSync(join(folder, 'manifest.dsse.json'), formatManifest({ envelopes: bare, publicKeys }));
    },
    file: () => 'manifest.dsse.json',
    says: 'not signed',
  },
  {
    name: 'manifest cut',
    change: (folder) => truncateSync(join(folder, 'manifest.dsse.json'), 1000),
    file: () => 'manifest.dsse.json',
    says: '',
  },
  {
    name: 'no manifest',
    change: (folder) => rmSync(join(folder, 'manifest.dsse.json')),
    file: () => 'manifest.dsse.json',
    says: 'holds no',
  },
];

describe('garner verify', () => {
  for (const { name, change, file, says } of CASES)
    it(`names what is wrong: ${name}`, () => {
      const folder = place.path(name.replaceAll(/\W/g, '-'), 'completions', version);
      cpSync(dataset, folder, { recursive: true });
      change(folder);
      const keys = ['--keys', place.path('other-keys'), '--trust', place.path('publisher.pem')];
      for (const how of [[], keys]) {
        const { status, stdout, stderr } = place.garner('verify', folder, ...how);
        expect([status, stdout + stderr]).toEqual([1, expect.stringContaining(file())]);
        expect(stdout + stderr).toContain(says);
      }
    });

  it('names a folder under another name or version', () => {
    const folder = place.path('renamed', 'datasets', 'other', `2020-01-01_2020-01-02-${'0'.repeat(12)}`);
    cpSync(dataset, folder, { recursive: true });
    const { status, stdout } = place.garner('verify', folder);
    expect([status, stdout]).toEqual([1, expect.stringContaining('It says version')]);
    expect(stdout).toContain('It says name completions, expected was other');
  });

  it('says that an identity opens nothing, and that a signer is unknown', () => {
    const locked = place.garner('verify', dataset, '--identity', place.path('stranger.txt'));
    expect([locked.status, locked.stdout]).toEqual([
      1,
      expect.stringContaining(`${data[0]}: It is not sealed to the identity`),
    ]);
    const unknown = place.garner('verify', dataset, '--keys', place.path('other-keys'));
    expect([unknown.status, unknown.stdout]).toEqual([1, expect.stringContaining('signer: unknown')]);
  });

  it('finds nothing wrong with an untouched copy that lies alone, under another name, or opened', () => {
    const folder = place.path('alone');
    expect(place.garner('open', dataset, '--out', place.path('opened')).status).toBe(0);
    expect(place.garner('verify', place.path('opened')).stdout).toBe('signer: trusted\nverified\n');
    cpSync(dataset, folder, { recursive: true });
    const how = ['--keys', place.path('other-keys'), '--trust', place.path('publisher.pem')];
    expect(place.garner('verify', folder, ...how).stdout).toBe('signer: trusted\nverified\n');
  });
});
