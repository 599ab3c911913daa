/** Effect: what each knob of selection takes out of assembled examples, in its turn and alone. Decides, and publishes nothing. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { knobsOf } from '../../curation/selection/knobs.ts';
import type { SelectionPolicy } from '../../curation/selection/policy.ts';
import { select as decide, type SelectionResult } from '../../curation/selection/select.ts';
import { openRelational } from '../../storage/relational.ts';
import type { Stage } from '../run/stage.ts';
import type { Assembled } from '../types.ts';
import { MEMORY, writeMetadata } from './select.ts';

export interface KnobEffect {
  /** As decisions and ledger rows name it. */
  rule: string;
  setting: string | null;
  /** Examples before and after it, in its turn. */
  before: number;
  out: number;
  after: number;
  /** What it takes out where no other knob is on. */
  alone: number;
}

export interface SelectionEffect {
  knobs: KnobEffect[];
  /** Of the whole policy: examples, kept, and by reason and split. */
  counts: Record<string, number>;
  components: number;
  largestComponent: number;
}

export async function effectOf(buckets: Assembled[], stage: Stage): Promise<SelectionEffect> {
  const folder = join(stage.scratch, `effect-${stage.request.run}-${stage.request.attempt}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const metadata = join(folder, 'metadata.jsonl');
    await writeMetadata(metadata, buckets, stage);
    const policy = stage.policy.selection;
    const whole = await decideOnce(metadata, policy, folder, stage);
    const knobs: KnobEffect[] = [];
    let left = whole.counts['examples']!;
    for (const { rule, setting, alone } of knobsOf(policy)) {
      const out = whole.rules[rule] ?? 0;
      const single = alone === null ? whole : await decideOnce(metadata, alone, folder, stage);
      knobs.push({ rule, setting, before: left, out, after: left - out, alone: single.rules[rule] ?? 0 });
      left -= out;
    }
    const { counts, components, largestComponent } = whole;
    if (left !== counts['kept']) throw new Error(`the knobs leave ${left} examples, selection keeps ${counts['kept']}`);
    return { knobs, counts, components, largestComponent };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function decideOnce(
  metadata: string,
  policy: SelectionPolicy,
  folder: string,
  stage: Stage,
): Promise<SelectionResult> {
  const db = await openRelational({ memory: MEMORY, threads: 2, scratch: folder });
  try {
    const decisions = join(folder, 'decisions.jsonl');
    return await decide({ files: [metadata] }, policy, stage.key('selection'), db, decisions);
  } finally {
    await db.close();
  }
}
