/** Clean: removes what a run staged; of a run that ended well its ledger and record stay, and its buckets where they were kept to be measured. */
import type { ObjectStore } from '../../storage/objects.ts';
import { KEPT_UNIT, keptKey } from '../measure/kept.ts';
import type { Ref } from '../types.ts';

export interface CleanInput {
  run: string;
  /** While a run's settings are there it goes on; what is written after they are gone is removed again. */
  settings: { key: string };
  keepLedger: boolean;
}

interface RunRecord {
  ledger: Ref[];
  basis: Ref;
  dataset: string;
}

/** Safe to repeat, and asks for nothing but the store. The settings go first: by them a late writer learns that the run is over. */
export async function clean({ run, settings, keepLedger }: CleanInput, store: ObjectStore): Promise<void> {
  const root = `runs/${run}/`;
  await store.remove(settings.key);
  if (!keepLedger) {
    await store.takeBack(root, 'datasets/');
    await store.removeAll(root);
    return;
  }
  const record = `${root}run.json`;
  const { ledger, basis, dataset } = JSON.parse((await store.readAll(record)).toString()) as RunRecord;
  // Whoever was killed when the version stood, and its claim still beside it, has a follower that finds it published.
  await store.takeBack(root, dataset);
  // Pieces of tries that did not count, and of an earlier run of the same name, lie beside those of the ledger.
  const kept = new Set([record, keptKey(run), basis.key, ...ledger.map(({ key }) => key)]);
  const isKept = (await store.stat(keptKey(run))) !== null;
  const gone: string[] = [];
  const folders = new Set<string>();
  for await (const { key } of store.list(root)) {
    const [unit, ...rest] = key.slice(root.length).split('/');
    if (isKept && unit === KEPT_UNIT) continue;
    if (rest.length > 0 && unit !== 'ledger') folders.add(`${root}${unit}/`);
    else if (!kept.has(key)) gone.push(key);
  }
  for (const folder of folders) await store.removeAll(folder);
  for (const key of gone) await store.remove(key);
  await store.abandon(root);
}
