/** GitHub content exclusion: rules by repository and path, matched so that nothing a rule could mean slips through. */
import { compileDenyGlobs, DenyIndex, preparePath, type DenyRows } from './pattern/denyglob.ts';
import { badPattern } from './pattern/brace.ts';
import type { RepoPath } from './path.ts';
import { canonicalRepository, compileReference, trailingParts, type RepositoryReference } from './reference.ts';
import { compileExpressions, type Expressions } from './pattern/expression.ts';

export { PatternError } from './pattern/brace.ts';

/** One pattern of one repository reference, and the place it stands in: `policy.yaml:12 paths.exclude["*"][0]`. */
export interface ExclusionRule {
  repository: string;
  pattern: string;
  source: string;
  /** The rule applies where any of these regular expressions matches the start of the file. */
  ifAnyMatch?: string[];
  /** The rule applies where none of these regular expressions matches the start of the file. */
  ifNoneMatch?: string[];
}

export interface RuleHit {
  source: string;
  pattern: string;
}

export interface Exclusions {
  /**
   * The first rule that takes the path out of the repository (`github.com/acme/app`), or null. `text` is the file from
   * its first character on, at least its first KB or all of it; leave it out where only a middle part is known: rules
   * with conditions then apply whatever the file holds.
   */
  match(repository: string, path: RepoPath, text?: string): RuleHit | null;
  /** How many rules were compiled. */
  rules: number;
}

interface CompiledRule {
  readonly hit: RuleHit;
  readonly any: Expressions | undefined;
  readonly none: Expressions | undefined;
}

/** Conditions look at this many UTF-16 units of a file. */
export const CONDITION_UNITS = 1024;
const CACHED_ANSWERS = 1 << 16;
const CACHED_REPOSITORIES = 1 << 14;
const NO_RULES: readonly number[] = [];

/**
 * Compiles rules once; 10,000 of them cost a distinct path some microseconds. Throws a PatternError that names the
 * source of the first rule that cannot be used. See compileDenyGlob and compileReference for what matches, including
 * everything that is matched beyond GitHub's client.
 */
export function compileExclusions(rules: ExclusionRule[], hostAliases: Record<string, string> = {}): Exclusions {
  const compiled = rules.map(compileRule);
  const groups = groupByReference(rules, hostAliases);
  const repositories = new Map<string, RepositoryRules>();
  const answers = new AnswerCache();

  function rulesOf(repository: string): RepositoryRules {
    let found = repositories.get(repository);
    if (!found) {
      if (repositories.size >= CACHED_REPOSITORIES) repositories.clear();
      repositories.set(repository, (found = groups.of(canonicalRepository(repository, hostAliases))));
    }
    return found;
  }

  function matchingRules(repository: string, path: RepoPath): readonly number[] {
    const { key, indexes } = rulesOf(repository);
    if (indexes.length === 0) return NO_RULES;
    const question = `${key} ${path}`;
    return answers.get(question) ?? answers.set(question, matching(indexes, path));
  }

  return {
    rules: rules.length,
    match(repository, path, text) {
      for (const index of matchingRules(repository, path)) {
        const rule = compiled[index]!;
        if (applies(rule, text)) return rule.hit;
      }
      return null;
    },
  };
}

function compileRule({ source, pattern, ifAnyMatch, ifNoneMatch }: ExclusionRule): CompiledRule {
  return {
    hit: { source, pattern },
    any: ifAnyMatch?.length ? compileExpressions(ifAnyMatch, `${source} ifAnyMatch`) : undefined,
    none: ifNoneMatch?.length ? compileExpressions(ifNoneMatch, `${source} ifNoneMatch`) : undefined,
  };
}

/** Either condition suffices; a rule without conditions, or a file without text, is excluded by its path alone. */
function applies({ any, none }: CompiledRule, text: string | undefined): boolean {
  if ((!any && !none) || text === undefined || text === '') return true;
  const start = text.slice(0, CONDITION_UNITS);
  return (any !== undefined && any.anyMatches(start)) || (none !== undefined && !none.anyMatches(start));
}

/** The patterns of one reference, with the index of the rule each comes from. */
interface Group {
  readonly references: readonly RepositoryReference[];
  readonly index: DenyIndex;
}

class Groups {
  readonly #exact = new Map<string, Group[]>();
  readonly #tried: Group[] = [];
  readonly #numbers = new Map<Group, number>();

  constructor(groups: readonly Group[]) {
    groups.forEach((group, number) => {
      this.#numbers.set(group, number);
      if (group.references.every(({ kind }) => kind === 'exact')) {
        for (const { name } of group.references) this.#exact.set(name, [...(this.#exact.get(name) ?? []), group]);
      } else {
        this.#tried.push(group);
      }
    });
  }

  /** The rules of a repository in canonical form. */
  of(repository: string): RepositoryRules {
    const candidates = new Set(trailingParts(repository).flatMap((part) => this.#exact.get(part) ?? []));
    for (const group of this.#tried) candidates.add(group);
    const groups = [...candidates].filter(({ references }) => references.some((one) => one.matches(repository)));
    const numbers = groups.map((group) => this.#numbers.get(group)!);
    return { key: numbers.join(), indexes: groups.map(({ index }) => index) };
  }
}

/** The indexes that hold for a repository; `key` is the same for repositories under the same rules. */
interface RepositoryRules {
  readonly key: string;
  readonly indexes: readonly DenyIndex[];
}

/** Indexes of all rules whose pattern matches the path, in the order of the rules. */
function matching(indexes: readonly DenyIndex[], path: RepoPath): readonly number[] {
  const prepared = preparePath(path);
  const found: number[] = [];
  for (const index of indexes) index.collect(prepared, found);
  return found.length === 0 ? NO_RULES : [...new Set(found)].sort((a, b) => a - b);
}

/** Remembers recent answers in two generations: when one is full, the one before it is forgotten. */
class AnswerCache {
  #recent = new Map<string, readonly number[]>();
  #older = new Map<string, readonly number[]>();

  get(question: string): readonly number[] | undefined {
    const found = this.#recent.get(question);
    if (found) return found;
    const older = this.#older.get(question);
    return older && this.set(question, older);
  }

  set(question: string, answer: readonly number[]): readonly number[] {
    if (this.#recent.size >= CACHED_ANSWERS / 2) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(question, answer);
    return answer;
  }
}

function groupByReference(rules: readonly ExclusionRule[], hostAliases: Readonly<Record<string, string>>): Groups {
  const byReference = new Map<string, { source: string; patterns: { rows: DenyRows; id: number }[] }>();
  compileDenyGlobs(rules).forEach((rows, id) => {
    const { repository, source } = rules[id]!;
    const group = byReference.get(repository) ?? { source, patterns: [] };
    group.patterns.push({ rows, id });
    byReference.set(repository, group);
  });
  return new Groups(
    [...byReference].map(([reference, { source, patterns }]) => ({
      references: compileReference(reference, source, hostAliases),
      index: new DenyIndex(patterns),
    })),
  );
}

/**
 * Turns the parsed YAML of a content-exclusion file into rules: `{reference: [pattern | {ifAnyMatch, ifNoneMatch,
 * paths}]}`. `null` (an empty file) has no rules. `source` gives the place of a node, by its keys and positions from
 * the top: `exclusions/github.com/acme/app.yaml:3`. Throws a PatternError for any other shape.
 */
export function parseExclusionFile(yamlValue: unknown, source: (path: (string | number)[]) => string): ExclusionRule[] {
  if (yamlValue === null || yamlValue === undefined) return [];
  if (!isRecord(yamlValue)) throw wrong(source([]), 'a mapping of repositories to lists of paths');
  const rules: ExclusionRule[] = [];
  for (const [repository, entries] of Object.entries(yamlValue)) {
    if (entries === null) continue;
    if (!Array.isArray(entries)) throw wrong(source([repository]), 'a list of paths');
    entries.forEach((entry: unknown, position) => {
      const at = [repository, position];
      if (typeof entry === 'string') return void rules.push({ repository, pattern: entry, source: source(at) });
      if (!isRecord(entry)) throw wrong(source(at), 'a path, or {ifAnyMatch, ifNoneMatch, paths}');
      const unknown = Object.keys(entry).find((key) => !['ifAnyMatch', 'ifNoneMatch', 'paths'].includes(key));
      if (unknown !== undefined) throw wrong(source([...at, unknown]), 'ifAnyMatch, ifNoneMatch or paths');
      const conditions = {
        ...(entry['ifAnyMatch'] != null && { ifAnyMatch: strings(entry['ifAnyMatch'], source, [...at, 'ifAnyMatch']) }),
        ...(entry['ifNoneMatch'] != null && {
          ifNoneMatch: strings(entry['ifNoneMatch'], source, [...at, 'ifNoneMatch']),
        }),
      };
      // Without paths, the conditions hold for every file.
      const paths = entry['paths'] == null ? ['**'] : strings(entry['paths'], source, [...at, 'paths']);
      paths.forEach((pattern, number) =>
        rules.push({
          repository,
          pattern,
          source: entry['paths'] == null ? source(at) : source([...at, 'paths', number]),
          ...conditions,
        }),
      );
    });
  }
  return rules;
}

function strings(value: unknown, source: (path: (string | number)[]) => string, path: (string | number)[]): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item, position) => {
    if (typeof item !== 'string') throw wrong(source([...path, position]), 'a string in quotes');
    return item;
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(source: string, expected: string): Error {
  return badPattern(source, '', `expected ${expected}`, 'content exclusion');
}
