/** What every object store promises, as tests to run against one. */
import { createHash, randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { compareKeys, openStore, type ObjectStore } from '../../../storage/objects.ts';

export async function* pieces(...chunks: (Buffer | string)[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}
const keysOf = async (store: ObjectStore, prefix = ''): Promise<string[]> =>
  (await collect(store.list(prefix))).map(({ key }) => key);
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** `root` gives the address of an empty store. */
export function describePromises(root: () => string): void {
  let store: ObjectStore;
  beforeEach(() => {
    store = openStore(root());
  });

  describe('what was written', () => {
    it('is read back, whole and by ranges, in chunks of 1 MiB', async () => {
      const bytes = randomBytes((2 << 20) + 17);
      const written = await store.write('a/b.bin', bytes);
      expect(written).toEqual({ size: bytes.length, sha256: sha256(bytes) });
      const chunks = await collect(store.read('a/b.bin'));
      expect(chunks.map(({ length }) => length)).toEqual([1 << 20, 1 << 20, 17]);
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
      expect((await store.readAll('a/b.bin')).equals(bytes)).toBe(true);
      for (const [start, end] of [
        [0, 1],
        [5, 5],
        [1_000, 1_500_000],
        [bytes.length - 3, bytes.length + 50],
        [bytes.length, bytes.length + 1],
        [9e7, 9e8],
      ] as const) {
        const part = bytes.subarray(start, end);
        expect((await store.readAll('a/b.bin', { start, end })).equals(part)).toBe(true);
        expect(Buffer.concat(await collect(store.read('a/b.bin', { start, end }))).equals(part)).toBe(true);
      }
    });

    it('may be empty', async () => {
      expect((await store.write('empty', Buffer.alloc(0))).size).toBe(0);
      expect((await store.write('empty-stream', pieces())).size).toBe(0);
      expect(await store.stat('empty')).toMatchObject({ key: 'empty', size: 0 });
      expect(await collect(store.read('empty'))).toEqual([]);
      expect((await store.readAll('empty-stream')).length).toBe(0);
    });

    it('is replaced by a later write, unless that one asks for absence', async () => {
      await store.write('k', pieces('one', ' two'));
      await store.write('k', Buffer.from('three'));
      await expect(store.write('k', Buffer.from('four'), { ifAbsent: true })).rejects.toMatchObject({
        kind: 'exists',
        retryable: false,
      });
      expect((await store.readAll('k')).toString()).toBe('three');
    });

    it('is made by one of many writers who ask for absence', async () => {
      const all = await Promise.allSettled(
        Array.from({ length: 12 }, (_, i) => store.write('race', pieces(`writer ${i}`), { ifAbsent: true })),
      );
      const won = all.findIndex(({ status }) => status === 'fulfilled');
      expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const one of all) if (one.status === 'rejected') expect(one.reason).toMatchObject({ kind: 'exists' });
      expect((await store.readAll('race')).toString()).toBe(`writer ${won}`);
    });

    it('is left as it was when the source of a write breaks, and the error is the source’s own', async () => {
      async function* broken(): AsyncGenerator<Buffer> {
        yield Buffer.from('half');
        throw new RangeError('the source broke');
      }
      await store.write('k', Buffer.from('before'));
      await expect(store.write('k', broken())).rejects.toThrow(new RangeError('the source broke'));
      await expect(store.write('fresh', broken())).rejects.toThrow('the source broke');
      expect((await store.readAll('k')).toString()).toBe('before');
      expect(await keysOf(store)).toEqual(['k']);
    });

    it('is refused under a tag that it no longer has', async () => {
      await store.write('k', Buffer.from('before'));
      const { etag } = (await store.stat('k'))!;
      expect((await store.readAll('k', undefined, etag)).toString()).toBe('before');
      await store.write('k', Buffer.from('after!'));
      await expect(store.readAll('k', undefined, etag)).rejects.toMatchObject({ kind: 'changed' });
      await expect(collect(store.read('k', { start: 0, end: 3 }, etag))).rejects.toMatchObject({ kind: 'changed' });
    });
  });

  describe('keys', () => {
    it('are listed in UTF-8 byte order, by prefixes that may end anywhere', async () => {
      const keys = ['a', 'a-b', 'a/b', 'a/b/c', 'a0', 'ab/c', 'é', 'z', '\uFF5E', '\u{1F600}'].filter(
        (key) => key !== 'a/b' && key !== 'a',
      );
      for (const key of keys) await store.write(key, Buffer.from(key));
      const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(await keysOf(store)).toEqual(sorted);
      expect([...keys].sort(compareKeys)).toEqual(sorted);
      expect(await keysOf(store, 'a')).toEqual(['a-b', 'a/b/c', 'a0', 'ab/c']);
      expect(await keysOf(store, 'a/')).toEqual(['a/b/c']);
      expect(await keysOf(store, 'a/b')).toEqual(['a/b/c']);
      expect(await keysOf(store, 'nothing/here')).toEqual([]);
    });

    it.each(['', '/a', 'a/', 'a//b', '..', 'a/../b', '../a', './a', 'a/.', 'a\0b', 'x'.repeat(1025), '\uD800'])(
      'are refused when they are no plain relative path: %j',
      async (key) => {
        await expect(store.write(key, Buffer.from('x'))).rejects.toMatchObject({ name: 'StorageFault' });
        await expect(store.readAll(key)).rejects.toMatchObject({ name: 'StorageFault' });
        await expect(store.remove(key)).rejects.toMatchObject({ name: 'StorageFault' });
      },
    );

    it('that are not there are null, or a fault that names them', async () => {
      expect(await store.stat('none')).toBeNull();
      await expect(store.readAll('some/none')).rejects.toMatchObject({
        kind: 'not_found',
        path: expect.stringContaining('some/none') as string,
      });
      await expect(collect(store.read('none'))).rejects.toMatchObject({ kind: 'not_found' });
      await store.remove('none');
      await store.remove('some/none');
      expect(await store.removeAll('none/')).toBe(0);
    });

    it('go away one by one or by prefix', async () => {
      for (const key of ['a/1', 'a/2/3', 'ab', 'b']) await store.write(key, Buffer.from('x'));
      await store.remove('b');
      expect(await store.removeAll('a/')).toBe(2);
      expect(await keysOf(store)).toEqual(['ab']);
      expect(await store.removeAll('')).toBe(1);
      expect(await keysOf(store)).toEqual([]);
    });
  });

  describe('a folder', () => {
    const fill = async (folder: string, text: string): Promise<void> => {
      for (const key of ['README.md', 'data/kto/a b+c%.parquet', 'manifest.dsse.json']) {
        await store.write(`${folder}/${key}`, Buffer.from(`${text} ${key}`));
      }
    };

    it('is published whole and once; a repetition says that it exists', async () => {
      await fill('staging/1', 'first');
      expect(await store.publishFolder('staging/1', 'datasets/x/v1')).toBe('published');
      expect(await keysOf(store)).toEqual(
        ['README.md', 'data/kto/a b+c%.parquet', 'manifest.dsse.json'].map((key) => `datasets/x/v1/${key}`),
      );
      expect(await store.publishFolder('staging/1/', 'datasets/x/v1/')).toBe('exists');
      await fill('staging/2', 'second');
      expect(await store.publishFolder('staging/2', 'datasets/x/v1')).toBe('exists');
      expect((await store.readAll('datasets/x/v1/README.md')).toString()).toBe('first README.md');
      expect(await keysOf(store, 'staging/2/')).toHaveLength(3);
    });

    it('without a manifest is not published', async () => {
      await store.write('staging/README.md', Buffer.from('x'));
      await expect(store.publishFolder('staging', 'v1')).rejects.toMatchObject({ kind: 'not_found' });
      expect(await keysOf(store)).toEqual(['staging/README.md']);
    });

    it('published by many at once holds the files of one of them alone', async () => {
      await Promise.all(Array.from({ length: 4 }, (_, i) => fill(`staging/${i}`, `text ${i}`)));
      const results = await Promise.all(Array.from({ length: 4 }, (_, i) => store.publishFolder(`staging/${i}`, 'v1')));
      expect(results.filter((result) => result === 'published').length).toBeLessThanOrEqual(1);
      const texts = await Promise.all(
        (await keysOf(store, 'v1/')).map(async (key) => (await store.readAll(key)).toString().slice(0, 6)),
      );
      expect(texts).toHaveLength(3);
      expect(new Set(texts).size).toBe(1);
      expect(await keysOf(store, 'v1.')).toEqual([]);
    });
  });
}
