/** The policy of a purpose: a named file, or the program's own. */
import { join } from 'node:path';
import { configFile } from '../location.ts';
import { ConfigError, readText } from '../document.ts';
import { BUILTIN_POLICY, parsePolicy, type Policy, type Purpose } from '../policy.ts';

/** @throws ConfigError where the file cannot be read, is no policy, or serves another purpose */
export function readPolicyOf(purpose: Purpose, file?: string | null): { policy: Policy; text: string } {
  const builtin = purpose === 'model-improvement' ? BUILTIN_POLICY : configFile(join('purposes', `${purpose}.yaml`));
  const path = file ?? builtin;
  const text = readText(path, '--policy');
  const policy = parsePolicy(path, text);
  if (policy.purpose !== purpose)
    throw new ConfigError(path, undefined, 'purpose', `is ${policy.purpose}: what is asked for serves ${purpose}`);
  return { policy, text };
}
