/** Publish: names the files, writes card, Croissant, report and the signed manifest, and makes the version visible in one step. */
import { existsSync, readFileSync } from 'node:fs';
import { configFile } from '../../config/location.ts';
import { fieldsOf } from '../../config/policy/output.ts';
import type { FormatName } from '../../curation/formats/example.ts';
import type { DataFile, DatasetFacts, SplitName } from '../../curation/formats/facts.ts';
import { datasetDigest, versionOf } from '../../curation/proof/digest.ts';
import { addCounts, type DayTally } from '../../curation/stages/ledger.ts';
import { openAudit } from '../../storage/audit.ts';
import { keepBuckets } from '../measure/kept.ts';
import { RunFailure } from '../run/failure.ts';
import { nameFiles, publishVersion } from './folder.ts';
import { refuseLeaks } from './leakage.ts';
import { readSealed } from '../run/settings.ts';
import type { Stage } from '../run/stage.ts';
import { addStatistics, emptyStatistics, figuresOf } from './statistics.ts';
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
} from '../types.ts';

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
  const leakage = await refuseLeaks(input.rendered, stage);
  const days = await readSealed<DayTally>(store, input.settled.days, stage.keystore);
  const facts = {
    ...factsOf(input, stage, statistics, named, { digest, version, window }),
    ...{ leakage, timeline: timelineOf(days) },
  };
  const summary = summaryOf(input, stage, statistics, { dataset, version, digest });
  const index: Buffer[] = [];
  for (const part of input.rendered) index.push(await stage.reader.read(part.index, 0));
  const files = named.map(({ from, file }) => ({
    ...{ file, body: store.read(from.ref.key), stored: from.stored, from: from.ref.key },
  }));
  const fresh = await publishVersion({ facts, files, plain: input.plain, index }, stage);
  await refuseLate(stage);
  await keepBuckets(input.shards, stage);
  await store.write(
    `runs/${stage.request.run}/run.json`,
    Buffer.from(JSON.stringify(runRecord(input, summary), null, 1) + '\n'),
  );
  await audit(stage, input, summary, fresh);
  return { dataset, version, digest, fresh, summary };
}

/** A try that slept past the end of its run makes nothing visible. */
async function refuseLate(stage: Stage): Promise<void> {
  if (!(await stage.goesOn())) throw new RunFailure('Refused', 'the run is over: a late try publishes nothing');
}

function windowOf(stage: Stage, { from, to }: Statistics): { from: string; to: string } {
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  const { window, now } = stage.plan;
  if (window) return { from: day(window.from), to: day(window.to - 1) };
  return { from: from || day(now), to: to || day(now) };
}

function factsOf(
  input: PublishInput,
  stage: Stage,
  statistics: Statistics,
  named: { from: RenderedFile; file: DataFile }[],
  id: { digest: string; version: string; window: { from: string; to: string } },
): DatasetFacts {
  const { policy, plan } = stage;
  const { selected, settled } = input;
  const fields = fieldsOf(policy.output);
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
    ...figuresOf(statistics),
    splits,
    duplicates: {
      exact: selected.rules['exact'] ?? 0,
      near: (selected.out['near_duplicate'] ?? 0) - (selected.rules['exact'] ?? 0),
      clusters: selected.clusters,
      largestCluster: selected.largestCluster,
    },
    selection: selectionSteps(assembled, selected.out),
    redactions,
    licences: statistics.licences,
    redaction: measuredRedaction(stage.redactor.version),
    guard: guardFacts(stage, statistics),
    consent: { plans: policy.rules.consent.trainable },
    kThreshold: policy.selection.minContributors || null,
    inputs: plan.sources.map(({ sha256 }) => sha256),
    ledgerRoot: settled.root,
    publisher: policy.output.creator,
    license: policy.output.license,
    files: policy.output.files,
    ...(fields.length > 0 ? { fields } : {}),
  };
}

function timelineOf(days: DayTally): DatasetFacts['timeline'] {
  return Object.entries(days)
    .map(([day, outcomes]) => ({ day, ...outcomes }))
    .sort((a, b) => (a.day < b.day ? -1 : 1));
}

function guardFacts(stage: Stage, { renamed }: Statistics): DatasetFacts['guard'] {
  const { policy, plan, guards } = stage;
  if (!policy.guard.enabled && guards.length === 0) return null;
  const corpora = guards.map(({ keyId, sha256 }) => ({ keyId, sha256 }));
  const modes = [...(policy.guard.enabled ? [plan.guard] : []), ...guards.map(({ mode }) => mode)];
  const mode = modes.includes('winnow') ? 'winnow' : 'all';
  return { mode, corpora, renamed: mode === 'all' ? renamed : null };
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
  return { ...summary, ledger: settled.ledger, ledgerRoot: settled.root, basis: settled.basis };
}

async function audit(stage: Stage, input: PublishInput, summary: RunSummary, fresh: boolean): Promise<void> {
  const log = await openAudit(stage.auditFolder, stage.keystore.signing());
  const time = new Date().toISOString();
  const subject = `${stage.policy.output.name}/${summary.version}`;
  const details = { run: summary.runId, digest: summary.digest, fresh, examples: summary.examples };
  if (input.approvedBy) await log.append({ time, actor: input.approvedBy, action: 'approve', subject, details });
  await log.append({ time, actor: input.actor, action: 'publish', subject, details });
}
