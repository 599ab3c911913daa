/** Leakage: refuses a version whose splits share near-duplicates, by the signatures that render made of the rows it wrote. */
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import type { LeakageFacts } from '../../curation/formats/facts.ts';
import { hitsAcrossSplits } from '../../curation/selection/text/leakage.ts';
import { BANDS, ROWS } from '../../curation/selection/text/minhash.ts';
import { openRelational } from '../../storage/relational.ts';
import { unpackLines } from '../run/container.ts';
import { RunFailure } from '../run/failure.ts';
import type { Stage } from '../run/stage.ts';
import type { Rendered } from '../types.ts';

/** What the manifest attests of it. @throws RunFailure CountsDiffer where a text of one split is like one of another */
export async function refuseLeaks(parts: readonly Rendered[], stage: Stage): Promise<LeakageFacts> {
  const { minLexemes } = stage.policy.selection.nearDuplicates;
  const folder = join(stage.scratch, `leakage-${stage.request.run}-${stage.request.attempt}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const file = join(folder, 'signed.jsonl');
    const out = createWriteStream(file, { mode: 0o600 });
    for (const { signed } of parts) {
      if (!out.write(unpackLines(await stage.reader.read(signed, 0)))) await once(out, 'drain');
      stage.progress({ signed: out.bytesWritten });
    }
    out.end();
    await once(out, 'close');
    const db = await openRelational({ scratch: folder });
    try {
      const hits = await hitsAcrossSplits(db, [file], minLexemes);
      if (hits > 0)
        throw new RunFailure(
          'CountsDiffer',
          `the splits share near-duplicates (${hits} bands of signatures): nothing was published; this is a fault of selection, report it`,
        );
      return { hits: 0, minLexemes, bands: BANDS, rows: ROWS };
    } finally {
      await db.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
