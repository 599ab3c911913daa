/** Assemble: one bucket's records to labelled examples, their metadata for selection, and ledger rows. */
import { assemble as assembleRecords } from '../../curation/stages/assemble.ts';
import { KeyedHash } from '../../curation/stages/keyed.ts';
import { readBucket } from './bucket.ts';
import { partedRows } from './rows.ts';
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
  const records = await readBucket(input.bucket, input.shards, input.reroutes, stage);
  const { examples, metadata, rows, redactions } = assembleRecords(records, {
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
  });
  const parts = [examples, metadata].map((values) => {
    const lines = new LineBuffer();
    for (const value of values) lines.push(value);
    return lines.bytes();
  });
  const ref = await stage.write(`assemble/${input.bucket}`, [...parts, ...partedRows(rows, plan)]);
  return { ref, examples: examples.length, bytes: metadata.reduce((sum, { bytes }) => sum + bytes, 0), redactions };
}
