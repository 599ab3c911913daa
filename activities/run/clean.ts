/** Clean: removes what a run staged; of a run that ended well its ledger and record stay. */
import type { ObjectStore } from '../../storage/objects.ts';

export interface CleanInput {
  run: string;
  /** While a run's settings are there it goes on; what is written after they are gone is removed again. */
  settings: { key: string };
  keepLedger: boolean;
}

/** Safe to repeat, and asks for nothing but the store. The settings go first: by them a late writer learns that the run is over. */
export async function clean({ run, settings, keepLedger }: CleanInput, store: ObjectStore): Promise<void> {
  const root = `runs/${run}/`;
  await store.remove(settings.key);
  if (!keepLedger) {
    await store.removeAll(root);
    return;
  }
  const gone: string[] = [];
  for await (const { key } of store.list(root)) {
    const unit = key.slice(root.length);
    if (!unit.startsWith('ledger/') && unit !== 'run.json') gone.push(key);
  }
  for (const key of gone) await store.remove(key);
}
