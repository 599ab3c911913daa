/** What a run was started with, as its stages find it: sealed beside what they stage. */
import type { GuardMode } from '../../curation/overlap/fingerprint.ts';
import { openKeystore, type Keystore } from '../../storage/keystore.ts';
import { openStore, type ObjectStore } from '../../storage/objects.ts';
import { open, seal } from '../../storage/seal.ts';
import type { SourceObject } from '../plan/sources.ts';
import type { Ref } from '../types.ts';

/** The settings of a run as it was started, sealed beside it. */
export interface RunSettings {
  policy: { file: string; text: string };
  access: { file: string; text: string } | null;
  /** With the embedded server the local identity belongs to every audience. */
  local: boolean;
  /** Named private corpora, by key id and digest. */
  guards?: StoredGuard[];
  /** Of strategy-assessment: the declared experiment as it was when the run was started. */
  experiment?: { file: string; text: string };
  /** Of a night: what it reads, in place of what lies under the inputs by then. */
  sources?: SourceObject[];
  /** Of training: pseudonyms of users whose abuse a reviewer confirmed. */
  confirmed?: string[];
  /** Of abuse-investigation: pseudonyms of the cases that reviewers have. */
  cases?: string[];
}

/** A guard file as a run keeps it: sealed beside the settings, so that any worker has it. */
export interface StoredGuard {
  keyId: string;
  /** sha256 of the file, hex. */
  sha256: string;
  mode: GuardMode;
  /** base64 of 32 bytes. */
  key: string;
  /** Where the sealed filter lies. */
  filter: { key: string };
}

/** Stores a run's settings where its stages look for them. */
export async function storeSettings(out: string, run: string, settings: RunSettings, keys?: string): Promise<Ref> {
  return writeSealed(openStore(out), `runs/${run}/settings`, settings, await openKeystore(keys));
}

/** Seals a JSON value to the local identity and stores it. */
export async function writeSealed(store: ObjectStore, key: string, value: unknown, keystore: Keystore): Promise<Ref> {
  const { size } = await store.write(
    key,
    await seal(Buffer.from(JSON.stringify(value)), [keystore.identity().recipient]),
  );
  return { key, size };
}

/** What `writeSealed` stored. @throws SealFault or StorageFault where it is damaged or gone */
export async function readSealed<T>(store: ObjectStore, ref: { key: string }, keystore: Keystore): Promise<T> {
  return JSON.parse((await open(await store.readAll(ref.key), [keystore.identity().secret])).toString()) as T;
}
