/** SPDX licence expressions (SPDX specification 2.3, annex D) against a list of allowed licences. */

const MAX_LENGTH = 4096;
const MAX_DEPTH = 32;
/** Licences whose bare and `+` ids are old spellings of `-only` and `-or-later`. */
const GNU = /^(a?gpl|lgpl|gfdl)-[\d.]+(-(no-)?invariants)?$/;

/**
 * Compiles the allowed licences into a test of expressions. `A OR B` needs one of them, `A AND B` both; `A WITH exception` passes where
 * A does (an exception of the SPDX list only adds permissions) or where it is allowed as a whole; `A+` and `A-or-later` pass where A
 * does, since one may choose it. Ids match without regard to case. What does not parse, `NONE` and `NOASSERTION` never pass.
 */
export function compileLicenses(allow: readonly string[]): (expression: string | undefined) => boolean {
  const allowed = new Set(
    allow.map((id) => id.trim().replace(/\s+/g, ' ').toLowerCase().split(' with ').map(canonical).join(' with ')),
  );
  const answers = new Map<string, boolean>();
  return (expression) => {
    if (expression === undefined || expression.length > MAX_LENGTH) return false;
    let answer = answers.get(expression);
    if (answer === undefined) {
      answer = new Expression(expression, allowed).passes();
      if (answers.size < 10_000) answers.set(expression, answer);
    }
    return answer;
  };
}

function canonical(id: string): string {
  const plus = id.endsWith('+');
  const bare = plus ? id.slice(0, -1) : id;
  if (GNU.test(bare)) return `${bare}${plus ? '-or-later' : '-only'}`;
  return id;
}

/** The version that `id` may be taken for: `apache-1.1` for `apache-1.1+`, `gpl-2.0-only` for `gpl-2.0-or-later`. */
function chosen(id: string): string {
  if (id.endsWith('-or-later')) return `${id.slice(0, -'-or-later'.length)}-only`;
  return id.endsWith('+') ? id.slice(0, -1) : id;
}

/** Recursive descent: OR binds loosest, then AND, then WITH. `undefined` is a syntax error. */
class Expression {
  private readonly tokens: string[];
  private readonly allowed: ReadonlySet<string>;
  private at = 0;
  private depth = 0;

  constructor(text: string, allowed: ReadonlySet<string>) {
    const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
    this.tokens = tokens;
    this.allowed = allowed;
  }

  passes(): boolean {
    const answer = this.or();
    return this.at === this.tokens.length && answer === true;
  }

  private keyword(word: string): boolean {
    const token = this.tokens[this.at];
    if (token !== word && token !== word.toLowerCase()) return false;
    this.at++;
    return true;
  }

  private or(): boolean | undefined {
    let answer = this.and();
    while (answer !== undefined && this.keyword('OR')) {
      const right = this.and();
      answer = right === undefined ? undefined : answer || right;
    }
    return answer;
  }

  private and(): boolean | undefined {
    let answer = this.simple();
    while (answer !== undefined && this.keyword('AND')) {
      const right = this.simple();
      answer = right === undefined ? undefined : answer && right;
    }
    return answer;
  }

  private simple(): boolean | undefined {
    if (this.tokens[this.at] === '(') {
      if (++this.depth > MAX_DEPTH) return undefined;
      this.at++;
      const inner = this.or();
      this.depth--;
      return this.tokens[this.at++] === ')' ? inner : undefined;
    }
    const license = this.id();
    if (license === undefined) return undefined;
    const id = canonical(license);
    if (!this.keyword('WITH')) return this.has(id);
    const exception = this.id();
    if (exception === undefined) return undefined;
    const listed = !exception.includes('additionref-');
    return this.allowed.has(`${id} with ${exception}`) || (listed && this.has(id));
  }

  private id(): string | undefined {
    const token = this.tokens[this.at];
    if (token === undefined || !/^[\w.:-]+\+?$/.test(token) || /^(and|or|with|none|noassertion)$/i.test(token))
      return undefined;
    this.at++;
    return token.toLowerCase();
  }

  private has(id: string): boolean {
    return this.allowed.has(id) || this.allowed.has(chosen(id));
  }
}
