/** garner decontaminate: an index of a benchmark, as hashes, by which examples that repeat it are left out. */
import { createReadStream, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { Contamination, type BenchmarkDocument } from '../../curation/selection/text/contamination.ts';
import { CommandError, EXIT } from '../exit.ts';
import { jsonOption } from '../options.ts';

interface Options {
  input: string[];
  out: string;
  field?: string[];
  json?: boolean;
}

/** Fields that name a problem and hold none of it. */
const NAMES = new Set(['id', 'task_id', 'name', 'entry_point', 'source_file', 'split', 'language']);

export function decontaminateCommand(program: Command): void {
  program
    .command('decontaminate')
    .description('keep benchmarks out of datasets')
    .command('index')
    .description(
      'hash the problems and solutions of a benchmark; name the result in the policy, selection.decontaminate',
    )
    .requiredOption('--input <files...>', 'JSONL, a problem a line, such as HumanEval or MBPP')
    .requiredOption('--out <file>', 'the index: hashes of word 13-grams and 10-grams, no text')
    .option(
      '--field <names...>',
      'fields that hold problem or solution (default: every text and list of texts but names)',
    )
    .addOption(jsonOption())
    .action((options: Options) => index(options));
}

async function index({ input, out, field, json }: Options): Promise<void> {
  const documents: BenchmarkDocument[] = [];
  for (const file of input) documents.push(...(await documentsOf(file, field)));
  if (documents.length === 0)
    throw new CommandError(
      EXIT.usage,
      `${input.join(', ')}: no problem has text in ${field?.join(', ') ?? 'any field'}`,
    );
  const { index: made, tooShort } = Contamination.build(documents);
  writeFileSync(out, made.toBytes());
  const report = { documents: documents.length, tooShort: tooShort.length, grams: made.size };
  if (json) process.stdout.write(JSON.stringify(report) + '\n');
  else
    process.stderr.write(
      `${report.documents} texts, ${report.tooShort} of them too short to tell, ${report.grams} hashed grams\n`,
    );
}

async function documentsOf(file: string, fields: string[] | undefined): Promise<BenchmarkDocument[]> {
  const documents: BenchmarkDocument[] = [];
  let line = 0;
  const stream = createReadStream(file);
  try {
    for await (const text of createInterface({ input: stream, crlfDelay: Infinity })) {
      line++;
      if (text.trim() !== '') documents.push(...textsOf(text, `${file}:${line}`, fields));
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(
      EXIT.usage,
      `${file} --input: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
    );
  }
  return documents;
}

function textsOf(line: string, place: string, fields: string[] | undefined): BenchmarkDocument[] {
  let problem: unknown;
  try {
    problem = JSON.parse(line);
  } catch {
    problem = null;
  }
  if (typeof problem !== 'object' || problem === null || Array.isArray(problem))
    throw new CommandError(EXIT.usage, `${place}: is no JSON object`);
  const wanted = Object.entries(problem).filter(([name]) => (fields ? fields.includes(name) : !NAMES.has(name)));
  return wanted.flatMap(([name, value]: [string, unknown]) => {
    const text = Array.isArray(value) ? value.filter((part) => typeof part === 'string').join('\n') : value;
    return typeof text === 'string' && text.trim() !== '' ? [{ id: `${place} ${name}`, text }] : [];
  });
}
