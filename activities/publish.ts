/** Publish: names the files, writes card, Croissant, report and the signed manifest, and makes the version visible in one step. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { configFile } from '../config/location.ts';
import { datasetCard } from '../curation/formats/card.ts';
import { croissant } from '../curation/formats/croissant.ts';
import type { FormatName } from '../curation/formats/example.ts';
import type { DataFile, DatasetFacts, SplitName } from '../curation/formats/facts.ts';
import { reportPage } from '../curation/formats/report.ts';
import { datasetDigest, versionOf } from '../curation/proof/digest.ts';
import { formatManifest, parseManifest, sign } from '../curation/proof/dsse.ts';
import {
  datasetStatement,
  parseStatement,
  provenanceStatement,
  storedStatement,
  DATASET_PREDICATE,
} from '../curation/proof/statement.ts';
import { formatSums } from '../curation/proof/sums.ts';
import { addCounts } from '../curation/stages/ledger.ts';
import { openAudit } from '../storage/audit.ts';
import { MANIFEST, type ObjectStore } from '../storage/objects.ts';
import { RunFailure } from './failure.ts';
import type { Stage } from './stage.ts';
import { addStatistics, emptyStatistics, LENGTH_EDGES, WEIGHT_EDGES } from './statistics.ts';
import type {
  Admitted,
  Assembled,
  Published,
  RenderedFile,
  Rendered,
  RunSummary,
  Selected,
  Settled,
  Statistics,
} from './types.ts';

export interface PublishInput {
  shards: Admitted[];
  assembled: Assembled[];
  selected: Selected;
  rendered: Rendered[];
  settled: Settled;
  plain: boolean;
  actor: string;
  approvedBy: string | null;
}

const BUILDER = 'urn:garner:worker:1';

export async function publish(input: PublishInput, stage: Stage): Promise<Published & { summary: RunSummary }> {
  const { store, policy } = stage;
  const statistics = emptyStatistics();
  for (const part of input.rendered) addStatistics(statistics, part.statistics);
  const named = nameFiles(
    input.rendered.flatMap(({ files }) => files),
    policy.output.files,
  );
  const digest = datasetDigest(named.map(({ file }) => file));
  const window = windowOf(stage, statistics);
  const version = versionOf(window, digest);
  const dataset = `datasets/${policy.output.name}/${version}`;
  const facts = factsOf(input, stage, statistics, named, { digest, version, window });
  const summary = summaryOf(input, stage, statistics, { dataset, version, digest });
  const fresh = !(await isPublished(store, dataset, digest));
  if (fresh) {
    const staging = `datasets/${policy.output.name}/.staging-${stage.request.run}-${stage.request.attempt}`;
    try {
      await writeFolder(staging, named, facts, input.plain, stage);
      if ((await store.publishFolder(staging, dataset)) === 'exists' && !(await isPublished(store, dataset, digest)))
        throw new RunFailure('Refused', `${dataset} exists with other content: nothing was published`);
    } finally {
      await store.removeAll(`${staging}/`);
    }
  }
  await store.write(
    `runs/${stage.request.run}/run.json`,
    Buffer.from(JSON.stringify(runRecord(input, summary), null, 1) + '\n'),
  );
  await audit(stage, input, summary, fresh);
  return { dataset, version, digest, fresh, summary };
}

interface NamedFile {
  from: RenderedFile;
  file: DataFile;
}

/** `data/<format>/<split>-00000-of-00004.parquet`, numbered over the parts that have rows of the split. */
function nameFiles(files: RenderedFile[], kind: string): NamedFile[] {
  const groups = new Map<string, RenderedFile[]>();
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

function windowOf(stage: Stage, { from, to }: Statistics): { from: string; to: string } {
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  const { window, now } = stage.plan;
  if (window) return { from: day(window.from), to: day(window.to - 1) };
  return { from: from || day(now), to: to || day(now) };
}

async function isPublished(store: ObjectStore, dataset: string, digest: string): Promise<boolean> {
  const key = `${dataset}/${MANIFEST}`;
  if ((await store.stat(key)) === null) return false;
  const { envelopes } = parseManifest((await store.readAll(key)).toString());
  const statements = envelopes.map(({ payload }) => parseStatement(Buffer.from(payload, 'base64')));
  return statements.some(
    ({ predicateType, predicate }) => predicateType === DATASET_PREDICATE && predicate['digest'] === digest,
  );
}

async function writeFolder(
  folder: string,
  named: NamedFile[],
  facts: DatasetFacts,
  plain: boolean,
  stage: Stage,
): Promise<void> {
  const { store, keystore } = stage;
  const stored: { path: string; sha256: string; size: number }[] = [];
  const put = async (path: string, body: Uint8Array | AsyncIterable<Uint8Array>) => {
    stored.push({ path, ...(await store.write(`${folder}/${path}`, body)) });
    stage.progress({ file: path });
  };
  for (const { from, file } of named) await put(plain ? file.path : `${file.path}.age`, store.read(from.ref.key));
  const documents: [string, string][] = [
    ['README.md', datasetCard(facts)],
    ['croissant.json', JSON.stringify(croissant(facts), null, 2) + '\n'],
    ['report.html', reportPage(facts)],
  ];
  const files = named.map(({ file }) => ({ path: file.path, sha256: file.sha256, bytes: file.bytes }));
  for (const [path, text] of documents) {
    const bytes = Buffer.from(text);
    files.push({ path, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length });
    await put(path, bytes);
  }
  await put('SHA256SUMS', Buffer.from(formatSums(stored)));
  const { privateKey, keyid, publicPem } = keystore.signing();
  const statements = [
    datasetStatement(facts, files),
    provenanceStatement(facts, files, BUILDER),
    storedStatement(facts, stored),
  ];
  const envelopes = statements.map((statement) => sign(statement, privateKey, keyid));
  await store.write(
    `${folder}/${MANIFEST}`,
    Buffer.from(formatManifest({ envelopes, publicKeys: { [keyid]: publicPem } })),
  );
}

function factsOf(
  input: PublishInput,
  stage: Stage,
  statistics: Statistics,
  named: NamedFile[],
  id: { digest: string; version: string; window: { from: string; to: string } },
): DatasetFacts {
  const { policy, plan } = stage;
  const { selected, settled } = input;
  const splits: DatasetFacts['splits'] = {};
  for (const { from, file } of named)
    ((splits[from.format as FormatName] ??= {})[from.split as SplitName] ??= []).push(file);
  const redactions: Record<string, number> = {};
  for (const { redactions: counts } of [...input.shards, ...input.assembled]) addCounts(redactions, counts);
  const { kept: _, ...reasons } = settled.tally.reasons;
  const assembled = input.assembled.reduce((sum, { examples }) => sum + examples, 0);
  return {
    name: policy.output.name,
    ...id,
    purpose: policy.purpose,
    audience: policy.output.audience,
    policyDigest: policy.digest,
    factsDigest: plan.factsDigest,
    codeVersion: stage.codeVersion,
    now: new Date(plan.now).toISOString(),
    counts: { ...countsOf(settled), examples: statistics.examples },
    reasons,
    labels: statistics.labels,
    languages: statistics.languages,
    models: statistics.models,
    lengths: { edges: [...LENGTH_EDGES, null], ...statistics.lengths },
    weights: { edges: [...WEIGHT_EDGES, null], ...statistics.weights },
    splits,
    balance: statistics.balance,
    duplicates: {
      exact: selected.rules['exact'] ?? 0,
      near: (selected.out['near_duplicate'] ?? 0) - (selected.rules['exact'] ?? 0),
      clusters: selected.clusters,
      largestCluster: 0,
    },
    selection: selectionSteps(assembled, selected.out),
    retention: Object.entries(statistics.retention).map(([seconds, { kept, observed }]) => ({
      seconds: Number(seconds),
      share: kept / observed,
      observed,
    })),
    redactions,
    licences: statistics.licences,
    redaction: measuredRedaction(stage.redactor.version),
    consent: { plans: policy.rules.consent.trainable },
    kThreshold: policy.selection.minContributors || null,
    inputs: plan.sources.map(({ sha256 }) => sha256),
    ledgerRoot: settled.root,
    publisher: policy.output.creator,
    license: policy.output.license,
    files: policy.output.files,
  };
}

function countsOf({ tally: { records, kept, excluded, rejected } }: Settled) {
  return { records, kept, excluded, rejected };
}

/** Examples left after each reason of selection, in the order in which they are applied. */
function selectionSteps(assembled: number, out: Record<string, number>): { step: string; left: number }[] {
  const steps = [{ step: 'labelled', left: assembled }];
  let left = assembled;
  for (const reason of ['conflicting_labels', 'near_duplicate', 'contaminated', 'contribution_bound', 'balanced_out']) {
    if (out[reason]) steps.push({ step: reason, left: (left -= out[reason]) });
  }
  return steps;
}

/** What the rule set found of the project's own labelled secrets; null where this version of the rules was not measured. */
function measuredRedaction(version: string): { version: string; recall: number | null } {
  const file = configFile('redaction/measured.json');
  const measured = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string; recall: number })
    : null;
  return { version, recall: measured?.version === version ? measured.recall : null };
}

function summaryOf(
  { settled }: PublishInput,
  stage: Stage,
  statistics: Statistics,
  { dataset, version, digest }: { dataset: string; version: string; digest: string },
): RunSummary {
  return {
    runId: stage.request.run,
    ...{ dataset, version, digest },
    ...countsOf(settled),
    examples: statistics.examples,
    reasons: settled.tally.reasons,
  };
}

function runRecord({ settled }: PublishInput, summary: RunSummary) {
  return { ...summary, ledger: settled.ledger, ledgerRoot: settled.root };
}

async function audit(stage: Stage, input: PublishInput, summary: RunSummary, fresh: boolean): Promise<void> {
  const log = await openAudit(stage.auditFolder, stage.keystore.signing());
  const time = new Date().toISOString();
  const subject = `${stage.policy.output.name}/${summary.version}`;
  const details = { run: summary.runId, digest: summary.digest, fresh, examples: summary.examples };
  if (input.approvedBy) await log.append({ time, actor: input.approvedBy, action: 'approve', subject, details });
  await log.append({ time, actor: input.actor, action: 'publish', subject, details });
}
