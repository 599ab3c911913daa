/** Facts in a memory-mapped file: written once in the order of its keys, then only read, by any number of workers. */
import { chmod } from 'node:fs/promises';
import type { RootDatabase } from 'lmdb';
import { open } from 'lmdb';
import type { FactEntry } from '../../curation/rules/facts/entry.ts';
import type { FactReader } from '../../curation/rules/facts.ts';
import type { FactSorter } from './sorter.ts';
import { hashKey } from './sorter.ts';

/** Lines read of each file. */
export interface FactCounts {
  repositories: number;
  webhooks: number;
  consents: number;
  teams: number;
  erasures: number;
  /** CODEOWNERS, exclusion and ignore files. */
  files: number;
}

/** Hashes are numbers from 0 to 2^53 - 1: this key is none of them, and sorts behind. */
const COUNTS = Number.MAX_SAFE_INTEGER + 1;

/** What stands at the end: how much was read, and which kinds of key there are (their first characters). */
interface Closing {
  counts: FactCounts;
  kinds: string[];
}

/** Writes the sorted entries and at last what was counted, without which a snapshot is not complete; flushed to disk, 0600. */
export async function writeSnapshot(
  path: string,
  sorter: FactSorter,
  counts: FactCounts,
  kinds: ReadonlySet<string>,
): Promise<void> {
  const store = openStore(path, false);
  try {
    for (const records of sorter.sorted()) {
      store.transactionSync(() => {
        for (const [hash, record] of records) store.putSync(hash, record, { append: true });
      });
    }
    store.putSync(COUNTS, JSON.stringify({ counts, kinds: [...kinds].sort() }));
    await store.flushed;
  } finally {
    await store.close();
  }
  for (const file of [path, `${path}-lock`]) await chmod(file, 0o600).catch(() => undefined);
}

export interface Snapshot {
  read: FactReader;
  counts: FactCounts;
  /** Every entry, in no order of meaning. */
  entries(): Generator<FactEntry>;
  close(): Promise<void>;
}

/** Opens a snapshot that was written whole. @throws Error where it was not */
export async function readSnapshot(path: string): Promise<Snapshot> {
  const store = openStore(path, true);
  const text = store.get(COUNTS);
  if (text === undefined) {
    await store.close();
    throw new Error(`${path} is not a whole snapshot of facts: delete it, and the next run writes it again`);
  }
  const { counts, kinds } = JSON.parse(text) as Closing;
  const held = new Set(kinds.map((kind) => kind.charCodeAt(0)));
  return {
    counts,
    close: () => store.close(),
    *entries() {
      for (const { key: hash, value: record } of store.getRange({ end: COUNTS })) {
        if (hash === COUNTS) continue;
        for (const line of record.split('\n')) {
          const tab = line.indexOf('\t');
          yield { key: line.slice(0, tab), value: line.slice(tab + 1) };
        }
      }
    },
    read(key) {
      // Most facts have no ignore files, exclusions or erasures: no need to ask for them at every repository.
      if (!held.has(key.charCodeAt(0))) return undefined;
      const record = store.get(hashKey(key));
      if (record === undefined) return undefined;
      if (record.indexOf('\n') < 0) return holds(record, key) ? [record.slice(key.length + 1)] : undefined;
      const found = record.split('\n').filter((line) => holds(line, key));
      return found.length > 0 ? found.map((line) => line.slice(key.length + 1)) : undefined;
    },
  };
}

function holds(line: string, key: string): boolean {
  return line.charCodeAt(key.length) === 9 && line.startsWith(key);
}

function openStore(path: string, readOnly: boolean): RootDatabase<string, number> {
  return open<string, number>({
    path,
    noSubdir: true,
    encoding: 'string',
    readOnly,
    // A snapshot that is not whole is never read, so single commits need not reach the disk before the end.
    noSync: false,
    overlappingSync: true,
    compression: false,
  });
}
