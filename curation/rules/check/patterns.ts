/** Patterns of a policy that change nothing: doubled, covered by a broader one, or written for a host that may not be used. */
import type { RulePolicy } from '../judge.ts';
import { compileDenyGlobs, DenyIndex, preparePath } from '../path/pattern/denyglob.ts';
import { canonicalRepository, compileReference, type RepositoryReference } from '../path/reference.ts';
import { coversPattern, witnessOf } from './cover.ts';
import type { Warning } from './warning.ts';

interface Entry {
  pattern: string;
  source: string;
  /** Undefined where the pattern holds for every repository. */
  repository?: string;
  /** Whether it looks into the file: it then takes less than its pattern says. */
  conditional: boolean;
}

/** Warnings of `ownership.vendored` and `paths.exclude`, in the order of the policy. */
export function uselessPatterns({ ownership, paths, repositories }: RulePolicy): Warning[] {
  const entries: Entry[] = [
    ...ownership.vendored.map(({ value, source }) => ({ pattern: value, source, conditional: false })),
    ...paths.exclude.map(({ pattern, source, repository, ifAnyMatch, ifNoneMatch }) => ({
      ...{ pattern, source, repository },
      conditional: ifAnyMatch !== undefined || ifNoneMatch !== undefined,
    })),
  ];
  const references = new Map<string, RepositoryReference[]>();
  const reference = (entry: Entry): RepositoryReference[] | undefined => {
    if (entry.repository === undefined) return undefined;
    let found = references.get(entry.repository);
    if (!found)
      references.set(
        entry.repository,
        (found = compileReference(entry.repository, entry.source, repositories.hostAliases)),
      );
    return found;
  };
  const hosts = new Set(repositories.hosts.map((host) => canonicalRepository(`${host}/`).split('/', 1)[0]!));
  const index = new DenyIndex(compileDenyGlobs(entries).map((rows, id) => ({ rows, id })));
  const warnings: Warning[] = [];
  const useless = new Set<number>();
  entries.forEach((entry, id) => {
    const host = foreignHost(reference(entry), hosts);
    if (host !== null) {
      useless.add(id);
      warnings.push({ ...shown(entry), problem: `can never match: ${host} is no host of repositories.hosts` });
      return;
    }
    const witness = witnessOf(entry.pattern);
    const candidates: number[] = [];
    if (witness !== null) index.collect(preparePath(witness), candidates);
    else entries.forEach((other, at) => other.pattern === entry.pattern && candidates.push(at));
    for (const other of new Set(candidates.sort((a, b) => a - b))) {
      const by = entries[other]!;
      if (other === id || useless.has(other) || by.conditional) continue;
      if (!coversPattern(by.pattern, entry.pattern) || !coversReference(reference(by), reference(entry))) continue;
      const mutual = coversPattern(entry.pattern, by.pattern) && coversReference(reference(entry), reference(by));
      // Of two that say the same the first stays.
      if (other > id && mutual && !entry.conditional) continue;
      useless.add(id);
      const what = by.pattern === entry.pattern ? 'is the same as' : 'is covered by';
      warnings.push({ ...shown(entry), problem: `${what} ${by.source} ${JSON.stringify(by.pattern)}: leave it out` });
      break;
    }
  });
  return warnings;
}

function shown({ source, pattern }: Entry): { source: string; value: string } {
  return { source, value: pattern };
}

/** The host of a reference that names whole remotes of one host, where no repository of that host is ever used. */
function foreignHost(
  references: readonly RepositoryReference[] | undefined,
  hosts: ReadonlySet<string>,
): string | null {
  if (!references || references.length !== 1 || references[0]!.kind !== 'exact') return null;
  const parts = references[0]!.name.split('/');
  const host = parts[0]!;
  return parts.length >= 3 && host.includes('.') && !hosts.has(host) ? host : null;
}

/** True only where every repository that the narrow reference names is named by the broad one. */
function coversReference(
  broad: readonly RepositoryReference[] | undefined,
  narrow: readonly RepositoryReference[] | undefined,
): boolean {
  if (broad === undefined || broad.some(({ kind }) => kind === 'all')) return true;
  if (narrow === undefined) return false;
  return narrow.every((one) =>
    broad.some((other) => other.name === one.name || (isWhole(one) && other.matches(one.name))),
  );
}

/** Names one repository of one host, and not the end of many names. */
function isWhole({ kind, name }: RepositoryReference): boolean {
  return kind === 'exact' && name.split('/').length >= 3 && name.slice(0, name.indexOf('/')).includes('.');
}
