/** Computes what a purpose tells from all outcome rows, and writes it as the files that will be published. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseExperiment } from '../../config/experiment.ts';
import { findSuspects, type Suspect } from '../../curation/measurement/abuse/signals.ts';
import { aggregate } from '../../curation/measurement/aggregates/aggregate.ts';
import { evaluate } from '../../curation/measurement/evaluation/evaluate.ts';
import { assess } from '../../curation/measurement/experiment/assess.ts';
import { DAY_MS } from '../../curation/measurement/experiment/definition.ts';
import { experimentUsers } from '../../curation/measurement/experiment/users.ts';
import {
  abusePage,
  aggregatesPage,
  assessmentPage,
  evaluationPage,
  type PageFacts,
} from '../../curation/measurement/report/page.ts';
import { copilotMetrics, prometheusText } from '../../curation/measurement/report/text.ts';
import { openRelational, type RelationalDatabase } from '../../storage/relational.ts';
import { LineBuffer } from '../run/container.ts';
import { RunFailure } from '../run/failure.ts';
import type { Stage } from '../run/stage.ts';
import type { Ref, Selected } from '../types.ts';
import { measuring } from './admit.ts';
import { columnsOf, OUTCOME_PARTS, type Joined } from './join.ts';

export interface Figures {
  /** The files' bytes, a part each, in the order of `files`. */
  ref: Ref;
  files: { path: string; sha256: string; bytes: number }[];
  /** What the measurement took out, by bucket. */
  selected: Selected;
  window: { from: string; to: string };
  suggestions: number;
  suspects: Ref | null;
}

interface Output {
  files: [string, Buffer | string][];
  /** Suggestions that are out, by their name in the ledger. */
  out?: { query: string; reason: string };
  suspects?: Suspect[];
}

export async function measureFigures(input: { joined: Joined[]; records: number }, stage: Stage): Promise<Figures> {
  const folder = join(stage.scratch, `figures-${stage.request.run}-${stage.request.attempt}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const source = await outcomesIn(folder, input.joined, stage);
    const db = await openRelational({ memory: '1100MB', threads: 2, scratch: folder });
    try {
      const window = windowOf(input.joined, stage);
      const suggestions = input.joined.reduce((sum, joined) => sum + joined.suggestions, 0);
      const facts = pageFacts(stage, window, input.records, suggestions);
      const output = await outputOf(db, source, facts, folder, stage);
      const parts = output.files.map(([, content]) => Buffer.from(content));
      const files = output.files.map(([path], at) => ({
        ...{ path, bytes: parts[at]!.length, sha256: createHash('sha256').update(parts[at]!).digest('hex') },
      }));
      const selected = await selectedOf(db, output, input.joined, stage);
      const suspects = output.suspects ? await stage.writeJson('suspects', output.suspects) : null;
      return { ref: await stage.write('figures', parts), files, selected, window, suggestions, suspects };
    } finally {
      await db.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Puts the buckets' rows into the folder; a query over them. */
async function outcomesIn(folder: string, joined: Joined[], stage: Stage): Promise<string> {
  const { purpose } = measuring(stage);
  const files: string[] = [];
  for (const [bucket, { ref, suggestions }] of joined.entries()) {
    if (suggestions === 0) continue;
    const file = join(folder, `outcomes-${bucket}.parquet`);
    await writeFile(file, await stage.reader.read(ref, OUTCOME_PARTS.outcomes), { mode: 0o600 });
    files.push(`'${file}'`);
    stage.progress({ bucket });
  }
  if (files.length > 0) return `SELECT * FROM read_parquet([${files.join(', ')}])`;
  const empty = join(folder, 'none.jsonl');
  await writeFile(empty, '', { mode: 0o600 });
  return `SELECT * FROM read_json('${empty}', format = 'newline_delimited', columns = ${columnsOf(purpose)})`;
}

async function outputOf(
  db: RelationalDatabase,
  source: string,
  facts: PageFacts,
  folder: string,
  stage: Stage,
): Promise<Output> {
  const { purpose, measure } = measuring(stage);
  const { fields, period, minimumUsers, bootstrap, release } = measure;
  const json = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`;
  switch (purpose) {
    case 'product-evaluation': {
      const evaluation = await evaluate(db, source, { dimensions: fields, period, minimumUsers, ...bootstrap });
      return {
        files: [
          ['data/figures.json', json({ ...facts, period, bootstrap, ...evaluation })],
          ['data/figures.parquet', await figuresParquet(db, evaluation.cells.flatMap(({ dimension, value, figures }) => figures.map((figure) => ({ dimension, cell: value, ...figure }))), folder)],
          ['data/metrics.prom', prometheusText(evaluation)],
          ['data/copilot-metrics.json', json(copilotMetrics(evaluation, facts.window))],
          ['data/report.html', evaluationPage(evaluation, facts)],
        ], // prettier-ignore
      };
    }
    case 'strategy-assessment':
      return assessment(db, source, facts, stage, json);
    case 'abuse-investigation': {
      const suspects = await findSuspects(db, source, measure.abuse);
      return {
        files: [
          ['data/queue.json', json({ ...facts, suspects })],
          ['data/report.html', abusePage(suspects, facts)],
        ],
        suspects,
      };
    }
    case 'related-products': {
      const released = await aggregate(db, source, { fields, minimumUsers, ...release }, stage.key('release'));
      return {
        files: [
          ['data/aggregates.json', json({ ...facts, ...released, bounds: release })],
          ['data/report.html', aggregatesPage(released, facts)],
        ],
      };
    }
  }
}

async function assessment(
  db: RelationalDatabase,
  source: string,
  facts: PageFacts,
  stage: Stage,
  json: (value: unknown) => string,
): Promise<Output> {
  const { experiment: declared } = stage.settings;
  if (!declared) throw new RunFailure('ConfigInvalid', 'no experiment was declared: name it with --experiment');
  const experiment = parseExperiment(declared.file, declared.text);
  const { arms, missing, severalArms, span } = await experimentUsers(db, source, experiment);
  const refuse = (path: (string | number)[], problem: string): never => {
    throw new RunFailure('ConfigInvalid', `${experiment.sourceOf(path)}: ${problem}`);
  };
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  if (span && (experiment.start > span.to || experiment.end <= span.from))
    refuse(['start'], `the experiment lies outside the data, which go from ${day(span.from)} to ${day(span.to)}`);
  if (span && experiment.end - DAY_MS > Math.max(span.to, stage.plan.now))
    refuse(['end'], `lies after the data, which end on ${day(span.to)}`);
  if (missing.length > 0) {
    const at = experiment.arms.findIndex(({ name }) => missing.includes(name));
    refuse(
      ['arms', at, 'strategies'],
      `arm ${missing[0]} is unknown: no record of the window carries one of its strategies`,
    );
  }
  const { measure } = measuring(stage);
  const { now } = stage.plan;
  const result = assess(experiment, arms, { now, minimumUsers: measure.minimumUsers, severalArms });
  const digest = createHash('sha256').update(declared.text).digest('hex');
  return {
    files: [
      ['data/assessment.json', json({ ...facts, experimentDigest: digest, assessment: result })],
      ['data/report.html', assessmentPage(result, facts)],
    ],
    out: {
      query: `SELECT example, "use" FROM placed WHERE "use" IN ('several_arms', 'not_in_experiment')`,
      reason: 'use',
    },
  };
}

/** Decisions by bucket, as selection gives them. */
async function selectedOf(db: RelationalDatabase, { out }: Output, joined: Joined[], stage: Stage): Promise<Selected> {
  const counts: Record<string, number> = {};
  const decided = new Map<string, string>();
  if (out)
    for await (const [examples, uses] of db.batches(out.query))
      examples!.forEach((example, at) => {
        const reason = String(uses![at]);
        decided.set(String(example), reason);
        counts[reason] = (counts[reason] ?? 0) + 1;
      });
  // A suggestion is in one bucket, and only there its name is asked for: one list serves all.
  const lines = new LineBuffer();
  for (const [example, reason] of decided) lines.push({ example, keep: false, reason, rule: `measure.${reason}` });
  const bytes = lines.bytes();
  const ref = await stage.write(
    'select',
    joined.map(() => bytes),
  );
  return { ref, kept: 0, out: counts, rules: {}, clusters: 0, largestCluster: 0 };
}

async function figuresParquet(db: RelationalDatabase, rows: object[], folder: string): Promise<Buffer> {
  const [from, to] = [join(folder, 'figures.jsonl'), join(folder, 'figures.parquet')];
  const out = createWriteStream(from, { mode: 0o600 });
  for (const row of rows) out.write(JSON.stringify(row) + '\n');
  out.end();
  await once(out, 'close');
  const columns = `{dimension: 'VARCHAR', cell: 'VARCHAR', measure: 'VARCHAR', value: 'DOUBLE', low: 'DOUBLE', high: 'DOUBLE', method: 'VARCHAR', numerator: 'DOUBLE', denominator: 'DOUBLE', users: 'BIGINT'}`;
  await db.run(
    `COPY (SELECT * FROM read_json('${from}', format = 'newline_delimited', columns = ${columns}) ORDER BY dimension, cell, measure)
     TO '${to}' (FORMAT parquet, COMPRESSION zstd)`,
  );
  return readFile(to);
}

function windowOf(joined: Joined[], stage: Stage): { from: string; to: string } {
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  const { window, now } = stage.plan;
  if (window) return { from: day(window.from), to: day(window.to - 1) };
  const filled = joined.filter(({ suggestions }) => suggestions > 0);
  if (filled.length === 0) return { from: day(now), to: day(now) };
  return { from: day(Math.min(...filled.map(({ from }) => from))), to: day(Math.max(...filled.map(({ to }) => to))) };
}

function pageFacts(
  stage: Stage,
  window: { from: string; to: string },
  records: number,
  suggestions: number,
): PageFacts {
  const { output, purpose } = stage.policy;
  const { minimumUsers } = measuring(stage).measure;
  return { name: output.name, purpose, window, audience: output.audience, minimumUsers, records, suggestions };
}
