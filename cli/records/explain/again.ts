/** Judges a run's records again, as the run did: from its own sources, by its own policy, facts and moment. Nothing that was kept of them is read. */
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Basis } from '../../../activities/publish/basis.ts';
import { readReview } from '../../../activities/measure/review.ts';
import { digestGuards, namedGuards, storeGuards } from '../../../activities/run/guards.ts';
import { RunFailure } from '../../../activities/run/failure.ts';
import { storeSettings, readSealed } from '../../../activities/run/settings.ts';
import { CODE_VERSION } from '../../../activities/run/stage.ts';
import type { CurateInput } from '../../../activities/types.ts';
import { judgeHere, type Judged } from '../../../activities/whole.ts';
import { parsePolicy } from '../../../config/policy.ts';
import { confirmedOf } from '../../../curation/measurement/abuse/review.ts';
import { openKeystore, type Keystore } from '../../../storage/keystore.ts';
import { openStore } from '../../../storage/objects.ts';
import { readErasures } from '../../../storage/people/erasures.ts';
import { CommandError, EXIT } from '../../exit.ts';
import { outHint } from '../../options.ts';
import { readRun } from '../record.ts';
import { SHARD_BYTES, workerOf } from './judged.ts';
import { changeOf } from './run.ts';

export interface AgainOptions {
  out: string;
  keys?: string;
  /** Where a copy of the run's facts lies; else where the run found them. */
  facts?: string;
  guard?: string[];
  guardKey?: string[];
}

/**
 * Judges a finished run, or one that waits for approval, under a folder of scratch that the caller removes.
 * @throws CommandError where something that decided is gone or another by now: what came out then would not be the run's
 */
export async function judgeAgain(run: string, options: AgainOptions, scratch: string): Promise<Judged> {
  const { out: home, facts, guard = [], guardKey } = options;
  const keystore = await openKeystore(options.keys);
  const basis = await basisOf(run, home, keystore);
  await refuseChanged(run, basis, keystore);
  const out = join(scratch, 'out');
  const guards = await namedGuards(guard, guardKey);
  const confirmed = confirmedOf(await readReview(keystore));
  const settings = {
    ...{ policy: basis.policy, access: null, local: true },
    ...(confirmed.length > 0 ? { confirmed } : {}),
    guards: await storeGuards(guards, await digestGuards(guards), { out, run, keystore }),
  };
  const { now, window } = basis;
  const input: CurateInput = {
    ...{ run, out, inputs: [], format: 'auto', facts: facts ?? basis.facts, window, plain: true, now },
    ...{ concurrency: 1, shardBytes: SHARD_BYTES, actor: userInfo().username, onFailure: 'fail' },
    ...{ approval: 'automatic', purpose: parsePolicy(basis.policy.file, basis.policy.text).purpose },
    settings: await storeSettings(out, run, settings, options.keys),
  };
  try {
    return await judgeHere(input, workerOf(scratch, options), basis);
  } catch (error) {
    if (!(error instanceof RunFailure && error.type === 'SourceChanged')) throw error;
    throw changed(
      run,
      'the facts (name a copy of them with --facts), a file that its policy names, the guard files of code bases (name them with --guard) or what reviewers confirmed',
    );
  }
}

/** By what the run judged: of a finished run as its record names it; one that waits has it beside its ledger. */
async function basisOf(run: string, out: string, keystore: Keystore): Promise<Basis> {
  const store = openStore(out);
  const named: string[] = [];
  if ((await store.stat(`runs/${run}/run.json`)) !== null) named.push((await readRun(out, run)).basis.key);
  else for await (const { key } of store.list(`runs/${run}/ledger/`)) if (/\/basis-[^/]*$/.test(key)) named.push(key);
  const found = await Promise.all(named.map((key) => readSealed<Basis>(store, { key }, keystore)));
  const basis = found[0];
  if (!basis)
    throw new CommandError(
      EXIT.usage,
      `${out} holds no run ${run} that is finished or waits for approval: \`garner list${outHint(out)}\` names the runs`,
    );
  // Tries at one stage write the same; another plan under the same name is of an earlier run.
  if (found.some(({ planDigest }) => planDigest !== basis.planDigest))
    throw new CommandError(EXIT.usage, `${run} was run before with other sources: ask again when it has ended`);
  return basis;
}

/** @throws CommandError naming what of a run's basis is not as it was */
async function refuseChanged(run: string, basis: Basis, keystore: Keystore): Promise<void> {
  if (basis.codeVersion !== CODE_VERSION) throw changed(run, 'the version of garner');
  if ((await readErasures(keystore)).join() !== basis.erased.join())
    throw changed(run, 'who was erased: what it held of them is not looked at again');
  for (const source of basis.sources) {
    const change = await changeOf(source);
    if (change !== null) throw new CommandError(EXIT.usage, `${source.name}: ${change} since ${run} read it`);
  }
}

function changed(run: string, what: string): CommandError {
  return new CommandError(EXIT.usage, `${run} cannot be judged as it was, for this is another by now: ${what}`);
}
