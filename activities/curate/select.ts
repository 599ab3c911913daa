/** Select: decides over the metadata of all examples, without their text, which are published and in which split. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { select as decide } from '../../curation/selection/select.ts';
import type { Decision } from '../../curation/selection/policy.ts';
import { openRelational } from '../../storage/relational.ts';
import { BUCKET_PARTS } from './assemble.ts';
import { LineBuffer, unpackLines } from '../run/container.ts';
import type { Stage } from '../run/stage.ts';
import type { Assembled, Selected } from '../types.ts';

export const MEMORY = '1GB';

export async function select(buckets: Assembled[], stage: Stage): Promise<Selected> {
  const folder = join(stage.scratch, `select-${stage.request.run}-${stage.request.attempt}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const metadata = join(folder, 'metadata.jsonl');
    await writeMetadata(metadata, buckets, stage);
    const decisions = join(folder, 'decisions.jsonl');
    const db = await openRelational({ memory: MEMORY, threads: 2, scratch: folder });
    try {
      const summary = await decide(
        { files: [metadata] },
        stage.policy.selection,
        stage.key('selection'),
        db,
        decisions,
      );
      const { parts, kept, out } = await decisionsByBucket(decisions, buckets.length);
      const ref = await stage.write('select/decisions', parts);
      return {
        ref,
        kept,
        out,
        clusters: summary.clusters,
        largestCluster: summary.largestCluster,
        rules: summary.rules,
      };
    } finally {
      await db.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The metadata of all buckets as JSONL. */
export async function writeMetadata(file: string, buckets: Assembled[], stage: Stage): Promise<void> {
  const out = createWriteStream(file, { mode: 0o600 });
  for (const bucket of buckets) {
    const lines = unpackLines(await stage.reader.read(bucket.ref, BUCKET_PARTS.metadata));
    if (!out.write(lines)) await once(out, 'drain');
    stage.progress({ metadata: out.bytesWritten });
  }
  out.end();
  await once(out, 'close');
}

async function decisionsByBucket(file: string, buckets: number) {
  const lines = Array.from({ length: buckets }, () => new LineBuffer());
  const out: Record<string, number> = {};
  let kept = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const decision = JSON.parse(line) as Decision;
    lines[parseInt(decision.example.slice(0, 4), 16)]!.push(decision);
    if (decision.keep) kept++;
    else out[decision.reason!] = (out[decision.reason!] ?? 0) + 1;
  }
  return { parts: lines.map((buffer) => buffer.bytes()), kept, out };
}
