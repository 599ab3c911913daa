/** The benchmarks that a policy keeps out of a dataset, read once a process. */
import { readFileSync } from 'node:fs';
import { Contamination } from '../../curation/selection/contamination.ts';

let read: { files: string; index: Pick<Contamination, 'hits'> } | undefined;

/** One look-up over all index files; null where the policy names none. The policy has checked that they can be read. */
export function contaminationOf(files: readonly string[]): Pick<Contamination, 'hits'> | null {
  if (files.length === 0) return null;
  const name = files.join('\0');
  if (read?.files !== name) {
    const indexes = files.map((file) => Contamination.fromBytes(readFileSync(file)));
    read = { files: name, index: { hits: (text) => indexes.some((index) => index.hits(text)) } };
  }
  return read.index;
}
