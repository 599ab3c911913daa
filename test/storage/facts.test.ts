import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FactEntry } from '../../curation/rules/facts/entry.ts';
import { entriesOf } from '../../curation/rules/facts/line.ts';
import type { RepositoryId } from '../../curation/rules/repository/remote.ts';
import { buildFacts, FactsError } from '../../curation/rules/facts.ts';
import { checkFacts, openFacts, openSnapshot, readFactsDigest } from '../../storage/facts.ts';
import { FactSorter, hashKey } from '../../storage/facts/sorter.ts';

const repository = (id: number, fields: object = {}) =>
  JSON.stringify({
    host: 'github.com',
    id,
    owner: 'acme',
    name: `r${id}`,
    visibility: 'public',
    since: '2020-01-01T00:00:00Z',
    ...fields,
  });
const consent = (userId: string, fields: object = {}) =>
  JSON.stringify({ userId, plan: 'pro', training: 'allowed', since: '2020-01-01T00:00:00Z', ...fields });

let root: string;
let folder: string;
let snapshots: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'garner-facts-'));
  folder = join(root, 'facts');
  snapshots = join(root, 'snapshots');
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(files: Record<string, string | Buffer>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

const FILES = {
  'repositories.jsonl': [1, 2, 3]
    .map((id) => repository(id))
    .concat(repository(2, { since: '2021-01-01T00:00:00Z', name: 'ünicode' }))
    .join('\n'),
  'repository-webhooks.jsonl': JSON.stringify({
    deliveredAt: '2022-01-01T00:00:00Z',
    payload: { action: 'privatized', repository: { id: 3, full_name: 'acme/r3', private: true } },
  }),
  'consents.jsonl': [consent('u1'), consent('U1', { training: 'denied' }), consent('zoë')].join('\r\n'),
  'teams.jsonl': '{"team":"@acme/eu","parent":"@acme/legal"}',
  'erasures.jsonl': '{"userId":"u9"}\n\n{"repository":"github.com/acme/r1"}',
  'codeowners/github.com/acme/r1/CODEOWNERS': '* @acme/legal\n',
  'exclusions/github.com/acme/r1.yaml': '- "/src/**"\n',
  'ignorefiles/github.com/acme/r1/.aiexclude': '',
};

describe('openFacts', () => {
  it('keeps the snapshots used last, and whoever reads an older one goes on', async () => {
    await write({ 'consents.jsonl': consent('u0') });
    const first = await openFacts(folder, snapshots);
    const digests = [];
    for (let count = 1; count <= 6; count++) {
      await write({ 'consents.jsonl': consent(`u${count}`) });
      const opened = await openFacts(folder, snapshots);
      digests.push(opened.digest);
      await opened.close();
    }
    expect((await readdir(snapshots)).sort()).toEqual(
      digests
        .slice(-4)
        .map((digest) => `facts-2-${digest}`)
        .sort(),
    );
    expect([...first.entries()]).toHaveLength(1);
    await first.close();
  });

  it('gives every entry of its files, and nothing else', async () => {
    await write(FILES);
    const { entries, close } = await openFacts(folder, snapshots);
    const expected: FactEntry[] = [];
    for (const [name, text] of Object.entries(FILES)) entriesOf(name, text, (entry) => expected.push(entry));
    const sorted = (all: Iterable<FactEntry>) => [...all].map(({ key, value }) => `${key}\t${value}`).sort();
    expect(sorted(entries())).toEqual(sorted(expected));
    await close();
  });

  it('answers for kinds of facts that the folder does not hold', async () => {
    await write({ 'repositories.jsonl': repository(1) });
    const { facts, close } = await openFacts(folder, snapshots);
    const id = facts.repositoriesByName('github.com/acme/r1' as RepositoryId);
    expect(id).toEqual([1]);
    expect(facts.consents('u1')).toEqual([]);
    expect(facts.codeowners('github.com/acme/r1' as RepositoryId)).toEqual([]);
    expect(facts.erased({ userId: 'u1' })).toBe(false);
    await close();
  });

  it('answers as facts in memory do', async () => {
    await write(FILES);
    const { facts, counts, close } = await openFacts(folder, snapshots);
    const memory = buildFacts(Object.entries(FILES).map(([name, text]) => ({ name, text })));
    const asked = (source: typeof facts) => ({
      histories: [1, 2, 3, 4].map((id) => source.history('github.com', id)),
      names: ['r1', 'r2', 'r3', 'ünicode', 'r4'].map((name) =>
        source.repositoriesByName(`github.com/acme/${name}` as never),
      ),
      consents: ['u1', 'U1', 'zoë', 'u2'].map((id) => source.consents(id)),
      files: [source.codeowners, source.exclusions, source.ignoreFiles].map((ask) =>
        ['r1', 'r2'].map((name) => ask(`github.com/acme/${name}` as never)),
      ),
      teams: source.nestedTeams('@acme/legal'),
      erased: [
        source.erased({ userId: 'U9' }),
        source.erased({ userId: 'u1' }),
        source.erased({ repository: 'github.com/acme/r1' as never }),
      ],
    });
    expect(asked(facts)).toEqual(asked(memory));
    expect(asked(facts).histories.map((states) => states.length)).toEqual([1, 2, 2, 0]);
    expect(counts).toEqual({ repositories: 4, webhooks: 1, consents: 3, teams: 1, erasures: 2, files: 3 });
    await close();
  });

  it('holds nothing where there is no folder', async () => {
    const { facts, counts, close } = await openFacts(join(root, 'nowhere'), snapshots);
    expect(facts.consents('u1')).toEqual([]);
    expect(counts.repositories).toBe(0);
    await close();
  });

  it('uses the snapshot of the same content again, and never that of another', async () => {
    await write(FILES);
    const first = await openFacts(folder, snapshots);
    const [name] = await readdir(snapshots);
    const built = (await stat(join(snapshots, name!))).ino;
    const again = await openFacts(folder, snapshots);
    expect(again.digest).toBe(first.digest);
    expect(await readFactsDigest(folder)).toBe(first.digest);
    expect((await stat(join(snapshots, name!))).ino).toBe(built);
    await write({ 'consents.jsonl': consent('u1', { training: 'denied' }) });
    const other = await openFacts(folder, snapshots);
    expect(other.digest).not.toBe(first.digest);
    expect(other.facts.consents('u1')[0]!.training).toBe('denied');
    expect(first.facts.consents('u1')).toHaveLength(2);
    const worker = await openSnapshot(snapshots, first.digest);
    expect(worker.facts.consents('u1')).toHaveLength(2);
    for (const opened of [first, again, other, worker]) await opened.close();
  });

  it('is open to nobody else', async () => {
    await write(FILES);
    const { close } = await openFacts(folder, snapshots);
    const [name] = await readdir(snapshots);
    expect((await stat(snapshots)).mode & 0o777).toBe(0o700);
    expect((await stat(join(snapshots, name!))).mode & 0o777).toBe(0o700);
    for (const file of await readdir(join(snapshots, name!)))
      expect((await stat(join(snapshots, name!, file))).mode & 0o777).toBe(0o600);
    await close();
  });

  it.each([
    [
      'a corrupt line',
      { 'repositories.jsonl': `${repository(1)}\n${repository(2, { visibility: 'open' })}` },
      'repositories.jsonl:2 visibility: ',
    ],
    [
      'bytes that are no UTF-8',
      {
        'consents.jsonl': Buffer.concat([
          Buffer.from(`${consent('a')}\n${consent('b')}\n{"userId":"`),
          Buffer.from([0xff]),
          Buffer.from('"}\n'),
        ]),
      },
      'consents.jsonl:3: ',
    ],
    ['a file that nobody would read', { 'consent.jsonl': '' }, 'consent.jsonl: '],
    ['a line of many megabytes', { 'consents.jsonl': `${consent('a')}\n${'x'.repeat(6 << 20)}` }, 'consents.jsonl:2: '],
    [
      'a pattern that is no glob',
      { 'exclusions/github.com/acme/r1.yaml': '- "{a"' },
      'exclusions/github.com/acme/r1.yaml',
    ],
  ])('refuses %s and leaves nothing behind', async (_name, files, message) => {
    await write(files as unknown as Record<string, string | Buffer>);
    const error: unknown = await openFacts(folder, snapshots).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(FactsError);
    expect((error as Error).message.startsWith(message)).toBe(true);
    expect(await readdir(snapshots).catch(() => [])).toEqual([]);
    await expect(checkFacts(folder)).rejects.toThrow((error as Error).message);
  });

  it('counts lines right across blocks, with lines as long as blocks', async () => {
    const filler = 'x'.repeat(700_000);
    const lines = Array.from({ length: 8 }, (_, i) => consent(`u${i}`, { note: filler }));
    await write({ 'consents.jsonl': [...lines, '', consent('last')].join('\n') });
    const { facts, close } = await openFacts(folder, snapshots);
    expect(facts.consents('last')[0]!.source).toBe('consents.jsonl:10');
    expect(facts.consents('u7')[0]!.source).toBe('consents.jsonl:8');
    await close();
  });

  it('finds every one of many, over several buckets', async () => {
    const many = 60_000;
    await write({
      'consents.jsonl': Array.from({ length: many }, (_, i) => consent(`user-${i}-${'p'.repeat(120)}`)).join('\n'),
    });
    expect((await stat(join(folder, 'consents.jsonl'))).size).toBeGreaterThan(8 << 20);
    const { facts, close } = await openFacts(folder, snapshots);
    let missing = 0;
    for (let i = 0; i < many; i++) if (facts.consents(`user-${i}-${'p'.repeat(120)}`).length !== 1) missing++;
    expect(missing).toBe(0);
    expect(facts.consents(`user-${many}-${'p'.repeat(120)}`)).toEqual([]);
    await close();
  });
});

describe('FactSorter', () => {
  it('gives every record once, in the order of the hashes', async () => {
    const place = join(root, 'sort');
    await mkdir(place);
    const sorter = new FactSorter(place, 7);
    for (let i = 0; i < 5000; i++) sorter.add({ key: `k${i % 4000}`, value: String(i) });
    const records = [...sorter.sorted()].flat();
    const hashes = records.map(([hash]) => hash);
    expect(hashes).toEqual([...hashes].sort((a, b) => a - b));
    expect(new Set(hashes).size).toBe(4000);
    expect(records.flatMap(([, text]) => text.split('\n'))).toHaveLength(5000);
    expect(new Map(records).get(hashKey('k7'))).toBe('k7\t7\nk7\t4007');
    expect(await readdir(place)).toEqual([]);
  });

  it('hashes to whole numbers below 2^53, spread over all of them', () => {
    const hashes = Array.from({ length: 20_000 }, (_, i) => hashKey(`rgithub.com#${i}`));
    expect(hashes.every((hash) => Number.isSafeInteger(hash) && hash >= 0)).toBe(true);
    expect(new Set(hashes).size).toBe(hashes.length);
    const quarters = [0, 0, 0, 0];
    for (const hash of hashes) quarters[Math.floor(hash / 2 ** 51)]!++;
    for (const count of quarters) expect(count).toBeGreaterThan(4000);
  });
});

it('leaves the facts folder as it was', async () => {
  await write(FILES);
  const { close } = await openFacts(folder, snapshots);
  await close();
  expect(await readFile(join(folder, 'teams.jsonl'), 'utf8')).toBe(FILES['teams.jsonl']);
  expect((await readdir(folder)).sort()).toEqual([
    'codeowners',
    'consents.jsonl',
    'erasures.jsonl',
    'exclusions',
    'ignorefiles',
    'repositories.jsonl',
    'repository-webhooks.jsonl',
    'teams.jsonl',
  ]);
});
