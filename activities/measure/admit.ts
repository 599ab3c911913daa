/** Admits a shard for a measurement, from its source or as a curation admitted it: records reduced to what the purpose may know, in buckets by
 * suggestion, and ledger rows of what is out. */
import { MeasureAdmission } from '../../curation/measurement/rows/admission.ts';
import type { OutcomeEvent } from '../../curation/measurement/rows/event.ts';
import { count, emptyTally, type LedgerRow } from '../../curation/stages/ledger.ts';
import { isMeasured, type MeasurePolicy } from '../../config/measurement.ts';
import type { MeasuredPurpose } from '../../curation/measurement/rows/field.ts';
import { narrowed } from '../../curation/measurement/rows/narrow.ts';
import { bucketOf, KeyedHash } from '../../curation/stages/keyed.ts';
import { admitPiece, SHARD_PARTS } from '../curate/admit.ts';
import { recordsOf } from '../curate/bucket.ts';
import { SourceQuarters } from '../curate/quarters.ts';
import type { Plan } from '../plan/pinned.ts';
import { LineBuffer, linesOf } from '../run/container.ts';
import { RunFailure } from '../run/failure.ts';
import type { Stage } from '../run/stage.ts';
import type { Admitted } from '../types.ts';
import { knownSubject, reviewKey } from './pseudonyms.ts';

/** A measurement looks at no code: there is none to guard. */
const NO_PRIVATE_TEXT = { fingerprints: 0, withheld: 0, withheldFingerprints: 0 } as const;

/** The measuring policy of a run. @throws RunFailure ConfigInvalid where the run's purpose does not measure */
export function measuring(stage: Stage): { purpose: MeasuredPurpose; measure: MeasurePolicy } {
  const { purpose, measure, file } = stage.policy;
  if (!isMeasured(purpose) || !measure)
    throw new RunFailure('ConfigInvalid', `${file} purpose: ${purpose} does not measure`);
  return { purpose, measure };
}

/** @throws RunFailure SourceChanged where a source is not what was planned */
export async function measureAdmit(shard: number, stage: Stage): Promise<Admitted> {
  const { plan, policy, keystore } = stage;
  const { purpose, measure } = measuring(stage);
  const output = new MeasureOutput(plan.buckets);
  if (plan.kept) return narrowShard(shard, plan.kept, output, stage);
  const admission = new MeasureAdmission(
    {
      ...{ purpose, consent: measure.consent, facts: stage.knownFacts, rules: stage.rules, redactor: stage.redactor },
      ...{ adapter: { ...policy.adapters }, hosts: policy.rules.repositories, now: plan.now, buckets: plan.buckets },
      joinKey: stage.key('join'),
      ...(purpose === 'abuse-investigation'
        ? {
            pseudonymKey: reviewKey(keystore, plan.epoch),
            knownSubject: knownSubject(stage.settings.cases ?? [], keystore, plan.epoch),
          }
        : { pseudonymKey: stage.key('pseudonym') }),
    },
    output,
  );
  for (const piece of plan.shards[shard]!) {
    const source = plan.sources[piece.source]!;
    admission.source(piece.source, source.name, source.format);
    await admitPiece(piece, stage, admission, output);
    stage.progress({ shard, records: output.tally.records + output.records });
  }
  const ref = await stage.write(`admit/${shard}`, output.parts());
  return { ref, tally: output.tally, records: output.records, redactions: {}, ...NO_PRIVATE_TEXT };
}

/** The records that a curation admitted of a shard: all but what the purpose may know ends here. */
async function narrowShard(
  shard: number,
  kept: NonNullable<Plan['kept']>,
  output: MeasureOutput,
  stage: Stage,
): Promise<Admitted> {
  const { purpose, measure } = measuring(stage);
  const { buckets } = stage.plan;
  const { ref, records } = kept.shards[shard]!;
  const join = new KeyedHash(stage.key('join'));
  for (let bucket = 0; bucket < buckets; bucket++) {
    for (const record of recordsOf(await stage.reader.read(ref, bucket)))
      output.event(bucketOf(join, record.suggestion, buckets), narrowed(record, purpose, measure.consent, join));
    stage.progress({ shard, bucket });
  }
  for (const row of linesOf<LedgerRow>(await stage.reader.read(ref, buckets + SHARD_PARTS.rows))) output.row(row);
  output.records = records;
  const narrow = await stage.write(`admit/${shard}`, output.parts());
  return { ref: narrow, tally: output.tally, records, redactions: {}, ...NO_PRIVATE_TEXT };
}

/** The same parts as a shard of training has: buckets, then the rows and when they happened. */
class MeasureOutput {
  readonly tally = emptyTally();
  records = 0;
  readonly #buckets: LineBuffer[];
  readonly #rows = new LineBuffer();
  readonly #quarters = new SourceQuarters();

  constructor(buckets: number) {
    this.#buckets = Array.from({ length: buckets }, () => new LineBuffer());
  }

  row(row: LedgerRow): void {
    count(this.tally, row);
    this.#rows.push(row);
  }

  event(bucket: number, event: OutcomeEvent): void {
    this.#buckets[bucket]!.push(event);
    this.#quarters.add(event);
  }

  admitted(): void {
    this.records++;
  }

  parts(): Buffer[] {
    return [...this.#buckets.map((bucket) => bucket.bytes()), this.#rows.bytes(), this.#quarters.bytes()];
  }
}
