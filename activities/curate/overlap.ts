/** The run's private filter and boilerplate table, the filter read once a process, and the survey of public text that fills the table. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { Boilerplate, repositoryHash } from '../../curation/overlap/boilerplate.ts';
import { FingerprintFilter } from '../../curation/overlap/filter.ts';
import {
  fingerprintKey,
  fingerprintsOf,
  normalisedFingerprintsOf,
  type FingerprintKey,
  type GuardMode,
} from '../../curation/overlap/fingerprint.ts';
import { refusals } from '../../curation/stages/private/guarded.ts';
import { groupBy } from '../../curation/groups.ts';
import type { PrivateOverlap } from '../../curation/stages/private/overlap.ts';
import type { AdmittedRecord, AdmittedText } from '../../curation/stages/record.ts';
import { EMPTY_TEXT } from '../../curation/text.ts';
import { readBucket } from './bucket.ts';
import type { Stage } from '../run/stage.ts';
import type { Ref } from '../types.ts';

const filters = new Map<string, Promise<FingerprintFilter>>();

/** What this thread asks of one run is kept, in memory that all threads share; that of another run goes. */
async function filterOf(ref: { key: string }, stage: Stage): Promise<FingerprintFilter> {
  const run = `${stage.store.url}\0${stage.request.run}`;
  const name = `${run}\0${ref.key}`;
  for (const known of filters.keys()) if (!known.startsWith(`${run}\0`)) filters.delete(known);
  const known = filters.get(name);
  if (known) return known;
  const read = stage.filters.hold(run, ref.key, () => FingerprintFilter.fromPieces(stage.readStream(ref)));
  filters.set(name, read);
  read.catch(() => filters.delete(name));
  return read;
}

/** What assemble asks of the named private corpora. */
export async function corporaOf(stage: Stage): Promise<PrivateOverlap[]> {
  const corpora: PrivateOverlap[] = [];
  for (const { key, filter } of stage.guards) {
    const held = await filterOf(filter, stage);
    corpora.push({ key: fingerprintKey(Buffer.from(key, 'base64')), has: (high, low) => held.has(high, low) });
  }
  return corpora;
}

export interface SurveyInput {
  bucket: number;
  shards: Ref;
  reroutes: Ref | null;
  filter: Ref;
}

/** Notes in how many public repositories the private k-grams of the run stand, over the text of one bucket. */
export async function survey({ bucket, shards, reroutes, filter }: SurveyInput, stage: Stage): Promise<Ref | null> {
  const key = stage.guardKey;
  if (!key) return null;
  const merged = await filterOf(filter, stage);
  const boilerplate = new Boilerplate((high, low) => merged.has(high, low), stage.policy.guard.boilerplateRepositories);
  for await (const records of readBucket(bucket, shards, reroutes, stage)) {
    const requests = groupBy(records, ({ request, suggestion }) => request ?? suggestion);
    for (const record of records) {
      const { text, origin } = record;
      if (!text || !origin || !isPublic(record, requests, stage)) continue;
      const repository = repositoryHash(origin.repository);
      eachFingerprintOf(text, key, stage.plan.guard, (high, low) => boilerplate.note(high, low, repository));
    }
  }
  return boilerplate.size === 0
    ? null
    : stage.write(`survey/${bucket}`, [gzipSync(boilerplate.toBytes(), { level: 1 })]);
}

function eachFingerprintOf(
  { prefix = EMPTY_TEXT, completion = EMPTY_TEXT, suffix = EMPTY_TEXT, context = [] }: AdmittedText,
  key: FingerprintKey,
  mode: GuardMode,
  note: (high: number, low: number) => void,
): void {
  for (const part of [prefix + completion + suffix, ...context.map((piece) => piece.text)]) {
    if (part === '') continue;
    fingerprintsOf(part, key, note);
    if (mode === 'all') normalisedFingerprintsOf(part, key, note);
  }
}

/** Text whose document is another record's to tell counts as public only where every one of them lets it through. */
function isPublic(record: AdmittedRecord, requests: Map<string, AdmittedRecord[]>, stage: Stage): boolean {
  if (!record.pending) return true;
  const documents = requests.get(record.request ?? record.suggestion)!.flatMap(({ document }) => document ?? []);
  return documents.length > 0 && refusals(record.pending, record.time, documents, stage.rules).length === 0;
}

/** One table of all buckets' surveys. */
export async function gatherSurveys(surveys: Ref[], filter: Ref, stage: Stage): Promise<Ref> {
  const merged = await filterOf(filter, stage);
  const isPrivate = (high: number, low: number) => merged.has(high, low);
  const threshold = stage.policy.guard.boilerplateRepositories;
  const all = new Boilerplate(isPrivate, threshold);
  for (const ref of surveys) {
    all.merge(Boilerplate.fromBytes(gunzipSync(await stage.reader.read(ref, 0)), isPrivate, threshold));
    stage.progress({ surveys: surveys.length });
  }
  return stage.write('survey/all', [gzipSync(all.toBytes(), { level: 1 })]);
}

/** What assemble asks of private overlap; null where nothing private was found. */
export async function overlapOf(
  filter: Ref | null,
  boilerplate: Ref | null,
  stage: Stage,
): Promise<PrivateOverlap | null> {
  const key = stage.guardKey;
  if (!filter || !key) return null;
  const merged = await filterOf(filter, stage);
  const has = (high: number, low: number) => merged.has(high, low);
  if (!boilerplate) return { key, has };
  const table = Boilerplate.fromBytes(
    gunzipSync(await stage.reader.read(boilerplate, 0)),
    has,
    stage.policy.guard.boilerplateRepositories,
  );
  return { key, has, isPublic: (high, low) => table.isPublic(high, low) };
}
