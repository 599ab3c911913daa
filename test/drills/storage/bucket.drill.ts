/** A run on a real object store that answers badly, loses connections in the middle of uploads, or whose workers are killed. */
import { CreateBucketCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../activities/types.ts';
import { openStore } from '../../../storage/objects.ts';
import { filesUnder } from '../../command.ts';
import { findMinio, startMinio, type Minio } from '../../storage/s3/minio.ts';
import { faultyProxy, type Asked, type Fate } from '../../storage/s3/proxy.ts';
import { drawsOf } from '../site/seed.ts';
import { NOW, Site, type Ended } from '../site/site.ts';

const program = findMinio();
if (program === null)
  console.warn('SKIPPED: no minio program on PATH or in the cache: no fault of an object store is drilled');
const KILLS = Number(process.env['DRILL_BUCKET_KILLS'] ?? 4);

describe.skipIf(program === null)('a run on an object store', () => {
  let minio: Minio;
  let client: S3Client;
  let site: Site;
  let undisturbed: RunSummary;
  let seconds: number;
  const url = (prefix: string, endpoint = minio.endpoint): string =>
    `s3://garner/${prefix}?endpoint=${encodeURIComponent(endpoint)}&pathStyle=true`;
  const run = (out: string, endpoint = minio.endpoint) =>
    site.start([
      ...['run', '--input', url('in/events', endpoint), '--facts', url('in/facts', endpoint), '--now', NOW, '--json'],
      ...['--keys', site.keys, '--access', 'access.yaml', '--address', site.server.address, '--plain'],
      ...['--out', url(out, endpoint), '--shard-bytes', '64KB', '--concurrency', '2'],
    ]);

  beforeAll(async () => {
    minio = await startMinio(program!);
    site = new Site();
    client = new S3Client({ endpoint: minio.endpoint, region: 'us-east-1', forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: 'garner' }));
    await site.open(1000, 17);
    const sample = openStore(url('in'));
    for (const file of filesUnder(site.path('sample')))
      await sample.write(file.slice(site.path('sample').length + 1), readFileSync(file));
    const worker = await site.worker();
    const ended = await run('undisturbed').ended;
    expect(ended.stderr).toBe('');
    undisturbed = JSON.parse(ended.stdout) as RunSummary;
    seconds = ended.seconds;
    await expectSame(ended, 'undisturbed');
    await stop(worker);
    console.log(`bucket: undisturbed ${seconds.toFixed(1)} s, digest ${undisturbed.digest.slice(0, 12)}`);
  });
  afterAll(async () => {
    await site?.close();
    client?.destroy();
    await minio?.stop();
  });

  const stop = async ({ child, ended }: Awaited<ReturnType<Site['worker']>>) => {
    child.kill('SIGKILL');
    await ended;
  };

  /** Digest and counts of the undisturbed run; the version, its index, ledger and record, and nothing else. */
  async function expectSame(ended: Ended, out: string): Promise<void> {
    expect([ended.status, ended.stderr]).toEqual([0, '']);
    const summary = JSON.parse(ended.stdout) as RunSummary;
    expect(summary.kept + summary.excluded + summary.rejected).toBe(summary.records);
    const { digest, records, kept, excluded, rejected, examples, reasons } = undisturbed;
    expect(summary).toMatchObject({ digest, records, kept, excluded, rejected, examples, reasons });
    const staying = [
      `${summary.dataset}/`,
      `runs/${summary.runId}/ledger/`,
      `runs/${summary.runId}/run.json`,
      'erasure/index/',
    ];
    expect((await keysIn(out)).filter((key) => !staying.some((prefix) => key.startsWith(prefix)))).toEqual([]);
    // Its rows, and what they were judged by.
    expect((await keysIn(out)).filter((key) => key.startsWith(`runs/${summary.runId}/ledger/`)).length).toBe(2);
    const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'garner' }));
    expect(Uploads ?? []).toEqual([]);
    await expect(
      site.start(['verify', url(`${out}/${summary.dataset}`), '--keys', site.keys]).ended,
    ).resolves.toMatchObject({
      status: 0,
    });
  }

  async function keysIn(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of openStore(url(prefix)).list('')) keys.push(key);
    return keys;
  }

  async function through(name: string, decide: (asked: Asked, draw: () => number) => Fate): Promise<void> {
    const draw = drawsOf(name);
    const proxy = await faultyProxy(minio.endpoint, (asked) => decide(asked, draw));
    const worker = await site.worker();
    try {
      const ended = await run(name, proxy.endpoint).ended;
      await expectSame(ended, name);
      const total = Object.values(proxy.counts).reduce((sum, count) => sum + count, 0);
      expect(proxy.faults()).toBeGreaterThan(20);
      console.log(`${name}: ${total} requests, ${JSON.stringify(proxy.counts)}, ${ended.seconds.toFixed(1)} s`);
    } finally {
      await stop(worker);
      await proxy.close();
    }
  }

  it('that answers 500, 503 or slowly to three of ten requests comes to the same dataset', () =>
    through('unsteady', (_, draw) => {
      const drawn = draw();
      return drawn < 0.1 ? 500 : drawn < 0.2 ? 503 : drawn < 0.3 ? 'slow' : 'pass';
    }));

  it('that resets three of ten uploads in the middle, or loses the answer to them, comes to the same dataset', () =>
    through('resetting', ({ method, bytes }, draw) => {
      if (method !== 'PUT' || bytes === 0) return 'pass';
      const drawn = draw();
      return drawn < 0.3 ? 'reset' : drawn < 0.4 ? 'lose answer' : 'pass';
    }));

  it('takes an upload in parts whose parts are reset, and leaves none behind', async () => {
    const draw = drawsOf('parts');
    const proxy = await faultyProxy(minio.endpoint, ({ method, bytes }) =>
      method === 'PUT' && bytes > 0 && draw() < 0.4 ? 'reset' : 'pass',
    );
    try {
      const block = Buffer.alloc(1 << 20, 'garner');
      async function* blocks() {
        for (let index = 0; index < 100; index++) yield await Promise.resolve(block);
      }
      const { size, sha256 } = await openStore(url('parts', proxy.endpoint)).write('big', blocks());
      expect(size).toBe(100 << 20);
      expect((await openStore(url('parts')).stat('big'))?.size).toBe(size);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'garner' }));
      expect(Uploads ?? []).toEqual([]);
      expect(proxy.counts.reset).toBeGreaterThan(0);
      console.log(`parts: 100 MiB in parts, ${JSON.stringify(proxy.counts)}`);
    } finally {
      await proxy.close();
    }
  });

  it('that refuses the last object of a version for good leaves nothing of it: no copy, no claim', async () => {
    const refused = ({ method, url }: Asked) =>
      method === 'PUT' && /\/datasets\/[^?]*\/manifest\.dsse\.json/.test(url) ? 403 : 'pass';
    const proxy = await faultyProxy(minio.endpoint, refused);
    const worker = await site.worker();
    try {
      const ended = await run('refused', proxy.endpoint).ended;
      expect([ended.status, ended.stderr]).toEqual([3, expect.stringContaining('was refused')]);
      expect(proxy.counts[403]).toBeGreaterThan(0);
      expect(proxy.counts.pass).toBeGreaterThan(100);
      expect(await keysIn('refused')).toEqual([]);
      console.log(`refused: ${JSON.stringify(proxy.counts)}, ${ended.seconds.toFixed(1)} s, nothing is left`);
    } finally {
      await stop(worker);
      await proxy.close();
    }
  });

  it(`comes to the same dataset after kill -9 of the worker at ${KILLS} points, publication among them`, async () => {
    const draw = drawsOf('bucket kill');
    const took: string[] = [];
    for (let kills = 0; kills < KILLS;) {
      const out = `killed-${kills}`;
      let worker = await site.worker();
      const running = run(out);
      let over = false;
      void running.ended.then(() => (over = true));
      // Every other time the moment is that of the copies: the claim stands before the first of them.
      if (kills % 2 === 0) {
        while (!over && (await keysIn(`${out}/runs`)).length < 2) await sleep(50);
        await sleep(draw() * seconds * 700);
      } else while (!over && !(await keysIn(`${out}/datasets`)).some((key) => key.endsWith('.claim'))) await sleep(20);
      const staged = over ? [] : await keysIn(out);
      await stop(worker);
      kills++;
      worker = await site.worker();
      const ended = await running.ended;
      await expectSame(ended, out);
      await stop(worker);
      const point = staged.some((key) => key.startsWith('datasets/')) ? 'publish' : `${staged.length} objects`;
      took.push(`${point} ${Math.round(ended.seconds)} s`);
    }
    console.log(`bucket kill: ${took.join(', ')}`);
  });
});
