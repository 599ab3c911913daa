/** Clean: removes what a run staged; of a run that ended well its ledger and record stay. */
import type { Stage } from './stage.ts';

export async function clean(keepLedger: boolean, stage: Stage): Promise<void> {
  const root = `runs/${stage.request.run}/`;
  if (!keepLedger) {
    await stage.store.removeAll(root);
    return;
  }
  const gone: string[] = [];
  for await (const { key } of stage.store.list(root)) {
    const unit = key.slice(root.length);
    if (!unit.startsWith('ledger/') && unit !== 'run.json') gone.push(key);
  }
  for (const key of gone) await stage.store.remove(key);
}
