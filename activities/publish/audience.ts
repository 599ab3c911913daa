/** Whom a dataset is sealed to: the people named for its audiences, and on one machine also the local identity. */
import type { Audience } from '../../config/policy.ts';
import { parseAccess } from '../../storage/people/access.ts';
import { RunFailure } from '../run/failure.ts';
import type { Stage } from '../run/stage.ts';

/** age recipients. @throws RunFailure ConfigInvalid where an audience has nobody in it. */
export function audienceRecipients(stage: Stage): string[] {
  return recipientsOf(stage.policy.output.audience, stage);
}

/** As `audienceRecipients`, for audiences that are named elsewhere than in the run's policy. */
export function recipientsOf(audiences: readonly Audience[], stage: Stage): string[] {
  const { access, local } = stage.settings;
  const named = access ? parseAccess(access.file, access.text).recipientsOf(audiences, Date.now()) : [];
  const recipients = new Set(named);
  if (local) recipients.add(stage.keystore.identity().recipient);
  if (recipients.size === 0) {
    const file = access?.file ?? 'access.yaml';
    throw new RunFailure(
      'ConfigInvalid',
      `${file}: nobody is in ${audiences.join(', ')}: grant access with \`garner access grant\``,
    );
  }
  return [...recipients].sort();
}
