/** Objects as files: modes, links, and what happens when a disk is full or may not be written. */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { openStore, type ObjectStore } from '../../../storage/objects.ts';
import { checkWritable } from '../../../storage/objects/writable.ts';
import { collect, describePromises, pieces } from './promises.ts';

const top = mkdtempSync(join(tmpdir(), 'garner-files-'));
let counter = 0;
const folder = (): string => join(top, `store-${++counter}`);
const modeOf = (path: string): number => statSync(path).mode & 0o777;
const leftovers = (root: string): string[] =>
  existsSync(join(root, '.incoming')) ? readdirSync(join(root, '.incoming')) : [];
const isRoot = process.getuid?.() === 0;

afterAll(() => rmSync(top, { recursive: true, force: true }));

describe('objects as files', () => {
  describePromises(folder);

  it('are found by path and by file address', async () => {
    const root = folder();
    await openStore(root).write('k', Buffer.from('x'));
    expect((await openStore(pathToFileURL(root).href).readAll('k')).toString()).toBe('x');
    expect(openStore(root).url).toBe(pathToFileURL(root).href);
    expect(() => openStore('ftp://host/x')).toThrow(TypeError);
  });

  it('can be read by their owner alone, and so can their folders', async () => {
    const root = folder();
    const before = process.umask(0);
    try {
      await openStore(root).write('a/b/c', Buffer.from('x'));
    } finally {
      process.umask(before);
    }
    expect(modeOf(join(root, 'a/b/c'))).toBe(0o600);
    for (const path of ['', 'a', 'a/b']) expect(modeOf(join(root, path))).toBe(0o700);
  });

  it('leave nothing unfinished behind', async () => {
    const root = folder();
    const store = openStore(root);
    await store.write('k', pieces('a', 'b'));
    await store.write('k', pieces('c'), { ifAbsent: true }).catch(() => undefined);
    expect(leftovers(root)).toEqual([]);
    expect(readdirSync(root).sort()).toEqual(['.incoming', 'k']);
  });

  it.each([
    ['the next write', (store: ObjectStore) => store.write('k', Buffer.from('x'))],
    ['a removal', (store: ObjectStore) => store.removeAll('runs/of-another/')],
    ['who gives up', (store: ObjectStore) => store.abandon('runs/of-another/')],
  ])('are swept by %s where a killed writer left them, and not where a live one is writing', async (_, sweep) => {
    const root = folder();
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const { thisProcess, ownerText } = await import('../../../storage/host/process.ts');
    mkdirSync(join(root, '.incoming'), { recursive: true });
    const left = `${ownerText({ ...thisProcess(), pid: dead })}-dead`;
    const reused = `${ownerText({ ...thisProcess(), started: '1' })}-reused`;
    const live = `${ownerText(thisProcess())}-live`;
    const foreign = `${ownerText({ ...thisProcess(), place: '00000000' })}-foreign`;
    for (const name of [left, reused, live, foreign]) writeFileSync(join(root, '.incoming', name), 'plaintext');
    await sweep(openStore(root));
    expect(leftovers(root).sort()).toEqual([foreign, live].sort());
  });

  it('are not listed while unfinished', async () => {
    const root = folder();
    const store = openStore(root);
    async function* slow(): AsyncGenerator<Buffer> {
      yield Buffer.from('half');
      expect(leftovers(root)).toHaveLength(1);
      expect(await collect(store.list(''))).toEqual([]);
      expect(await store.stat('k')).toBeNull();
    }
    await store.write('k', slow());
    expect((await collect(store.list(''))).map(({ key }) => key)).toEqual(['k']);
  });

  it('do not leave their root by a symbolic link', async () => {
    const root = folder();
    const outside = folder();
    const store = openStore(root);
    await openStore(outside).write('secret', Buffer.from('outside'));
    await store.write('k', Buffer.from('x'));
    symlinkSync(outside, join(root, 'out'));
    symlinkSync(join(outside, 'secret'), join(root, 'link'));
    for (const key of ['out/secret', 'link']) {
      await expect(store.readAll(key)).rejects.toMatchObject({
        name: 'StorageFault',
        message: expect.stringContaining('leads out') as string,
      });
    }
    await expect(store.write('out/new', Buffer.from('x'))).rejects.toMatchObject({ kind: 'not_writable' });
    await expect(store.remove('out/secret')).rejects.toMatchObject({ kind: 'not_writable' });
    await expect(collect(store.list(''))).rejects.toMatchObject({
      message: expect.stringContaining('leads out') as string,
    });
    await expect(collect(store.list('out/'))).rejects.toMatchObject({
      message: expect.stringContaining('leads out') as string,
    });
    await store.write('link', Buffer.from('replaces the link, not its target'));
    await expect(store.removeAll('out/')).rejects.toMatchObject({ name: 'StorageFault' });
    await store.removeAll('');
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('outside');
  });

  it('may be links within their root', async () => {
    const root = folder();
    const store = openStore(root);
    await store.write('a', Buffer.from('x'));
    symlinkSync('a', join(root, 'b'));
    expect((await collect(store.list(''))).map(({ key, size }) => [key, size])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
    expect((await store.readAll('b')).toString()).toBe('x');
  });

  it('that become shorter while they are read are changed', async () => {
    const root = folder();
    const store = openStore(root);
    await store.write('k', randomBytes(3 << 20));
    const reading = store.read('k')[Symbol.asyncIterator]();
    await reading.next();
    truncateSync(join(root, 'k'), 1 << 20);
    await expect(reading.next()).rejects.toMatchObject({ kind: 'changed', path: join(root, 'k') });
  });

  it('name the path when something other than a folder stands in the way', async () => {
    const root = folder();
    const store = openStore(root);
    await store.write('a', Buffer.from('x'));
    await expect(store.write('a/b', Buffer.from('x'))).rejects.toMatchObject({
      kind: 'not_writable',
      path: join(root, 'a/b'),
    });
    await store.write('f/x', Buffer.from('x'));
    await expect(store.write('f', Buffer.from('x'))).rejects.toMatchObject({
      kind: 'not_writable',
      path: join(root, 'f'),
    });
    await expect(store.readAll('f')).rejects.toMatchObject({ kind: 'not_found' });
    expect(leftovers(root)).toEqual([]);
  });
});

describe('a place that may not be written', () => {
  it('is named, and is no reason to try again', async () => {
    const root = folder();
    mkdirSync(root, { mode: 0o500 });
    const error = await writeAsNobody(root);
    expect(error).toMatchObject({ kind: 'not_writable', path: join(root, 'a/k'), retryable: false });
    chmodSync(root, 0o700);
    expect(readdirSync(root)).toEqual([]);
  });
});

const tiny = join(top, 'tiny');
mkdirSync(tiny, { recursive: true });
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=700', 'none', tiny]).status === 0;
if (!mounted) console.warn('SKIPPED: no tmpfs can be mounted here (needs root): the full disk is not tested');

describe.skipIf(!mounted)('a full disk', () => {
  afterAll(() => execFileSync('umount', [tiny]));

  it('is a fault of its own, and leaves the old object and nothing else', async () => {
    const store = openStore(tiny);
    await store.write('k', Buffer.from('before'));
    async function* much(): AsyncGenerator<Buffer> {
      for (let i = 0; i < 4; i++) yield randomBytes(1 << 20);
    }
    await expect(store.write('k', much())).rejects.toMatchObject({
      kind: 'full',
      path: join(tiny, 'k'),
      retryable: false,
    });
    await expect(store.write('n', randomBytes(3 << 20), { ifAbsent: true })).rejects.toMatchObject({ kind: 'full' });
    expect((await store.readAll('k')).toString()).toBe('before');
    expect(leftovers(tiny)).toEqual([]);
    expect((await collect(store.list(''))).map(({ key }) => key)).toEqual(['k']);
  });
});

/** Root may write everywhere, so the attempt is made by a process without that right. */
async function writeAsNobody(root: string): Promise<unknown> {
  const attempt = async (): Promise<unknown> =>
    openStore(root)
      .write('a/k', Buffer.from('x'))
      .catch((error: unknown) => error);
  if (!isRoot) return attempt();
  execFileSync('chown', ['65534', root]);
  chmodSync(top, 0o711);
  process.seteuid!(65534);
  try {
    return await attempt();
  } finally {
    process.seteuid!(0);
  }
}

describe('a place', () => {
  it('is known to be writable, or not, before anything is written', async () => {
    const root = folder();
    await checkWritable(join(root, 'not', 'there', 'yet'));
    expect(existsSync(root)).toBe(false);
    writeFileSync(root, 'a file');
    await expect(checkWritable(join(root, 'below'))).rejects.toMatchObject({
      ...{ kind: 'not_writable', path: join(root, 'below') },
    });
  });
});
