/** What an object store is: named byte sequences under a root, and how it fails. */

/** One stored object: key relative to the root, size in bytes, a tag that changes whenever the bytes do, and when it was written (ms since 1970). */
export interface ObjectInfo {
  key: string;
  size: number;
  etag?: string;
  modified?: number;
}

/** Bytes from `start` up to, not including, `end`; what lies past the object's end is cut. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * A store of objects, on files or on S3. Keys are relative, `/`-separated, without empty, `.` or `..` parts, at most 1,024 bytes of UTF-8.
 * Every method fails with a `StorageFault`; an error thrown by a body that is being written passes through as it is.
 */
export interface ObjectStore {
  /** The root as an address, without credentials. */
  readonly url: string;
  /** Objects whose key starts with the prefix (which may end anywhere in a name), by key in UTF-8 byte order. */
  list(prefix: string): AsyncIterable<ObjectInfo>;
  /** Null where there is no object of that key. */
  stat(key: string): Promise<ObjectInfo | null>;
  /**
   * The bytes in chunks of 1 MiB, the last one shorter; memory does not grow with the object.
   * With `etag`, bytes of any other version are refused (`changed`), before the first and after the last chunk.
   */
  read(key: string, range?: ByteRange, etag?: string): AsyncIterable<Buffer>;
  readAll(key: string, range?: ByteRange, etag?: string): Promise<Buffer>;
  /**
   * Makes the object visible whole or not at all, and durable. With `ifAbsent`, of several writers one wins; the others get `exists`.
   * Returns size and sha256 (lower-case hex) of what was written.
   */
  write(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options?: { ifAbsent?: boolean },
  ): Promise<{ size: number; sha256: string }>;
  /** Removing what is not there is no error. */
  remove(key: string): Promise<void>;
  /** Removes every object whose key starts with the prefix, unfinished uploads too; returns how many objects there were. */
  removeAll(prefix: string): Promise<number>;
  /** Removes what writers left unfinished under a prefix: uploads on S3; on files, where a prefix is not known of them, those of dead processes. */
  abandon(prefix: string): Promise<void>;
  /**
   * Moves all objects under one folder to another in one visible step: a rename on files; on S3 copies, of which the manifest is
   * written last, so that a folder without its manifest does not count. `exists` when `to` is already published; `from` then stays.
   * Safe to repeat after a crash, and for several callers at once.
   */
  publishFolder(from: string, to: string): Promise<'published' | 'exists'>;
  /**
   * Removes what `publishFolder` left of folders whose key starts with `from`, and that did not come to its end, below the prefix `under`. On
   * files nothing is ever left.
   */
  takeBack(from: string, under: string): Promise<void>;
}

/** The object that makes a published folder count. */
export const MANIFEST = 'manifest.dsse.json';
/** Size of the chunks that `read` yields. */
export const READ_CHUNK = 1 << 20;

export type FaultKind = 'not_found' | 'exists' | 'not_writable' | 'not_readable' | 'full' | 'unavailable' | 'changed';

const ADVICE: Record<FaultKind, string> = {
  not_found: 'is not there',
  exists: 'exists already',
  not_writable: 'cannot be written: check the permissions of the place and of its parents',
  not_readable: 'cannot be read: check the permissions of the place and the credentials',
  full: 'could not be written: the disk or quota is full, free some space',
  unavailable: 'could not be reached: the store did not answer as it should, try again',
  changed: 'changed while it was being used: run again on what it is by then',
};

/** A storage failure that names the object; never holds bytes of it. Only `unavailable` is worth a retry. */
export class StorageFault extends Error {
  override readonly name = 'StorageFault';
  readonly kind: FaultKind;
  readonly path: string;

  constructor(kind: FaultKind, path: string, detail?: string) {
    super(`${path} ${detail ?? ADVICE[kind]}`);
    this.kind = kind;
    this.path = path;
  }

  get retryable(): boolean {
    return this.kind === 'unavailable';
  }
}

/** @throws StorageFault `not_writable` when the key is not of the form that `ObjectStore` asks for */
export function checkKey(key: string, root: string): void {
  if (key.length === 0 || Buffer.byteLength(key) > 1024 || key.includes('\0') || /\p{Surrogate}/u.test(key)) {
    throw new StorageFault('not_writable', root, 'was given a key that is empty, over 1,024 bytes or not plain text');
  }
  for (const part of key.split('/')) {
    if (part === '' || part === '.' || part === '..') {
      throw new StorageFault(
        'not_writable',
        `${root}/${key}`,
        'leads out of its place: a key has no empty, . or .. part',
      );
    }
  }
}

/** A prefix is a key that may be empty or end in `/`. */
export function checkPrefix(prefix: string, root: string): void {
  const key = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  if (key !== '' || prefix !== '') checkKey(key, root);
}

/** Order of keys on every store: bytes of their UTF-8 form. Plain comparison of strings differs from it past U+D7FF alone. */
export function compareKeys(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) {
      // Surrogates stand for code points above all others of the basic plane.
      const xHigh = (x & 0xf800) === 0xd800;
      const yHigh = (y & 0xf800) === 0xd800;
      return xHigh === yHigh ? x - y : xHigh ? 1 : -1;
    }
  }
  return a.length - b.length;
}

/** `a/b` and `a/b/` name the same folder. */
export function folderKey(prefix: string, root: string): string {
  const key = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  checkKey(key, root);
  return key;
}
