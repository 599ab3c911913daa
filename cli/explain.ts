/** garner explain: why a record was kept or not: its row, and for a file every segment's verdict with the rule's file and line. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { userInfo } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { Option, type Command } from 'commander';
import { judgeHere, storeSettings } from '../activities/whole.ts';
import type { Stage } from '../activities/stage.ts';
import type { CurateInput } from '../activities/types.ts';
import { BUILTIN_POLICY } from '../config/policy.ts';
import { adapt } from '../curation/events/adapters.ts';
import { toCanonical } from '../curation/events/canonical.ts';
import type { CanonicalEvent } from '../curation/events/event.ts';
import { parseRecord } from '../curation/events/parse.ts';
import { RecordReader } from '../curation/events/records.ts';
import type { Step } from '../curation/rules/judge.ts';
import type { LedgerRow } from '../curation/stages/ledger.ts';
import { decode, StreamFault } from '../storage/decode.ts';
import { openScratch, sweepScratch } from '../storage/scratch.ts';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CommandError, EXIT } from './exit.ts';
import { jsonOption, keysOption, outOption, parseTime } from './options.ts';
import { plainRow } from './ledger.ts';
import { ledgerRows, readRun } from './record.ts';

interface Options {
  event?: string;
  run?: string;
  input?: string;
  format: CurateInput['format'];
  facts?: string;
  policy?: string;
  now?: number;
  out: string;
  keys?: string;
  json?: boolean;
}

interface Segment {
  segment: string;
  outcome: 'kept' | 'stripped' | 'out';
  steps: Step[];
}

export function explainCommand(program: Command): void {
  program
    .command('explain')
    .description('why a record was kept or not')
    .option('--event <id>', 'an event of a finished run, or of the input')
    .option('--run <run>', 'the run')
    .option('--input <file>', 'a file of events, judged here and now without a server')
    .addOption(
      new Option('--format <name>').choices(['auto', 'garner', 'copilot', 'continue', 'tabby']).default('auto'),
    )
    .option('--facts <dir>')
    .option('--policy <file>')
    .option('--now <time>', 'the moment of judgement', parseTime)
    .addOption(outOption())
    .addOption(keysOption())
    .addOption(jsonOption())
    .action(async (options: Options) => {
      if (options.input !== undefined) await explainFile(options.input, options);
      else if (options.event !== undefined && options.run !== undefined)
        await explainEvent(options.run, options.event, options);
      else throw new CommandError(EXIT.usage, 'name --event and --run, or --input');
    });
}

async function explainEvent(run: string, event: string, options: Options): Promise<void> {
  let found = 0;
  for await (const row of ledgerRows(options.out, await readRun(options.out, run), options.keys)) {
    if (row.event !== event) continue;
    found++;
    process.stdout.write(options.json ? JSON.stringify(row) + '\n' : describe(row));
  }
  if (found === 0) throw new CommandError(EXIT.usage, `run ${run} has no record of that event`);
}

async function explainFile(input: string, options: Options): Promise<void> {
  await sweepScratch();
  const scratch = await openScratch('explain');
  try {
    const out = join(scratch.folder, 'out');
    const file = options.policy ?? BUILTIN_POLICY;
    const settings = { policy: { file, text: readFileSync(file, 'utf8') }, access: null, local: true };
    const judged = await judgeHere(
      {
        ...{
          run: 'run-explain',
          out,
          inputs: [input],
          format: options.format,
          facts: options.facts ?? null,
          window: null,
          plain: true,
        },
        ...{
          now: options.now ?? Date.now(),
          concurrency: 1,
          shardBytes: 64 << 20,
          actor: userInfo().username,
          approval: 'automatic',
        },
        settings: await storeSettings(out, 'run-explain', settings, options.keys),
      },
      { scratch: scratch.folder, ...(options.keys === undefined ? {} : { keys: options.keys }) },
    );
    const rows = new Map<string, LedgerRow>();
    for (const ref of judged.settled.ledger) {
      for (const line of gunzipSync(await judged.stage.reader.read(ref, 0))
        .toString()
        .split('\n')) {
        if (line === '') continue;
        const row = JSON.parse(line) as LedgerRow;
        rows.set(`${row.source}:${row.line ?? ''}`, row);
      }
    }
    for (const row of rows.values()) if (row.line === null) print(row, [], options);
    for (const [index, source] of judged.stage.plan.sources.entries()) {
      for await (const { line, events } of recordsOf(index, judged.stage)) {
        const row = rows.get(`${source.name}:${line}`);
        if (row && (options.event === undefined || row.event === options.event))
          print(
            row,
            events.flatMap((event) => segmentsOf(event, judged.stage)),
            options,
          );
      }
    }
  } finally {
    await scratch.remove();
  }
}

async function* recordsOf(index: number, stage: Stage): AsyncGenerator<{ line: number; events: CanonicalEvent[] }> {
  const source = stage.plan.sources[index]!;
  const reader = new RecordReader();
  const eventsOf = (record: { line: number; bytes?: Buffer; final?: boolean }) => {
    const parsed = record.bytes ? parseRecord(record.bytes, record.final ?? false) : null;
    if (!parsed?.ok) return { line: record.line, events: [] };
    const digest = createHash('sha256').update(record.bytes!).digest('hex');
    const adapted = adapt(source.format, parsed.value, digest, stage.policy.adapters);
    const valid = adapted.kind === 'events' ? adapted.candidates.map((candidate) => toCanonical(candidate)) : [];
    return { line: record.line, events: valid.flatMap((result) => (result.ok ? [result.event] : [])) };
  };
  try {
    for await (const chunk of decode(createReadStream(join(source.store, source.key))))
      for (const record of reader.push(chunk)) yield eventsOf(record);
    for (const record of reader.end()) yield eventsOf(record);
  } catch (error) {
    if (!(error instanceof StreamFault)) throw error;
  }
}

/** Each segment's chain of rules: the consent, the document, and every context piece by its own origin. */
function segmentsOf(event: CanonicalEvent, stage: Stage): Segment[] {
  const { rules } = stage;
  const origin = {
    ...(event.repository ? { repository: event.repository } : {}),
    ...(event.workspaceRepositories ? { workspaceRepositories: event.workspaceRepositories } : {}),
    ...(event.document.path === undefined ? {} : { path: event.document.path }),
    ...(event.document.gitMode === undefined ? {} : { gitMode: event.document.gitMode }),
  };
  const decided = (steps: Step[]) => steps.some(({ outcome }) => outcome === 'decided');
  const consent = rules.explainConsent(event.user.id, event.user.plan, event.time);
  const segments: Segment[] = [{ segment: 'consent', outcome: decided(consent) ? 'out' : 'kept', steps: consent }];
  if (event.prompt || event.completion || event.capturedCode) {
    const steps = rules.explainOrigin(origin, event.time);
    segments.push({ segment: 'document', outcome: decided(steps) ? 'out' : 'kept', steps });
  }
  event.prompt?.context.forEach((piece, index) => {
    const steps = rules.explainOrigin(
      {
        ...origin,
        ...(piece.repository ? { repository: piece.repository } : {}),
        ...(piece.path === undefined ? {} : { path: piece.path }),
      },
      event.time,
    );
    segments.push({
      segment: `context[${index}]`,
      outcome: decided(steps) || piece.unsourced ? 'stripped' : 'kept',
      steps,
    });
  });
  return segments;
}

function print(row: LedgerRow, segments: Segment[], options: Options): void {
  if (options.json) {
    process.stdout.write(JSON.stringify({ ...row, segments }) + '\n');
    return;
  }
  process.stdout.write(describe(row));
  for (const { segment, outcome, steps } of segments) {
    process.stdout.write(`  ${segment}: ${outcome}\n`);
    for (const step of steps) {
      if (step.outcome === 'skipped') continue;
      const parts = [
        step.rule,
        step.outcome === 'decided' ? step.reason! : 'pass',
        step.source ?? '',
        step.facts ?? '',
        step.flip ? `(${step.flip})` : '',
      ];
      process.stdout.write(`    ${parts.filter(Boolean).join('  ')}\n`);
    }
  }
}

function describe(row: LedgerRow): string {
  return plainRow(row) + '\n';
}
