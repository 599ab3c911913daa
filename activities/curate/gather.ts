/**
 * Gather: finds suggestions whose records name their request only in part, and merges what the shards found into one private filter, with the
 * text that documents of several shards make private together.
 */
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { FingerprintFilter } from '../../curation/overlap/filter.ts';
import { eachFingerprint, FINGERPRINT_BYTES } from '../../curation/overlap/grams.ts';
import { privateRefusal, type NamedDocument, type Withheld } from '../../curation/stages/private/guarded.ts';
import { bucketOf, KeyedHash } from '../../curation/stages/keyed.ts';
import { SHARD_PARTS } from './admit.ts';
import { LineBuffer, linesHolding, linesOf } from '../run/container.ts';
import { RunFailure } from '../run/failure.ts';
import type { Stage } from '../run/stage.ts';
import type { Admitted, Gathered, Ref } from '../types.ts';

/** [suggestion, request] of a suggestion of which some records lack the request. */
export type Reroute = [string, string];

/** Share of bits set past which the filter claims more than it was sized for. */
const FULL = 0.35;

export async function gather(shards: Admitted[], stage: Stage): Promise<Gathered> {
  const fingerprints = shards.reduce((sum, shard) => sum + shard.fingerprints, 0);
  const routes = await routesOf(shards, stage);
  const withheld = shards.reduce((sum, shard) => sum + shard.withheld, 0);
  const filter = fingerprints + withheld > 0 ? await gatherFilter(shards, fingerprints, routes, stage) : null;
  const lines = new LineBuffer();
  for (const route of routes) lines.push(route satisfies Reroute);
  const reroutes = lines.lines === 0 ? null : await stage.write('gather/reroutes', [lines.bytes()]);
  const list = new LineBuffer();
  for (const { ref } of shards) list.push(ref);
  return { shards: await stage.write('gather/shards', [list.bytes()]), filter, reroutes, fingerprints };
}

/**
 * Holds the filter and one shard's fingerprints, compressed, at a time. The filter's size comes from the plan and from what is in it, never from
 * the count, which counts what stands in several shards several times. @throws RunFailure ConfigInvalid where the sources held more than the plan allows for
 */
async function gatherFilter(
  shards: Admitted[],
  fingerprints: number,
  routes: ReadonlyMap<string, string>,
  stage: Stage,
): Promise<Ref | null> {
  const withheld = shards.reduce((sum, shard) => sum + shard.withheldFingerprints, 0);
  const merged = FingerprintFilter.begun(stage.plan.guardFingerprints, fingerprints + withheld);
  for (const shard of shards) {
    if (shard.fingerprints === 0) continue;
    const part = await stage.reader.read(shard.ref, stage.plan.buckets + SHARD_PARTS.fingerprints);
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of Readable.from([part]).pipe(createGunzip()) as AsyncIterable<Buffer>) {
      const held = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const whole = held.length - (held.length % FINGERPRINT_BYTES);
      eachFingerprint(held.subarray(0, whole), (high, low) => merged.add(high, low));
      rest = held.subarray(whole);
    }
    // The remainder of a cut part is no whole fingerprint, and is refused as such.
    eachFingerprint(rest, () => undefined);
    stage.progress({ fingerprints: merged.added });
  }
  if (merged.added !== fingerprints)
    throw new RunFailure('Damaged', `the shards hold ${merged.added} fingerprints and announced ${fingerprints}`);
  await addWithheld(shards, routes, merged, stage);
  if (merged.added === 0) return null;
  if (merged.fill() > FULL)
    throw new RunFailure(
      'ConfigInvalid',
      `${stage.policy.file} guard.memory: the sources hold more private code than their size promised: run on less input at once`,
    );
  return stage.writeStream('gather/filter', merged.folded().pieces());
}

/** Texts that are judged at a time: some 200 MB of names, however large the run is. */
const WITHHELD_AT_ONCE = 500_000;

/** Adds the fingerprints of text that names no document and that some document of its request, in whichever shard, makes private. */
async function addWithheld(
  shards: Admitted[],
  routes: ReadonlyMap<string, string>,
  filter: FingerprintFilter,
  stage: Stage,
): Promise<void> {
  const holding = shards.filter(({ withheld }) => withheld > 0);
  const turns = Math.ceil(holding.reduce((sum, { withheld }) => sum + withheld, 0) / WITHHELD_AT_ONCE);
  const hash = new KeyedHash(stage.key('join'));
  const lines = async function* <T>(of: Admitted[], part: keyof typeof SHARD_PARTS) {
    for (const { ref } of of) {
      yield* linesOf<T>(await stage.reader.read(ref, stage.plan.buckets + SHARD_PARTS[part]));
      stage.progress({ fingerprints: filter.added });
    }
  };
  // A record without a request is known by its suggestion until another record names one.
  const home = (request: string) => routes.get(request) ?? request;
  for (let turn = 0; turn < turns; turn++) {
    const named = new Map<string, NamedDocument[]>();
    for await (const { request } of lines<Withheld>(holding, 'withheld'))
      if (bucketOf(hash, home(request), turns) === turn) named.set(home(request), []);
    for await (const [request, documents] of lines<[string, NamedDocument[]]>(shards, 'documents'))
      named.get(home(request))?.push(...documents);
    for await (const { request, origin, time, prints } of lines<Withheld>(holding, 'withheld'))
      if (privateRefusal(origin, time, named.get(home(request)) ?? [], stage.rules))
        eachFingerprint(Buffer.from(prints, 'base64'), (high, low) => filter.add(high, low));
  }
}

/** What a shard knows of a suggestion: the request it names, and whether some record of it names none. */
type Link = [suggestion: string, request: string | null, partly: boolean];

/** The request of each suggestion of which some records name one and some do not, by suggestion, ascending. */
async function routesOf(shards: Admitted[], stage: Stage): Promise<Map<string, string>> {
  const linksOf = ({ ref }: Admitted) => stage.reader.read(ref, stage.plan.buckets + SHARD_PARTS.links);
  const without = new Set<string>();
  for (const shard of shards) {
    // Few sources hold such records: the others' links are not parsed.
    for (const [suggestion, , partly] of linesHolding<Link>(await linksOf(shard), 'true]'))
      if (partly) without.add(suggestion);
    stage.progress({ links: without.size });
  }
  const requests = new Map<string, string>();
  for (const shard of without.size > 0 ? shards : []) {
    for (const [suggestion, request] of linesOf<Link>(await linksOf(shard))) {
      if (request === null || !without.has(suggestion)) continue;
      // Several requests for one suggestion: the first in order, so that every shard order gives the same.
      const known = requests.get(suggestion);
      if (known === undefined || request < known) requests.set(suggestion, request);
    }
    stage.progress({ links: requests.size });
  }
  const routes = new Map<string, string>();
  for (const suggestion of [...without].sort()) {
    const request = requests.get(suggestion);
    if (request !== undefined && request !== suggestion) routes.set(suggestion, request);
  }
  return routes;
}
