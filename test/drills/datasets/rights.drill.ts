/** Rights over what lies in a bucket, on a cluster: erased while it is built, erased, rewrapped and expired by workers that are killed midway. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { cpSync, readFileSync, writeFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EraseSummary, RunSummary } from '../../../activities/types.ts';
import { parseManifest } from '../../../curation/proof/dsse.ts';
import type { Certificate } from '../../../curation/proof/erasure.ts';
import { openStore, type ObjectStore } from '../../../storage/objects.ts';
import type { RetentionSummary } from '../../../workflows/retention.ts';
import { bytesUnder, filesUnder, PROJECT } from '../../command.ts';
import { findMinio, startMinio, type Minio } from '../../storage/s3/minio.ts';
import { drawsOf } from '../site/seed.ts';
import { NOW, Site, type Running } from '../site/site.ts';

const program = findMinio();
if (program === null)
  console.warn('SKIPPED: no minio program on PATH or in the cache: no right over a bucket is drilled');
const BUILDS = Number(process.env['DRILL_BUILDS'] ?? 6);
const KILLS = Number(process.env['DRILL_KILLS'] ?? 4);

describe.skipIf(program === null)('what lies in a bucket', () => {
  let minio: Minio;
  let site: Site;
  /** A finished run whose policy keeps its buckets and names ages. */
  let first: RunSummary;
  let seconds: number;
  let user: string;
  /** Completions that the user's events alone hold. */
  let texts: string[];
  const url = (prefix: string): string =>
    `s3://garner/${prefix}?endpoint=${encodeURIComponent(minio.endpoint)}&pathStyle=true`;
  const at = (prefix: string): ObjectStore => openStore(url(prefix));
  const on = (keys: string) => ['--keys', keys, '--address', site.server.address];
  const run = (out: string, keys = site.keys): Running =>
    site.start([
      ...['run', '--input', 'sample/events', '--facts', 'sample/facts', '--now', NOW, '--json', '--policy', 'policy.yaml'],
      ...[...on(keys), '--access', 'access.yaml', '--out', url(out), '--shard-bytes', '64KB', '--concurrency', '2'],
    ]); // prettier-ignore
  const erase = (out: string, keys: string): Running =>
    site.start(['erase', '--user', user, '--out', url(out), ...on(keys), '--access', 'access.yaml', '--json']);
  const retain = (out: string, keys: string, policy: string, now: string): Running =>
    site.start(['retention', '--policy', policy, '--out', url(out), ...on(keys), '--now', now, '--json']);

  beforeAll(async () => {
    minio = await startMinio(program!);
    site = new Site();
    const client = new S3Client({ endpoint: minio.endpoint, region: 'us-east-1', forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: 'garner' }));
    client.destroy();
    await site.open(1500, 23);
    const policy = readFileSync(`${PROJECT}/config/policy.yaml`, 'utf8');
    const keeping = policy
      .replace('output:', 'output:\n  measurable: [product-evaluation]')
      .replace('files: parquet', 'files: jsonl');
    writeFileSync(site.path('policy.yaml'), keeping);
    const ages = { staging: 'retention: {staging: 3d}', all: 'retention: {staging: 3d, ledgers: 5d, datasets: 10d}' };
    for (const [name, line] of Object.entries(ages)) writeFileSync(site.path(`${name}.yaml`), `${keeping}\n${line}\n`);
    const worker = await site.worker();
    const ended = await run('first').ended;
    expect([ended.status, ended.stderr]).toEqual([0, '']);
    first = JSON.parse(ended.stdout) as RunSummary;
    seconds = ended.seconds;
    ({ user, texts } = await ofOneUser());
    await stop(worker);
    console.log(
      `bucket: ${first.examples} examples in ${seconds.toFixed(1)} s; the subject wrote ${texts.length} of them`,
    );
  });
  afterAll(async () => {
    await site?.close();
    await minio?.stop();
  });

  const stop = async ({ child, ended }: Running) => {
    child.kill('SIGKILL');
    await ended;
  };

  async function keysIn(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of at(prefix).list('')) keys.push(key);
    return keys;
  }

  /** What the first run left, and the keys as they were then. */
  async function copyOf(name: string): Promise<string> {
    const [from, to] = [at('first'), at(name)];
    for (const key of await keysIn('first')) await to.write(key, await from.readAll(key));
    cpSync(site.keys, site.path(name), { recursive: true });
    return site.path(name);
  }

  /** Rows of a version, opened, as bytes. */
  async function rowsOf(out: string, version: string, keys: string): Promise<Buffer> {
    const opened = site.path(`opened-${out}-${version}`);
    rmSync(opened, { recursive: true, force: true });
    const ended = await site.start([
      'open',
      url(`${out}/datasets/completions/${version}`),
      '--keys',
      keys,
      '--out',
      opened,
    ]).ended;
    expect(ended.stderr).not.toContain('garner:');
    return bytesUnder(`${opened}/data`);
  }

  /** By input and rows alone: the user most of whose completions stand in the dataset, and in no event of anybody else. */
  async function ofOneUser(): Promise<{ user: string; texts: string[] }> {
    const rows = (await rowsOf('first', first.version, site.keys)).toString('latin1');
    const files = filesUnder(site.path('sample', 'events')).filter((file) => file.endsWith('.jsonl'));
    const lines = files.flatMap((file) => readFileSync(file, 'latin1').split('\n'));
    const events = lines.map((line) => ({ line, by: /"user":\{"id":"([^"]+)"/.exec(line)?.[1] ?? '' }));
    const found = new Map<string, Set<string>>();
    for (const { line, by } of events) {
      const completion = /"completion":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? '';
      const [text = ''] = completion.split(/\\./).sort((a, b) => b.length - a.length);
      if (by === '' || text.length < 24 || !rows.includes(text)) continue;
      if (events.some((other) => other.by !== by && other.line.includes(text))) continue;
      found.set(by, (found.get(by) ?? new Set()).add(text));
    }
    const [most] = [...found].sort((a, b) => b[1].size - a[1].size || (a[0] < b[0] ? -1 : 1));
    return { user: most![0], texts: [...most![1]] };
  }

  /** Versions that stand, each without a row of the subject; and nothing says that one is to be found. */
  async function expectGone(out: string, keys: string): Promise<string[]> {
    const standing = (await keysIn(out))
      .map((key) => /^datasets\/completions\/([^/]+)\/manifest\.dsse\.json$/.exec(key)?.[1])
      .filter((version) => version !== undefined);
    for (const version of standing) {
      const rows = (await rowsOf(out, version, keys)).toString('latin1');
      expect(texts.filter((text) => rows.includes(text))).toEqual([]);
      const verified = await site.start(['verify', url(`${out}/datasets/completions/${version}`), '--keys', keys])
        .ended;
      expect(verified.stdout).toBe('signer: trusted\nverified\n');
    }
    const left = await site.start(['erase', '--user', user, '--out', url(out), '--keys', keys, '--dry-run']).ended;
    expect([left.status, left.stdout]).toEqual([0, '']);
    return standing;
  }

  async function certificateOf(out: string, key: string): Promise<Omit<Certificate, 'at'>> {
    const [envelope] = parseManifest((await at(out).readAll(key)).toString()).envelopes;
    const { predicate } = JSON.parse(Buffer.from(envelope!.payload, 'base64').toString()) as { predicate: Certificate };
    const { at: _at, ...said } = predicate;
    return said;
  }

  it(`is never published with somebody who is erased while it is built, at ${BUILDS} moments`, async () => {
    const draw = drawsOf('erased while it is built');
    for (let build = 0; build < BUILDS; build++) {
      const out = `built-${build}`;
      const keys = site.path(`keys-${build}`);
      cpSync(site.keys, keys, { recursive: true });
      const worker = await site.worker({ keys });
      const running = run(out, keys);
      let over = false;
      void running.ended.then(() => (over = true));
      // Every third moment is that of publication: the index is there, the version not yet or just so.
      if (build % 3 === 2) while (!over && !(await keysIn(`${out}/erasure`)).length) await sleep(10);
      else await sleep(((build + draw()) / BUILDS) * seconds * 1000);
      const moment = over ? 'after' : (await keysIn(`${out}/erasure`)).length > 0 ? 'publication' : 'work';
      const erased = await erase(out, keys).ended;
      const built = await running.ended;
      expect([erased.status, erased.stderr]).toEqual([0, '']);
      const { versions, probe } = JSON.parse(erased.stdout) as EraseSummary;
      expect([probe.remaining, probe.uncovered]).toEqual([[], []]);
      const standing = await expectGone(out, keys);
      const replaced = versions.map(({ replacedBy }) => replacedBy);
      const how = built.status === 3 ? 'refused' : replaced.length > 0 ? 'issued again' : 'left out';
      console.log(`build ${build}: erased during ${moment}: ${how}`);
      // Refused; or published before, and issued again; or planned after, and made without.
      if (how === 'refused') expect([built.stderr, standing]).toEqual([expect.stringContaining('erased'), []]);
      else expect(built.status).toBe(0);
      if (how === 'issued again') expect(standing).toEqual(replaced);
      if (how === 'left out') expect((JSON.parse(built.stdout) as RunSummary).reasons['erased']).toBeGreaterThan(0);
      const again = await run(out, keys).ended;
      if (built.status === 3) expect((JSON.parse(again.stdout) as RunSummary).reasons['erased']).toBeGreaterThan(0);
      await expectGone(out, keys);
      await stop(worker);
    }
  });

  it(`is erased alike when the worker is killed midway, ${KILLS} times`, async () => {
    const draw = drawsOf('erasure on a bucket');
    const calmKeys = await copyOf('calm');
    let worker = await site.worker({ keys: calmKeys });
    const calm = await erase('calm', calmKeys).ended;
    expect([calm.status, calm.stderr]).toEqual([0, '']);
    const whole = JSON.parse(calm.stdout) as EraseSummary;
    expect(whole.versions.map(({ version }) => version)).toEqual([first.version]);
    const said = await certificateOf('calm', whole.certificate);
    await expectGone('calm', calmKeys);
    expect((await keysIn('calm/runs')).filter((key) => key.includes('/admit/') || key.endsWith('/kept'))).toEqual([]);
    await stop(worker);
    const isAt = [/^runs\/erase-.*dataset/, /\.claim$/, /TOMBSTONE/, /^erasure\/certificates/];
    let midway = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const out = `torn-${kill}`;
      const keys = await copyOf(out);
      worker = await site.worker({ keys });
      const running = erase(out, keys);
      let over = false;
      void running.ended.then(() => (over = true));
      const mark = isAt[kill % isAt.length]!;
      while (!over && !(await keysIn(out)).some((key) => mark.test(key))) await sleep(5);
      await sleep(draw() * 100);
      if (!over) midway++;
      await stop(worker);
      worker = await site.worker({ keys });
      const ended = await running.ended;
      expect([ended.status, ended.stderr]).toEqual([0, '']);
      const summary = JSON.parse(ended.stdout) as EraseSummary;
      expect(summary.versions.map(({ newDigest }) => newDigest)).toEqual(
        whole.versions.map(({ newDigest }) => newDigest),
      );
      const { probe, ...certified } = await certificateOf(out, summary.certificate);
      const { probe: calmProbe, ...wanted } = said;
      expect(certified).toEqual(wanted);
      // How much there was to look through depends on what the killed start had left.
      expect({ ...probe, objects: 0 }).toEqual({ ...calmProbe, objects: 0 });
      expect(await expectGone(out, keys)).toEqual([whole.versions[0]!.replacedBy]);
      const old = (await keysIn(out)).filter((key) => key.includes(`/${first.version}`));
      expect(old).toEqual([`${first.dataset}/TOMBSTONE.json`]);
      await stop(worker);
      console.log(`kill ${kill}: at ${String(mark)}: digest ${summary.versions[0]!.newDigest!.slice(0, 12)}`);
    }
    expect(midway).toBeGreaterThan(KILLS / 2);
  });

  it('is sealed to other readers, and alike after a rewrap that was killed', async () => {
    const keys = await copyOf('sealed');
    const [secret, draw] = [await generateIdentity(), drawsOf('rewrap on a bucket')];
    writeFileSync(site.path('ann.txt'), `${secret}\n`);
    cpSync(site.path('access.yaml'), site.path('wider.yaml'));
    const person = ['--group', 'copilot-team', '--affiliation', 'employee', '--team', 'assistant', '--keys', keys];
    const wider = ['--access', 'wider.yaml'];
    const granted = site.start([
      'access',
      'grant',
      'ann',
      ...person,
      '--recipient',
      await identityToRecipient(secret),
      ...wider,
    ]);
    expect((await granted.ended).status).toBe(0);
    const dataset = url(`sealed/${first.dataset}`);
    const opens = async (): Promise<boolean> =>
      !(await site.start(['verify', dataset, '--identity', 'ann.txt', '--keys', keys]).ended).stdout.includes(
        'not sealed',
      );
    const rewrap = (...more: string[]) => site.start(['access', 'rewrap', dataset, ...wider, '--keys', keys, ...more]);
    expect(await opens()).toBe(false);
    const took = (await rewrap().ended).seconds;
    expect(await opens()).toBe(true);
    expect((await site.start(['access', 'revoke', 'ann', ...wider, '--keys', keys]).ended).status).toBe(0);
    let midway = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const { child, ended } = rewrap('--anew');
      await sleep((0.5 + draw() / 2) * took * 1000);
      if (child.exitCode === null) midway++;
      child.kill('SIGKILL');
      await ended;
    }
    const last = await rewrap('--anew').ended;
    expect([last.status, last.stderr]).toEqual([0, expect.stringContaining('1 readers')]);
    expect(await opens()).toBe(false);
    expect((await site.start(['verify', dataset, '--keys', keys]).ended).stdout).toBe('signer: trusted\nverified\n');
    console.log(`rewrap: killed midway ${midway} of ${KILLS} times`);
    expect(midway).toBeGreaterThan(0);
  });

  it('goes when its time has passed, buckets that were kept first, whenever the worker is killed', async () => {
    const draw = drawsOf('retention on a bucket');
    const keys = await copyOf('aged');
    let worker = await site.worker({ keys });
    const kept = (key: string) => key.includes('/admit/') || key.endsWith('/kept');
    expect((await keysIn('aged')).filter(kept).length).toBeGreaterThan(1);
    const before = (await keysIn('aged')).filter((key) => !kept(key));
    const soon = new Date(Date.now() + 4 * 86_400_000).toISOString();
    const staging = await retain('aged', keys, 'staging.yaml', soon).ended;
    expect([staging.status, staging.stderr]).toEqual([0, '']);
    expect(JSON.parse(staging.stdout)).toMatchObject({ items: { staging: 1, ledger: 0, dataset: 0 }, remaining: [] });
    expect(await keysIn('aged')).toEqual(before);
    await stop(worker);
    for (let kill = 0; kill < KILLS; kill++) {
      const out = `old-${kill}`;
      const its = await copyOf(out);
      const total = (await keysIn(out)).length;
      worker = await site.worker({ keys: its });
      const running = retain(out, its, 'all.yaml', '2027-06-01T00:00:00Z');
      let over = false;
      void running.ended.then(() => (over = true));
      const some = Math.ceil(draw() * (total - 2));
      while (!over && (await keysIn(out)).length > total - some) await sleep(2);
      const left = (await keysIn(out)).length;
      await stop(worker);
      worker = await site.worker({ keys: its });
      const ended = await running.ended;
      expect([ended.status, ended.stderr]).toEqual([0, '']);
      const { remaining, datasets } = JSON.parse(ended.stdout) as RetentionSummary;
      expect([remaining, datasets]).toEqual([[], [`completions/${first.version}`]]);
      expect(await keysIn(out)).toEqual([`${first.dataset}/TOMBSTONE.json`]);
      await stop(worker);
      console.log(`retention ${kill}: killed with ${left} of ${total} objects left`);
    }
  });
});
