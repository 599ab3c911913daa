/** Carries rules in the format of gitleaks over to rules of this engine. */
import { RULE_DEFAULTS, type AllowList, type RedactionRule } from './rule.ts';
import { translateRe2 } from './re2.ts';

/**
 * A rule that gitleaks limits to some paths holds for text of every path here, and nothing is let go for its path: what a text's path was is not
 * known wherever it is read.
 */
export interface GitleaksRules {
  rules: RedactionRule[];
  /** Ids of rules that go by the path of a file alone, which are not used. */
  byPath: string[];
}

/** What is wrong with a rule of a file, or with the file where `rule` (from 0) is undefined. */
export class GitleaksFault extends Error {
  readonly rule: number | undefined;
  readonly field: string;

  constructor(rule: number | undefined, field: string, problem: string) {
    super(problem);
    this.rule = rule;
    this.field = field;
  }
}

/** Windows round a keyword: patterns with long or open repetition get the larger one. */
const WINDOW = { before: 128, after: 512 };
const LONG_WINDOW = { before: 256, after: 16_384 };

type Table = Record<string, unknown>;

function texts(value: unknown, field: string): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
    throw new Error(`${field} must be a list of strings`);
  return value as string[];
}

function tables(value: unknown): Table[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]) as Table[];
}

/** Null for one that lets nothing go, since it asks for a path. */
function allowList(table: Table): AllowList | null {
  const condition = String(table.condition ?? 'OR').toUpperCase();
  const target = table.regexTarget ?? 'secret';
  if (!['OR', 'AND', '||', '&&'].includes(condition))
    throw new Error(`allowlist condition "${condition}" is not known`);
  if (target !== 'secret' && target !== 'match' && target !== 'line')
    throw new Error('allowlist regexTarget is not known');
  const every = condition === 'AND' || condition === '&&';
  if (texts(table.commits, 'commits').length > 0 && every)
    throw new Error('allowlist commits cannot be judged: text has no commit');
  const regexes = texts(table.regexes, 'regexes').map(compiled);
  const stopwords = texts(table.stopwords, 'stopwords');
  const paths = texts(table.paths, 'paths');
  if (regexes.length + stopwords.length === 0 || (every && paths.length > 0)) return null;
  return { regexes, stopwords, regexTarget: target, condition: every ? 'and' : 'or' };
}

function allowLists(...values: unknown[]): AllowList[] {
  return values.flatMap(tables).flatMap((table) => allowList(table) ?? []);
}

/** An expression of RE2, carried over and tried. */
function compiled(source: string): string {
  const pattern = translateRe2(source);
  new RegExp(pattern);
  return pattern;
}

/** The widest that a pattern can reach decides the window; an open repetition or one over 200 counts as long. */
function windowOf(pattern: string): { before: number; after: number } {
  const open = /[*+]|\{\d+,\}/.test(pattern.replace(/\\[*+]|\[[^\]]*\]/g, 'x'));
  const long = [...pattern.matchAll(/\{(\d+)(?:,(\d+))?\}/g)].some((match) => Number(match[2] ?? match[1]) > 200);
  return open || long ? LONG_WINDOW : WINDOW;
}

/** Brackets stand for classes in keywords here: the longest piece beside them wakes a rule as well, and a word of brackets alone everywhere. */
function keywordsOf({ keywords }: Table): string[] {
  const words = texts(keywords, 'keywords').map((word) =>
    word
      .toLowerCase()
      .split(/[[\]]/)
      .reduce((longest, piece) => (piece.length > longest.length ? piece : longest)),
  );
  return words.includes('') ? [] : words;
}

function translateRule(table: Table, id: string, globals: readonly AllowList[]): RedactionRule {
  const { regex, secretGroup: group = 0, entropy } = table;
  if (typeof regex !== 'string') throw new Error('has neither a regex nor a path');
  if (table.required !== undefined) throw new Error('composite rules (required) are not supported');
  // What may stand before the keyword is never part of the secret, and without it the search is many times faster.
  const source = regex.replace(/^(\(\?i\))?\[\\w\.-\]\{0,\d+\}\?/, '$1');
  const pattern = compiled(source);
  const groups = new RegExp(`${pattern}|`).exec('')!.length - 1;
  if (!Number.isInteger(group) || (group as number) < 0 || (group as number) > groups)
    throw new Error(`secretGroup must be a whole number from 0 to ${groups}, the groups of its regex`);
  return {
    ...RULE_DEFAULTS,
    id,
    description: String(table.description ?? ''),
    kind: 'near',
    keywords: keywordsOf(table),
    patterns: [pattern],
    group: group as number,
    validators: typeof entropy === 'number' ? [`entropy:${entropy}`] : [],
    ...windowOf(source),
    allow: [...globals, ...allowLists(table.allowlists, table.allowlist)],
  };
}

/** Translates a parsed gitleaks.toml. @throws GitleaksFault where the file is not of that format, or a rule cannot be carried over exactly */
export function translateGitleaks(data: Table): GitleaksRules {
  const result: GitleaksRules = { rules: [], byPath: [] };
  if (!Array.isArray(data.rules)) {
    const problem =
      data.extend === undefined
        ? 'has no [[rules]]'
        : 'extends other rules and has none of its own: name the extended file itself';
    throw new GitleaksFault(undefined, '', problem);
  }
  const globals = told(undefined, 'allowlist', () => allowLists(data.allowlist, data.allowlists));
  for (const [index, table] of (data.rules as Table[]).entries()) {
    const id = typeof table.id === 'string' ? table.id : `rule ${index + 1}`;
    if (table.regex === undefined && typeof table.path === 'string') result.byPath.push(id);
    else result.rules.push(told(index, id, () => translateRule(table, id, globals)));
  }
  return result;
}

function told<T>(rule: number | undefined, field: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new GitleaksFault(rule, field, `${problem}: rewrite it or take it out`);
  }
}
