/** Assemble: one bucket's records to labelled examples, their metadata for selection, and ledger rows. */
import { assemble as assembleRecords } from '../../curation/stages/assemble.ts';
import { KeyedHash } from '../../curation/stages/keyed.ts';
import { addCounts } from '../../curation/stages/ledger.ts';
import { readBucket } from './bucket.ts';
import { RowParts } from './rows.ts';
import { LineBuffer } from '../run/container.ts';
import { contaminationOf } from '../run/contamination.ts';
import { corporaOf, overlapOf } from './overlap.ts';
import type { Stage } from '../run/stage.ts';
import type { Assembled, Ref } from '../types.ts';

/** The rows are as many parts as the ledger, from `rows` on. */
export const BUCKET_PARTS = { examples: 0, metadata: 1, rows: 2 } as const;
/** Formats that are made of preference pairs. */
const PAIRED = new Set(['dpo', 'openai']);

/** Four hex digits that every example id of a bucket begins with: sorting by id keeps buckets together. */
export function bucketPrefix(bucket: number): string {
  return bucket.toString(16).padStart(4, '0');
}

/** The bucket whose prefix the id of an example begins with. */
export function bucketOfExample(id: string): number {
  return parseInt(id.slice(0, 4), 16);
}

export interface AssembleInput {
  bucket: number;
  shards: Ref;
  reroutes: Ref | null;
  filter: Ref | null;
  boilerplate: Ref | null;
}

export async function assemble(input: AssembleInput, stage: Stage): Promise<Assembled> {
  const { plan, policy } = stage;
  const settings = {
    rules: stage.rules,
    sources: plan.sources.map(({ name }) => name),
    window: plan.window,
    rubric: policy.labels,
    redactor: stage.redactor,
    dropWhenCovered: policy.redaction.dropWhenCovered,
    paths: policy.output.fields?.path !== undefined,
    pairs: policy.output.formats.some((format) => PAIRED.has(format)),
    overlap: await overlapOf(input.filter, input.boilerplate, stage),
    corpora: await corporaOf(stage),
    contamination: contaminationOf(policy),
    keys: new KeyedHash(stage.key('selection')),
    idPrefix: bucketPrefix(input.bucket),
  };
  const [examples, metadata, rows] = [new LineBuffer(), new LineBuffer(), new RowParts(plan)];
  const redactions: Record<string, number> = {};
  let bytes = 0;
  for await (const records of readBucket(input.bucket, input.shards, input.reroutes, stage)) {
    const made = assembleRecords(records, settings);
    for (const example of made.examples) examples.push(example);
    for (const one of made.metadata) {
      metadata.push(one);
      bytes += one.bytes;
    }
    rows.push(made.rows);
    addCounts(redactions, made.redactions);
  }
  const ref = await stage.write(`assemble/${input.bucket}`, [examples.bytes(), metadata.bytes(), ...rows.bytes()]);
  return { ref, examples: examples.lines, bytes, redactions };
}
