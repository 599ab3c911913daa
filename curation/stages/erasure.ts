/** What a person, a repository or a suggestion is found by when it is to be erased: hashes under a key that never rotates. */
import type { CanonicalEvent } from '../events/event.ts';
import { foldUser } from '../rules/facts/entry.ts';
import type { Rules } from '../rules/judge.ts';
import type { Verdict } from '../verdict.ts';
import type { KeyedHash } from './keyed.ts';
import { hasText } from './segments.ts';

export type SubjectKind = 'user' | 'repository' | 'suggestion';

/** How a run finds and honours erasures: the hash of names, and whether a hash was erased before the run was planned. */
export interface ErasureKeys {
  hash: KeyedHash;
  erased(key: string): boolean;
  /** Erased keys in all: with none, nothing needs to be hashed to be looked up. */
  count: number;
}

/** The hash (32 hex digits) of one subject. A repository is named by `host/owner/name` in lower case or by `host#id`. */
export function subjectKey(kind: SubjectKind, id: string, hash: KeyedHash): string {
  return hash.of(`erasure:${kind}:${kind === 'user' ? foldUser(id) : id}`);
}

/** The hash of a person in a queue of reviewers, which knows its pseudonym alone. */
export function suspectKey(pseudonym: string, hash: KeyedHash): string {
  return hash.of(`erasure:suspect:${pseudonym}`);
}

/** Hashes of everybody and everything that an event gives something of: its user; and of its text the suggestion, and the repositories of
 * document and pieces. */
export function erasureKeysOf(
  event: CanonicalEvent,
  context: readonly Verdict[],
  rules: Pick<Rules, 'repositoriesOf'>,
  hash: KeyedHash,
): string[] {
  const keys = new Set<string>();
  if (event.user.id !== undefined) keys.add(subjectKey('user', event.user.id, hash));
  // An event without text gives an example nothing but its user's doing.
  if (!hasText(event)) return [...keys];
  keys.add(subjectKey('suggestion', event.suggestionId, hash));
  const add = (origin: Parameters<Rules['repositoriesOf']>[0]) => {
    for (const name of rules.repositoriesOf(origin, event.time)) keys.add(subjectKey('repository', name, hash));
  };
  const { repository, workspaceRepositories, document } = event;
  const workspace = workspaceRepositories ? { workspaceRepositories } : {};
  add({ ...(repository ? { repository } : {}), ...workspace, ...pathOf(document) });
  event.prompt?.context.forEach((piece, index) => {
    if (!context[index]?.keep) return;
    // A piece without a repository may come from any folder that was open.
    if (piece.repository) add({ repository: piece.repository, ...pathOf(piece) });
    else {
      add({ ...(repository ? { repository } : {}), ...pathOf(piece) });
      if (workspaceRepositories) add({ workspaceRepositories, ...pathOf(piece) });
    }
  });
  return [...keys];
}

function pathOf({ path }: { path?: string }): { path?: string } {
  return path === undefined ? {} : { path };
}
