import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EraseSummary, RunSummary } from '../../../activities/types.ts';
import type { LedgerRow } from '../../../curation/stages/ledger.ts';
import { datasetRows } from '../../../storage/guard/rows.ts';
import { openStore } from '../../../storage/objects.ts';
import { filesUnder, workplace } from '../../command.ts';

const place = workplace('guard');
const guard = place.path('company.guard');
const run = (out: string, ...more: string[]): RunSummary => {
  const { status, stdout, stderr } = place.garner(
    ...['run', '--input', place.path('sample', 'events'), '--facts', place.path('sample', 'facts')],
    ...['--now', '2026-05-10T00:00:00Z', '--out', place.path(out), '--json', ...more],
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return JSON.parse(stdout) as RunSummary;
};
const audit = (out: string, { dataset }: RunSummary) => {
  const { status, stdout } = place.garner('audit-overlap', place.path(out, dataset), '--guard', guard, '--json');
  return { status, ...(JSON.parse(stdout) as { rows: number; overlapping: number; places: { id: string }[] }) };
};

/** The guard files that a version's card names, with their digests. */
const guardsOf = (dataset: string) =>
  readFileSync(join(dataset, 'README.md'), 'utf8').match(/\| guard file of key [0-9a-f]{16} \| `[0-9a-f]{64}` \|/g);

let before: RunSummary;
let copied: string[];

beforeAll(async () => {
  expect(place.garner('generate', '--events', '900', '--seed', '7', '--out', place.path('sample')).status).toBe(0);
  before = run('before', '--plain');
  // The company's code base: what stands in some of the published examples, laid out in another way.
  mkdirSync(place.path('company'));
  copied = [];
  for await (const { id, file, texts } of datasetRows(
    openStore(place.path('before', before.dataset)),
    [],
    place.path('scratch'),
  )) {
    if (!file.includes('/kto/') || copied.length === 5) continue;
    const text = ['prompt', 'completion', 'suffix']
      .map((name) => texts.find(({ column }) => column === name)?.text ?? '')
      .join('');
    if (text.length < 400) continue;
    copied.push(id);
    writeFileSync(place.path('company', `${copied.length}.txt`), text.replaceAll('\n', '\n\t\t'));
  }
});
afterAll(() => place.remove());

describe('the guard of a run', () => {
  it('knows text that only a document of another shard makes private', () => {
    const code = (name: string) =>
      `export function ${name}(rows) {\n  const ${name}Sum = rows.reduce((sum, row) => sum + row.${name}, 0);\n  return { ${name}Sum, mean: ${name}Sum / rows.length };\n}\n`;
    const write = (name: string, value: object) =>
      writeFileSync(place.path('late', name), JSON.stringify(value) + '\n');
    const since = '2020-01-01T00:00:00Z';
    const event = (id: string, given: object) =>
      write(`${id}.jsonl`, {
        ...{ id, type: 'accepted', time: '2026-05-01T10:00:00Z', suggestionId: id, user: { id: 'u1' } },
        ...{
          repository: { url: 'https://github.com/acme/app' },
          prompt: { prefix: `// ${id.repeat(300)}\n` },
          ...given,
        },
      });
    mkdirSync(place.path('late', 'facts'), { recursive: true });
    write('facts/repositories.jsonl', {
      host: 'github.com',
      id: 1,
      owner: 'acme',
      name: 'app',
      visibility: 'public',
      since,
    });
    write('facts/consents.jsonl', { userId: 'u1', plan: 'pro', training: 'allowed', since });
    event('text', { requestId: 'r', completion: code('salary') });
    event('document', { requestId: 'r', type: 'shown', document: { path: '.env.js' } });
    event('copy', { document: { path: 'src/a.js' }, completion: code('salary').replaceAll('  ', '\t') });
    event('other', { document: { path: 'src/b.js' }, completion: code('height') });
    const input = ['text', 'document', 'copy', 'other'].map((name) => place.path('late', `${name}.jsonl`));
    const out = place.path('late-out');
    const ran = place.garner('run', '--input', ...input, '--facts', place.path('late', 'facts'), '--out', out, '--shard-bytes', '1024', '--now', '2026-05-10T00:00:00Z', '--json'); // prettier-ignore
    expect([ran.status, ran.stderr]).toEqual([0, '']);
    const { runId } = JSON.parse(ran.stdout) as RunSummary;
    const rows = place.garner('ledger', runId, '--out', out, '--json').stdout.trim().split('\n');
    const reasons = rows.map((row) => JSON.parse(row) as LedgerRow).map(({ event, reason }) => [event, reason]);
    expect(Object.fromEntries(reasons)).toMatchObject({ text: 'path_excluded', copy: 'private_overlap' });
    expect(reasons).toContainEqual(['other', expect.stringMatching(/accepted/)]);
  });
});

describe('a guard file of a private code base', () => {
  it('is made with a key of its own beside it', () => {
    const { status, stdout } = place.garner('fingerprint', '--source', place.path('company'), '--out', guard, '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ files: 5, mode: 'all', keyFile: `${guard}.key` });
  });

  it('finds the copies in a dataset, names their rows, and fails the check', () => {
    const { status, rows, overlapping, places } = audit('before', before);
    expect(status).toBe(1);
    expect(rows).toBeGreaterThan(overlapping);
    const found = new Set(places.map(({ id }) => id));
    expect(copied.filter((id) => !found.has(id))).toEqual([]);
  });

  it('keeps them out of a run, which says so in its manifest and verifies', () => {
    const after = run('after', '--guard', guard);
    expect(after.examples).toBeLessThan(before.examples);
    expect(after.reasons['private_overlap'] ?? 0).toBeGreaterThan(before.reasons['private_overlap'] ?? 0);
    expect(audit('after', after)).toMatchObject({ status: 0, overlapping: 0 });
    expect(place.garner('verify', place.path('after', after.dataset)).status).toBe(0);
    expect(guardsOf(place.path('after', after.dataset))).toHaveLength(1);
    // Neither the guard file nor its key stays behind, readable or sealed.
    expect(filesUnder(place.path('after')).filter((file) => file.includes('/guards/'))).toEqual([]);
  });

  it('is still named by the version that an erasure issues again', () => {
    const guarded = run('guarded', '--guard', guard);
    const ledger = place.garner('ledger', guarded.runId, '--out', place.path('guarded'), '--json').stdout;
    const { event } = JSON.parse(ledger.split('\n').find((row) => row.includes('"outcome":"kept"'))!) as LedgerRow;
    const line = filesUnder(place.path('sample', 'events'))
      .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
      .find((text) => text.includes(`"id":"${event}"`))!;
    const { suggestionId } = JSON.parse(line) as { suggestionId: string };
    const erased = place.garner('erase', '--suggestion', suggestionId, '--out', place.path('guarded'), '--json');
    expect([erased.status, erased.stderr]).toEqual([0, '']);
    const [tombstone] = (JSON.parse(erased.stdout) as EraseSummary).versions;
    const next = place.path('guarded', 'datasets', 'completions', tombstone!.replacedBy!);
    expect(place.garner('verify', next).status).toBe(0);
    expect(guardsOf(next)).toHaveLength(1);
  });

  it('is kept to winnowed runs where the policy bounds the memory, and the manifest says so', () => {
    writeFileSync(
      place.path('small.yaml'),
      'version: 1\npurpose: model-improvement\nguard: { memory: 1MB }\noutput: { name: small, audience: [copilot-team] }\n',
    );
    const small = run('small', '--policy', place.path('small.yaml'), '--guard', guard);
    const card = readFileSync(place.path('small', small.dataset, 'README.md'), 'utf8');
    expect(card).toMatch(/No example shares 30 lexemes in a row/);
    expect(place.garner('verify', place.path('small', small.dataset)).status).toBe(0);
    // What is copied as a whole is found in either mode.
    expect(audit('small', small)).toMatchObject({ status: 0, overlapping: 0 });
  });

  it('is refused without its key, with the key of another, and damaged: before anything is written', () => {
    const refused = (file: string, ...more: string[]) =>
      place.garner(
        'run',
        '--input',
        place.path('sample', 'events'),
        '--out',
        place.path('refused'),
        '--guard',
        file,
        ...more,
      );
    cpSync(guard, place.path('alone.guard'));
    expect(refused(place.path('alone.guard'))).toMatchObject({ status: 2 });
    writeFileSync(place.path('other.key'), Buffer.alloc(32, 7), { mode: 0o600 });
    expect(refused(guard, '--guard-key', place.path('other.key')).stderr).toMatch(/was made with key/);
    const bytes = readFileSync(guard);
    bytes[bytes.length - 9]! ^= 1;
    writeFileSync(place.path('damaged.guard'), bytes);
    expect(refused(place.path('damaged.guard'), '--guard-key', `${guard}.key`)).toMatchObject({ status: 2 });
    expect(filesUnder(place.path()).some((file) => file.startsWith(join(place.path('refused'), 'datasets')))).toBe(
      false,
    );
  });

  it('says that a folder without rows holds no dataset, rather than that it is clean', () => {
    mkdirSync(place.path('empty'));
    expect(place.garner('audit-overlap', place.path('empty'), '--guard', guard).status).toBe(2);
  });
});
