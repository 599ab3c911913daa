/** Reissue: a version made again without the examples of erased subjects, from its own files; the old one gets a tombstone and is destroyed. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Audience } from '../../config/policy.ts';
import { formatOf, type FormatName } from '../../curation/formats/example.ts';
import { dataFiles, type DatasetFacts, type GuardFacts, type SplitName } from '../../curation/formats/facts.ts';
import { datasetDigest, versionOf } from '../../curation/proof/digest.ts';
import type { Tombstone } from '../../curation/proof/erasure.ts';
import { packZstd, unpackZstd } from '../../storage/compression.ts';
import { readErasures } from '../../storage/people/erasures.ts';
import { withLock } from '../../storage/host/lock.ts';
import { openRelational } from '../../storage/relational.ts';
import { open, seal } from '../../storage/seal.ts';
import { recipientsOf } from '../publish/audience.ts';
import { LineBuffer } from '../run/container.ts';
import { readIndex } from './erasure.ts';
import { RunFailure } from '../run/failure.ts';
import { nameFiles, publishVersion, type Unnamed } from '../publish/folder.ts';
import type { Stage } from '../run/stage.ts';
import { addExample, emptyStatistics, figuresOf } from '../publish/statistics.ts';
import type { Statistics } from '../types.ts';
import { destroyVersion, readTombstone, REISSUE_LOCK, storedDigests, writeTombstone } from './tombstone.ts';

export interface ReissueInput {
  /** `name/version`. */
  version: string;
}

/** Two erasures that hold one version take turns; a large version takes a while to write again. */
const PATIENCE_MS = 6 * 3_600_000;
const EXPANDED = 2 ** 31 - 1;
const RECALL =
  'Somebody whose data is in this version asked for its erasure. Delete every copy and what was derived from it, and use the version named under replacedBy.';

/** The tombstone of the version, which stands and under which nothing is left when this returns. */
export async function reissue({ version }: ReissueInput, stage: Stage): Promise<Tombstone> {
  return withLock(
    stage.keystore.folder,
    REISSUE_LOCK,
    async () => {
      let tombstone = await readTombstone(stage.store, version);
      if (!tombstone) {
        tombstone = await replace(version, stage);
        await writeTombstone(tombstone, stage);
      }
      await destroyVersion(version, stage.store);
      return tombstone;
    },
    PATIENCE_MS,
  );
}

/** Publishes what is left of a version, and says what its tombstone is to say. */
async function replace(version: string, stage: Stage): Promise<Tombstone> {
  const { store, keystore } = stage;
  const { facts, entries } = await readIndex(store, version, keystore);
  // All that were erased, not only whom this erasure is of: the new version may hold none of them.
  const erased = new Set(await readErasures(keystore));
  const gone = new Set<string>();
  const statistics = emptyStatistics();
  const index = new LineBuffer();
  for await (const entry of entries()) {
    if (entry.keys.some((key) => erased.has(key))) gone.add(entry.example);
    else if (entry.of) {
      addExample(statistics, entry.of.counted, entry.of.split);
      index.push(entry);
    }
  }
  const { files, destroyed, plain } = await rewrite(version, facts, gone, stage);
  const said = { name: facts.name, version: facts.version, digest: facts.digest, reason: 'erasure' as const };
  const took = { erasure: stage.request.run, removed: gone.size, destroyed, recall: RECALL };
  if (files.length === 0) {
    // A queue of reviewers has no rows to be made again from: it goes as a whole, and the next one is without them.
    const all = destroyed.length > 0 ? destroyed : await storedDigests(version, store);
    return { ...said, ...took, destroyed: all, replacedBy: null, newDigest: null };
  }
  const named = nameFiles(files, facts.files);
  const digest = datasetDigest(named.map(({ file }) => file));
  const splits: DatasetFacts['splits'] = {};
  for (const { from, file } of named)
    ((splits[from.format as FormatName] ??= {})[from.split as SplitName] ??= []).push(file);
  const made: DatasetFacts = {
    ...facts,
    ...figuresOf(statistics),
    ...{ digest, version: versionOf(facts.window, digest), splits },
    counts: { ...facts.counts, examples: statistics.examples },
    ...(facts.guard && { guard: stillGuarded(facts.guard, statistics) }),
    selection: [...facts.selection, { step: 'erased', left: statistics.examples }],
    replaces: { version: facts.version, digest: facts.digest, removed: gone.size, why: 'erasure' },
  };
  const bodies = named.map(({ from, file }) => ({ file, body: from.stored, from: file.path }));
  await publishVersion({ facts: made, files: bodies, plain, index: [index.bytes()] }, stage);
  return { ...said, ...took, replacedBy: made.version, newDigest: digest };
}

/** What is left was compared with the same private code: a reissue adds no text. */
function stillGuarded(guard: GuardFacts, { renamed }: Statistics): GuardFacts {
  return { ...guard, renamed: guard.renamed === null ? null : renamed };
}

interface Rewritten extends Unnamed {
  stored: Buffer;
}

async function rewrite(
  version: string,
  facts: DatasetFacts,
  gone: ReadonlySet<string>,
  stage: Stage,
): Promise<{ files: Rewritten[]; destroyed: { path: string; sha256: string }[]; plain: boolean }> {
  const { store, keystore } = stage;
  const folder = join(stage.scratch, `reissue-${stage.request.run}-${stage.request.attempt}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files: Rewritten[] = [];
  const destroyed: { path: string; sha256: string }[] = [];
  let plain = true;
  try {
    await writeFile(join(folder, 'gone.jsonl'), [...gone].map((id) => JSON.stringify({ id }) + '\n').join(''), {
      mode: 0o600,
    });
    for (const file of dataFiles(facts)) {
      const bare = `datasets/${version}/${file.path}`;
      const sealed = (await store.stat(`${bare}.age`)) !== null;
      plain &&= !sealed;
      const stored = await store.readAll(sealed ? `${bare}.age` : bare);
      destroyed.push({ path: sealed ? `${file.path}.age` : file.path, sha256: sha256(stored) });
      const bytes = sealed ? await open(stored, [keystore.identity().secret]) : stored;
      if (sha256(bytes) !== file.sha256)
        throw new RunFailure('Damaged', `${bare} is not what was published: put it back from a copy, then erase again`);
      const [, format, split] = /^data\/([^/]+)\/([a-z]+)-/.exec(file.path)!;
      const left = await without(bytes, facts.files, format as FormatName, gone, folder);
      if (left.rows > 0) {
        const recipients = sealed ? recipientsOf(facts.audience as Audience[], stage) : null;
        files.push({
          ...{ format: format!, split: split!, rows: left.rows, sha256: sha256(left.bytes), bytes: left.bytes.length },
          stored: recipients ? await seal(left.bytes, recipients) : left.bytes,
        });
      }
      stage.progress({ file: file.path });
    }
    return { files, destroyed, plain };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A data file's bytes without the rows of some examples; the same rows give the same bytes. */
async function without(
  bytes: Buffer,
  kind: DatasetFacts['files'],
  format: FormatName,
  gone: ReadonlySet<string>,
  folder: string,
): Promise<{ bytes: Buffer; rows: number }> {
  if (kind !== 'parquet') {
    const text = kind === 'jsonl.zst' ? unpackZstd(bytes, EXPANDED) : bytes;
    const lines = text.toString().split('\n');
    const kept = lines.filter((line) => line !== '' && !gone.has((JSON.parse(line) as { id: string }).id));
    const left = Buffer.from(kept.map((line) => `${line}\n`).join(''));
    return { bytes: kind === 'jsonl.zst' && kept.length > 0 ? await packZstd(left) : left, rows: kept.length };
  }
  const [from, to] = [join(folder, 'old.parquet'), join(folder, 'new.parquet')];
  await writeFile(from, bytes, { mode: 0o600 });
  const db = await openRelational({ scratch: folder });
  try {
    await db.run(
      `CREATE TABLE gone AS SELECT id FROM read_json('${join(folder, 'gone.jsonl')}', format = 'newline_delimited', columns = {id: 'VARCHAR'})`,
    );
    const [group] = await db.rows<{ rows: number }>(
      `SELECT max(row_group_num_rows) AS rows FROM parquet_metadata('${from}')`,
    );
    await db.run(
      `COPY (SELECT * FROM read_parquet('${from}') WHERE id NOT IN (SELECT id FROM gone)
       ORDER BY ${formatOf(format)
         .order.map((name) => `"${name}"`)
         .join(', ')})
       TO '${to}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${Math.max(2048, group?.rows ?? 0)})`,
    );
    const [found] = await db.rows<{ rows: number; remaining: number }>(
      `SELECT count(*) AS rows, count(*) FILTER (id IN (SELECT id FROM gone)) AS remaining FROM read_parquet('${to}')`,
    );
    if (found!.remaining > 0)
      throw new RunFailure('CountsDiffer', 'rows of the erased are left: nothing was published');
    return { bytes: await readFile(to), rows: found!.rows };
  } finally {
    await db.close();
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
