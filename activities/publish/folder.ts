/** The folder of a version: data files, card, Croissant, report, sums and the signed manifest, made visible in one step with its erasure index. */
import { createHash } from 'node:crypto';
import { datasetCard } from '../../curation/formats/card.ts';
import { croissant } from '../../curation/formats/croissant.ts';
import type { DataFile, DatasetFacts } from '../../curation/formats/facts.ts';
import { reportPage } from '../../curation/formats/report.ts';
import { formatManifest, parseManifest, sign } from '../../curation/proof/dsse.ts';
import {
  datasetStatement,
  parseStatement,
  provenanceStatement,
  storedStatement,
  DATASET_PREDICATE,
} from '../../curation/proof/statement.ts';
import { formatSums } from '../../curation/proof/sums.ts';
import { holdingErasures } from '../../storage/people/erasures.ts';
import { MANIFEST, type ObjectStore } from '../../storage/objects.ts';
import { indexKey, readIndex, writeIndex } from '../erase/erasure.ts';
import { readTombstone } from '../erase/tombstone.ts';
import { RunFailure } from '../run/failure.ts';
import type { Stage } from '../run/stage.ts';

export interface Version {
  facts: DatasetFacts;
  /** Data files as they are stored: sealed, unless the dataset is plain. `stored` is the sha256 they must have, where it is known. */
  files: { file: DataFile; body: Uint8Array | AsyncIterable<Uint8Array>; stored?: string; from: string }[];
  plain: boolean;
  /** Entries of the erasure index, as `LineBuffer` gives them. */
  index: Buffer[];
}

const BUILDER = 'urn:garner:worker:1';

/**
 * Publishes a version unless it is there already; returns whether it made it.
 * @throws RunFailure Refused where the version exists with other content, or somebody in it has been erased
 */
export async function publishVersion(version: Version, stage: Stage): Promise<boolean> {
  const { store, keystore } = stage;
  const { facts } = version;
  const name = `${facts.name}/${facts.version}`;
  const dataset = `datasets/${name}`;
  if (await isPublished(store, dataset, facts.digest)) return false;
  const tombstone = await readTombstone(store, name);
  if (tombstone)
    throw new RunFailure('Refused', `${dataset} was taken back (${tombstone.reason}): it is not published again`);
  const staging = stage.name('dataset');
  try {
    await writeFolder(staging, version, stage);
    // Before the version can be seen: an erasure finds every version by its index.
    await writeIndex(store, name, facts, version.index, keystore);
    return await holdingErasures(keystore, async (erased) => {
      await refuseErased(name, erased, stage);
      if (!(await stage.goesOn())) throw new RunFailure('Refused', 'the run is over: a late try publishes nothing');
      if ((await store.publishFolder(staging, dataset)) === 'published') return true;
      if (await isPublished(store, dataset, facts.digest)) return false;
      throw new RunFailure('Refused', `${dataset} exists with other content: nothing was published`);
    });
  } catch (error) {
    if (!(await isPublished(store, dataset, facts.digest))) await store.remove(indexKey(name));
    throw error;
  } finally {
    await store.removeAll(`${staging}/`);
  }
}

/** @throws RunFailure Refused where the index of a version about to be visible names somebody who is erased */
export async function refuseErased(name: string, erased: ReadonlySet<string>, stage: Stage): Promise<void> {
  if (erased.size === 0) return;
  for await (const { keys } of (await readIndex(stage.store, name, stage.keystore)).entries()) {
    if (keys.some((key) => erased.has(key)))
      throw new RunFailure(
        'Refused',
        'somebody was erased while the run was under way: nothing was published, run again',
      );
  }
}

/** Whether a published version has that digest. */
export async function isPublished(store: ObjectStore, dataset: string, digest: string): Promise<boolean> {
  const key = `${dataset}/${MANIFEST}`;
  if ((await store.stat(key)) === null) return false;
  const { envelopes } = parseManifest((await store.readAll(key)).toString());
  const statements = envelopes.map(({ payload }) => parseStatement(Buffer.from(payload, 'base64')));
  return statements.some(
    ({ predicateType, predicate }) => predicateType === DATASET_PREDICATE && predicate['digest'] === digest,
  );
}

async function writeFolder(folder: string, { facts, files, plain }: Version, stage: Stage): Promise<void> {
  const { store, keystore } = stage;
  const stored: { path: string; sha256: string; size: number }[] = [];
  const put = async (path: string, body: Uint8Array | AsyncIterable<Uint8Array>) => {
    stored.push({ path, ...(await store.write(`${folder}/${path}`, body)) });
    stage.progress({ file: path });
  };
  const attested: { path: string; sha256: string; bytes: number }[] = [];
  for (const { file, body, stored: expected, from } of files) {
    const { path, sha256, bytes } = file;
    await put(plain ? path : `${path}.age`, body);
    attested.push({ path, sha256, bytes });
    if (expected !== undefined && stored.at(-1)!.sha256 !== expected)
      throw new RunFailure('Damaged', `${from} is not what render wrote: nothing was published, run again`);
  }
  const documents: [string, string][] = [
    ['README.md', datasetCard(facts)],
    ['croissant.json', JSON.stringify(croissant(facts), null, 2) + '\n'],
    ['report.html', reportPage(facts)],
  ];
  for (const [path, text] of documents) {
    const bytes = Buffer.from(text);
    attested.push({ path, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length });
    await put(path, bytes);
  }
  await put('SHA256SUMS', Buffer.from(formatSums(stored)));
  const { privateKey, keyid, publicPem } = keystore.signing();
  const statements = [
    datasetStatement(facts, attested),
    provenanceStatement(facts, attested, BUILDER),
    storedStatement(facts, stored),
  ];
  const envelopes = statements.map((statement) => sign(statement, privateKey, keyid));
  await store.write(
    `${folder}/${MANIFEST}`,
    Buffer.from(formatManifest({ envelopes, publicKeys: { [keyid]: publicPem } })),
  );
}

/** A file before it has its number among those of its format and split. */
export interface Unnamed {
  format: string;
  split: string;
  rows: number;
  /** Of the plaintext. */
  sha256: string;
  bytes: number;
}

/** `data/<format>/<split>-00000-of-00004.parquet`, numbered over the parts that have rows of the split, in their order. */
export function nameFiles<T extends Unnamed>(files: T[], kind: string): { from: T; file: DataFile }[] {
  const groups = new Map<string, T[]>();
  for (const file of files) {
    const name = `data/${file.format}/${file.split}`;
    groups.set(name, [...(groups.get(name) ?? []), file]);
  }
  const number = (value: number) => String(value).padStart(5, '0');
  return [...groups].flatMap(([name, group]) =>
    group.map((from, index) => ({
      from,
      file: {
        path: `${name}-${number(index)}-of-${number(group.length)}.${kind}`,
        sha256: from.sha256,
        bytes: from.bytes,
        examples: from.rows,
      },
    })),
  );
}
