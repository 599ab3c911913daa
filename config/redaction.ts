/** Reads redaction rules from files: the built-in ones of `config/redaction/*.yaml`, and a user's gitleaks.toml. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse as parseToml, TomlError } from 'smol-toml';
import { LineCounter, parseDocument, isMap, isSeq, type YAMLMap } from 'yaml';
import { ConfigError, readText } from './document.ts';
import { compileRule } from '../curation/redaction/rules/compiled.ts';
import { GitleaksFault, translateGitleaks, type GitleaksRules } from '../curation/redaction/rules/gitleaks.ts';
import { RULE_DEFAULTS, type RedactionRule } from '../curation/redaction/rules/rule.ts';

const TEXT_FIELDS = [
  'id',
  'description',
  'placeholder',
  'flags',
  'back',
  'companion',
  'key',
  'notKey',
  'value',
] as const;
const LIST_FIELDS = ['keywords', 'patterns', 'validators'] as const;
const KINDS = ['token', 'near', 'run', 'assignment', 'block'];
const STRENGTHS = ['password', 'secret', 'weak'];

/** The folder of the built-in rules, beside the sources or two folders above the built module. */
function builtinFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const places = [join(here, 'redaction'), join(here, '..', '..', 'config', 'redaction')];
  const found = places.find((place) => existsSync(place) && readdirSync(place).some((name) => name.endsWith('.yaml')));
  if (found === undefined)
    throw new ConfigError(
      ...(['config/redaction', undefined, ''] as const),
      `no rule files found (looked in ${places.join(' and ')}); reinstall the program`,
    );
  return found;
}

/** One rule of a YAML file, checked field by field. @throws ConfigError */
function readRule(node: YAMLMap, file: string, line: number): RedactionRule {
  const data = node.toJSON() as Record<string, unknown>;
  const fail = (field: string, problem: string): never => {
    throw new ConfigError(file, line, field, problem);
  };
  const rule: Record<string, unknown> = { ...RULE_DEFAULTS };
  for (const [field, value] of Object.entries(data)) {
    if ((TEXT_FIELDS as readonly string[]).includes(field)) {
      if (typeof value !== 'string' || value === '') fail(field, 'must be a non-empty string');
      rule[field] = value;
    } else if ((LIST_FIELDS as readonly string[]).includes(field)) {
      if (!Array.isArray(value) || value.some((item) => typeof item !== 'string' || item === ''))
        fail(field, 'must be a list of strings');
      rule[field] = value;
    } else if (field === 'pattern') rule.patterns = [String(value)];
    else if (field === 'group' || field === 'before' || field === 'after') {
      if (!Number.isInteger(value) || (value as number) < 0) fail(field, 'must be a whole number of 0 or more');
      rule[field] = value;
    } else if (field === 'cover')
      rule.cover = value === 'match' || value === 'group' ? value : fail(field, 'must be match or group');
    else if (field === 'glued') rule.glued = value === true;
    else if (field === 'kind')
      rule.kind = KINDS.includes(String(value)) ? value : fail(field, `must be one of ${KINDS.join(', ')}`);
    else if (field === 'strength')
      rule.strength = STRENGTHS.includes(String(value)) ? value : fail(field, `must be one of ${STRENGTHS.join(', ')}`);
    else if (field === 'match' || field === 'noMatch') {
      if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
        fail(field, 'must be a list of strings');
      rule.examples = { ...(rule.examples as object), [field]: value };
    } else fail(field, 'is not a field of a rule');
  }
  if (typeof data.id !== 'string') fail('id', 'is missing');
  const needsPattern = rule.kind === 'token' || rule.kind === 'run' || rule.kind === 'near';
  if (needsPattern && (rule.patterns as string[]).length === 0) fail('pattern', 'is missing');
  if (rule.kind !== 'run' && (rule.keywords as string[]).length === 0) fail('keywords', 'must hold at least one');
  return rule as unknown as RedactionRule;
}

/** Parses one rule file. @throws ConfigError where it is not as it should be */
export function parseRules(text: string, file: string): RedactionRule[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined)
    throw new ConfigError(file, lines.linePos(error.pos[0]).line, '', error.message.split('\n')[0]!);
  const list = document.get('rules');
  if (!isSeq(list)) throw new ConfigError(file, 1, 'rules', 'must be a list of rules');
  const ids = new Set<string>();
  return list.items.map((node) => {
    const line = lines.linePos((node as { range?: [number, number, number] }).range?.[0] ?? 0).line;
    if (!isMap(node)) throw new ConfigError(file, line, 'rules', 'each rule must be a mapping');
    const rule = readRule(node, file, line);
    if (ids.has(rule.id)) throw new ConfigError(file, line, 'id', `"${rule.id}" stands twice`);
    ids.add(rule.id);
    try {
      compileRule(rule);
    } catch (cause) {
      throw new ConfigError(file, line, 'pattern', cause instanceof Error ? cause.message : String(cause));
    }
    return rule;
  });
}

let builtin: RedactionRule[] | undefined;

/** The built-in rules, files in the order of their names: of two rules that find the same text the earlier names it. */
export function loadBuiltinRules(): RedactionRule[] {
  if (builtin === undefined) {
    const folder = builtinFolder();
    const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
    builtin = files
      .sort()
      .flatMap((name) => parseRules(readFileSync(join(folder, name), 'utf8'), `config/redaction/${name}`));
  }
  return [...builtin];
}

/** Loads rules in the format of gitleaks. @throws ConfigError with file and line, where it cannot be read or a rule cannot be carried over exactly */
export function loadGitleaks(file: string): GitleaksRules {
  const text = readText(file, 'redaction.gitleaks');
  try {
    return translateGitleaks(parseToml(text));
  } catch (cause) {
    if (cause instanceof TomlError) throw new ConfigError(file, cause.line, '', 'is not valid TOML');
    if (cause instanceof GitleaksFault)
      throw new ConfigError(file, lineOfRule(text, cause.rule), cause.field, cause.message);
    throw cause;
  }
}

/** The line on which a rule (from 0) begins. */
function lineOfRule(text: string, rule: number | undefined): number | undefined {
  const begins = text.split('\n').flatMap((line, index) => (/^\s*\[\[\s*rules\s*\]\]/.test(line) ? [index + 1] : []));
  return rule === undefined ? undefined : begins[rule];
}
