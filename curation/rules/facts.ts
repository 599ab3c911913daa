/** What the outside world says of repositories, users, owners and teams, as the rules ask for it: by key, at once, without I/O. */
import { factKey, unpackConsent, unpackFile, unpackRepository, unpackTeam } from './facts/entry.ts';
import type { CodeownersFile, ConsentState, FactFile, IgnoreFile } from './facts/fact.ts';
import { entriesOf } from './facts/line.ts';
import type { RepositoryId } from './repository/remote.ts';
import { lower } from './repository/remote.ts';
import type { RepositoryState } from './repository/state.ts';
import { foldHistory } from './repository/state.ts';

export type { CodeownersFile, ConsentState, FactFile, IgnoreFile } from './facts/fact.ts';
export { FactsError } from './facts/record.ts';
export type { RepositoryState } from './repository/state.ts';

/** Every look-up answers at once and never throws for a key that nothing is known of. */
export interface Facts {
  /** Ids, on that host, of the repositories that ever bore this name; sorted. */
  repositoriesByName(id: RepositoryId): number[];
  /** States sorted by `since`; empty where the repository is unknown. */
  history(host: string, id: number): readonly RepositoryState[];
  /** States, sorted by `since`, of every user whose id is this one but for letter case. */
  consents(userId: string): readonly ConsentState[];
  /** One file, save where the folder spells the repository in several letter cases: then all of them count. */
  codeowners(id: RepositoryId): CodeownersFile[];
  /** Content-exclusion files of the repository, as YAML text. */
  exclusions(id: RepositoryId): FactFile[];
  ignoreFiles(id: RepositoryId): IgnoreFile[];
  /** Teams nested below one, at any depth, in lower case; without itself. */
  nestedTeams(team: string): string[];
  erased(subject: { userId: string } | { repository: RepositoryId }): boolean;
}

/** Reads the values stored under a key of `factKey`; undefined where there are none. */
export type FactReader = (key: string) => readonly string[] | undefined;

/** Builds the look-ups over any store of fact entries. */
export function factsOver(read: FactReader): Facts {
  const children = new Map<string, string[]>();
  for (const [child, parent] of (read(factKey.teams) ?? []).map(unpackTeam)) {
    const known = children.get(parent);
    if (known) known.push(child);
    else children.set(parent, [child]);
  }
  const files = <T extends FactFile>(key: string): T[] => {
    const found = read(key);
    if (found === undefined) return [];
    return found.map((value) => unpackFile<T>(value)).sort((a, b) => (a.source < b.source ? -1 : 1));
  };
  return {
    repositoriesByName(id) {
      const found = read(factKey.name(id));
      if (found === undefined) return [];
      if (found.length === 1) return [Number(found[0])];
      return [...new Set(found.map(Number))].sort((a, b) => a - b);
    },
    history(host, id) {
      const found = read(factKey.repository(host, id));
      return found === undefined ? [] : foldHistory(found.map((value) => unpackRepository(host, id, value)));
    },
    consents(userId) {
      const found = read(factKey.user(userId));
      if (found === undefined) return [];
      return found.length === 1 ? [unpackConsent(found[0]!)] : sortConsents(found.map(unpackConsent));
    },
    codeowners: (id) => files<CodeownersFile>(factKey.codeowners(id)),
    exclusions: (id) => files(factKey.exclusions(id)),
    ignoreFiles: (id) => files<IgnoreFile>(factKey.ignoreFiles(id)),
    nestedTeams: (team) => descendants(children, lower(team)),
    erased(subject) {
      const key =
        'userId' in subject ? factKey.erasedUser(subject.userId) : factKey.erasedRepository(subject.repository);
      return read(key) !== undefined;
    },
  };
}

/**
 * Facts held in memory, for tests and small folders. `name` is relative to the facts folder; the order of files and lines makes no
 * difference to any verdict.
 * @throws FactsError for the first line that is not what its file should hold
 */
export function buildFacts(files: { name: string; text: string }[]): Facts {
  const entries = new Map<string, string[]>();
  for (const { name, text } of files) {
    entriesOf(name, text, ({ key, value }) => {
      const known = entries.get(key);
      if (known) known.push(value);
      else entries.set(key, [value]);
    });
  }
  return factsOver((key) => entries.get(key));
}

/** The same facts with more erased users and repositories than the facts folder names, e.g. of an erasure index. */
export function withErasures(facts: Facts, erased: Facts['erased']): Facts {
  return { ...facts, erased: (subject) => facts.erased(subject) || erased(subject) };
}

function descendants(children: ReadonlyMap<string, string[]>, team: string): string[] {
  const found = new Set<string>();
  const open = [team];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const child of children.get(next) ?? []) {
      if (!found.has(child)) open.push(child);
      found.add(child);
    }
  }
  found.delete(team);
  return [...found].sort();
}

function sortConsents(states: ConsentState[]): ConsentState[] {
  const line = (state: ConsentState): number => Number(state.source.slice(state.source.lastIndexOf(':') + 1));
  return states.sort((a, b) => a.since - b.since || line(a) - line(b));
}
