/** garner explain: why a record was kept or not, segment by segment; and what the rules say of a path, with no event at all. */
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import type { CurateInput } from '../../activities/types.ts';
import { loadPolicy } from '../../config/policy.ts';
import { compileRules } from '../../curation/rules/judge.ts';
import type { LedgerRow } from '../../curation/stages/ledger.ts';
import { openFacts } from '../../storage/facts.ts';
import { openScratch, sweepScratch } from '../../storage/scratch.ts';
import { CommandError, EXIT } from '../exit.ts';
import { judgeFiles } from './explain/judged.ts';
import { showRecord, showSegment, type ExplainedSegment } from './explain/print.ts';
import { explainRecord, recordsOf, RequestDocuments } from './explain/records.ts';
import { explainRun } from './explain/run.ts';
import { jsonOption, keysOption, outOption, parseTime } from '../options.ts';
import { readRun } from './record.ts';

interface Options {
  event?: string;
  run?: string;
  input?: string;
  path?: string;
  repository?: string;
  user?: string;
  at?: number;
  format: CurateInput['format'];
  facts?: string;
  policy?: string;
  now?: number;
  out: string;
  keys?: string;
  json?: boolean;
}

export function explainCommand(program: Command): void {
  program
    .command('explain')
    .description('why a record was kept or not, or what the rules say of a path')
    .option('--event <id>', 'an event of a finished run, or of the input')
    .option('--run <run>', 'the run')
    .option('--input <file>', 'a file of events, judged here and now without a server')
    .option('--path <path>', 'a path, judged with no event')
    .option('--repository <url>', 'the remote of its repository')
    .option('--user <id>', 'a user, judged with the path')
    .option('--at <time>', 'when the text was written (default: now)', parseTime)
    .addOption(
      new Option('--format <name>').choices(['auto', 'garner', 'copilot', 'continue', 'tabby']).default('auto'),
    )
    .option('--facts <dir>', 'folder of facts; with --run a copy of those it was judged by')
    .option('--policy <file>')
    .option('--now <time>', 'the moment of judgement', parseTime)
    .addOption(outOption())
    .addOption(keysOption())
    .addOption(jsonOption())
    .action(async (options: Options) => {
      if (options.input !== undefined) await explainFile(options.input, options);
      else if (options.path !== undefined || options.repository !== undefined) await explainPath(options);
      else if (options.event !== undefined && options.run !== undefined)
        await explainEvent(options.run, options.event, options);
      else throw new CommandError(EXIT.usage, 'name --event and --run, or --input, or --path and --repository');
    });
}

async function explainEvent(run: string, event: string, options: Options): Promise<void> {
  await withScratch(async (scratch) => {
    const explained = await explainRun(await readRun(options.out, run), event, options, scratch);
    for (const { row, segments, note } of explained) {
      const json = { ...row, segments, ...(note !== undefined && { note }) };
      process.stdout.write(options.json ? JSON.stringify(json) + '\n' : showRecord(row, segments, note));
    }
    if (explained.length === 0) throw new CommandError(EXIT.usage, `run ${run} has no record of that event`);
  });
}

async function explainFile(input: string, options: Options): Promise<void> {
  await withScratch(async (scratch) => {
    const now = options.now ?? Date.now();
    const { stage, rows } = await judgeFiles([input], 'explain', { ...options, now }, scratch);
    const { sources } = stage.plan;
    const byLine = new Map(rows.map((row) => [`${row.source}:${row.line ?? ''}`, row]));
    const documents = new RequestDocuments();
    for await (const { events } of recordsOf(sources, stage)) for (const event of events) documents.add(event, stage);
    let found = 0;
    const print = (row: LedgerRow, segments: ExplainedSegment[]) => {
      if (options.event !== undefined && row.event !== options.event) return;
      found++;
      process.stdout.write(options.json ? JSON.stringify({ ...row, segments }) + '\n' : showRecord(row, segments));
    };
    for (const row of rows) if (row.line === null) print(row, []);
    for await (const record of recordsOf(sources, stage)) {
      const row = byLine.get(`${record.source}:${record.line}`);
      if (row) print(row, explainRecord(record, stage, documents));
    }
    if (found === 0 && options.event !== undefined)
      throw new CommandError(EXIT.usage, `${input} has no record of event ${options.event}`);
  });
}

/** What the rules say of a path in a repository, for text written at a moment. */
async function explainPath(options: Options): Promise<void> {
  const { path, repository, user } = options;
  if (path === undefined || repository === undefined)
    throw new CommandError(EXIT.usage, '--path and --repository belong together: name both');
  const policy = loadPolicy(options.policy);
  const now = options.now ?? Date.now();
  const at = options.at ?? now;
  await withScratch(async (scratch) => {
    const opened = await openFacts(options.facts ?? join(scratch, 'no-facts'), join(scratch, 'facts'));
    try {
      const rules = compileRules(policy.rules, opened.facts, now);
      // As facts and rules name repositories: github.com/acme/app.
      const url = /^[\w-]+(\.[\w-]+)+\//.test(repository) ? `https://${repository}` : repository;
      const origin = { repository: { url }, path };
      const found = rules.findOrigin(origin, at);
      const segments: ExplainedSegment[] = [];
      if (user !== undefined) {
        const verdict = rules.judgeConsent(user, undefined, at);
        const steps = rules.explainConsent(user, undefined, at);
        segments.push({ segment: 'consent', repositories: [], verdict, steps, outcome: verdict.keep ? 'kept' : 'out' });
      }
      segments.push({
        ...{ segment: 'path', path, repositories: found.identity ? [found.identity.id] : [] },
        ...{ verdict: found.verdict, steps: rules.explainOrigin(origin, at) },
        outcome: found.verdict.keep ? 'kept' : 'out',
      });
      const times = { at: new Date(at).toISOString(), now: new Date(now).toISOString() };
      if (options.json)
        process.stdout.write(JSON.stringify({ ...times, normalised: found.path ?? null, segments }) + '\n');
      else
        process.stdout.write(
          [`text written ${times.at}, judged ${times.now}`, ...segments.flatMap(showSegment)].join('\n') + '\n',
        );
    } finally {
      await opened.close();
    }
  });
}

async function withScratch(work: (folder: string) => Promise<void>): Promise<void> {
  await sweepScratch();
  const scratch = await openScratch('explain');
  try {
    await work(scratch.folder);
  } finally {
    await scratch.remove();
  }
}
