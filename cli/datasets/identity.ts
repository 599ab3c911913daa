/** Age identity files as people keep them: one secret a line, comments beside. */
import { CommandError, EXIT } from '../exit.ts';

/** The identities of a file in the form of age-keygen. @throws CommandError where there is none; `file` is named. */
export function readIdentities(text: string, file: string): string[] {
  const found = text.split(/\r?\n/).filter((line) => line.startsWith('AGE-SECRET-KEY-'));
  if (found.length === 0) throw new CommandError(EXIT.usage, `${file}: holds no age identity (AGE-SECRET-KEY-1…)`);
  return found.map((line) => line.trim());
}
