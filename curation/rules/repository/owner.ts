/** Owners of repositories that are denied or opted out, by user, organisation or group. */
import { lower } from './remote.ts';

/** A value of the policy with the place it stands at, e.g. `policy.yaml:9 repositories.owners.deny[0]`. */
export interface Sourced {
  value: string;
  source: string;
}

export type OwnerTest = (host: string, owner: string) => Sourced | null;

/**
 * Values are `acme`, `@acme`, a group's path `acme/tools`, or either with its host before it (`gitlab.com/acme`); case-insensitive.
 * A group covers the groups inside it.
 */
export function compileOwners(values: readonly Sourced[]): OwnerTest {
  const names = new Map<string, Sourced>();
  for (const entry of values) names.set(lower(entry.value.trim()).replace(/^@|\/+$/g, ''), entry);
  if (names.size === 0) return () => null;
  return (host, owner) => {
    for (let end = owner.length; end > 0; end = owner.lastIndexOf('/', end - 1)) {
      const group = owner.slice(0, end);
      const found = names.get(group) ?? names.get(`${host}/${group}`);
      if (found) return found;
    }
    return null;
  };
}
