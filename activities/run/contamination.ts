/** The benchmarks that a policy keeps out of a dataset, read once a process. */
import { readFileSync } from 'node:fs';
import type { Policy } from '../../config/policy.ts';
import { Contamination } from '../../curation/selection/text/contamination.ts';

let read: { policy: string; index: Pick<Contamination, 'hits'> } | undefined;

/**
 * One look-up over all index files; null where the policy names none. The policy has checked that they can be read, and its digest
 * changes with what is in them.
 */
export function contaminationOf({ digest, decontaminate }: Policy): Pick<Contamination, 'hits'> | null {
  if (decontaminate.length === 0) return null;
  if (read?.policy !== digest) {
    const indexes = decontaminate.map((file) => Contamination.fromBytes(readFileSync(file)));
    read = { policy: digest, index: { hits: (text) => indexes.some((index) => index.hits(text)) } };
  }
  return read.index;
}
