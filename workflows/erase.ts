/** Erase: names the subject as erased, takes back every version that holds it, looks for it again, signs what was done. */
import { ApplicationFailure, CancellationScope } from '@temporalio/workflow';
import type { EraseRequest, EraseSummary } from '../activities/types.ts';
import type { Tombstone } from '../curation/proof/erasure.ts';
import { lastRites, stages } from './run/stages.ts';

/** Versions that appear while others are taken back come from publications that had begun; there are few. */
const ROUNDS = 20;

export async function erase(request: EraseRequest): Promise<EraseSummary> {
  const { run, out, settings, kind, keys, actor } = request;
  const common = { run, out, settings, facts: null, plan: null, plain: false };
  try {
    const taken = new Map<string, Tombstone>();
    for (let round = 0; ; round++) {
      const { versions } = await stages.eraseFind({ ...common, keys });
      const left = versions.filter((version) => !taken.has(version));
      if (left.length === 0) break;
      if (round === ROUNDS)
        throw ApplicationFailure.nonRetryable('versions that hold the subject keep appearing: erase again', 'Refused');
      for (const version of left) taken.set(version, await stages.reissue({ ...common, version }));
    }
    const versions = [...taken.keys()].sort();
    const probe = await stages.eraseProbe({ ...common, keys, versions });
    const tombstones = versions.map((version) => taken.get(version)!);
    const { key, certificate } = await stages.eraseCertify({
      ...common,
      kind,
      keys,
      versions: tombstones,
      probe,
      actor,
    });
    return { erasure: run, certificate: key, versions: certificate.versions, probe };
  } finally {
    await CancellationScope.nonCancellable(() =>
      lastRites.clean({ ...common, keepLedger: false }).catch(() => undefined),
    );
  }
}
