/** The re-check that comes by itself: every version under an output folder, judged by the facts of the night, and noted in the audit log. */
import { join } from 'node:path';
import { parsePolicy } from '../../config/policy.ts';
import { openAudit, type AuditLog } from '../../storage/audit.ts';
import { openKeystore } from '../../storage/keystore.ts';
import { openStore } from '../../storage/objects.ts';
import type { WorkerSettings } from '../run/stage.ts';
import { mustReissue, publishedVersions, recheck, type RecheckedVersion } from './recheck.ts';

/** What a schedule starts it with. Keys are the worker's own, as everywhere. */
export interface RecheckInput {
  /** Folder or URL of the output store. */
  out: string;
  /** Folder of facts, as it stands when the re-check runs. */
  facts: string;
  /** The policy by which versions are judged, as it was applied. */
  policy: { file: string; text: string };
  /** In whose name, for the audit log. */
  actor: string;
  /** Milliseconds since 1970-01-01 UTC; null: the time that the schedule meant. */
  now: number | null;
}

/** What a re-check ends with. Whose examples they are is no part of it: `garner recheck --subjects` tells that. */
export interface RecheckSummary {
  /** Versions by what became of them. */
  versions: Record<RecheckedVersion['state'], number>;
  reissue: Omit<RecheckedVersion, 'subjects' | 'policyDigest'>[];
}

/** `run`: unique to the re-check; tried again, it is noted once. @throws ConfigError, FactsError, StorageFault */
export async function recheckAll(
  { out, facts, policy, actor, now, run }: RecheckInput & { now: number; run: string },
  { keys, scratch }: WorkerSettings,
): Promise<RecheckSummary> {
  const basis = { facts, policy: parsePolicy(policy.file, policy.text), now, scratch };
  const found = await recheck(out, await publishedVersions(openStore(out)), {
    ...basis,
    ...(keys !== undefined && { keys }),
  });
  const versions = { clean: 0, affected: 0, unindexed: 0, aggregate: 0, withdrawn: 0 };
  for (const { state } of found) versions[state]++;
  const reissue = found
    .filter(mustReissue)
    .map(({ version, state, examples, affected, reasons }) => ({ version, state, examples, affected, reasons }));
  const keystore = await openKeystore(keys);
  const log = await openAudit(join(keystore.folder, 'audit'), keystore.signing());
  if (!(await isNoted(log, run)))
    await log.append({
      ...{ time: new Date().toISOString(), actor, action: 'recheck', subject: run },
      details: { now: new Date(now).toISOString(), versions, reissue: reissue.map(({ version }) => version) },
    });
  return { versions, reissue };
}

async function isNoted(log: AuditLog, run: string): Promise<boolean> {
  for await (const { subject } of log.show({ action: 'recheck' })) if (subject === run) return true;
  return false;
}
