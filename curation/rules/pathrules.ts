/** Rules about the path inside a repository: vendored trees, exclusions of policy and facts, ignore files, owners. */
import type { Reason, Verdict } from '../verdict.ts';
import { drop, KEEP } from '../verdict.ts';
import { BoundedCache } from './cache.ts';
import { exclusionRulesOf } from './facts/exclusion.ts';
import type { Facts } from './facts.ts';
import { compileDeniedOwners, findDeniedOwner } from './ownership.ts';
import type { Codeowners } from './path/codeowners.ts';
import { parseCodeowners } from './path/codeowners.ts';
import type { Exclusions, ExclusionRule } from './path/exclusion.ts';
import { compileExclusions } from './path/exclusion.ts';
import { compileIgnoreFile } from './path/ignorefile.ts';
import type { RepoPath } from './path/path.ts';
import { compileGlobs } from './path/vendored.ts';
import type { RepositoryId } from './repository/remote.ts';
import type { Sourced } from './repository/owner.ts';

export interface PathPolicy {
  ownership: { deny: Sourced[]; vendored: Sourced[] };
  paths: { exclude: ExclusionRule[] };
  repositories: { hostAliases: Record<string, string> };
}

/** `names`: every name of the repository that rules may be written for. `text`: the file from its first character, where known. */
export type PathJudge = (names: readonly RepositoryId[], path: RepoPath, text?: string) => Verdict;

/** What the facts hold for the paths of one repository. */
interface OwnRules {
  /** Stands for the repository in the keys of the path cache. */
  serial: number;
  exclusions: Exclusions | null;
  ignore: ReturnType<typeof compileIgnoreFile>[];
  codeowners: { file: Codeowners; source: string }[];
}

const CACHED_REPOSITORIES = 1 << 13;
const CACHED_PATHS = 1 << 17;

/** Compiles the policy's patterns once; a repository's own files are compiled when it is first met. @throws PatternError */
export function compilePathRules(policy: PathPolicy, facts: Facts): PathJudge {
  const { hostAliases } = policy.repositories;
  const vendored = compileGlobs(policy.ownership.vendored.map(({ value, source }) => ({ pattern: value, source })));
  const excluded = compileExclusions(policy.paths.exclude, hostAliases);
  const conditional = policy.paths.exclude.some(
    (rule) => rule.ifAnyMatch !== undefined || rule.ifNoneMatch !== undefined,
  );
  const denied = compileDeniedOwners(policy.ownership.deny, facts);
  const ownership = policy.ownership.deny.length > 0;
  const repositories = new BoundedCache<string, OwnRules>(CACHED_REPOSITORIES);
  const paths = new BoundedCache<string, Verdict>(CACHED_PATHS);
  let serial = 0;

  const ownRules = (names: readonly RepositoryId[]): OwnRules => {
    const key = names.length === 1 ? names[0]! : names.join(' ');
    const known = repositories.get(key);
    if (known) return known;
    const rules = names.flatMap((id) => facts.exclusions(id).flatMap((file) => exclusionRulesOf(file, id)));
    const own: OwnRules = {
      serial: ++serial,
      exclusions: rules.length > 0 ? compileExclusions(rules, hostAliases) : null,
      ignore: names.flatMap((id) =>
        facts.ignoreFiles(id).map(({ text, kind, source, folder }) => compileIgnoreFile(text, kind, source, folder)),
      ),
      codeowners: !ownership
        ? []
        : names.flatMap((id) =>
            facts.codeowners(id).map(({ text, dialect, source }) => ({ file: parseCodeowners(text, dialect), source })),
          ),
    };
    repositories.set(key, own);
    return own;
  };

  const rules: [
    name: string,
    rule: (own: OwnRules, names: readonly RepositoryId[], path: RepoPath, text?: string) => Verdict | null,
  ][] = [
    ['ownership.vendored', (_own, _names, path) => hit('vendored', vendored.match(path))],
    [
      'paths.exclude',
      (own, names, path, text) => {
        for (const name of names) {
          const found = excluded.match(name, path, text) ?? own.exclusions?.match(name, path, text) ?? null;
          if (found) return hit('path_excluded', found);
        }
        return null;
      },
    ],
    [
      'ignore files',
      (own, _names, path) => {
        for (const file of own.ignore) {
          const found = file.match(path);
          if (found) return drop('path_excluded', found.source);
        }
        return null;
      },
    ],
    [
      'ownership.deny',
      (own, _names, path) => {
        for (const { file, source } of own.codeowners) {
          if (file.tooLarge) throw new Error('CODEOWNERS is too large to be read');
          const found = findDeniedOwner(file, path, denied);
          if (found)
            return drop(
              'codeowner_denied',
              `${source}:${found.line} (${found.by.source} ${JSON.stringify(found.by.value)})`,
            );
        }
        return null;
      },
    ],
  ];

  const judge: PathJudge = (names, path, text) => {
    let own: OwnRules;
    try {
      own = ownRules(names);
    } catch {
      return drop('rule_error', 'the rule files of the repository cannot be compiled');
    }
    let failed: Verdict | null = null;
    for (const [name, rule] of rules) {
      try {
        const verdict = rule(own, names, path, text);
        if (verdict) return verdict;
      } catch {
        // The error may quote the path or a line of a rule file: only the rule's name goes on.
        failed ??= drop('rule_error', name);
      }
    }
    return failed ?? KEEP;
  };

  return (names, path, text) => {
    // Conditions look into the file, so that two segments of one path may differ.
    if (text !== undefined && conditional) return judge(names, path, text);
    const own = repositories.get(names.length === 1 ? names[0]! : names.join(' '));
    if (!own || (text !== undefined && own.exclusions)) {
      return judge(names, path, text);
    }
    const key = `${own.serial} ${path}`;
    const known = paths.get(key);
    if (known) return known;
    const verdict = judge(names, path, text);
    paths.set(key, verdict);
    return verdict;
  };
}

function hit(reason: Reason, found: { source: string; pattern: string } | null): Verdict | null {
  return found && drop(reason, `${found.source} ${JSON.stringify(found.pattern)}`);
}
