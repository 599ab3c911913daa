/** Opens the place where objects lie: a local folder or a bucket. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openFiles } from './objects/files.ts';
import type { ObjectStore } from './objects/object.ts';
import { openS3Lazily } from './s3/lazy.ts';

export { MANIFEST, StorageFault, compareKeys } from './objects/object.ts';
export type { ByteRange, FaultKind, ObjectInfo, ObjectStore } from './objects/object.ts';

/** Whether a place is named by a URL, and not by a path. */
export function isAddress(place: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(place);
}

/** How something that lies in a place is named to people, so that it can be given to a command: what a URL asks for stays behind the path. */
export function placeIn(place: string, key: string): string {
  if (!isAddress(place)) return join(place, key);
  const [path, query] = place.split('?', 2) as [string, string?];
  return `${path.replace(/\/+$/, '')}/${key}${query === undefined ? '' : `?${query}`}`;
}

/**
 * Opens a store by its address; nothing is touched before the first call.
 * - a path (absolute, relative to the working directory, or `~/…`) or `file:///…`: a folder, made by the first write
 * - `s3://bucket/prefix?endpoint=https://host:port&pathStyle=true&region=…`: credentials come from the AWS_* environment and files
 * @throws TypeError when the address is of neither form
 */
export function openStore(url: string): ObjectStore {
  if (url.startsWith('s3:')) return openS3Lazily(url);
  if (url.startsWith('file:')) return openFiles(fileURLToPath(url));
  if (url === '' || isAddress(url)) {
    throw new TypeError(`"${url}" is no place for objects: give a folder, file:///folder or s3://bucket/prefix`);
  }
  return openFiles(resolve(url.startsWith('~/') ? homedir() + url.slice(1) : url));
}
