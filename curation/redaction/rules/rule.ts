/** A redaction rule as data, whatever file it was read from: what wakes it, what it matches, what must hold of the match. */

/**
 * How a rule works once one of its keywords is seen.
 * `token`: the pattern matches at the keyword's first character. `near`: the pattern is searched in a window round the keyword.
 * `run`: the pattern matches at the start of an unbroken run of 13 or more token characters; no keyword.
 * `assignment`: the keyword names a key (`db_password`), and what is assigned to it is judged. `block`: armoured key blocks.
 */
export type RuleKind = 'token' | 'near' | 'run' | 'assignment' | 'block';

/** How the value of an assignment is judged; see `assignment.ts`. */
export type KeyStrength = 'password' | 'secret' | 'weak';

/** An allow list in the sense of gitleaks: what is found is let go where the conditions hold. */
export interface AllowList {
  readonly regexes: readonly string[];
  readonly stopwords: readonly string[];
  readonly regexTarget: 'secret' | 'match' | 'line';
  /** `and`: every list that is given must hold; `or`: one is enough. */
  readonly condition: 'and' | 'or';
}

export interface RedactionRule {
  readonly id: string;
  readonly description: string;
  readonly kind: RuleKind;
  /** Lower-case ASCII; `[0-9a-f]` stands for one character of a class. Empty wakes the rule by runs (`run`) or everywhere (`near`). */
  readonly keywords: readonly string[];
  /** JavaScript regular expressions, compiled with the flags given; one is enough. Empty for `assignment` and `block`. */
  readonly patterns: readonly string[];
  readonly flags: string;
  /** The capture group that holds the secret; 0 is the whole match. */
  readonly group: number;
  /** What is cut out: the secret itself, or the whole match where the rest of it names what the secret opens. */
  readonly cover: 'group' | 'match';
  /** Names of checks, each as `name` or `name:argument`; all must hold. */
  readonly validators: readonly string[];
  /** What stands in the text instead, without angle brackets (`KEY`); `IP` is replaced by a synthetic private address. */
  readonly placeholder: string;
  /** `token`: a character class (`0-9a-f:`) that the match may reach back over, at most 64 units before the keyword. */
  readonly back: string | null;
  /** `token`: what is searched 300 units around a match and, where it is random, is cut out with it (the other half of a pair). */
  readonly companion: string | null;
  /** True where a letter or digit right before the match is no obstacle. */
  readonly glued: boolean;
  /** `assignment` only. */
  readonly strength: KeyStrength | null;
  /** `assignment`: the key as a whole must match, may not match; the value must match. */
  readonly key: string | null;
  readonly notKey: string | null;
  readonly value: string | null;
  /** UTF-16 units before and after a keyword that a `near` pattern is searched in. */
  readonly before: number;
  readonly after: number;
  readonly allow: readonly AllowList[];
  readonly examples: { readonly match: readonly string[]; readonly noMatch: readonly string[] };
}

/** What a rule has unless it says otherwise. */
export const RULE_DEFAULTS = {
  description: '',
  kind: 'token',
  keywords: [],
  patterns: [],
  flags: '',
  group: 0,
  cover: 'group',
  validators: [],
  placeholder: 'SECRET',
  back: null,
  companion: null,
  glued: false,
  strength: null,
  key: null,
  notKey: null,
  value: null,
  before: 0,
  after: 0,
  allow: [],
  examples: { match: [], noMatch: [] },
} as const satisfies Omit<RedactionRule, 'id'>;

const ALPHABETS: Record<string, string> = {
  alnum: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  lower: 'abcdefghijklmnopqrstuvwxyz0123456789',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  hex: '0123456789abcdef',
  digit: '0123456789',
  base32: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
  base64: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  url: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
};

/**
 * Fills `«alnum:36»` and its like in an example with characters that depend on the example alone, so that rule files hold
 * no literal token. Alphabets: alnum, lower, upper, hex, digit, base32, base64, url.
 */
export function expandExample(example: string): string {
  let state = 0x811c9dc5;
  for (let i = 0; i < example.length; i++) state = Math.imul(state ^ example.charCodeAt(i), 0x01000193) >>> 0;
  return example.replace(/«(\w+):(\d+)»/g, (_, name: string, count: string) => {
    const alphabet = ALPHABETS[name];
    if (alphabet === undefined) throw new Error(`unknown alphabet "${name}" in an example`);
    let out = '';
    for (let i = 0; i < Number(count); i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      out += alphabet[(state >>> 8) % alphabet.length];
    }
    return out;
  });
}
