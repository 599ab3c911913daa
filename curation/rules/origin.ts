/** Where a piece of text came from, judged: repository, then path, then ownership. */
import type { RepositoryReference } from '../events/event.ts';
import type { Verdict } from '../verdict.ts';
import { drop, KEEP, outcomeOf } from '../verdict.ts';
import { BoundedCache } from './cache.ts';
import type { Facts } from './facts.ts';
import type { NormalisedPath, RepoPath } from './path/path.ts';
import { normalisePath } from './path/path.ts';
import type { PathJudge, PathPolicy } from './pathrules.ts';
import { compilePathRules } from './pathrules.ts';
import type { Remote } from './repository/remote.ts';
import { parseRemote } from './repository/remote.ts';
import { submoduleAt } from './repository/submodule.ts';
import type { RepositoryFinding, RepositoryIdentity, RepositoryPolicy } from './repository/visibility.ts';
import { compileRepository, strictest } from './repository/visibility.ts';

export interface Origin {
  repository?: RepositoryReference;
  /** Remotes of all folders that were open. They count where `repository` is absent: each of them must pass. */
  workspaceRepositories?: string[];
  /** As the event wrote it. */
  path?: string;
  /** git's file mode in octal, e.g. `100644`; `120000` is a symlink, `160000` a submodule. */
  gitMode?: string;
  /** The file from its first character, where known; conditions of exclusion rules look at it. */
  text?: string;
}

/** What is found of one reference: the remote, and the repository where the host is known. */
export interface ReferenceFinding {
  remote: Remote;
  verdict: Verdict;
  repository?: RepositoryFinding;
}

export interface OriginFinding {
  verdict: Verdict;
  path?: RepoPath;
  /** The first reference's repository, where known. */
  identity?: RepositoryIdentity;
  references: ReferenceFinding[];
}

export interface OriginJudge {
  /** `pathless`: judge without the path and what depends on it, because another record will name it. */
  judge(references: readonly RepositoryReference[], origin: Origin, time: number, pathless?: boolean): OriginFinding;
  normalise(path: string): NormalisedPath;
}

export type OriginPolicy = PathPolicy & { repositories: RepositoryPolicy };

const CACHED_REFERENCES = 1 << 15;
const CACHED_PATHS = 1 << 16;
/** Spans kept of one reference: histories are short, and events come roughly in order. */
const MAX_SPANS = 4;
/** Submodules inside submodules are followed this deep. */
const MAX_NESTING = 8;

const SYMLINK = 0o120000;
const GITLINK = 0o160000;
const FILE_TYPE = 0o170000;

/** The repositories that an origin may belong to: its own, else all of the workspace. */
export function referencesOf(origin: Origin): RepositoryReference[] {
  const { repository, workspaceRepositories } = origin;
  if (repository && (isNamed(repository.url) || repository.id !== undefined)) return [repository];
  return distinctReferences((workspaceRepositories ?? []).filter(isNamed).map((url) => ({ url })));
}

/** References of which no two are spelled alike. */
export function distinctReferences(references: readonly RepositoryReference[]): RepositoryReference[] {
  if (references.length < 2) return [...references];
  return [...new Map(references.map((reference) => [referenceKey(reference), reference])).values()];
}

/** Compiles the policy once and keeps what was found: by remote and span of time, by path, by repository and path. */
export function compileOrigin(policy: OriginPolicy, facts: Facts, now: number): OriginJudge {
  const judgeRepository = compileRepository(policy.repositories, facts, now);
  const judgePath: PathJudge = compilePathRules(policy, facts);
  const remotes = new BoundedCache<string, Remote>(CACHED_REFERENCES);
  const findings = new BoundedCache<string, ReferenceFinding[]>(CACHED_REFERENCES);
  const paths = new BoundedCache<string, NormalisedPath>(CACHED_PATHS);

  const normalise = (path: string): NormalisedPath => {
    let known = paths.get(path);
    if (!known) paths.set(path, (known = normalisePath(path)));
    return known;
  };

  const remoteOf = (url: string): Remote => {
    let known = remotes.get(url);
    if (!known) remotes.set(url, (known = parseRemote(url, policy.repositories)));
    return known;
  };

  const find = (reference: RepositoryReference, time: number): ReferenceFinding => {
    const key = referenceKey(reference);
    const known = findings.get(key);
    const found = known?.find(({ repository }) => repository === undefined || repository.span.holds(time));
    if (found) return found;
    const fresh = judgeReference(reference, time);
    if (known) {
      if (known.length >= MAX_SPANS) known.shift();
      known.push(fresh);
    } else findings.set(key, [fresh]);
    return fresh;
  };

  const judgeReference = ({ url, id }: RepositoryReference, time: number): ReferenceFinding => {
    if (!isNamed(url)) {
      const reason = id === undefined ? 'no_repository' : 'unknown_host';
      const rule = id === undefined ? 'the event names no repository' : 'an id without a remote names no host';
      return { remote: { ok: false, reason }, verdict: drop(reason, rule) };
    }
    const remote = remoteOf(url);
    if (!remote.ok)
      return { remote, verdict: drop(remote.reason, remoteRule(remote.reason, policy.repositories.source)) };
    const repository = judgeRepository(remote, id, time);
    return { remote, verdict: repository.verdict, repository };
  };

  /** Submodule, then the rules of paths; the repository itself has passed. */
  const judgeInside = (
    found: ReferenceFinding,
    path: RepoPath,
    time: number,
    text: string | undefined,
    depth: number,
  ): Verdict => {
    const { states, names } = found.repository!;
    for (const state of states) {
      if (state.submodules === undefined) continue;
      const inside = submoduleAt(state, path);
      if (!inside) continue;
      const verdict = judgeSubmodule(inside.url, inside.rest, time, text, depth + 1);
      if (!verdict.keep) return wrapSubmodule(verdict, state.source);
    }
    return judgePath(names, path, text);
  };

  const judgeSubmodule = (
    url: string,
    rest: string,
    time: number,
    text: string | undefined,
    depth: number,
  ): Verdict => {
    if (depth > MAX_NESTING) return drop('submodule_private', 'submodules are nested too deep');
    const found = find({ url }, time);
    if (!found.verdict.keep || rest === '') return found.verdict;
    const path = normalise(rest);
    return path.ok ? judgeInside(found, path.path, time, text, depth) : drop('submodule_private', path.detail);
  };

  const judgeOne = (
    found: ReferenceFinding,
    path: NormalisedPath | undefined,
    origin: Origin,
    time: number,
    pathless: boolean,
  ): Verdict => {
    if (!found.verdict.keep) return found.verdict;
    if (!pathless && !path) return drop('unresolvable_path', 'no path is known');
    if (path && !path.ok) return drop(path.reason, path.detail);
    if (path?.ok && path.mixedScript) return drop('mixed_script_path', 'letters of several scripts stand in one word');
    const mode = modeOf(origin.gitMode);
    if (mode === SYMLINK) return drop('symlink', 'git mode 120000');
    if (mode === GITLINK) return drop('submodule_private', 'git mode 160000');
    return path?.ok ? judgeInside(found, path.path, time, origin.text, 0) : KEEP;
  };

  return {
    normalise,
    judge(references, origin, time, pathless = false) {
      const path = pathless || origin.path === undefined ? undefined : normalise(origin.path);
      const resolved = path?.ok ? { path: path.path } : {};
      // As written, a path is wrong whatever repository it was in.
      const rejected =
        path && !path.ok && outcomeOf(path.reason) === 'rejected' ? drop(path.reason, path.detail) : null;
      const named = references.length > 0 ? references : [{}];
      const judged: ReferenceFinding[] = [];
      const verdicts: Verdict[] = rejected ? [rejected] : [];
      for (const reference of named) {
        try {
          const found = find(reference, time);
          judged.push(found);
          verdicts.push(judgeOne(found, path, origin, time, pathless));
        } catch {
          // The error may quote a fact or a path: only that a rule failed goes on.
          verdicts.push(drop('rule_error', 'a repository rule'));
        }
      }
      const identity = judged[0]?.repository?.identity;
      return {
        verdict: verdicts.length === 1 ? verdicts[0]! : strictest(verdicts),
        ...resolved,
        ...(identity && { identity }),
        references: judged,
      };
    },
  };
}

function isNamed(url: string | undefined): url is string {
  return url !== undefined && url.trim() !== '';
}

function referenceKey({ url, id }: RepositoryReference): string {
  return id === undefined ? (url ?? '') : `${id} ${url ?? ''}`;
}

function modeOf(gitMode: string | undefined): number {
  return gitMode === undefined || !/^[0-7]{5,8}$/.test(gitMode) ? 0 : parseInt(gitMode, 8) & FILE_TYPE;
}

function remoteRule(reason: 'unknown_host' | 'no_repository', source: string): string {
  return reason === 'unknown_host' ? `${source}.hosts` : 'the remote names no repository';
}

/** A repository that may not be used makes the submodule private; what its own path rules say stays as it is. */
function wrapSubmodule(verdict: Verdict & { keep: false }, source: string): Verdict {
  const own = ['submodule_private', 'vendored', 'path_excluded', 'codeowner_denied', 'rule_error', 'erased'];
  const rule = `${source} submodules: ${verdict.rule}`;
  return drop(own.includes(verdict.reason) ? verdict.reason : 'submodule_private', rule);
}
