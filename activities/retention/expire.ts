/** Expire: finds what has passed its age, removes it, looks whether it is gone, and writes the audit entry. Every step may be repeated. */
import { parsePolicy, type Policy } from '../../config/policy.ts';
import { parseManifest } from '../../curation/proof/dsse.ts';
import type { Tombstone } from '../../curation/proof/erasure.ts';
import { DATASET_PREDICATE, parseStatement } from '../../curation/proof/statement.ts';
import { openAudit } from '../../storage/audit.ts';
import { withLock } from '../../storage/host/lock.ts';
import { openKeystore, type Keystore } from '../../storage/keystore.ts';
import { MANIFEST, openStore, type ObjectStore } from '../../storage/objects.ts';
import { indexKey } from '../erase/erasure.ts';
import {
  destroyVersion,
  readTombstone,
  REISSUE_LOCK,
  storedDigests,
  TOMBSTONE,
  writeTombstone,
} from '../erase/tombstone.ts';
import { removeKeptOf } from '../measure/kept.ts';
import { clean } from '../run/clean.ts';
import type { WorkerSettings } from '../run/stage.ts';
import { dueItems, type DueItem } from './due.ts';
import { rawObjects } from './raw.ts';

export interface RetentionInput {
  /** Folder or URL of the output store. */
  out: string;
  policy: { file: string; text: string };
  /** Addresses of raw events with `{day}` in them; none where raw events are kept elsewhere. */
  inputs: string[];
  timeZone: string;
  /** Milliseconds since 1970-01-01 UTC; null: when the schedule meant the start to be. */
  now: number | null;
  actor: string;
}

/** As the activities get it: at a moment, by the workflow of an id. */
export type RetentionStep = RetentionInput & { at: number; retention: string };

/** What was removed, added up over its parts. */
export interface Expired {
  items: Record<DueItem['kind'], number>;
  objects: number;
  bytes: number;
  /** Sealed objects among them: the key of each stood in its own header and nowhere else. */
  keys: number;
  datasets: string[];
  days: string[];
  /** Objects that are still there. */
  remaining: string[];
}

const PATIENCE_MS = 6 * 3_600_000;
/** Names in an audit entry, which has a bound; counts tell of all. */
const NAMED = 200;
const RECALL =
  'The time that this version may be kept has passed. Delete every copy and what was derived from it where that is bound to it.';

export async function retentionDue({ at, ...input }: RetentionStep): Promise<DueItem[]> {
  const { output, retention: ages } = policyOf(input);
  const { inputs, timeZone } = input;
  return dueItems({ store: openStore(input.out), name: output.name, ages, inputs, timeZone, now: at });
}

/** Removes the items and lists again what should be gone. */
export async function retentionExpire(
  { items, ...input }: RetentionStep & { items: DueItem[] },
  worker: WorkerSettings,
): Promise<Expired> {
  const store = openStore(input.out);
  const keystore = await openKeystore(worker.keys);
  const expired = nothingExpired();
  for (const item of items) {
    const left = await expire(item, { store, keystore, retention: input.retention }, expired);
    expired.items[item.kind]++;
    expired.remaining.push(...left);
  }
  return expired;
}

/** One entry a run of retention; asked again after a crash it may stand twice: the log says more, never less. */
export async function retentionNote(
  { expired, ...input }: RetentionStep & { expired: Expired },
  worker: WorkerSettings,
): Promise<void> {
  const keystore = await openKeystore(worker.keys);
  const { output, digest, retention } = policyOf(input);
  const { items, objects, bytes, keys, remaining } = expired;
  const log = await openAudit(`${keystore.folder}/audit`, keystore.signing());
  await log.append({
    time: new Date().toISOString(),
    actor: input.actor,
    action: 'retention',
    subject: output.name,
    details: {
      ...{ retention: input.retention, policy: digest, ages: retention, now: new Date(input.at).toISOString() },
      ...{ items, objects, bytes, keys, remaining: remaining.length },
      ...{ datasets: expired.datasets.slice(0, NAMED), days: expired.days.slice(0, NAMED) },
    },
  });
}

export function nothingExpired(): Expired {
  const items = { raw: 0, staging: 0, ledger: 0, dataset: 0 };
  return { items, objects: 0, bytes: 0, keys: 0, datasets: [], days: [], remaining: [] };
}

interface Place {
  store: ObjectStore;
  keystore: Keystore;
  /** Id of the retention run. */
  retention: string;
}

/** Removes one item; gives the objects that are there all the same. */
async function expire(item: DueItem, place: Place, expired: Expired): Promise<string[]> {
  if (item.kind === 'raw') return expireRaw(item, expired);
  if (item.kind === 'dataset') return expireVersion(item, place, expired);
  const { store } = place;
  const { run } = item;
  const keepLedger = item.kind === 'staging' && item.finished;
  const stays = (key: string) => keepLedger && /^runs\/[^/]+\/(ledger\/|run\.json$)/.test(key);
  for await (const info of store.list(`runs/${run}/`)) if (!stays(info.key)) count(info, expired);
  if (keepLedger) await removeKeptOf(run, store);
  // The settings go first: a late writer of that run learns from it that the run is over.
  await clean({ run, settings: { key: `runs/${run}/settings` }, keepLedger }, store);
  return keysUnder(store, `runs/${run}/`, (key) => !stays(key));
}

async function expireRaw({ input, day }: DueItem & { kind: 'raw' }, expired: Expired): Promise<string[]> {
  const { store, objects } = await rawObjects(input, day);
  for (const info of objects) {
    await store.remove(info.key);
    count(info, expired);
  }
  expired.days.push(day);
  return (await rawObjects(input, day)).objects.map(({ key }) => `${day}: ${key}`);
}

async function expireVersion(
  { version }: DueItem & { kind: 'dataset' },
  { store, keystore, retention }: Place,
  expired: Expired,
): Promise<string[]> {
  const folder = `datasets/${version}/`;
  // An erasure that is making the version again must not read what goes away under it.
  const work = async () => {
    if (!(await readTombstone(store, version)))
      await writeTombstone(await tombstoneOf(version, store, retention), { store, keystore });
    for await (const info of store.list(folder)) if (info.key !== folder + TOMBSTONE) count(info, expired);
    await destroyVersion(version, store);
  };
  await withLock(keystore.folder, REISSUE_LOCK, work, PATIENCE_MS);
  expired.datasets.push(version);
  const index = (await store.stat(indexKey(version))) === null ? [] : [indexKey(version)];
  return [...index, ...(await keysUnder(store, folder, (key) => key !== folder + TOMBSTONE))];
}

/** What the tombstone says; digests are of the objects as they lie there, read before they go. */
async function tombstoneOf(version: string, store: ObjectStore, retention: string): Promise<Tombstone> {
  const folder = `datasets/${version}/`;
  const { envelopes } = parseManifest((await store.readAll(folder + MANIFEST)).toString());
  const statements = envelopes.map(({ payload }) => parseStatement(Buffer.from(payload, 'base64')));
  const predicate = statements.find(({ predicateType }) => predicateType === DATASET_PREDICATE)?.predicate ?? {};
  const destroyed = await storedDigests(version, store);
  const [name = '', of = ''] = version.split('/');
  const counts = predicate['counts'] as { examples?: number } | undefined;
  return {
    ...{ name, version: of, digest: String(predicate['digest']), reason: 'retention', erasure: retention },
    ...{ replacedBy: null, newDigest: null, removed: counts?.examples ?? 0, destroyed, recall: RECALL },
  };
}

function count({ key, size }: { key: string; size: number }, expired: Expired): void {
  expired.objects++;
  expired.bytes += size;
  if (key.endsWith('.age')) expired.keys++;
}

async function keysUnder(store: ObjectStore, prefix: string, isLeft: (key: string) => boolean): Promise<string[]> {
  const left: string[] = [];
  for await (const { key } of store.list(prefix)) if (isLeft(key)) left.push(key);
  return left;
}

function policyOf({ policy }: Pick<RetentionInput, 'policy'>): Policy {
  return parsePolicy(policy.file, policy.text);
}
