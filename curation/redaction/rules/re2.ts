/** Translates regular expressions in RE2's syntax (Go) to JavaScript's: flag groups, named groups and classes, text anchors. */

const CLASSES: Record<string, string> = {
  alnum: '0-9A-Za-z', alpha: 'A-Za-z', ascii: '\\x00-\\x7f', blank: '\\t ', cntrl: '\\x00-\\x1f\\x7f', digit: '0-9', graph: '!-~', lower: 'a-z',
  print: ' -~', punct: '!-\\/:-@\\[-`{-~', space: '\\t\\n\\v\\f\\r ', upper: 'A-Z', word: '0-9A-Za-z_', xdigit: '0-9A-Fa-f',
}; // prettier-ignore

const isLetter = (char: string): boolean => /^[A-Za-z]$/.test(char);
const bothCases = (char: string): string => char.toLowerCase() + char.toUpperCase();

/** A class body with both cases of every letter and of every range that lies within letters. */
function foldClass(body: string): string {
  return body.replace(
    /\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|([A-Za-z])-([A-Za-z])|[A-Za-z]/g,
    (part, from?: string, to?: string) => {
      if (from !== undefined && to !== undefined)
        return `${from.toLowerCase()}-${to.toLowerCase()}${from.toUpperCase()}-${to.toUpperCase()}`;
      return part.length === 1 ? bothCases(part) : part;
    },
  );
}

/** An escape outside or inside a class; throws an Error for what JavaScript cannot say. */
function escape(source: string, at: number): { text: string; length: number } {
  const char = source[at + 1];
  if (char === undefined) throw new Error('a backslash at the end');
  if (char === 'x' && source[at + 2] === '{') {
    const close = source.indexOf('}', at);
    return { text: `\\u{${source.slice(at + 3, close)}}`, length: close + 1 - at };
  }
  if (char === 'x') return { text: source.slice(at, at + 4), length: 4 };
  if (char === 'p' || char === 'P') throw new Error('Unicode classes are not supported');
  if (char === 'C' || char === 'Q' || char === 'E') throw new Error(`\\${char} is not supported`);
  if (char === 'a') return { text: '\\x07', length: 2 };
  if (char === 's') return { text: '\\s', length: 2 };
  return { text: /[A-Za-z0-9]/.test(char) || /[\^$\\.*+?()[\]{}|/-]/.test(char) ? `\\${char}` : char, length: 2 };
}

/**
 * The JavaScript source for an RE2 pattern; to be compiled without flags. Letter case is folded into classes where `(?i)`
 * holds, because JavaScript has no flag for part of a pattern. Throws an Error with the reason where there is no equal.
 */
export function translateRe2(source: string): string {
  let out = '';
  let flags = { i: false, s: false, m: false };
  const stack: (typeof flags)[] = [];
  for (let at = 0; at < source.length;) {
    const char = source[at]!;
    if (char === '\\') {
      const next = source[at + 1];
      if (next === 'A' || next === 'z') {
        out += next === 'A' ? '(?<![\\s\\S])' : '(?![\\s\\S])';
        at += 2;
        continue;
      }
      const part = escape(source, at);
      out += part.text.startsWith('\\u{')
        ? String.fromCodePoint(parseInt(part.text.slice(3, -1), 16)).replace(/[\^$\\.*+?()[\]{}|]/, '\\$&')
        : part.text;
      at += part.length;
    } else if (char === '[') {
      const [body, length] = readClass(source, at);
      out += flags.i ? `[${body.startsWith('^') ? `^${foldClass(body.slice(1))}` : foldClass(body)}]` : `[${body}]`;
      at += length;
    } else if (char === '(') {
      const group = /^\(\?([ims]*)(?:-([ims]+))?([:)])/.exec(source.slice(at, at + 12));
      if (group !== null) {
        const inner = { ...flags };
        for (const flag of group[1]!) inner[flag as 'i'] = true;
        for (const flag of group[2] ?? '') inner[flag as 'i'] = false;
        if (group[3] === ':') {
          stack.push(flags);
          out += '(?:';
        }
        flags = inner;
        at += group[0].length;
        continue;
      }
      const named = /^\(\?P?<(\w+)>/.exec(source.slice(at, at + 80));
      if (named === null && source[at + 1] === '?') throw new Error(`${source.slice(at, at + 4)} is not known`);
      stack.push(flags);
      out += '(';
      at += named?.[0].length ?? 1;
    } else if (char === ')') {
      const outer = stack.pop();
      if (outer === undefined) throw new Error('a closing parenthesis too many');
      flags = outer;
      out += ')';
      at++;
    } else if (char === '^' || char === '$') {
      out += char === '^' ? (flags.m ? '(?<![^\\n])' : '(?<![\\s\\S])') : flags.m ? '(?![^\\n])' : '(?![\\s\\S])';
      at++;
    } else if (char === '.') {
      out += flags.s ? '[\\s\\S]' : '[^\\n]';
      at++;
    } else if (char === '{' && !/^\{\d+(?:,\d*)?\}/.test(source.slice(at, at + 12))) {
      out += '\\{';
      at++;
    } else {
      const counted = char === '{' ? /^\{\d+(?:,\d*)?\}/.exec(source.slice(at, at + 12)) : null;
      if (counted !== null) out += counted[0];
      else
        out +=
          char === '}' || char === ']'
            ? `\\${char}`
            : char === '/'
              ? '\\/'
              : flags.i && isLetter(char)
                ? `[${bothCases(char)}]`
                : char;
      at += counted?.[0].length ?? 1;
    }
  }
  if (stack.length > 0) throw new Error('a parenthesis is not closed');
  return out;
}

/** The body of the class that opens at `at`, in JavaScript's terms, and the length of the class in the source. */
function readClass(source: string, at: number): [string, number] {
  let body = '';
  let p = at + 1;
  if (source[p] === '^') {
    body = '^';
    p++;
  }
  for (let first = true; ; first = false) {
    const char = source[p];
    if (char === undefined) throw new Error('a character class is not closed');
    if (char === ']' && !first) return [body, p + 1 - at];
    if (char === '[' && source[p + 1] === ':') {
      const close = source.indexOf(':]', p);
      const name = source.slice(p + 2, close);
      const members = CLASSES[name];
      if (members === undefined) throw new Error(`[:${name}:] is not supported`);
      body += members;
      p = close + 2;
    } else if (char === '\\') {
      const part = escape(source, p);
      body += part.text.startsWith('\\u{') ? `\\u${part.text.slice(3, -1).padStart(4, '0')}` : part.text;
      p += part.length;
    } else {
      body += char === '[' || char === ']' ? `\\${char}` : char;
      p++;
    }
  }
}
