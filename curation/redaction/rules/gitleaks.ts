/** Carries rules in the format of gitleaks over to rules of this engine. */
import { RULE_DEFAULTS, type AllowList, type RedactionRule } from './rule.ts';
import { translateRe2 } from './re2.ts';

/** Rules that can be used, and the ids of those that cannot, with the reason. */
export interface GitleaksRules {
  rules: RedactionRule[];
  unsupported: { id: string; reason: string }[];
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

function allowList(table: Table): AllowList {
  const condition = String(table.condition ?? 'OR').toUpperCase();
  const target = table.regexTarget ?? 'secret';
  if (!['OR', 'AND', '||', '&&'].includes(condition))
    throw new Error(`allowlist condition "${condition}" is not known`);
  if (target !== 'secret' && target !== 'match' && target !== 'line')
    throw new Error('allowlist regexTarget is not known');
  if (texts(table.commits, 'commits').length > 0 && condition !== 'OR')
    throw new Error('allowlist commits cannot be judged: text has no commit');
  return {
    regexes: texts(table.regexes, 'regexes').map(translateRe2),
    stopwords: texts(table.stopwords, 'stopwords'),
    paths: texts(table.paths, 'paths').map(translateRe2),
    regexTarget: target,
    condition: condition === 'AND' || condition === '&&' ? 'and' : 'or',
  };
}

/** The widest that a pattern can reach decides the window; an open repetition or one over 200 counts as long. */
function windowOf(pattern: string): { before: number; after: number } {
  const open = /[*+]|\{\d+,\}/.test(pattern.replace(/\\[*+]|\[[^\]]*\]/g, 'x'));
  const long = [...pattern.matchAll(/\{(\d+)(?:,(\d+))?\}/g)].some((match) => Number(match[2] ?? match[1]) > 200);
  return open || long ? LONG_WINDOW : WINDOW;
}

function translateRule(table: Table, globals: readonly AllowList[]): RedactionRule {
  const id = String(table.id);
  const { regex, path, secretGroup, entropy } = table;
  if (regex === undefined && path !== undefined) {
    // The path alone makes the whole text a finding.
    return {
      ...base(table, globals),
      id,
      kind: 'near',
      patterns: ['[\\s\\S]+'],
      path: translateRe2(String(path)),
      ...LONG_WINDOW,
    };
  }
  if (typeof regex !== 'string') throw new Error('has neither a regex nor a path');
  // What may stand before the keyword is never part of the secret, and without it the search is many times faster.
  const source = regex.replace(/^(\(\?i\))?\[\\w\.-\]\{0,\d+\}\?/, '$1');
  const pattern = translateRe2(source);
  new RegExp(pattern);
  return {
    ...base(table, globals),
    id,
    kind: 'near',
    patterns: [pattern],
    group: typeof secretGroup === 'number' ? secretGroup : 0,
    validators: typeof entropy === 'number' ? [`entropy:${entropy}`] : [],
    path: path === undefined ? null : translateRe2(String(path)),
    ...windowOf(source),
  };
}

function base(table: Table, globals: readonly AllowList[]): Omit<RedactionRule, 'id'> {
  return {
    ...RULE_DEFAULTS,
    description: String(table.description ?? ''),
    keywords: texts(table.keywords, 'keywords').map((word) => word.toLowerCase()),
    placeholder: 'SECRET',
    allow: [...globals, ...[...tables(table.allowlists), ...tables(table.allowlist)].map(allowList)],
  };
}

/** Translates a parsed gitleaks.toml. Throws an Error where the file as a whole is not of that format. */
export function translateGitleaks(data: Table): GitleaksRules {
  const result: GitleaksRules = { rules: [], unsupported: [] };
  if (!Array.isArray(data.rules)) {
    throw new Error(
      data.extend === undefined
        ? 'has no [[rules]]'
        : 'extends other rules and has none of its own: name the extended file itself',
    );
  }
  const globals = [...tables(data.allowlist), ...tables(data.allowlists)].map(allowList);
  for (const table of data.rules as Table[]) {
    const id = typeof table.id === 'string' ? table.id : `rule ${result.rules.length + result.unsupported.length + 1}`;
    try {
      if (table.required !== undefined) throw new Error('composite rules (required) are not supported');
      result.rules.push(translateRule(table, globals));
    } catch (error) {
      result.unsupported.push({ id, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return result;
}
