/** Opens a folder of facts for a run: checked to the last line, then answered from a memory-mapped snapshot that is named by its digest. */
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { FactEntry } from '../curation/rules/facts/entry.ts';
import { fileEntries, lineEntries } from '../curation/rules/facts/line.ts';
import { FactsError } from '../curation/rules/facts/record.ts';
import type { Facts } from '../curation/rules/facts.ts';
import { factsOver } from '../curation/rules/facts.ts';
import type { FactsFile } from './facts/folder.ts';
import { digestFacts, FactsDigest, listFacts, readLines, readWhole } from './facts/folder.ts';
import type { FactCounts } from './facts/snapshot.ts';
import { readSnapshot, writeSnapshot } from './facts/snapshot.ts';
import { FactSorter } from './facts/sorter.ts';
import { flushFolder, privateFolder, unfinishedName } from './host/private.ts';
import { parseOwner, stateOf } from './host/process.ts';

export { isFactsFolder } from './facts/folder.ts';
export type { FactCounts } from './facts/snapshot.ts';

export interface OpenedFacts {
  facts: Facts;
  /** sha256 (hex) over the names and contents of the facts files; the order in which they are listed makes no difference. */
  digest: string;
  counts: FactCounts;
  /** Every entry of the facts, in no order of meaning; takes a second for some hundred thousand of them. */
  entries(): Iterable<FactEntry>;
  close(): Promise<void>;
}

/** Changes with the form of the snapshot, so that one of another form is never read. */
const FORM = 'facts-2';
const FILE = 'facts.mdb';
/** Source bytes a sort bucket takes: its entries are held in memory at once. */
const BUCKET_BYTES = 8 << 20;
const MAX_BUCKETS = 512;
const COUNT_OF: Record<string, keyof FactCounts> = {
  'repositories.jsonl': 'repositories',
  'repository-webhooks.jsonl': 'webhooks',
  'consents.jsonl': 'consents',
  'teams.jsonl': 'teams',
  'erasures.jsonl': 'erasures',
};

/**
 * Opens the facts of a folder or `s3://` address; an absent one holds no facts. The snapshot of the same digest is used again, else it is built in
 * one streaming pass with an external sort (some hundred MB of memory for tens of millions of lines). It holds user ids: 0600 in 0700; a folder
 * keeps the last few.
 * @throws FactsError naming file, line and field of the first thing that is wrong, before any look-up
 */
export async function openFacts(folder: string, snapshotFolder: string): Promise<OpenedFacts> {
  const files = await listFacts(folder);
  const digest = await digestFacts(files);
  await privateFolder(snapshotFolder);
  await sweep(snapshotFolder);
  const target = join(snapshotFolder, `${FORM}-${digest}`);
  if (!(await exists(join(target, FILE)))) {
    await dropUnused(snapshotFolder);
    await build(files, digest, snapshotFolder, target);
  }
  const now = new Date();
  await utimes(target, now, now);
  return openSnapshot(snapshotFolder, digest);
}

/** Reads the facts of a folder as `openFacts` does, and keeps nothing. @throws FactsError as it does */
export async function checkFacts(folder: string): Promise<void> {
  await readInto(await listFacts(folder), () => undefined);
}

/** Opens a snapshot that `openFacts` built, without reading the folder again: for the workers of a run that names the digest. */
export async function openSnapshot(snapshotFolder: string, digest: string): Promise<OpenedFacts> {
  if (!/^[0-9a-f]{64}$/.test(digest)) throw new TypeError('the digest of facts is 64 lower-case hex digits');
  const { read, ...opened } = await readSnapshot(join(snapshotFolder, `${FORM}-${digest}`, FILE));
  return { facts: factsOver(read), digest, ...opened };
}

/** The digest that `openFacts` would give. @throws FactsError for a file that would be passed over */
export async function readFactsDigest(folder: string): Promise<string> {
  return digestFacts(await listFacts(folder));
}

async function build(
  files: readonly FactsFile[],
  digest: string,
  snapshotFolder: string,
  target: string,
): Promise<void> {
  const unfinished = join(snapshotFolder, unfinishedName());
  await mkdir(unfinished, { mode: 0o700 });
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const sorter = new FactSorter(unfinished, Math.min(MAX_BUCKETS, 1 + Math.floor(size / BUCKET_BYTES)));
  try {
    const kinds = new Set<string>();
    const { counts, digest: read } = await readInto(files, (entry) => {
      kinds.add(entry.key[0]!);
      sorter.add(entry);
    });
    if (read !== digest) throw new FactsError('facts', 0, '', 'changed while they were read: start the run again');
    await writeSnapshot(join(unfinished, FILE), sorter, counts, kinds);
    await rename(unfinished, target).catch(async (error: unknown) => {
      // Another process built the same snapshot first.
      if (!(await exists(join(target, FILE)))) throw error;
    });
    await flushFolder(snapshotFolder);
  } finally {
    sorter.closeAll();
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function readInto(
  files: readonly FactsFile[],
  keep: (entry: FactEntry) => void,
): Promise<{ counts: FactCounts; digest: string }> {
  const counts: FactCounts = { repositories: 0, webhooks: 0, consents: 0, teams: 0, erasures: 0, files: 0 };
  const digest = new FactsDigest();
  for (const file of files) {
    if (file.kind === 'file') {
      const { text, sha256 } = await readWhole(file);
      fileEntries(file.name, text, keep);
      digest.add(file.name, sha256);
      counts.files++;
      continue;
    }
    const counted = COUNT_OF[file.name]!;
    const sha256 = await readLines(file, (text, line) => {
      if (lineEntries(file.name, line, text, keep)) counts[counted]++;
    });
    digest.add(file.name, sha256);
  }
  return { counts, digest: digest.hex() };
}

/** Snapshots that stay beside that of the run at hand: those of runs that take turns. */
const KEPT = 4;

/**
 * Makes room for one more snapshot: those longest unused go. Whoever still reads one of them goes on with it, since a file that is mapped stays until
 * it is closed.
 */
async function dropUnused(snapshotFolder: string): Promise<void> {
  const found: { path: string; used: number }[] = [];
  for (const name of await readdir(snapshotFolder)) {
    if (!name.startsWith(`${FORM}-`)) continue;
    const path = join(snapshotFolder, name);
    const used = await stat(path).catch(() => undefined);
    if (used) found.push({ path, used: used.mtimeMs });
  }
  found.sort((a, b) => b.used - a.used);
  for (const { path } of found.slice(KEPT - 1)) await rm(path, { recursive: true, force: true });
}

/** Removes what a build left whose process is gone. */
async function sweep(snapshotFolder: string): Promise<void> {
  for (const name of await readdir(snapshotFolder)) {
    const owner = /^\.unfinished-(.+)-[0-9a-f]+$/.exec(name)?.[1];
    const found = owner === undefined ? null : parseOwner(owner);
    if (found !== null && stateOf(found) === 'dead')
      await rm(join(snapshotFolder, name), { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
