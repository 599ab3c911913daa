/** The erasure index: for each published version, sealed beside it, who and what every example is of, and what is counted of it. */
import { gzipSync } from 'node:zlib';
import type { DatasetFacts } from '../../curation/formats/facts.ts';
import { withErasures, type Facts } from '../../curation/rules/facts.ts';
import { subjectKey, type ErasureKeys } from '../../curation/stages/erasure.ts';
import { KeyedHash } from '../../curation/stages/keyed.ts';
import type { Keystore } from '../../storage/keystore.ts';
import type { ObjectStore } from '../../storage/objects.ts';
import { linesOf, PartReader, writeParts } from '../run/container.ts';
import type { CountedExample } from '../publish/statistics.ts';
import type { Ref } from '../types.ts';

/** One example of a version, or one person in a queue of reviewers. */
export interface IndexEntry {
  example: string;
  /** See `erasureKeysOf`; of a person in a queue, `suspectKey`. */
  keys: string[];
  /** Of an example alone. */
  of?: { split: string; counted: CountedExample };
}

export const INDEX_FOLDER = 'erasure/index/';
const FACTS = 0;
const ENTRIES = 1;

/** Key in the store of a version's index; `version` is `name/version`. */
export function indexKey(version: string): string {
  return `${INDEX_FOLDER}${version}`;
}

/** Writes the index of a version: its figures, and its entries in the parts that render made, as `LineBuffer` gives them. */
export async function writeIndex(
  store: ObjectStore,
  version: string,
  facts: DatasetFacts,
  entries: Buffer[],
  keystore: Keystore,
): Promise<Ref> {
  const head = gzipSync(Buffer.from(JSON.stringify({ facts, parts: entries.length }) + '\n'), { level: 1 });
  return writeParts(store, indexKey(version), [head, ...entries], [keystore.identity().recipient]);
}

export interface VersionIndex {
  facts: DatasetFacts;
  entries(): AsyncGenerator<IndexEntry>;
}

/** Reads the index of a version. @throws StorageFault where there is none, SealFault where another keystore sealed it */
export async function readIndex(store: ObjectStore, version: string, keystore: Keystore): Promise<VersionIndex> {
  const key = indexKey(version);
  const ref = { key, size: (await store.stat(key))?.size ?? 0 };
  const reader = new PartReader(store, [keystore.identity().secret]);
  const [head] = linesOf<{ facts: DatasetFacts; parts: number }>(await reader.read(ref, FACTS));
  const { facts, parts } = head!;
  return {
    facts,
    async *entries() {
      for (let part = 0; part < parts; part++) yield* linesOf<IndexEntry>(await reader.read(ref, ENTRIES + part));
    },
  };
}

/** The hash of an installation's erasures, and which keys of it are erased. */
export function erasureKeys(keystore: Keystore, erased: readonly string[]): ErasureKeys {
  const known = new Set(erased);
  return { hash: new KeyedHash(keystore.erasureIndexKey()), erased: (key) => known.has(key), count: known.size };
}

/** The facts, with who was erased. */
export function withErased(facts: Facts, { erased, hash, count }: ErasureKeys): Facts {
  return count === 0 ? facts : withErasures(facts, (subject) => erasedKeys(subject, facts, hash).some(erased));
}

/** Keys under which a subject of the rules may have been erased: a repository's name, and the ids that ever bore it. */
function erasedKeys(subject: Parameters<Facts['erased']>[0], facts: Facts, hash: KeyedHash): string[] {
  if ('userId' in subject) return [subjectKey('user', subject.userId, hash)];
  const { repository } = subject;
  const host = repository.slice(0, repository.indexOf('/'));
  return [repository, ...facts.repositoriesByName(repository).map((id) => `${host}#${id}`)].map((name) =>
    subjectKey('repository', name, hash),
  );
}
