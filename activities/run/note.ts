/** Note: what operators decided about a run, into the audit log of the installation: who, why and when. */
import { openAudit } from '../../storage/audit.ts';
import type { Stage } from './stage.ts';
import type { Decided } from '../types.ts';

/** Appends an entry for each decision. Tried again after a crash it may append one twice: the log says more, never less. */
export async function note(decisions: Decided[], stage: Stage): Promise<void> {
  const log = await openAudit(stage.auditFolder, stage.keystore.signing());
  for (const { what, by, why, at } of decisions) {
    const [action = what, ...unit] = what.split(' ');
    await log.append({
      time: new Date(at).toISOString(),
      actor: by,
      action: `run.${action}`,
      subject: stage.request.run,
      details: { why, ...(unit.length > 0 ? { unit: unit.join(' ') } : {}) },
    });
    stage.progress({ noted: what });
  }
}
