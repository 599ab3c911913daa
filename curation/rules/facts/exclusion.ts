/** Content-exclusion files of single repositories: YAML as its owners keep it in the host's settings, to rules. */
import { LineCounter, parseDocument } from 'yaml';
import type { FactFile } from './fact.ts';
import { FactsError } from './record.ts';
import type { ExclusionRule } from '../path/exclusion.ts';
import { compileExclusions, parseExclusionFile, PatternError } from '../path/exclusion.ts';
import type { RepositoryId } from '../repository/remote.ts';

/**
 * The rules of the file: a list of patterns, as in a repository's own settings, or a mapping of references to lists, as in an
 * organisation's.
 * @throws FactsError naming the line where it is no such YAML, PatternError where a pattern cannot be used
 */
export function exclusionRulesOf(file: FactFile, id: RepositoryId): ExclusionRule[] {
  const lines = new LineCounter();
  const document = parseDocument(file.text, { lineCounter: lines, uniqueKeys: true });
  const problem = document.errors[0];
  if (problem) {
    throw new FactsError(
      file.source,
      problem.linePos?.[0].line ?? 0,
      '',
      'is not valid YAML: indent and quote the patterns',
    );
  }
  const sourceOf = (path: (string | number)[]): string => {
    const node = document.getIn(path, true) as { range?: [number, number, number] | null } | undefined;
    return node?.range ? `${file.source}:${lines.linePos(node.range[0]).line}` : file.source;
  };
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) return parseExclusionFile(value, sourceOf);
  return parseExclusionFile({ [`https://${id}`]: value }, (path) => sourceOf(path.slice(1)));
}

/** @throws FactsError for the first thing in the file that cannot be used */
export function checkExclusionFile(file: FactFile, id: RepositoryId): void {
  try {
    compileExclusions(exclusionRulesOf(file, id));
  } catch (error) {
    if (error instanceof FactsError) throw error;
    const problem = error instanceof PatternError ? error.message : 'is not a list of patterns';
    throw new FactsError(
      file.source,
      0,
      '',
      problem.startsWith(file.source) ? problem.slice(file.source.length) : problem,
    );
  }
}
