/** Render: the chosen examples of some buckets as rows of each format, in files that are sealed to the audience. */
import { createHash } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import { fieldsOf } from '../../config/policy/output.ts';
import { formatOf, type Format, type RenderedSource } from '../../curation/formats/example.ts';
import { signedText, textsOf } from '../../curation/selection/text/leakage.ts';
import type { Decision, ExampleMetadata } from '../../curation/selection/policy.ts';
import type { AssembledExample } from '../../curation/stages/example.ts';
import { packZstd } from '../../storage/compression.ts';
import { openRelational, type RelationalDatabase } from '../../storage/relational.ts';
import { seal } from '../../storage/seal.ts';
import { audienceRecipients } from './audience.ts';
import { BUCKET_PARTS, bucketOfExample } from '../curate/assemble.ts';
import { LineBuffer, linesOf } from '../run/container.ts';
import type { IndexEntry } from '../erase/erasure.ts';
import { addExample, countedOf, emptyStatistics } from './statistics.ts';
import type { Stage } from '../run/stage.ts';
import type { Ref, Rendered, RenderedFile } from '../types.ts';

/** Bytes of uncompressed rows that a Parquet row group holds. */
const ROW_GROUP_BYTES = 100e6;
const ROW_GROUP = { least: 2048, most: 1 << 20 };

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
  try {
    const { output } = stage.policy;
    const formats = output.formats.map((name) =>
      formatOf(name, { fimTemplate: output.fimTemplate, fields: fieldsOf(output) }),
    );
    const tables = new Tables(folder);
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
    const files = await writeTables(tables, folder, recipients, input.part, stage);
    const unit = `render/${input.part}`;
    return {
      ...{ files, statistics },
      index: await stage.write(`${unit}/index`, [index.bytes()]),
      signed: await stage.write(`${unit}/signed`, [signed.bytes()]),
    };
  } finally {
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
  return ({ example, license }) => ({ fields: { ...known.get(example), license } });
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
  file: string;
  out: WriteStream;
  rows: number;
  bytes: number;
}

/** Rows by format and split, as JSON lines in scratch. */
class Tables {
  readonly #folder: string;
  readonly #tables = new Map<string, Table>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async add(format: Format, split: string, row: Record<string, unknown>): Promise<void> {
    const name = `${format.name}-${split}`;
    let table = this.#tables.get(name);
    if (!table) {
      const file = join(this.#folder, `${name}.jsonl`);
      table = { format, split, file, out: createWriteStream(file, { mode: 0o600 }), rows: 0, bytes: 0 };
      this.#tables.set(name, table);
    }
    const line = JSON.stringify(row) + '\n';
    table.rows++;
    table.bytes += Buffer.byteLength(line);
    if (!table.out.write(line)) await once(table.out, 'drain');
  }

  async close(): Promise<Table[]> {
    for (const { out } of this.#tables.values()) {
      out.end();
      await once(out, 'close');
    }
    return [...this.#tables.values()];
  }
}

async function writeTables(
  tables: Tables,
  folder: string,
  recipients: string[] | null,
  part: number,
  stage: Stage,
): Promise<RenderedFile[]> {
  const { files: kind } = stage.policy.output;
  const db = kind === 'parquet' ? await openRelational({ scratch: folder }) : null;
  const files: RenderedFile[] = [];
  try {
    for (const table of await tables.close()) {
      const plain = db ? await toParquet(table, db) : await toLines(table, kind === 'jsonl.zst');
      const stored = recipients ? await seal(plain, recipients) : plain;
      const unit = `render/${part}/${table.format.name}-${table.split}`;
      const { key, size, sha256: storedSha256 } = await stage.writeBytes(unit, stored);
      const sha256 = createHash('sha256').update(plain).digest('hex');
      files.push({
        ref: { key, size },
        format: table.format.name,
        split: table.split,
        rows: table.rows,
        sha256,
        stored: storedSha256,
        bytes: plain.length,
      });
      stage.progress({ part, format: table.format.name, split: table.split });
    }
  } finally {
    await db?.close();
  }
  return files;
}

/** A table's JSON lines as a Parquet file. Row groups are cut by rows, since cutting them by bytes depends on the number of threads. */
export async function toParquet(
  table: Pick<Table, 'format' | 'file' | 'rows' | 'bytes'>,
  db: RelationalDatabase,
): Promise<Buffer> {
  const rows = Math.round(ROW_GROUP_BYTES / (table.bytes / table.rows));
  const group = Math.min(ROW_GROUP.most, Math.max(ROW_GROUP.least, rows));
  const columns = table.format.columns.map(({ name, type }) => `${quoted(name)}: ${quoted(type)}`).join(', ');
  const names = table.format.columns.map(({ name }) => `"${name}"`).join(', ');
  const target = `${table.file}.parquet`;
  await db.run(
    `COPY (SELECT ${names} FROM read_json(${quoted(table.file)}, format = 'newline_delimited', columns = {${columns}}, maximum_object_size = 134217728)
     ORDER BY ${table.format.order.map((name) => `"${name}"`).join(', ')})
     TO ${quoted(target)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${group})`,
  );
  return readFile(target);
}

async function toLines(table: Table, compressed: boolean): Promise<Buffer> {
  const lines = await readFile(table.file);
  return compressed ? packZstd(lines) : lines;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
