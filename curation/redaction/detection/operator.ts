/** Reads what ties a value to its key: an operator, a call, a tag, a word, or no more than a blank. */
import { charSet } from './reach.ts';

/** How a value is tied to its key; decides how far the value reaches and how strictly it is judged. */
export type AssignmentForm =
  'assign' | 'call' | 'argument' | 'markup' | 'flag' | 'prose' | 'line' | 'query' | 'fallback';

export const isQuote = (code: number): boolean => code === 34 || code === 39 || code === 96;
export const isBlank = (code: number): boolean => code === 32 || code === 9;

const TYPE = /[ \t]{0,4}(?:&(?:'\w+ )?)?(?:string|str|String|text|Text|char|bytes|Bytes|Buffer|SecureString|SecretStr|Secret|any|object|Optional\[str\]|NSString ?\*?|StringName|LPCTSTR|Symbol)(?: ?\| ?(?:null|undefined|None))?[?!]?(?:\[\d{0,4}\])?[ \t]{0,4}=(?![=>])/y; // prettier-ignore
const PAIR = /\\{0,3}["']?[ \t]{0,8},?[ \t]{0,8}(?:\r?\n[ \t]{0,40})?\\{0,3}["']?(?:value|Value|VALUE|content|default)\\{0,3}["']?[ \t]{0,8}[:=][ \t]{0,8}/y; // prettier-ignore
/** The default of a variable that is declared as a block: `variable "x" { type = string, default = … }`. */
const BLOCK_DEFAULT =
  /\{(?:[ \t]{0,8}\r?\n?[ \t]{0,16}(?:type|description|sensitive|nullable)[ \t]{0,8}=[^\n]{0,120}\n){0,4}\s{0,16}default[ \t]{0,8}=[ \t]{0,4}/y;
/** Key and value as elements side by side. */
const ELEMENT = /<\/(?:key|name|Key|Name)>\s{0,40}<(?:string|value|Value|data)>/y;
const PROSE =
  /[ \t]{0,3}(?:(?:is|was|are|to|will be|should be|set to|lautet|ist|est|es|jest|är|è|é|=>|->|→)[ \t]{0,3}:?|[-–—][ \t])[ \t]{0,3}/y;
/** What leads to the name of a constant of the preprocessor. */
const DEFINE = /#[ \t]{0,4}define[ \t]{1,4}$/;
const TAG_END = /(?:[ \t]{1,3}[\w:-]{1,30}=["'][^"'<>]{0,60}["']){0,3}[ \t]{0,3}>/y;
/** First characters of what the expressions above can match, after blanks: most keywords are followed by none of them. */
const PAIR_STARTS = charSet('vVcd\\"\'\r\n,');
const TYPE_STARTS = charSet('&sStTcbBaoONL');
const PROSE_STARTS = charSet('iwatsjel=-');

const mayFollow = (code: number, set: Uint8Array): boolean => code < 128 && set[code] === 1;

/** True where the slash before `start` marks an option as on Windows, not a part of a path; what follows it is no pair of its own. */
function isSlashFlag(text: string, start: number, at: number): boolean {
  const lead = text.charCodeAt(start - 2);
  return (
    (start < 2 || isBlank(lead) || isQuote(lead) || lead === 10) && !/^[A-Za-z_]\w{0,24}=/.test(text.slice(at, at + 28))
  );
}

/** The start of the value and its form, or null where nothing is given to the key. */
export function operator(text: string, start: number, end: number): { at: number; form: AssignmentForm } | null {
  let p = end;
  let keyQuoted = false;
  for (let steps = 0; steps < 5; steps++) {
    const code = text.charCodeAt(p);
    if (isQuote(code)) keyQuoted = true;
    else if (code === 91) {
      const close = /^\[\d{0,4}(?=\])/.exec(text.slice(p, p + 8));
      if (close === null) break;
      p += close[0].length;
    } else if (
      !(code === 92 && (isQuote(text.charCodeAt(p + 1)) || text.charCodeAt(p + 1) === 92)) &&
      code !== 93 &&
      !(code === 41 && keyQuoted) &&
      code !== 42
    )
      break;
    p++;
  }
  const closed = p;
  while (p < closed + 64 && isBlank(text.charCodeAt(p))) p++;
  const spaced = p > closed;
  const before = text.charCodeAt(start - 1);
  const code = text.charCodeAt(p);
  const next = text.charCodeAt(p + 1);
  switch (code) {
    case 65306: // the full-width colon and equals sign
    case 65309:
      return { at: p + 1, form: 'assign' };
    case 61: // =
      if (next === 62) return { at: p + 2, form: 'assign' };
      if (next === 61) return { at: p + (text.charCodeAt(p + 2) === 61 ? 3 : 2), form: 'argument' };
      if (next === 126) return null;
      if (text.charCodeAt(start) === 45 && !spaced) return { at: p + 1, form: 'flag' };
      return { at: p + 1, form: before === 63 || before === 38 || before === 59 ? 'query' : 'assign' };
    case 58: // :
      if (next === 61) return { at: p + 2, form: 'assign' };
      if (next === 58) return null;
      TYPE.lastIndex = p + 1;
      return { at: TYPE.test(text) ? TYPE.lastIndex : p + 1, form: 'assign' };
    case 59: {
      // The next string of a serialised map: `s:8:"password";s:10:"…"`.
      const size = keyQuoted ? /^;s:\d{1,4}:/.exec(text.slice(p, p + 8)) : null;
      return size === null ? null : { at: p + size[0].length, form: 'assign' };
    }
    case 43: // += and the like
    case 63:
    case 46:
      if (next === 61) return { at: p + 2, form: 'assign' };
      return code === 63 && next === 63 ? { at: p + (text.charCodeAt(p + 2) === 61 ? 3 : 2), form: 'fallback' } : null;
    case 124:
      return next === 124 ? { at: p + (text.charCodeAt(p + 2) === 61 ? 3 : 2), form: 'fallback' } : null;
    case 44: {
      // ,
      if (text.startsWith(',ParameterValue=', p)) return { at: p + 16, form: 'flag' };
      if (before === 58 && /^[ \t]{0,4}["']/.test(text.slice(p + 1, p + 6))) return { at: p + 1, form: 'assign' };
      if (!keyQuoted) return null;
      PAIR.lastIndex = end;
      if (PAIR.test(text)) return { at: PAIR.lastIndex, form: 'assign' };
      let open = start - 1;
      while (
        open > start - 8 &&
        (isQuote(text.charCodeAt(open)) || text.charCodeAt(open) === 92 || isBlank(text.charCodeAt(open)))
      )
        open--;
      return text[open] === '(' || text[open] === '[' || text[open] === '{' ? { at: p + 1, form: 'call' } : null;
    }
    case 40: // (
      return spaced ? null : { at: p + 1, form: 'argument' };
    case 60: // <- of R, or the next element of a property list
      if (next === 45) return { at: p + 2, form: 'assign' };
      ELEMENT.lastIndex = p;
      return before === 62 && ELEMENT.test(text) ? { at: ELEMENT.lastIndex, form: 'markup' } : null;
    case 62: // >
      return (before === 60 && !/[:/=@]/.test(text.charAt(start - 2))) || before === 58 || keyQuoted
        ? { at: p + 1, form: 'markup' }
        : null;
    case 123: // {
      if (
        !keyQuoted &&
        spaced &&
        text.startsWith('set ', start - 4) &&
        /^\{[^\s{}$]{4,128}\}/.test(text.slice(p, p + 132))
      )
        return { at: p + 1, form: 'flag' }; // braces are quotes in Tcl
      if (!keyQuoted) return !spaced && isQuote(next) ? { at: p + 1, form: 'assign' } : null;
      BLOCK_DEFAULT.lastIndex = p;
      return BLOCK_DEFAULT.test(text) ? { at: BLOCK_DEFAULT.lastIndex, form: 'assign' } : null;
  }
  const prefixed = before === 58 && /<\w{1,12}:$/.test(text.slice(Math.max(0, start - 16), start));
  if (keyQuoted || before === 60 || prefixed) {
    TAG_END.lastIndex = closed;
    if (before === 60 || prefixed ? TAG_END.test(text) : /[ \t>]/.test(text[closed] ?? '') && TAG_END.test(text))
      return { at: TAG_END.lastIndex, form: 'markup' };
  }
  if (keyQuoted || mayFollow(code, PAIR_STARTS)) {
    PAIR.lastIndex = end;
    if (PAIR.test(text)) return { at: PAIR.lastIndex, form: 'assign' };
  }
  if (!spaced) return null;
  if (mayFollow(code, TYPE_STARTS)) {
    TYPE.lastIndex = p;
    if (TYPE.test(text)) return { at: TYPE.lastIndex, form: 'assign' };
  }
  if (
    text.charCodeAt(start) === 45 ||
    (before === 47 && isSlashFlag(text, start, p)) ||
    /^identified by$/i.test(text.slice(start, end))
  )
    return { at: p, form: 'flag' };
  if (code > 127 || mayFollow(code, PROSE_STARTS)) {
    PROSE.lastIndex = closed;
    if (PROSE.test(text)) return { at: PROSE.lastIndex, form: 'prose' };
  }
  if (isQuote(code))
    return { at: p, form: DEFINE.test(text.slice(Math.max(0, start - 16), start)) ? 'assign' : 'argument' };
  return keyQuoted ? null : { at: p, form: 'line' };
}
