/** Turns rules into what the scan runs on: one automaton, sticky expressions, checks. */
import { buildAutomaton, expandKeyword, type Automaton, type KeywordEntry } from './automaton.ts';
import type { AllowList, RedactionRule } from './rule.ts';
import { isDummyToken } from '../values/placeholders.ts';
import { validatorOf, type Validator } from '../values/validators.ts';

export interface CompiledAllow {
  readonly regexes: readonly RegExp[];
  readonly stopwords: readonly string[];
  readonly target: AllowList['regexTarget'];
  readonly condition: AllowList['condition'];
}

export interface CompiledRule {
  readonly rule: RedactionRule;
  readonly patterns: readonly RegExp[];
  /** By pattern the ASCII characters that it can begin with, or null where that is not plain to see. */
  readonly firsts: readonly (Uint8Array | null)[];
  readonly validators: readonly Validator[];
  readonly key: RegExp | null;
  readonly notKey: RegExp | null;
  readonly value: RegExp | null;
  /** Verdicts of `key` and `notKey` on names seen before; `namesSecret` fills and bounds it. */
  readonly names: Map<string, boolean>;
  readonly back: Uint8Array | null;
  readonly companion: RegExp | null;
  /** A token that its prefix tells, so that its parts may stand in several variables. */
  readonly prefixed: boolean;
  /** Keywords with characters past ASCII, in small letters, which the automaton finds only roughly. */
  readonly foreign: ReadonlySet<string>;
  readonly allow: readonly CompiledAllow[];
}

export interface RuleSet {
  readonly rules: readonly CompiledRule[];
  readonly automaton: Automaton;
  /** The rules that long runs wake; the group of `gate` takes part in a match where one of the rule's patterns matches. */
  readonly runRules: readonly { readonly number: number; readonly group: number }[];
  /** Matches everywhere and says of all run rules at once which may match there: most runs are names, which none does. */
  readonly gate: RegExp;
  /** Numbers of the rules that are searched everywhere. */
  readonly everywhere: readonly number[];
}

/** Rule numbers past the rules: what wakes the other readings of the text. */
export const JOIN_TRIGGER = 0x10000;
export const ESCAPE_TRIGGER = 0x10001;

const JOIN_KEYWORDS = ['["\'`]+', '["\'`] +', '["\'`].', '["\'`] .', '["\'`] "', "['] '", '["\'`] &', '["\'`]&', '["\'`] <>', '["\'`]<>', '["\'`],', '["\'`]\\', '["\'`] \\', '["\'`]\n', '["\'`]\r\n', '["\'`])', '["\'];', '""', "''", '\\\n', '\\\r\n', '\\"+', '\\" +', '\\"\n']; // prettier-ignore
const ESCAPE_KEYWORDS = ['%[2-7][0-9a-f]', '\\x[2-7]', '\\u00[2-7]', '\\u{[2-7]', '\\"', '\\n', "\\'", '\\/', '&quot;', '&apos;', '&amp;', '&lt;', '&gt;', '&#3', '&#x']; // prettier-ignore

function compileAllow(allow: AllowList): CompiledAllow {
  return {
    regexes: allow.regexes.map((source) => new RegExp(source)),
    stopwords: allow.stopwords.map((word) => word.toLowerCase()),
    target: allow.regexTarget,
    condition: allow.condition,
  };
}

/** What a pattern begins with that begins with a plain character or a plain class, which stands once and in no alternative. */
const FIRST = /^(?:([A-Za-z0-9_ "'<:/-])|(\\[dw])|\[([^\]\\^[]+)\])(?![*?]|\{0)/;

/** The ASCII characters that a pattern can begin with, so that most places where it cannot match need no expression to tell. */
function firstsOf(source: string, flags: string): Uint8Array | null {
  const match = FIRST.exec(source);
  if (match === null || flags.includes('u') || hasAlternatives(source)) return null;
  const set = new Uint8Array(128);
  const members = match[2] === undefined ? (match[1] ?? match[3]) : match[2] === '\\d' ? '0-9' : 'A-Za-z0-9_';
  for (const char of expandKeyword(`[${members}]`)) {
    const code = char.charCodeAt(0);
    if (code > 127) return null;
    set[code] = 1;
    if (flags.includes('i')) for (const other of [char.toLowerCase(), char.toUpperCase()]) set[other.charCodeAt(0)] = 1;
  }
  return set;
}

/** True where alternatives stand outside of all groups and classes. */
function hasAlternatives(source: string): boolean {
  let depth = 0;
  for (let i = 0, inClass = false; i < source.length; i++) {
    const char = source[i];
    if (char === '\\') i++;
    else if (inClass) inClass = char !== ']';
    else if (char === '[') inClass = true;
    else if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === '|' && depth === 0) return true;
  }
  return false;
}

/**
 * Compiles one rule. The validators `personal` (no secret: stays out of decoded text) and `plain` are marks: the check for stand-ins
 * that every token passes is then the rule's own business. Throws an Error where an expression or a validator is not valid.
 */
export function compileRule(rule: RedactionRule): CompiledRule {
  const flags = rule.flags + (rule.kind === 'near' ? 'g' : 'y');
  const back = rule.back === null ? null : new Uint8Array(128);
  if (back !== null) for (const char of expandKeyword(`[${rule.back}]`)) back[char.charCodeAt(0)] = 1;
  const unmarked = rule.validators.filter((spec) => spec !== 'personal' && spec !== 'plain');
  const validators = unmarked.map(validatorOf);
  if (rule.kind !== 'near' && rule.kind !== 'assignment' && unmarked.length === rule.validators.length)
    validators.push((secret) => !isDummyToken(secret));
  return {
    rule,
    patterns: rule.patterns.map((source) => new RegExp(source, flags)),
    firsts: rule.patterns.map((source) => firstsOf(source, rule.flags)),
    validators,
    key: rule.key === null ? null : new RegExp(rule.key, 'i'),
    notKey: rule.notKey === null ? null : new RegExp(rule.notKey, 'i'),
    value: rule.value === null ? null : new RegExp(`^(?:${rule.value})$`),
    names: new Map(),
    back,
    companion: rule.companion === null ? null : new RegExp(rule.companion, 'g'),
    prefixed:
      rule.kind === 'token' &&
      rule.back === null &&
      !rule.glued &&
      rule.group === 0 &&
      !rule.validators.includes('personal'),
    foreign: new Set(rule.keywords.filter((keyword) => /[^\x00-\x7f]/.test(keyword))),
    allow: rule.allow.map((allow) => compileAllow(allow)),
  };
}

/** Compiles rules. Throws an Error with the rule's id where a pattern or a validator cannot be compiled. */
export function compileRules(rules: readonly RedactionRule[]): RuleSet {
  const compiled: CompiledRule[] = [];
  const entries: KeywordEntry[] = [];
  const runRules: number[] = [];
  const everywhere: number[] = [];
  for (const rule of rules) {
    try {
      const number = compiled.length;
      compiled.push(compileRule(rule));
      for (const keyword of rule.keywords)
        for (const expanded of expandKeyword(keyword.toLowerCase())) entries.push({ keyword: expanded, rule: number });
      if (rule.keywords.length === 0) (rule.kind === 'run' ? runRules : everywhere).push(number);
    } catch (error) {
      throw new Error(
        `redaction rule "${rule.id}" cannot be compiled: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
  }
  for (const [number, keywords] of [
    [JOIN_TRIGGER, JOIN_KEYWORDS],
    [ESCAPE_TRIGGER, ESCAPE_KEYWORDS],
  ] as const)
    // prettier-ignore
    for (const keyword of keywords) for (const expanded of expandKeyword(keyword)) entries.push({ keyword: expanded, rule: number });
  return { rules: compiled, automaton: buildAutomaton(entries), ...gateOf(compiled, runRules), everywhere };
}

/** One sticky expression of lookaheads, and for each rule the group that tells whether one of its patterns matches. */
function gateOf(rules: readonly CompiledRule[], numbers: readonly number[]): Pick<RuleSet, 'gate' | 'runRules'> {
  let source = '';
  let groups = 0;
  const runRules = numbers.map((number) => {
    const { rule } = rules[number]!;
    const either = rule.patterns.join('|');
    // What counts groups or has flags of its own cannot stand among others: such a rule is always tried.
    if (rule.flags !== '' || /\\[1-9]|\(\?<[A-Za-z]|\\k</.test(either)) source += '()';
    else {
      source += `(?:(?=${either})()|)`;
      groups += new RegExp(`${either}|`).exec('')!.length - 1;
    }
    return { number, group: ++groups };
  });
  return { gate: new RegExp(source, 'y'), runRules };
}

/** Names of keys whose verdict a rule remembers. */
const MAX_NAMES = 2048;

/** True where the rule takes the key; verdicts are remembered, because a text uses the same few names again and again. */
export function namesSecret(compiled: CompiledRule, name: string): boolean {
  const known = compiled.names.get(name);
  if (known !== undefined) return known;
  if (compiled.names.size >= MAX_NAMES) compiled.names.clear();
  const verdict = (compiled.key?.test(name) ?? true) && !(compiled.notKey?.test(name) ?? false);
  // A copy: a slice would keep the whole text alive.
  compiled.names.set(Buffer.from(name, 'latin1').toString('latin1'), verdict);
  return verdict;
}
