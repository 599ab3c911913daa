/** Publishes a measurement: files sealed to the audience, a card without figures, the ledger, signed statements, an audit entry. */
import { createHash } from 'node:crypto';
import type { Suspect } from '../../curation/measurement/abuse/signals.ts';
import { withFindings } from '../../curation/measurement/abuse/review.ts';
import { purposeStatement, PURPOSE_PREDICATE } from '../../curation/measurement/disclosure/statement.ts';
import { purposeCard } from '../../curation/measurement/report/card.ts';
import type { DatasetFacts } from '../../curation/formats/facts.ts';
import { datasetDigest, versionOf } from '../../curation/proof/digest.ts';
import { formatManifest, parseManifest, sign } from '../../curation/proof/dsse.ts';
import {
  datasetStatement,
  DATASET_PREDICATE,
  parseStatement,
  provenanceStatement,
  storedStatement,
  type Statement,
} from '../../curation/proof/statement.ts';
import { formatSums } from '../../curation/proof/sums.ts';
import { suspectKey } from '../../curation/stages/erasure.ts';
import { openAudit } from '../../storage/audit.ts';
import { holdingErasures } from '../../storage/people/erasures.ts';
import { MANIFEST, type ObjectStore } from '../../storage/objects.ts';
import { seal } from '../../storage/seal.ts';
import { audienceRecipients } from '../publish/audience.ts';
import { indexKey, writeIndex } from '../erase/erasure.ts';
import { readTombstone } from '../erase/tombstone.ts';
import { refuseErased } from '../publish/folder.ts';
import { LineBuffer } from '../run/container.ts';
import { RunFailure } from '../run/failure.ts';
import { settle } from '../publish/settle.ts';
import { readSealed } from '../run/settings.ts';
import type { Stage } from '../run/stage.ts';
import type { Admitted, RunSummary, Settled } from '../types.ts';
import { measuring } from './admit.ts';
import type { Figures } from './figures.ts';
import type { Joined } from './join.ts';
import { updateReview } from './review.ts';

export interface MeasurePublishInput {
  shards: Admitted[];
  joined: Joined[];
  figures: Figures;
  plain: boolean;
  actor: string;
  approvedBy: string | null;
}

const BUILDER = 'urn:garner:worker:1';

export async function measurePublish(input: MeasurePublishInput, stage: Stage): Promise<RunSummary> {
  const { store, policy } = stage;
  const { figures } = input;
  const settled = await settleMeasured(input, stage);
  const digest = datasetDigest(figures.files);
  const version = versionOf(figures.window, digest);
  const dataset = `datasets/${policy.output.name}/${version}`;
  const facts = factsOf(stage, settled, { digest, version, window: figures.window });
  await refuseOverlap(stage, dataset, figures.window, digest);
  const fresh = !(await published(store, dataset, digest));
  if (fresh) await makeVisible(dataset, digest, input, facts, stage);
  const summary: RunSummary = {
    ...{ runId: stage.request.run, dataset, version, digest },
    ...countsOf(settled),
    ...{ examples: 0, reasons: settled.tally.reasons },
  };
  if (figures.suspects) await takeSuspects(figures.suspects, stage);
  const record = { ...summary, ledger: settled.ledger, ledgerRoot: settled.root, basis: settled.basis };
  await store.write(`runs/${summary.runId}/run.json`, Buffer.from(JSON.stringify(record, null, 1) + '\n'));
  await audit(stage, input, summary, fresh);
  return summary;
}

/** Writes the folder and its erasure index, and makes both count in one step that no erasure can come between. */
async function makeVisible(
  dataset: string,
  digest: string,
  input: MeasurePublishInput,
  facts: DatasetFacts,
  stage: Stage,
): Promise<void> {
  const { store, keystore } = stage;
  const name = `${facts.name}/${facts.version}`;
  const tombstone = await readTombstone(store, name);
  if (tombstone)
    throw new RunFailure('Refused', `${dataset} was taken back (${tombstone.reason}): it is not published again`);
  const staging = stage.name('dataset');
  try {
    await writeFolder(staging, input, facts, stage);
    await writeIndex(store, name, facts, [await entriesOf(input.figures, stage)], keystore);
    await holdingErasures(keystore, async (erased) => {
      await refuseErased(name, erased, stage);
      if (!(await stage.goesOn())) throw new RunFailure('Refused', 'the run is over: a late try publishes nothing');
      if ((await store.publishFolder(staging, dataset)) === 'exists' && !(await published(store, dataset, digest)))
        throw new RunFailure('Refused', `${dataset} exists with other content: nothing was published`);
    });
  } catch (error) {
    if (!(await published(store, dataset, digest))) await store.remove(indexKey(name));
    throw error;
  } finally {
    await store.removeAll(`${staging}/`);
  }
}

/** Whom the files name: the suspects of a queue. Figures over many users are of nobody. */
async function entriesOf({ suspects: ref }: Figures, stage: Stage): Promise<Buffer> {
  const index = new LineBuffer();
  const suspects = ref ? await readSealed<Suspect[]>(stage.store, ref, stage.keystore) : [];
  for (const { user } of suspects) index.push({ example: user, keys: [suspectKey(user, stage.erasure.hash)] });
  return index.bytes();
}

async function settleMeasured({ shards, joined, figures }: MeasurePublishInput, stage: Stage): Promise<Settled> {
  const assembled = joined.map(({ ref }) => ({ ref, examples: 0, bytes: 0, redactions: {} }));
  return settle({ shards, assembled, selected: figures.selected }, stage);
}

async function writeFolder(
  folder: string,
  { figures, plain }: MeasurePublishInput,
  facts: DatasetFacts,
  stage: Stage,
): Promise<void> {
  const { store, keystore, policy } = stage;
  const { measure, purpose } = measuring(stage);
  const recipients = plain ? [] : audienceRecipients(stage);
  const stored: { path: string; sha256: string; size: number }[] = [];
  const put = async (path: string, bytes: Uint8Array) => {
    stored.push({ path, ...(await store.write(`${folder}/${path}`, bytes)) });
    stage.progress({ file: path });
  };
  const files = [...figures.files];
  for (const [part, { path }] of files.entries()) {
    const bytes = await stage.reader.read(figures.ref, part);
    await put(plain ? path : `${path}.age`, plain ? bytes : await seal(bytes, recipients));
  }
  const { consent, minimumUsers, period, fields } = measure;
  const card = Buffer.from(
    purposeCard(facts, { purpose, consent, minimumUsers, period, fields, files: files.map(({ path }) => path) }),
  );
  files.push({ path: 'README.md', bytes: card.length, sha256: createHash('sha256').update(card).digest('hex') });
  await put('README.md', card);
  await put('SHA256SUMS', Buffer.from(formatSums(stored)));
  const { privateKey, keyid, publicPem } = keystore.signing();
  const statements = [
    datasetStatement(facts, files),
    provenanceStatement(facts, files, BUILDER),
    storedStatement(facts, stored),
    purposeStatement({ purpose, period, fields, minimumUsers, audience: policy.output.audience }, files),
  ];
  const envelopes = statements.map((statement) => sign(statement, privateKey, keyid));
  const manifest = formatManifest({ envelopes, publicKeys: { [keyid]: publicPem } });
  await store.write(`${folder}/${MANIFEST}`, Buffer.from(manifest));
}

/** Two publications over overlapping windows can be subtracted; only those whose every figure is a sum over whole days may stand beside each other. */
async function refuseOverlap(
  stage: Stage,
  dataset: string,
  window: { from: string; to: string },
  digest: string,
): Promise<void> {
  const { purpose, measure } = measuring(stage);
  if (purpose !== 'product-evaluation' && purpose !== 'related-products') return;
  for await (const { key } of stage.store.list('datasets/')) {
    if (!key.endsWith(`/${MANIFEST}`) || key.startsWith(`${dataset}/`)) continue;
    const statements = await statementsOf(stage.store, key);
    const other = statements.find(({ predicateType }) => predicateType === DATASET_PREDICATE)?.predicate;
    const said = statements.find(({ predicateType }) => predicateType === PURPOSE_PREDICATE)?.predicate;
    if (!other || !said || said['purpose'] !== purpose || other['digest'] === digest) continue;
    const its = other['window'] as { from: string; to: string };
    if (its.to < window.from || its.from > window.to) continue;
    if (measure.period === 'window' || said['period'] === 'window')
      throw new RunFailure(
        'Refused',
        `${key.slice(0, -MANIFEST.length - 1)} tells of ${its.from} to ${its.to}, which overlaps ${window.from} to ${window.to}: their difference could show a few people. ` +
          'Publish windows that do not overlap, or measure with period: day',
      );
  }
}

async function statementsOf(store: ObjectStore, key: string): Promise<Statement[]> {
  const { envelopes } = parseManifest((await store.readAll(key)).toString());
  return envelopes.map(({ payload }) => parseStatement(Buffer.from(payload, 'base64')));
}

async function published(store: ObjectStore, dataset: string, digest: string): Promise<boolean> {
  const key = `${dataset}/${MANIFEST}`;
  if ((await store.stat(key)) === null) return false;
  return (await statementsOf(store, key)).some(
    ({ predicateType, predicate }) => predicateType === DATASET_PREDICATE && predicate['digest'] === digest,
  );
}

async function takeSuspects(ref: NonNullable<Figures['suspects']>, stage: Stage): Promise<void> {
  const suspects = await readSealed<Suspect[]>(stage.store, ref, stage.keystore);
  await updateReview(stage.keystore, (review) => withFindings(review, suspects, stage.request.run));
}

function countsOf({ tally: { records, kept, excluded, rejected } }: Settled) {
  return { records, kept, excluded, rejected };
}

function factsOf(
  stage: Stage,
  settled: Settled,
  id: { digest: string; version: string; window: { from: string; to: string } },
): DatasetFacts {
  const { policy, plan } = stage;
  const { kept: _kept, ...reasons } = settled.tally.reasons;
  return {
    ...{ name: policy.output.name, ...id, purpose: policy.purpose, audience: policy.output.audience },
    ...{ policyDigest: plan.policyDigest, factsDigest: plan.factsDigest, codeVersion: plan.codeVersion },
    now: new Date(plan.now).toISOString(),
    counts: { ...countsOf(settled), examples: 0 },
    ...{
      reasons,
      labels: {},
      languages: {},
      lengths: { edges: [], positive: [], negative: [] },
      splits: {},
      balance: {},
    },
    ...{
      duplicates: { exact: 0, near: 0, clusters: 0, largestCluster: 0 },
      selection: [],
      retention: [],
      redactions: {},
    },
    ...{ licences: {}, redaction: { version: stage.redactor.version, recall: null } },
    consent: { plans: [...measuring(stage).measure.consent.plans] },
    kThreshold: measuring(stage).measure.minimumUsers,
    inputs: plan.sources.map(({ sha256 }) => sha256),
    ledgerRoot: settled.root,
    files: 'parquet',
  };
}

async function audit(stage: Stage, input: MeasurePublishInput, summary: RunSummary, fresh: boolean): Promise<void> {
  const log = await openAudit(stage.auditFolder, stage.keystore.signing());
  const time = new Date().toISOString();
  const subject = `${stage.policy.output.name}/${summary.version}`;
  const details = { run: summary.runId, digest: summary.digest, fresh, purpose: stage.policy.purpose };
  if (input.approvedBy) await log.append({ time, actor: input.approvedBy, action: 'approve', subject, details });
  await log.append({ time, actor: input.actor, action: 'publish', subject, details });
}
