/** Datasets as the ecosystem sees them: Hugging Face datasets, mlcroissant and age open what was published. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../activities/types.ts';
import { parseManifest } from '../../../curation/proof/dsse.ts';
import {
  asDataset,
  DATASET_PREDICATE,
  parseStatement,
  type DatasetPredicate,
} from '../../../curation/proof/statement.ts';
import { filesUnder, workplace } from '../../command.ts';

const SEED = process.env['DRILL_SEED'] ?? '7';
/** Kept between runs: the packages are some hundred megabytes. */
const VENV = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'garner', 'python');
const PYTHON = join(VENV, 'bin', 'python');
const PACKAGES = [
  ...['datasets==3.6.0', 'mlcroissant==1.0.22', 'transformers==4.52.4', 'zstandard'],
  ...['securesystemslib==1.3.0', 'cryptography'],
];
/** Without what it depends on: its data functions need no torch. */
const BARE = ['trl==0.18.2'];
const place = workplace('ecosystem');

function hasPython(): boolean {
  const check = () =>
    spawnSync(PYTHON, [
      '-c',
      'import datasets, mlcroissant, zstandard, trl.data_utils, securesystemslib.dsse, cryptography',
    ]).status === 0;
  if (existsSync(PYTHON) && check()) return true;
  const made = spawnSync('python3', ['-m', 'venv', VENV], { encoding: 'utf8' });
  const install = (...packages: string[]) =>
    spawnSync(join(VENV, 'bin', 'pip'), ['install', '--quiet', ...packages]).status === 0;
  const installed = made.status === 0 && install(...PACKAGES) && install('--no-deps', ...BARE);
  return installed && check();
}
const python = hasPython();
if (!python)
  console.warn(`SKIPPED: ${[...PACKAGES, ...BARE].join(', ')} cannot be installed here: no loading was tested`);
const hasAge = spawnSync('age', ['--version']).status === 0;
if (!hasAge) console.warn('SKIPPED: the age program is not installed: decrypting was not tested');

const policy = (files: string) => `version: 1
purpose: model-improvement
output: {name: completions, formats: [kto, sft, dpo, fim, openai], files: ${files}, audience: [copilot-team]}
`;

/** Two people at the same place: one accepts and keeps, the other reads and rejects. */
function twoPeople(): void {
  const facts = place.path('pair', 'facts');
  const events = place.path('pair', 'events');
  for (const folder of [facts, events]) mkdirSync(folder, { recursive: true });
  const since = '2026-01-01T00:00:00Z';
  const lines = (rows: object[]) => rows.map((row) => JSON.stringify(row) + '\n').join('');
  writeFileSync(
    join(facts, 'repositories.jsonl'),
    lines([{ host: 'github.com', id: 1, owner: 'acme', name: 'app', visibility: 'public', since }]),
  );
  const people = ['ann', 'bob'];
  writeFileSync(
    join(facts, 'consents.jsonl'),
    lines(people.map((userId) => ({ userId, plan: 'pro', training: 'allowed', since }))),
  );
  const event = (user: string, type: string, second: number, more: object = {}) => ({
    id: `${user}-${type}-${second}`,
    type,
    time: `2026-05-01T10:${String(Math.floor(second / 60)).padStart(2, '0')}:${String(second % 60).padStart(2, '0')}.000Z`,
    suggestionId: `s-${user}`,
    user: { id: user, plan: 'pro' },
    repository: { url: 'https://github.com/acme/app.git', id: 1 },
    document: { path: 'src/total.ts', language: 'typescript' },
    ...more,
  });
  const text = (completion: string) => ({
    prompt: { prefix: 'export function total(values: number[]): number {\n  return ', suffix: ';\n}\n', context: [] },
    completion,
  });
  const good = 'values.reduce((sum, value) => sum + value, 0)';
  writeFileSync(
    join(events, 'events.jsonl'),
    lines([
      event('ann', 'shown', 0, text(good)),
      event('ann', 'accepted', 3, { acceptedLength: good.length, displayedMs: 3000 }),
      event('ann', 'retained', 633, { afterSeconds: 600, editDistance: 0 }),
      event('bob', 'shown', 10, text('values.map((value) => value * 2).length + 17')),
      event('bob', 'rejected', 14, { displayedMs: 4000, reason: 'escape' }),
    ]),
  );
}

function curate(name: string, files: string, from: string, ...more: string[]): RunSummary {
  writeFileSync(place.path('policy.yaml'), policy(files));
  const input = [
    '--input',
    place.path(from, 'events'),
    '--facts',
    place.path(from, 'facts'),
    '--now',
    '2026-05-10',
    '--format',
    'garner',
  ];
  const { status, stdout, stderr } = place.garner(
    ...['run', ...input, '--policy', place.path('policy.yaml'), '--out', place.path(name), '--json', ...more],
  );
  expect([status, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as RunSummary;
}

function attested(folder: string): DatasetPredicate {
  const { envelopes } = parseManifest(readFileSync(join(folder, 'manifest.dsse.json'), 'utf8'));
  const statements = envelopes.map(({ payload }) => parseStatement(Buffer.from(payload, 'base64')));
  return asDataset(statements.find(({ predicateType }) => predicateType === DATASET_PREDICATE)!.predicate)!;
}

interface Loaded {
  configs: Record<string, Record<string, { rows: number; types: Record<string, string> }>>;
  croissant: Record<string, number>;
  /** Rows after TRL has unpaired them, by config and split. */
  trl: Record<string, Record<string, number>>;
  problems: { errors: string[]; warnings: string[] };
  dpo?: { chosen: string; rejected: string; reason: string }[];
}

/** @param records whether mlcroissant reads the rows too: it knows no zstd */
function load(folder: string, records = true): Loaded {
  const { status, stdout, stderr } = spawnSync(
    PYTHON,
    [join(import.meta.dirname, 'ecosystem.py'), folder, place.path('hf-cache'), records ? 'records' : 'none'],
    {
      encoding: 'utf8',
      env: {
        ...process.env,
        HF_HOME: place.path('hf-home'),
        HTTPS_PROXY: 'http://127.0.0.1:9',
        HTTP_PROXY: 'http://127.0.0.1:9',
      },
    },
  );
  if (status !== 0) throw new Error(stderr.split('\n').slice(-15).join('\n'));
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Loaded;
}

beforeAll(() => {
  console.log(`seed ${SEED}`);
  place.garner('generate', '--events', '2500', '--seed', SEED, '--out', place.path('sample'));
  twoPeople();
});
afterAll(() => place.remove());

describe.skipIf(!python)('datasets and mlcroissant', () => {
  for (const files of ['parquet', 'jsonl', 'jsonl.zst'])
    it(`open every config and split of ${files} offline, with the rows and types that are attested`, () => {
      const summary = curate(`out-${files}`, files, 'sample', '--plain');
      const folder = place.path(`out-${files}`, summary.dataset);
      const { splits } = attested(folder);
      const readable = files !== 'jsonl.zst';
      const loaded = load(folder, readable);
      const counts = Object.fromEntries(
        Object.entries(loaded.configs).map(([config, parts]) => [
          config,
          Object.fromEntries(Object.entries(parts).map(([split, { rows }]) => [split, rows])),
        ]),
      );
      expect(counts).toEqual(
        Object.fromEntries(
          Object.entries(splits).map(([format, parts]) => [
            format,
            Object.fromEntries(Object.entries(parts).map(([split, { examples }]) => [split, examples])),
          ]),
        ),
      );
      const { types } = Object.values(loaded.configs['kto']!)[0]!;
      expect(types['label']).toContain('bool');
      expect(types['time']).toContain('timestamp[us');
      expect(types['weight']).toContain('float64');
      expect(Object.keys(types).some((name) => /user|path|repository/.test(name))).toBe(false);
      expect(loaded.trl['kto']).toEqual(counts['kto']);
      expect(loaded.problems.errors).toEqual([]);
      const total = Object.values(splits)
        .flatMap((parts) => Object.values(parts))
        .reduce((sum, { examples }) => sum + examples, 0);
      if (readable) expect(Object.values(loaded.croissant).reduce((sum, rows) => sum + rows, 0)).toBe(total);
      console.log(
        `${files}: ${JSON.stringify(counts)}; croissant ${JSON.stringify(loaded.croissant)}; warnings ${loaded.problems.warnings.length}`,
      );
    });

  it('are not alone in verifying the manifest: securesystemslib accepts every envelope, and none that was changed', () => {
    const summary = curate('out-dsse', 'parquet', 'pair');
    const manifest = join(place.path('out-dsse', summary.dataset), 'manifest.dsse.json');
    const { status, stdout, stderr } = spawnSync(PYTHON, [join(import.meta.dirname, 'dsse.py'), manifest], {
      encoding: 'utf8',
    });
    expect([status, stdout, stderr]).toEqual([0, '3\n', '']);
  });

  it('find the pair of what one person accepted and another rejected at the same place', () => {
    const summary = curate('out-pair', 'parquet', 'pair', '--plain');
    const { dpo, trl } = load(place.path('out-pair', summary.dataset));
    expect(trl['dpo']).toEqual({ train: 2 });
    expect(dpo).toEqual([
      {
        chosen: 'values.reduce((sum, value) => sum + value, 0)',
        rejected: 'values.map((value) => value * 2).length + 17',
        reason: 'accepted_over_rejected',
      },
    ]);
    // Erasing either of the two takes the pair out.
    expect(place.garner('erase', '--user', 'bob', '--out', place.path('out-pair')).status).toBe(0);
    const versions = readdirSync(place.path('out-pair', 'datasets', 'completions'));
    for (const version of versions) {
      const data = place.path('out-pair', 'datasets', 'completions', version, 'data');
      if (existsSync(data)) expect(filesUnder(data).some((file) => file.includes('/dpo/'))).toBe(false);
    }
  });
});

describe.skipIf(!hasAge)('age', () => {
  it('decrypts every data file to what is attested', () => {
    const summary = curate('out-sealed', 'parquet', 'sample');
    const folder = place.path('out-sealed', summary.dataset);
    const identity = place.path('config', 'garner', 'keys', 'identity.txt');
    const files = filesUnder(join(folder, 'data'));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const plain = execFileSync('age', ['-d', '-i', identity, file], { maxBuffer: 1 << 30 });
      expect(plain.length).toBe(attested(folder).files[file.slice(folder.length + 1, -'.age'.length)]!.bytes);
    }
  });
});
