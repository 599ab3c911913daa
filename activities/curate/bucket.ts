/** All records of one bucket (`list` names the shards' objects), from every shard, with those that belong here by another record of their suggestion. */
import { bucketOf, KeyedHash } from '../../curation/stages/keyed.ts';
import type { AdmittedRecord } from '../../curation/stages/record.ts';
import { linesOf } from '../run/container.ts';
import type { Reroute } from './gather.ts';
import type { Stage } from '../run/stage.ts';
import type { Ref } from '../types.ts';

export async function readBucket(
  bucket: number,
  list: Ref,
  reroutes: Ref | null,
  stage: Stage,
): Promise<AdmittedRecord[]> {
  const shards = [...linesOf<Ref>(await stage.reader.read(list, 0))];
  const routes = reroutes ? new Map(linesOf<Reroute>(await stage.reader.read(reroutes, 0))) : new Map<string, string>();
  const join = new KeyedHash(stage.key('join'));
  const home = (id: string) => bucketOf(join, id, stage.plan.buckets);
  const buckets = new Set([bucket]);
  for (const [suggestion, request] of routes) if (home(request) === bucket) buckets.add(home(suggestion));
  const records: AdmittedRecord[] = [];
  for (const part of [...buckets].sort((a, b) => a - b)) {
    for (const shard of shards) {
      for (const record of linesOf<AdmittedRecord>(await stage.reader.read(shard, part))) {
        record.request ??= routes.get(record.suggestion);
        if (home(record.request ?? record.suggestion) === bucket) records.push(record);
      }
      stage.progress({ bucket, records: records.length });
    }
  }
  return records;
}
