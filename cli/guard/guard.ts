/** Guard files as commands take them, each with the key that it was made with. */
import { Option } from 'commander';
import type { NamedGuard } from '../../activities/run/guards.ts';
import { readGuard } from '../../storage/guard/file.ts';
import { keyFileOf, readGuardKey } from '../../storage/guard/key.ts';
import { CommandError, EXIT } from '../exit.ts';

export const guardKeyOption = () =>
  new Option('--guard-key <files...>', 'keys of the guard files (default: FILE.key beside each)');

/** @throws GuardFault or CommandError where a file or its key is missing */
export async function namedGuards(files: readonly string[], keyFiles: readonly string[] = []): Promise<NamedGuard[]> {
  const keys = await Promise.all(keyFiles.map(readGuardKey));
  const guards: NamedGuard[] = [];
  for (const file of files) {
    const { header, filter } = await readGuard(file);
    await filter.return(undefined);
    const key =
      keyFiles.length === 0 ? await readGuardKey(keyFileOf(file)) : keys.find(({ id }) => id === header.keyId);
    if (key?.id !== header.keyId)
      throw new CommandError(EXIT.usage, `${file} was made with key ${header.keyId}: name its file with --guard-key`);
    guards.push({ file, key });
  }
  return guards;
}
