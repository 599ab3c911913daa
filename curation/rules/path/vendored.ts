/** Globs without repository, such as the vendored trees of `ownership.vendored`. */
import { compileDenyGlobs, DenyIndex, preparePath } from './pattern/denyglob.ts';
import type { RuleHit } from './exclusion.ts';
import type { RepoPath } from './path.ts';

/**
 * Compiles globs that take paths out, with the readings of compileDenyGlob: any case, any depth without leading slash,
 * folders with all they hold. `match` gives the first glob that matches. Throws a PatternError naming the source.
 */
export function compileGlobs(patterns: { pattern: string; source: string }[]): {
  match(path: RepoPath): RuleHit | null;
} {
  const index = new DenyIndex(compileDenyGlobs(patterns).map((rows, id) => ({ rows, id })));
  return {
    match(path) {
      const found: number[] = [];
      index.collect(preparePath(path), found);
      if (found.length === 0) return null;
      const first = found.reduce((a, b) => Math.min(a, b));
      const { pattern, source } = patterns[first]!;
      return { source, pattern };
    },
  };
}
