/** Matches one segment of a path (no `/`) against one segment of a pattern, in time that no pattern can blow up. */
import { Minimatch } from 'minimatch';
import { foldPath } from '../fold.ts';

/** `**` as a whole segment: any number of path segments. */
export const GLOBSTAR = Symbol('**');

export interface SegmentMatcher {
  test(segment: string): boolean;
  /** Texts that every match holds, `/` standing for its start or end; empty where none is known. */
  readonly holds: readonly string[];
}
/** A literal, `**`, or a test. */
export type Segment = string | typeof GLOBSTAR | SegmentMatcher;

/**
 * How letters compare. `folded`: both sides folded by foldPath. `lower`: both in lower case, which keeps the length of
 * a name, so that `?` and classes count characters as GitHub's client does. `exact`: as written.
 */
export type Spelling = 'folded' | 'lower' | 'exact';

export interface SegmentSyntax {
  /** `[a-z]` is a class; otherwise brackets are literal. */
  readonly classes: boolean;
  /** `@(a|b)` and the like are alternatives; otherwise parentheses are literal. */
  readonly extglobs: boolean;
}

const ANY_ONE = -1;
const ANY_RUN = -2;
const MAGIC = /[*?[\\]|[+@!]\(/;
const EXTGLOB = /[?*+@!]\(/;

/** The text of a path or pattern in the given spelling. */
export function spell(text: string, spelling: Spelling): string {
  return spelling === 'folded' ? foldPath(text) : spelling === 'lower' ? text.toLowerCase() : text;
}

/** True where the match of a segment depends on how many characters a name has, so that folding could change it. */
export function countsCharacters(segment: Segment): boolean {
  return typeof segment === 'object' && !(segment instanceof Runs && !segment.counts);
}

/** Compiles one segment of a pattern. `\` escapes the next character; a trailing `\` stands for nothing. */
export function parseSegment(text: string, spelling: Spelling, syntax: SegmentSyntax): Segment {
  if (text === '**') return GLOBSTAR;
  if (!MAGIC.test(text)) return spell(text, spelling);
  if ((syntax.extglobs && EXTGLOB.test(text)) || (syntax.classes && text.includes('['))) {
    return new Complex(text, spelling, syntax);
  }
  return simple(text, spelling);
}

/** `*`, `?`, escapes and literal characters. */
function simple(text: string, spelling: Spelling): Segment {
  const tokens: (string | typeof ANY_ONE | typeof ANY_RUN)[] = [];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') tokens.push(spell(literal, spelling));
    literal = '';
  };
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (character === '\\') {
      literal += text[++index] ?? '';
    } else if (character === '*') {
      flush();
      if (tokens[tokens.length - 1] !== ANY_RUN) tokens.push(ANY_RUN);
    } else if (character === '?') {
      flush();
      tokens.push(ANY_ONE);
    } else {
      literal += character;
    }
  }
  flush();
  if (tokens.every((token) => typeof token === 'string')) return tokens.join('');
  return new Runs(tokens);
}

/** Literals, `?` and `*`: the last `*` is the only place to come back to, so the cost is at most pattern × name. */
class Runs implements SegmentMatcher {
  readonly holds: readonly string[];
  readonly counts: boolean;
  readonly #units: Int32Array;
  readonly #suffix: string | undefined;

  constructor(tokens: readonly (string | typeof ANY_ONE | typeof ANY_RUN)[]) {
    const units: number[] = [];
    const holds: string[] = [];
    tokens.forEach((token, index) => {
      if (typeof token !== 'string') return void units.push(token);
      for (let at = 0; at < token.length; at++) units.push(token.charCodeAt(at));
      holds.push((index === 0 ? '/' : '') + token + (index === tokens.length - 1 ? '/' : ''));
    });
    this.holds = holds;
    this.counts = tokens.includes(ANY_ONE);
    this.#units = Int32Array.from(units);
    const [first, second] = tokens;
    this.#suffix = tokens.length === 2 && first === ANY_RUN && typeof second === 'string' ? second : undefined;
  }

  test(name: string): boolean {
    if (this.#suffix !== undefined) return name.endsWith(this.#suffix);
    const units = this.#units;
    let at = 0;
    let unit = 0;
    let runUnit = -1;
    let runAt = 0;
    while (at < name.length) {
      const wanted = units[unit];
      if (wanted === ANY_RUN) {
        runUnit = unit++;
        runAt = at;
      } else if (wanted === ANY_ONE) {
        at += name.codePointAt(at)! > 0xffff ? 2 : 1;
        unit++;
      } else if (wanted === name.charCodeAt(at)) {
        at++;
        unit++;
      } else if (runUnit >= 0) {
        at = ++runAt;
        unit = runUnit + 1;
      } else {
        return false;
      }
    }
    while (units[unit] === ANY_RUN) unit++;
    return unit === units.length;
  }
}

/** Classes and extglobs, matched by minimatch, whose automaton walks the name once whatever the pattern. */
class Complex implements SegmentMatcher {
  readonly holds: readonly string[] = [];
  readonly #matcher: Minimatch;

  constructor(text: string, spelling: Spelling, syntax: SegmentSyntax) {
    this.#matcher = new Minimatch(spelling === 'folded' ? foldPath(text) : text, {
      dot: true,
      nobrace: true,
      nocomment: true,
      nonegate: true,
      noext: !syntax.extglobs,
      nocase: spelling !== 'exact',
      platform: 'linux',
    });
  }

  test(name: string): boolean {
    return this.#matcher.match(name);
  }
}
