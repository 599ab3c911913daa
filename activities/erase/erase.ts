/** Erase: finds the versions that hold a subject, takes them back, looks for the subject again, and signs what was done. Every step may be repeated. */
import { PURPOSE_PREDICATE } from '../../curation/measurement/disclosure/statement.ts';
import { formatManifest, parseManifest, sign } from '../../curation/proof/dsse.ts';
import { erasureStatement, type AbsenceProbe, type Certificate, type Tombstone } from '../../curation/proof/erasure.ts';
import { parseStatement } from '../../curation/proof/statement.ts';
import { withoutCases } from '../../curation/measurement/abuse/review.ts';
import { suspectKey, type SubjectKind } from '../../curation/stages/erasure.ts';
import { KeyedHash } from '../../curation/stages/keyed.ts';
import { openAudit, type AuditLog } from '../../storage/audit.ts';
import { addErasures } from '../../storage/people/erasures.ts';
import type { Keystore } from '../../storage/keystore.ts';
import { MANIFEST, type ObjectStore } from '../../storage/objects.ts';
import { removeKept } from '../measure/kept.ts';
import { indexKey, INDEX_FOLDER, readIndex } from './erasure.ts';
import { readReview, updateReview } from '../measure/review.ts';
import type { Stage } from '../run/stage.ts';
import { destroyVersion, readTombstone, TOMBSTONE } from './tombstone.ts';

export interface EraseInput {
  /** Keyed hashes of the subject: no id leaves the command. */
  keys: string[];
}

export interface Found {
  /** `name/version` of what holds the subject, or was being taken back by this erasure. */
  versions: string[];
  examples: number;
}

/** Names the subject as erased, so that no run under way can publish it any more, takes back buckets that were kept, then finds what holds it. */
export async function eraseFind({ keys }: EraseInput, stage: Stage): Promise<Found> {
  await addErasures(stage.keystore, keys);
  await removeKept(stage.store);
  await eraseCases(keys, stage.keystore);
  const found = await versionsHolding(keys, stage.store, stage.keystore, (version) => stage.progress({ version }));
  const versions = new Set<string>();
  for (const { version, published } of found) {
    // What is not visible by now never will be: its publication finds the subject erased. What it left goes.
    if (published || (await readTombstone(stage.store, version))) versions.add(version);
    else await destroyVersion(version, stage.store);
  }
  for (const version of await tombstones(stage.store))
    if ((await readTombstone(stage.store, version))?.erasure === stage.request.run) versions.add(version);
  return { versions: [...versions].sort(), examples: found.reduce((sum, { examples }) => sum + examples, 0) };
}

/** What reviewers have of the erased: their training would be refused as erased, whatever was decided. */
async function eraseCases(keys: readonly string[], keystore: Keystore): Promise<void> {
  const erased = new Set(keys);
  const hash = new KeyedHash(keystore.erasureIndexKey());
  const isErased = (user: string) => erased.has(suspectKey(user, hash));
  if (!Object.keys((await readReview(keystore)).cases).some(isErased)) return;
  await updateReview(keystore, (review) => withoutCases(review, isErased));
}

/** Versions whose index names one of the keys, with the number of their examples. Reads only. */
export async function versionsHolding(
  keys: readonly string[],
  store: ObjectStore,
  keystore: Keystore,
  progress: (version: string) => void = () => undefined,
): Promise<{ version: string; examples: number; published: boolean }[]> {
  const wanted = new Set(keys);
  const found: { version: string; examples: number; published: boolean }[] = [];
  for (const version of await indexed(store)) {
    progress(version);
    let examples = 0;
    for await (const entry of (await readIndex(store, version, keystore)).entries())
      if (entry.keys.some((key) => wanted.has(key))) examples++;
    if (examples === 0) continue;
    found.push({ version, examples, published: (await store.stat(`datasets/${version}/${MANIFEST}`)) !== null });
  }
  return found;
}

export interface ProbeInput extends EraseInput {
  versions: string[];
}

/** Looks at the store, not at what the erasure believes: every index and every object of what was taken back. */
export async function eraseProbe({ keys, versions }: ProbeInput, stage: Stage): Promise<AbsenceProbe> {
  const { store, keystore } = stage;
  const probe: AbsenceProbe = { objects: 0, indexes: 0, remaining: [], uncovered: [], unfinished: [] };
  const all = await indexed(store);
  probe.indexes = all.length;
  probe.remaining.push(...(await versionsHolding(keys, store, keystore)).map(({ version }) => version));
  for (const version of versions) if (all.includes(version)) probe.remaining.push(indexKey(version));
  const covered = new Set(all);
  for await (const { key } of store.list('datasets/')) {
    probe.objects++;
    const [, name, version, ...path] = key.split('/');
    const folder = `${name}/${version}`;
    const file = path.join('/');
    if (versions.includes(folder) && file !== TOMBSTONE) probe.remaining.push(key);
    if (file === MANIFEST && !covered.has(folder) && !(await tellsNobody(store, key))) probe.uncovered.push(folder);
  }
  const unfinished = new Set<string>();
  for await (const { key } of store.list('runs/')) {
    probe.objects++;
    const [, run, unit = ''] = key.split('/');
    if (run !== stage.request.run && unit !== 'ledger' && unit !== 'run.json') unfinished.add(run!);
  }
  probe.unfinished = [...unfinished].sort();
  probe.remaining = [...new Set(probe.remaining)].sort();
  return probe;
}

/** Whether a version is a measurement whose figures are of many people each; a queue of suspects is not. */
async function tellsNobody(store: ObjectStore, manifest: string): Promise<boolean> {
  const { envelopes } = parseManifest((await store.readAll(manifest)).toString());
  const purposes = envelopes
    .map(({ payload }) => parseStatement(Buffer.from(payload, 'base64')))
    .flatMap(({ predicateType, predicate }) => (predicateType === PURPOSE_PREDICATE ? [predicate['purpose']] : []));
  return purposes.length > 0 && !purposes.includes('abuse-investigation');
}

export interface CertifyInput {
  kind: SubjectKind;
  keys: string[];
  versions: Tombstone[];
  probe: AbsenceProbe;
  actor: string;
}

/** Signs the certificate once; asked again, it gives the one that is there. Returns its key in the store and what it says. */
export async function eraseCertify(
  input: CertifyInput,
  stage: Stage,
): Promise<{ key: string; certificate: Certificate }> {
  const { store, keystore, request } = stage;
  const key = certificateKey(request.run);
  const there = await readCertificate(store, key);
  const { kind, keys, probe, actor } = input;
  const known = new Set(there?.versions.map(({ version }) => version));
  const added = input.versions.filter(({ version }) => !known.has(version));
  if (there && added.length === 0) return { key, certificate: { ...there, probe } };
  const versions = [...(there?.versions ?? []), ...added];
  const certificate: Certificate = { erasure: request.run, kind, keys, versions, probe, at: new Date().toISOString() };
  const { privateKey, keyid, publicPem } = keystore.signing();
  const envelopes = [sign(erasureStatement(certificate), privateKey, keyid)];
  const log = await openAudit(stage.auditFolder, keystore.signing());
  const noted = (await names(log, request.run)) > (there ? 1 : 0);
  if (!noted) {
    const details = {
      ...{ kind, remaining: probe.remaining.length, uncovered: probe.uncovered.length },
      versions: versions.map(({ name, version, replacedBy, removed }) => ({ name, version, replacedBy, removed })),
    };
    await log.append({ time: certificate.at, actor, action: 'erase', subject: request.run, details });
  }
  await store.write(key, Buffer.from(formatManifest({ envelopes, publicKeys: { [keyid]: publicPem } })));
  return { key, certificate };
}

/** How often the log tells of an erasure: an attempt that was killed may have told it already. */
async function names(log: AuditLog, run: string): Promise<number> {
  let times = 0;
  for await (const { subject } of log.show({ action: 'erase' })) if (subject === run) times++;
  return times;
}

function certificateKey(run: string): string {
  return `erasure/certificates/${run}.dsse.json`;
}

async function readCertificate(store: ObjectStore, key: string): Promise<Certificate | null> {
  if ((await store.stat(key)) === null) return null;
  const [envelope] = parseManifest((await store.readAll(key)).toString()).envelopes;
  return parseStatement(Buffer.from(envelope!.payload, 'base64')).predicate as unknown as Certificate;
}

async function indexed(store: ObjectStore): Promise<string[]> {
  const versions: string[] = [];
  for await (const { key } of store.list(INDEX_FOLDER)) versions.push(key.slice(INDEX_FOLDER.length));
  return versions;
}

async function tombstones(store: ObjectStore): Promise<string[]> {
  const versions: string[] = [];
  for await (const { key } of store.list('datasets/')) {
    const [, name, version, file] = key.split('/');
    if (file === TOMBSTONE) versions.push(`${name}/${version}`);
  }
  return versions;
}
