/** Render: the chosen examples of some buckets as rows of each format, in files that are sealed to the audience. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import type { Policy } from '../../config/policy.ts';
import { fieldsOf } from '../../config/policy/output.ts';
import { formatOf, type Format, type RenderedSource } from '../../curation/formats/example.ts';
import { signedText, textsOf } from '../../curation/selection/text/leakage.ts';
import type { Decision, ExampleMetadata } from '../../curation/selection/policy.ts';
import type { AssembledExample } from '../../curation/stages/example.ts';
import { packZstd } from '../../storage/compression.ts';
import { ParquetTables } from '../../storage/relational/parquet.ts';
import { seal } from '../../storage/seal.ts';
import { audienceRecipients } from './audience.ts';
import { BUCKET_PARTS, bucketOfExample } from '../curate/assemble.ts';
import { LineBuffer, linesOf } from '../run/container.ts';
import type { IndexEntry } from '../erase/erasure.ts';
import { addExample, countedOf, emptyStatistics } from './statistics.ts';
import type { Stage } from '../run/stage.ts';
import type { Ref, Rendered, RenderedFile } from '../types.ts';

export interface RenderInput {
  part: number;
  buckets: { bucket: number; ref: Ref }[];
  /** Of every bucket, since the other side of a pair may lie in any. */
  all: Ref[];
  decisions: Ref;
  plain: boolean;
}

export async function render(input: RenderInput, stage: Stage): Promise<Rendered> {
  const folder = join(stage.scratch, `render-${stage.request.run}-${input.part}-${stage.request.attempt}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { output } = stage.policy;
  const tables = new Tables(folder, output.files);
  try {
    const formats = output.formats.map((name) =>
      formatOf(name, { fimTemplate: output.fimTemplate, fields: fieldsOf(output) }),
    );
    const statistics = emptyStatistics();
    const index = new LineBuffer();
    const signed = new LineBuffer();
    for (const { bucket, ref } of input.buckets) {
      const decisions = new Map<string, Decision>();
      for (const decision of linesOf<Decision>(await stage.reader.read(input.decisions, bucket)))
        decisions.set(decision.example, decision);
      const partners = await partnersOf(decisions, input.all, stage);
      const fields = await fieldsFor(ref, stage);
      const examples = [...linesOf<AssembledExample>(await stage.reader.read(ref, BUCKET_PARTS.examples))];
      examples.sort((a, b) => (a.example < b.example ? -1 : 1));
      for (const example of examples) {
        const decision = decisions.get(example.example);
        if (!decision?.keep) continue;
        const partner = decision.partner ? partners.get(decision.partner) : undefined;
        const source = { ...sourceOf(example, decision, partner), ...fields(example) };
        const counted = countedOf(example);
        addExample(statistics, counted, source.split);
        const keys = [...new Set([...example.erasure, ...(partner?.erasure ?? [])])].sort();
        index.push({ example: example.example, keys, of: { split: source.split, counted } } satisfies IndexEntry);
        const texts = new Set<string>();
        for (const format of formats)
          for (const row of format.rows(source)) {
            await tables.add(format, source.split, row);
            for (const text of textsOf(format.name, row)) texts.add(text);
          }
        for (const text of texts) signed.push(signedText(text, source.split));
      }
      stage.progress({ bucket });
    }
    const recipients = input.plain ? null : audienceRecipients(stage);
    const files = await writeTables(tables, recipients, input.part, stage);
    const unit = `render/${input.part}`;
    return {
      ...{ files, statistics },
      index: await stage.write(`${unit}/index`, [index.bytes()]),
      signed: await stage.write(`${unit}/signed`, [signed.bytes()]),
    };
  } finally {
    await tables.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The examples that others rejected where one of these was accepted, by id; buckets that hold none are not read. */
async function partnersOf(
  decisions: ReadonlyMap<string, Decision>,
  all: Ref[],
  stage: Stage,
): Promise<Map<string, AssembledExample>> {
  const wanted = new Set<string>();
  for (const { partner } of decisions.values()) if (partner) wanted.add(partner);
  const partners = new Map<string, AssembledExample>();
  for (const bucket of new Set([...wanted].map(bucketOfExample).sort((a, b) => a - b))) {
    for (const example of linesOf<AssembledExample>(await stage.reader.read(all[bucket]!, BUCKET_PARTS.examples)))
      if (wanted.has(example.example)) partners.set(example.example, example);
  }
  return partners;
}

/** What the policy's extra columns hold of each example of a bucket; nothing is read where there are none. */
async function fieldsFor(
  ref: Ref,
  stage: Stage,
): Promise<(example: AssembledExample) => Pick<RenderedSource, 'fields'>> {
  if (fieldsOf(stage.policy.output).length === 0) return () => ({});
  const known = new Map<string, { user: string; repository: string }>();
  for (const one of linesOf<ExampleMetadata>(await stage.reader.read(ref, BUCKET_PARTS.metadata)))
    known.set(one.example, { user: one.contributor, repository: one.repository });
  return ({ example, license, path }) => ({ fields: { ...known.get(example), license, path: path ?? '' } });
}

/** The pair that captured code gave stands before one with another person's suggestion. */
function pairOf(example: AssembledExample, partner: AssembledExample): RenderedSource['pair'] {
  if (example.pair) return example.pair;
  const weight = Math.min(example.weight, partner.weight);
  return { chosen: example.completion, rejected: partner.completion, reason: 'accepted_over_rejected', weight };
}

function sourceOf(example: AssembledExample, decision: Decision, partner?: AssembledExample): RenderedSource {
  const { rule: _, checks: __, outcome: ___, license: ____, renamed: _____, erasure: ______, ...source } = example;
  const pair = partner ? pairOf(example, partner) : undefined;
  return { ...source, ...(pair ? { pair } : {}), split: decision.split!, component: decision.component! };
}

interface Table {
  format: Format;
  split: string;
  rows: number;
  add(row: Record<string, unknown>): void | Promise<void>;
  /** The bytes of the file. The last call. */
  file(): Promise<Buffer>;
}

/** Rows by format and split, in the order in which they come. */
class Tables {
  readonly #folder: string;
  readonly #kind: Policy['output']['files'];
  readonly #tables = new Map<string, Table>();
  #parquet: ParquetTables | undefined;

  constructor(folder: string, kind: Policy['output']['files']) {
    this.#folder = folder;
    this.#kind = kind;
  }

  async add(format: Format, split: string, row: Record<string, unknown>): Promise<void> {
    const name = `${format.name}_${split}`;
    let table = this.#tables.get(name);
    if (!table) {
      const make = this.#kind === 'parquet' ? this.#columns(name, format) : this.#lines(name);
      table = { format, split, rows: 0, ...(await make) };
      this.#tables.set(name, table);
    }
    table.rows++;
    await table.add(row);
  }

  all(): Table[] {
    return [...this.#tables.values()];
  }

  async close(): Promise<void> {
    await this.#parquet?.close();
  }

  async #columns(name: string, format: Format): Promise<Pick<Table, 'add' | 'file'>> {
    this.#parquet ??= await ParquetTables.open(this.#folder);
    const table = await this.#parquet.table(name, format.columns);
    return { add: (row) => table.add(row), file: () => table.write() };
  }

  #lines(name: string): Pick<Table, 'add' | 'file'> {
    const path = join(this.#folder, `${name}.jsonl`);
    const out = createWriteStream(path, { mode: 0o600 });
    return {
      add: async (row) => {
        if (!out.write(JSON.stringify(row) + '\n')) await once(out, 'drain');
      },
      file: async () => {
        out.end();
        await once(out, 'close');
        const lines = await readFile(path);
        return this.#kind === 'jsonl.zst' ? packZstd(lines) : lines;
      },
    };
  }
}

async function writeTables(
  tables: Tables,
  recipients: string[] | null,
  part: number,
  stage: Stage,
): Promise<RenderedFile[]> {
  const files: RenderedFile[] = [];
  for (const table of tables.all()) {
    const { split, rows } = table;
    const format = table.format.name;
    const plain = await table.file();
    const stored = recipients ? await seal(plain, recipients) : plain;
    const unit = `render/${part}/${format}-${split}`;
    const { key, size, sha256: storedSha256 } = await stage.writeBytes(unit, stored);
    const sha256 = createHash('sha256').update(plain).digest('hex');
    files.push({ ref: { key, size }, format, split, rows, sha256, stored: storedSha256, bytes: plain.length });
    stage.progress({ part, format, split });
  }
  return files;
}
