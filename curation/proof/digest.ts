/** The digest that names a dataset's content, and the version made of it. */
import { createHash } from 'node:crypto';

/** A file by its path inside the dataset and the sha256 of its plaintext, 64 lower-case hex digits. */
export interface FileDigest {
  path: string;
  sha256: string;
}

/**
 * Digest of the data: the lower-case hex sha256 of each plaintext under `data/`, sorted, each followed by a line feed, hashed by
 * sha256. Paths do not count, so a file that was only renamed keeps the digest; files outside `data/` are left out.
 * By hand: `sha256sum data/…/* | cut -c1-64 | LC_ALL=C sort | sha256sum`. Throws TypeError for a digest of another form.
 */
export function datasetDigest(files: Iterable<FileDigest>): string {
  const digests: string[] = [];
  for (const { path, sha256 } of files) {
    if (!path.startsWith('data/')) continue;
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new TypeError(`${path}: the digest is not 64 lower-case hex digits.`);
    digests.push(sha256);
  }
  const hash = createHash('sha256');
  for (const digest of digests.sort()) hash.update(`${digest}\n`);
  return hash.digest('hex');
}

/** Version of a dataset: first and last day of its window and 12 characters of its digest, e.g. `2026-05-01_2026-05-07-0123456789ab`. */
export function versionOf(window: { from: string; to: string }, digest: string): string {
  return `${dayOf(window.from)}_${dayOf(window.to)}-${digest.slice(0, 12)}`;
}

/** The UTC day of an ISO time or date, `YYYY-MM-DD`. Throws TypeError for anything else. */
export function dayOf(time: string): string {
  const day = /^\d{4}-\d{2}-\d{2}/.exec(time)?.[0];
  if (!day) throw new TypeError('A window is given by ISO dates, such as 2026-05-01.');
  return day;
}
