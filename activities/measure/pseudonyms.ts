/**
 * Pseudonyms that somebody reads, those of the reviewers' queue: HMAC under the key of an epoch and an audience. A rotation begins an epoch, whose
 * pseudonyms cannot be joined with earlier ones; what a reviewer decided of somebody under an earlier one still holds for that person. What a
 * run stages bears pseudonyms of its plan alone, and nothing that it publishes bears any.
 */
import { subjectName } from '../../curation/measurement/rows/admission.ts';
import { KeyedHash } from '../../curation/stages/keyed.ts';
import type { Keystore } from '../../storage/keystore.ts';

/** Who reads the reviewers' queue (design: platform-health). */
const REVIEWERS = 'platform-health';

/** Key of the pseudonyms in the reviewers' queue of an epoch, 32 bytes. */
export function reviewKey(keystore: Keystore, epoch: string): Buffer {
  return keystore.pseudonymKey(epoch, REVIEWERS);
}

/** Every pseudonym that a user may bear in a reviewers' queue, of all epochs so far. */
export function pseudonymsOf(userId: string, keystore: Keystore): string[] {
  const epochs = Array.from({ length: Number(keystore.pseudonymEpoch()) }, (_, at) => String(at + 1));
  return epochs.map((epoch) => new KeyedHash(reviewKey(keystore, epoch)).of(subjectName(userId)));
}

/** Finds the one of `pseudonyms` that a user bears in the reviewers' queue, in whichever epoch up to `epoch` it was made. */
export function knownSubject(
  pseudonyms: readonly string[],
  keystore: Keystore,
  epoch: string,
): (userId: string) => string | undefined {
  const known = new Set(pseudonyms);
  if (known.size === 0) return () => undefined;
  const epochs = Array.from({ length: Number(epoch) }, (_, at) => new KeyedHash(reviewKey(keystore, String(at + 1))));
  return (userId) => {
    for (const hash of epochs) {
      const pseudonym = hash.of(subjectName(userId));
      if (known.has(pseudonym)) return pseudonym;
    }
    return undefined;
  };
}
