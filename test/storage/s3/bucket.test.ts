/** Objects in a bucket of a real MinIO server. */
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { createHash, randomBytes } from 'node:crypto';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../../storage/objects.ts';
import { checkWritable } from '../../../storage/objects/writable.ts';
import { findMinio, startMinio, type Minio } from './minio.ts';
import { faultyProxy } from './proxy.ts';
import { collect, describePromises } from '../objects/promises.ts';

const program = findMinio();
if (program === null) {
  console.warn(
    'SKIPPED: no minio program on PATH or in the cache (go install github.com/minio/minio@latest): S3 is not tested',
  );
}

describe.skipIf(program === null)('objects on S3', () => {
  let minio: Minio;
  let client: S3Client;
  let counter = 0;
  const url = (prefix: string, endpoint = minio.endpoint): string =>
    `s3://garner/${prefix}?endpoint=${encodeURIComponent(endpoint)}&pathStyle=true`;
  const uploads = async (): Promise<number> =>
    (await client.send(new ListMultipartUploadsCommand({ Bucket: 'garner' }))).Uploads?.length ?? 0;

  beforeAll(async () => {
    minio = await startMinio(program!);
    client = new S3Client({ endpoint: minio.endpoint, region: 'us-east-1', forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: 'garner' }));
  });
  afterAll(async () => {
    client?.destroy();
    await minio?.stop();
  });

  describePromises(() => url(`store-${++counter}`));

  const block = randomBytes(1 << 20);
  async function* blocks(count: number, broken = false): AsyncGenerator<Buffer> {
    for (let i = 0; i < count; i++) yield block;
    if (broken) throw new RangeError('the source broke');
  }

  it('take streams of unknown length in parts', async () => {
    const store = openStore(url('parts'));
    const hash = createHash('sha256');
    for (let i = 0; i < 37; i++) hash.update(block);
    const digest = hash.digest('hex');
    expect(await store.write('big', blocks(37))).toEqual({ size: 37 << 20, sha256: digest });
    expect(
      createHash('sha256')
        .update(await store.readAll('big'))
        .digest('hex'),
    ).toBe(digest);
    await expect(store.write('big', blocks(37), { ifAbsent: true })).rejects.toMatchObject({ kind: 'exists' });
    expect(await uploads()).toBe(0);
  });

  it('leave no part behind when the source breaks in the middle', async () => {
    const store = openStore(url('broken'));
    await expect(store.write('big', blocks(37, true))).rejects.toThrow(new RangeError('the source broke'));
    expect(await uploads()).toBe(0);
    expect(await store.stat('big')).toBeNull();
  });

  it('lose the uploads that a killed process left when their prefix is removed', async () => {
    await client.send(new CreateMultipartUploadCommand({ Bucket: 'garner', Key: 'killed/a/big' }));
    expect(await uploads()).toBe(1);
    expect(await openStore(url('killed')).removeAll('a/')).toBe(0);
    expect(await uploads()).toBe(0);
  });

  it('keep what is whole where unfinished uploads are removed, and the uploads of other prefixes', async () => {
    const store = openStore(url('left'));
    await store.write('a/whole', Buffer.from('x'));
    for (const Key of ['left/a/big', 'left/b/big'])
      await client.send(new CreateMultipartUploadCommand({ Bucket: 'garner', Key }));
    await store.abandon('a/');
    expect(await uploads()).toBe(1);
    expect((await collect(store.list(''))).map(({ key }) => key)).toEqual(['a/whole']);
    await store.abandon('');
    expect(await uploads()).toBe(0);
  });

  it('are listed past the 1,000 of one page, and removed so', async () => {
    const store = openStore(url('many'));
    const keys = Array.from({ length: 1_050 }, (_, i) => `k/${String(i).padStart(5, '0')}`);
    for (let at = 0; at < keys.length; at += 50) {
      await Promise.all(keys.slice(at, at + 50).map((key) => store.write(key, Buffer.from('x'))));
    }
    expect((await collect(store.list('k/'))).map(({ key }) => key)).toEqual(keys);
    expect(await store.removeAll('k/')).toBe(1_050);
    expect(await collect(store.list(''))).toEqual([]);
  });

  it('are read on where a connection broke, and refused when they changed meanwhile', async () => {
    const store = openStore(url('flaky'));
    const bytes = randomBytes(6 << 20);
    await store.write('big', bytes);
    const proxy = await cuttingProxy(minio.endpoint, 2 << 20);
    try {
      const flaky = openStore(url('flaky', proxy.endpoint));
      expect((await flaky.readAll('big')).equals(bytes)).toBe(true);
      expect(proxy.connections()).toBeGreaterThan(2);
      const reading = flaky.read('big')[Symbol.asyncIterator]();
      await reading.next();
      await store.write('big', randomBytes(6 << 20));
      const rest = (async () => {
        while ((await reading.next()).done !== true);
      })();
      await expect(rest).rejects.toMatchObject({ kind: 'changed' });
    } finally {
      await proxy.close();
    }
  });

  it('survive a service that fails three of ten requests', async () => {
    const seed = 20_260_501;
    const random = seeded(seed);
    const proxy = await faultyProxy(minio.endpoint, () => (random() < 0.3 ? (random() < 0.5 ? 503 : 500) : 'pass'));
    try {
      const store = openStore(url(`faulty-${seed}`, proxy.endpoint));
      const written = await store.write('big', blocks(20));
      for (let i = 0; i < 5; i++) await store.write(`staging/${i}`, Buffer.from(String(i)), { ifAbsent: true });
      await store.write('staging/manifest.dsse.json', Buffer.from('{}'));
      expect(await store.publishFolder('staging', 'v1')).toBe('published');
      const hash = createHash('sha256');
      for await (const chunk of store.read('big')) hash.update(chunk);
      expect(hash.digest('hex'), `seed ${seed}`).toBe(written.sha256);
      expect((await collect(store.list(''))).length).toBe(7);
      expect(await store.removeAll('')).toBe(7);
      expect(await uploads()).toBe(0);
      expect(proxy.faults()).toBeGreaterThan(0);
    } finally {
      await proxy.close();
    }
  });

  it('are made by the writer whose answer was lost, though its repetition meets the object', async () => {
    let lost = 0;
    const proxy = await faultyProxy(minio.endpoint, ({ method }) =>
      method === 'PUT' && lost++ === 0 ? 'lose answer' : 'pass',
    );
    try {
      const store = openStore(url('lost', proxy.endpoint));
      expect((await store.write('k', Buffer.from('mine'), { ifAbsent: true })).size).toBe(4);
      expect(lost).toBeGreaterThan(1);
      await expect(store.write('k', Buffer.from('other'), { ifAbsent: true })).rejects.toMatchObject({
        kind: 'exists',
      });
    } finally {
      await proxy.close();
    }
  });

  it('are unavailable, not lost, when the service is gone', async () => {
    const store = openStore(url('x', 'http://127.0.0.1:9'));
    await expect(store.stat('k')).rejects.toMatchObject({ kind: 'unavailable', retryable: true });
  });

  it('published half by one who died are published by the next', async () => {
    const store = openStore(url('half'));
    for (const key of ['README.md', 'data/a', 'manifest.dsse.json']) {
      await store.write(`dead/${key}`, Buffer.from(`dead ${key}`));
      await store.write(`next/${key}`, Buffer.from(`next ${key}`));
    }
    await store.write('v1.claim', Buffer.from('dead'));
    await store.write('v1/README.md', Buffer.from('dead README.md'));
    expect(await store.publishFolder('next', 'v1')).toBe('exists');
    expect((await store.readAll('v1/data/a')).toString()).toBe('dead data/a');
    expect((await store.readAll('v1/manifest.dsse.json')).toString()).toBe('dead manifest.dsse.json');
    await store.write('v2.claim', Buffer.from('gone'));
    expect(await store.publishFolder('next', 'v2')).toBe('published');
    expect((await collect(store.list('v'))).map(({ key }) => key).filter((key) => key.endsWith('.claim'))).toEqual([]);
  });

  it('published half by one who gives up are taken back, those of others and whole ones are not', async () => {
    const store = openStore(url('back'));
    for (const run of ['run-a', 'run-b']) {
      await store.write(`datasets/x/${run}.claim`, Buffer.from(`runs/${run}/dataset-1`));
      await store.write(`datasets/x/${run}/data/a`, Buffer.from('a'));
    }
    await store.write('datasets/x/whole.claim', Buffer.from('runs/run-a/dataset-2'));
    await store.write('datasets/x/whole/manifest.dsse.json', Buffer.from('{}'));
    await store.takeBack('runs/run-a/', 'datasets/');
    expect((await collect(store.list(''))).map(({ key }) => key)).toEqual([
      'datasets/x/run-b.claim',
      'datasets/x/run-b/data/a',
      'datasets/x/whole/manifest.dsse.json',
    ]);
  });

  it('fail with a kind that says what to do', async () => {
    const none = openStore(url('x').replace('s3://garner', 's3://no-such-bucket'));
    await expect(none.write('k', Buffer.from('x'))).rejects.toMatchObject({ kind: 'not_writable' });
    await expect(checkWritable(none.url)).rejects.toMatchObject({ kind: 'not_writable', path: expect.stringContaining('no-such-bucket') as string }); // prettier-ignore
    await expect(checkWritable(url('x'))).resolves.toBeUndefined();
    await expect(collect(none.list(''))).rejects.toMatchObject({ kind: 'not_found' });
    const key = process.env['AWS_SECRET_ACCESS_KEY'];
    process.env['AWS_SECRET_ACCESS_KEY'] = 'wrong';
    try {
      const wrong = openStore(url('x', minio.endpoint.replace('127.0.0.1', 'localhost')));
      await expect(wrong.write('k', Buffer.from('x'))).rejects.toMatchObject({
        kind: 'not_writable',
        retryable: false,
      });
      await expect(checkWritable(wrong.url)).rejects.toMatchObject({ kind: 'not_writable', retryable: false });
      await expect(wrong.readAll('k')).rejects.toMatchObject({ kind: 'not_readable' });
    } finally {
      process.env['AWS_SECRET_ACCESS_KEY'] = key;
    }
  });
});

describe('the address of a bucket', () => {
  it.each(['s3://', 's3:///prefix', 's3://user:secret@bucket/x', 's3://bucket/x?pathstyle=true'])(
    'is refused: %s',
    (url) => {
      expect(() => openStore(url)).toThrow(TypeError);
    },
  );
  it('is not repeated with its credentials', () => {
    expect(() => openStore('s3://user:hunter2@bucket/x')).toThrow(/^(?!.*hunter2)/);
  });
});

/** Passes connections on and cuts each one after so many bytes of answer. */
async function cuttingProxy(
  endpoint: string,
  bytes: number,
): Promise<{ endpoint: string; connections(): number; close(): Promise<void> }> {
  const { hostname, port } = new URL(endpoint);
  let connections = 0;
  const open = new Set<Socket>();
  const server: Server = createServer((near) => {
    connections++;
    open.add(near);
    let left = bytes;
    const far = connect(Number(port), hostname);
    near.on('error', () => far.destroy()).on('close', () => far.destroy());
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.pipe(far);
    far.on('data', (data) => {
      left -= data.length;
      if (left > 0) near.write(data);
      else near.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** mulberry32: the same numbers from 0 to 1 for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
