/** Rewrap: a published dataset sealed to other readers. Its content and what is attested of it stay; the sums of the stored files are signed again. */
import { createHash } from 'node:crypto';
import type { Audience } from '../../config/policy.ts';
import { formatManifest, parseManifest, sign, verify } from '../../curation/proof/dsse.ts';
import {
  DATASET_PREDICATE,
  parseStatement,
  storedStatement,
  STORED_PREDICATE,
  asDataset,
  type StoredFile,
} from '../../curation/proof/statement.ts';
import { formatSums } from '../../curation/proof/sums.ts';
import { withLock } from '../../storage/host/lock.ts';
import type { AccessList } from '../../storage/people/access.ts';
import type { Keystore } from '../../storage/keystore.ts';
import { MANIFEST, type ObjectStore } from '../../storage/objects.ts';
import { openStream, rewrapStream, sealStream } from '../../storage/seal.ts';
import { REISSUE_LOCK, TOMBSTONE } from '../erase/tombstone.ts';
import { RunFailure } from '../run/failure.ts';

export interface RewrapSettings {
  keystore: Keystore;
  /** Secrets of which one opens the files. */
  identities: string[];
  access: AccessList | null;
  /** Milliseconds since 1970: whose grants hold. */
  at: number;
  /** Seals the content under fresh keys, not only the headers. */
  anew: boolean;
}

export interface Rewrapped {
  name: string;
  version: string;
  digest: string;
  files: number;
  readers: number;
}

/** An erasure or a retention that takes versions back may hold the lock for as long as it writes. */
const PATIENCE_MS = 6 * 3_600_000;

/**
 * Safe to repeat: killed midway, some files have the old header, and the next call makes all of them alike.
 * @throws RunFailure Refused where the dataset was taken back, is not signed by this keystore, is not as attested, or nobody may read it
 */
export function rewrapDataset(store: ObjectStore, settings: RewrapSettings): Promise<Rewrapped> {
  // What is written after a version was taken back would bring it back.
  return withLock(settings.keystore.folder, REISSUE_LOCK, () => rewrapped(store, settings), PATIENCE_MS);
}

async function rewrapped(store: ObjectStore, settings: RewrapSettings): Promise<Rewrapped> {
  const { keystore, identities, access, at, anew } = settings;
  if ((await store.stat(TOMBSTONE)) !== null) throw refused(`${store.url} was taken back: its tombstone says why`);
  const signing = keystore.signing();
  const manifest = parseManifest((await store.readAll(MANIFEST)).toString());
  const attested = manifest.envelopes.map((envelope) => {
    const { payload, signers } = verify(envelope, [{ keyid: signing.keyid, key: signing.publicKey }]);
    if (signers.length === 0)
      throw refused(`${store.url} is signed by another key: rewrap it where the key of its publisher is`);
    return { envelope, statement: parseStatement(payload) };
  });
  const dataset = attested.find(({ statement }) => statement.predicateType === DATASET_PREDICATE)?.statement;
  const predicate = dataset ? asDataset(dataset.predicate) : null;
  if (!dataset || !predicate) throw refused(`${store.url} has no dataset statement`);
  const sealed: string[] = [];
  for await (const { key } of store.list('')) if (key.endsWith('.age')) sealed.push(key);
  if (sealed.length === 0) throw refused(`${store.url} is not encrypted: there is nothing to rewrap`);
  for (const key of sealed) await checkContent(store, key, dataset.subjects, identities);
  const recipients = new Set(access?.recipientsOf(predicate.audience as Audience[], at) ?? []);
  // The local identity stays a reader where it is what opened the files.
  if (identities.includes(keystore.identity().secret)) recipients.add(keystore.identity().recipient);
  if (recipients.size === 0)
    throw refused(`nobody is in ${predicate.audience.join(', ')}: grant access with \`garner access grant\``);
  const readers = [...recipients].sort();
  const change = anew
    ? (bytes: AsyncIterable<Uint8Array>) => sealStream(readers)(openStream(identities)(bytes))
    : rewrapStream(identities, readers);
  for (const key of sealed) await store.write(key, change(store.read(key)));
  const stored = await sumsOf(store);
  const sums = Buffer.from(formatSums(stored));
  const written = await store.write('SHA256SUMS', sums);
  const statement = storedStatement(predicate, [...stored, { path: 'SHA256SUMS', ...written }]);
  const envelopes = attested.map(({ envelope, statement: old }) =>
    old.predicateType === STORED_PREDICATE ? sign(statement, signing.privateKey, signing.keyid) : envelope,
  );
  await store.write(MANIFEST, Buffer.from(formatManifest({ ...manifest, envelopes })));
  const { name, version, digest } = predicate;
  return { name, version, digest, files: sealed.length, readers: readers.length };
}

/** What is signed again must be what was attested: a changed file would be given a good signature else. */
async function checkContent(
  store: ObjectStore,
  key: string,
  subjects: ReadonlyMap<string, string>,
  identities: string[],
): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of openStream(identities)(store.read(key))) hash.update(chunk);
  if (subjects.get(key.slice(0, -'.age'.length)) !== hash.digest('hex'))
    throw refused(`${key} does not hold what is attested: run \`garner verify\`, nothing was changed`);
}

async function sumsOf(store: ObjectStore): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  for await (const { key, size } of store.list('')) {
    if (key === MANIFEST || key === 'SHA256SUMS') continue;
    const hash = createHash('sha256');
    for await (const chunk of store.read(key)) hash.update(chunk);
    files.push({ path: key, size, sha256: hash.digest('hex') });
  }
  return files;
}

function refused(message: string): RunFailure {
  return new RunFailure('Refused', message);
}
