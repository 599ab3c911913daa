/** Objects as files below one folder: 0600 in 0700 folders, whole or not at all, never outside of the folder. */
import { constants, type BigIntStats } from 'node:fs';
import { link, mkdir, open, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { flushFolder } from '../host/private.ts';
import { hashing } from './body.ts';
import { codeOf, faultOf, ignoreMissing, isMissing } from './file-fault.ts';
import { INCOMING, nextIncoming, sweepIncoming } from './incoming.ts';
import type { ByteRange, ObjectInfo, ObjectStore } from './object.ts';
import { MANIFEST, READ_CHUNK, StorageFault, checkKey, checkPrefix, folderKey } from './object.ts';
import { Place, nameOf } from './place.ts';
import { walk } from './walk.ts';

const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Opens a folder as a store; it is made by the first write. */
export function openFiles(root: string): ObjectStore {
  return new Files(root);
}

class Files implements ObjectStore {
  readonly url: string;
  private readonly root: string;
  private swept = false;
  private readonly place: Place;

  constructor(root: string) {
    this.root = root;
    this.place = new Place(root);
    this.url = pathToFileURL(root).href;
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    checkPrefix(prefix, this.root);
    const top = await this.rootWithin();
    if (top === null) return;
    try {
      for await (const { key, path } of walk(top, prefix)) {
        // A file that goes away while the list is read was not there.
        const found = await stat(path, { bigint: true }).catch(ignoreMissing);
        if (found?.isFile() === true) yield infoOf(key, found);
      }
    } catch (error) {
      throw faultOf(error, join(this.root, prefix), 'not_readable');
    }
  }

  async stat(key: string): Promise<ObjectInfo | null> {
    checkKey(key, this.root);
    try {
      const found = await stat(await this.place.within(key), { bigint: true });
      return found.isFile() ? infoOf(key, found) : null;
    } catch (error) {
      const fault = faultOf(error, this.pathOf(key), 'not_readable');
      if (fault.kind === 'not_found') return null;
      throw fault;
    }
  }

  async *read(key: string, range?: ByteRange, etag?: string): AsyncIterable<Buffer> {
    const path = this.pathOf(key);
    const { file, info } = await this.openToRead(key, etag);
    try {
      const end = Math.min(range?.end ?? info.size, info.size);
      for (let at = range?.start ?? 0; at < end;) {
        const chunk = Buffer.allocUnsafeSlow(Math.min(READ_CHUNK, end - at));
        await fill(file, chunk, at, path);
        at += chunk.length;
        if (at >= end && etag !== undefined) await checkTag(file, key, etag, path);
        yield chunk;
      }
    } finally {
      await file.close();
    }
  }

  async readAll(key: string, range?: ByteRange, etag?: string): Promise<Buffer> {
    const path = this.pathOf(key);
    const { file, info } = await this.openToRead(key, etag);
    try {
      const start = range?.start ?? 0;
      const all = Buffer.allocUnsafeSlow(Math.max(0, Math.min(range?.end ?? info.size, info.size) - start));
      await fill(file, all, start, path);
      if (etag !== undefined) await checkTag(file, key, etag, path);
      return all;
    } finally {
      await file.close();
    }
  }

  async write(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options: { ifAbsent?: boolean } = {},
  ): Promise<{ size: number; sha256: string }> {
    checkKey(key, this.root);
    const path = this.pathOf(key);
    const source = hashing(body);
    const incoming = await this.guarded(path, () => this.newIncoming());
    try {
      const file = await this.guarded(path, () => open(incoming, CREATE, 0o600));
      try {
        for await (const chunk of source.chunks) await this.guarded(path, () => writeAll(file, chunk));
        await this.guarded(path, () => file.sync());
      } finally {
        await file.close();
      }
      await this.guarded(path, () => this.settle(incoming, key, options.ifAbsent === true));
    } finally {
      await unlink(incoming).catch(() => undefined);
    }
    return source.result();
  }

  async remove(key: string): Promise<void> {
    checkKey(key, this.root);
    try {
      const path = await this.place.within(key, true);
      await unlink(path);
      await flushFolder(dirname(path));
    } catch (error) {
      if (!isMissing(error)) throw faultOf(error, this.pathOf(key), 'not_writable');
    }
  }

  async removeAll(prefix: string): Promise<number> {
    checkPrefix(prefix, this.root);
    const top = await this.rootWithin();
    if (top === null) return 0;
    await this.abandon(prefix);
    let removed = 0;
    try {
      for await (const { path } of walk(top, prefix, true)) {
        await unlink(path);
        removed++;
      }
      if (prefix.endsWith('/')) {
        // What is left are empty folders.
        const folder = await this.place.within(folderKey(prefix, this.root), true).catch(ignoreMissing);
        if (folder !== undefined) await rm(folder, { recursive: true, force: true });
      }
    } catch (error) {
      throw faultOf(error, join(this.root, prefix), 'not_writable');
    }
    return removed;
  }

  async abandon(prefix: string): Promise<void> {
    checkPrefix(prefix, this.root);
    const folder = await this.place.within(INCOMING).catch(ignoreMissing);
    if (folder !== undefined) await this.guarded(folder, () => sweepIncoming(folder));
  }

  async publishFolder(from: string, to: string): Promise<'published' | 'exists'> {
    const source = folderKey(from, this.root);
    const target = folderKey(to, this.root);
    const path = this.pathOf(target);
    if ((await this.stat(`${target}/${MANIFEST}`)) !== null) return 'exists';
    if ((await this.stat(`${source}/${MANIFEST}`)) === null) {
      throw new StorageFault(
        'not_found',
        this.pathOf(`${source}/${MANIFEST}`),
        'is missing: write it before publishing',
      );
    }
    return this.guarded(path, async () => {
      const parent = await this.place.parentOf(target);
      const real = await this.place.within(source, true);
      try {
        // rename(2) replaces an empty folder and refuses one that holds anything.
        await rename(real, join(parent, nameOf(target)));
      } catch (error) {
        // Somebody else may have moved either folder meanwhile.
        if ((await this.stat(`${target}/${MANIFEST}`)) !== null) return 'exists';
        if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
        throw new StorageFault('exists', path, `holds files but no ${MANIFEST}: move that folder away`);
      }
      await flushFolder(parent);
      await flushFolder(dirname(real));
      return 'published';
    });
  }

  takeBack(): Promise<void> {
    return Promise.resolve();
  }

  private pathOf(key: string): string {
    return join(this.root, key);
  }

  private async rootWithin(): Promise<string | null> {
    try {
      return (await this.place.real().catch(ignoreMissing)) ?? null;
    } catch (error) {
      throw faultOf(error, this.root, 'not_readable');
    }
  }

  private async openToRead(key: string, etag: string | undefined): Promise<{ file: FileHandle; info: ObjectInfo }> {
    checkKey(key, this.root);
    const path = this.pathOf(key);
    return this.guarded(
      path,
      async () => {
        const file = await open(await this.place.within(key), READ);
        try {
          const found = await file.stat({ bigint: true });
          if (!found.isFile()) throw new StorageFault('not_found', path, 'is not a file');
          if (etag !== undefined) await checkTag(file, key, etag, path);
          return { file, info: infoOf(key, found) };
        } catch (error) {
          await file.close();
          throw error;
        }
      },
      'not_readable',
    );
  }

  private async newIncoming(): Promise<string> {
    await mkdir(join(this.root, INCOMING), { recursive: true, mode: 0o700 });
    const folder = await this.place.within(INCOMING);
    if (!this.swept) {
      this.swept = true;
      await sweepIncoming(folder);
    }
    return nextIncoming(folder);
  }

  /** Moves a finished file to its key. A removal of the folder meanwhile costs one more try. */
  private async settle(incoming: string, key: string, ifAbsent: boolean): Promise<void> {
    for (let tries = 0; ; tries++) {
      const parent = await this.place.parentOf(key);
      const target = join(parent, nameOf(key));
      try {
        await (ifAbsent ? link(incoming, target) : rename(incoming, target));
        return await flushFolder(parent);
      } catch (error) {
        if (codeOf(error) !== 'ENOENT' || tries >= 3) throw error;
      }
    }
  }

  private async guarded<T>(
    path: string,
    work: () => Promise<T>,
    denied: 'not_writable' | 'not_readable' = 'not_writable',
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw faultOf(error, path, denied);
    }
  }
}

function infoOf(key: string, found: BigIntStats): ObjectInfo {
  const etag = `${found.ino}-${found.size}-${found.mtimeNs}`;
  return { key, size: Number(found.size), etag, modified: Number(found.mtimeMs) };
}

async function checkTag(file: FileHandle, key: string, etag: string, path: string): Promise<void> {
  if (infoOf(key, await file.stat({ bigint: true })).etag !== etag) throw new StorageFault('changed', path);
}

async function fill(file: FileHandle, into: Buffer, from: number, path: string): Promise<void> {
  for (let done = 0; done < into.length;) {
    let bytesRead: number;
    try {
      ({ bytesRead } = await file.read(into, done, into.length - done, from + done));
    } catch (error) {
      throw faultOf(error, path, 'not_readable');
    }
    if (bytesRead === 0) throw new StorageFault('changed', path, 'became shorter while it was being read');
    done += bytesRead;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += (await file.write(bytes, done)).bytesWritten;
}
