/** Who owns a file by CODEOWNERS, and whether one of them is denied. */
import type { Facts } from './facts.ts';
import type { Codeowners } from './path/codeowners.ts';
import type { RepoPath } from './path/path.ts';
import { lower } from './repository/remote.ts';
import type { Sourced } from './repository/owner.ts';

export type DeniedOwners = (owner: string) => Sourced | null;

/**
 * Values are teams, users or groups (`@acme/legal`, the `@` may be left out) and e-mail addresses; case-insensitive. Denying a team
 * denies the teams nested in it, by `teams.jsonl` and by name: `@acme/legal` covers `@acme/legal/eu`, and `@acme` all of `@acme/…`.
 */
export function compileDeniedOwners(deny: readonly Sourced[], facts: Facts): DeniedOwners {
  const names = new Map<string, Sourced>();
  for (const entry of deny) {
    const name = ownerName(entry.value);
    for (const denied of [name, ...facts.nestedTeams(name)]) {
      if (!names.has(denied)) names.set(denied, entry);
    }
  }
  return (owner) => {
    const name = ownerName(owner);
    for (let end = name.length; end > 0; end = name.lastIndexOf('/', end - 1)) {
      const found = names.get(name.slice(0, end));
      if (found) return found;
    }
    return null;
  };
}

/** The first denied owner of the path, with the line of CODEOWNERS that names it. */
export function findDeniedOwner(
  codeowners: Codeowners,
  path: RepoPath,
  denied: DeniedOwners,
): { line: number; by: Sourced } | null {
  for (const { owners, line } of codeowners.ownersOf(path)) {
    for (const owner of owners) {
      const by = denied(owner);
      if (by) return { line, by };
    }
  }
  return null;
}

function ownerName(written: string): string {
  const name = lower(written.trim());
  return name.includes('@') ? name : `@${name}`;
}
