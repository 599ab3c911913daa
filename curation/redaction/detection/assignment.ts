/** Reads assignments in any notation: finds the key round a keyword and the value that it is given. */
import { isBlank, isQuote, operator, type AssignmentForm } from './operator.ts';
import type { Reach } from './reach.ts';

/** Offsets are UTF-16 units of the scanned text. */
export interface Assignment {
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly start: number;
  readonly end: number;
  readonly quoted: boolean;
  readonly form: AssignmentForm;
  /** The key stands first on its line and nothing but the value follows: configuration, not code. */
  readonly wholeLine: boolean;
  /** No blank between key, operator and value, and no call round them: `[password=…]`, `k.password=…`. */
  readonly tight?: boolean;
  /** The value is an argument of a call that was assigned. */
  readonly called: boolean;
}

/** Longest key and value that are read. */
export const MAX_KEY = 96;
export const MAX_VALUE = 4096;
/** Shortest value that is a generated key: what code gives to a name is mostly shorter. */
export const SHORTEST_MADE = 16;
/** Longest value in the manner of Perl. */
const MAX_PERL_VALUE = 512;

const NAME = new Uint8Array(128); // 1: part of a name; 2: only between parts
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$') NAME[char.charCodeAt(0)] = 1;
NAME[45] = NAME[46] = 2;

const nameKind = (code: number): number => (code < 128 ? NAME[code]! : 0);
const isLower = (code: number): boolean => code >= 97 && code <= 122;
const isUpper = (code: number): boolean => code >= 65 && code <= 90;

/** The name that a keyword at [from, to) stands in, or null where it is longer than `MAX_KEY`. */
export function keyAround(text: string, from: number, to: number): { start: number; end: number } | null {
  let start = from;
  let end = to;
  while (start > 0 && nameKind(text.charCodeAt(start - 1)) > 0) if (end - --start > MAX_KEY) return null;
  while (end < text.length) {
    const kind = nameKind(text.charCodeAt(end));
    if (kind === 0 || (kind === 2 && nameKind(text.charCodeAt(end + 1)) !== 1)) break;
    if (++end - start > MAX_KEY) return null;
  }
  // The letter of an escaped line break is no part of the name.
  if (start > 0 && start < from && text.charCodeAt(start - 1) === 92 && /[nrt]/.test(text[start]!)) start++;
  return { start, end };
}

/** True where the keyword begins or ends a word of the name: after or before punctuation, digits or a change of case. */
export function wordBoundary(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  const after = text.charCodeAt(at);
  if (!(isLower(before) || isUpper(before)) || !(isLower(after) || isUpper(after))) return true;
  if (isLower(before)) return isUpper(after);
  return isUpper(after) && isLower(text.charCodeAt(at + 1));
}

const SPACE_BREAK = /[ \t]{0,64}(?:\\?\r?\n[ \t]{0,64})?/y;
const BLOCK_SCALAR = /[|>][-+]?[ \t]*\r?\n[ \t]{1,64}/y;
const WRAPPER = /(?:[bBrRuUfFLN@$]{1,2}|!!?\w{0,12}[ \t]{1,3}|\[\]\w{1,12}\(|(?:new )?[A-Za-z_][\w.:]{0,40}!?\([ \t]{0,4}[bru]?|\([ \t]{0,4}|\[[ \t]{0,4}(?:\r?\n[ \t]{0,24})?)(?=\\{0,3}["'`])/y; // prettier-ignore
const HARMLESS_CALL = /^(?:new )?(?:!|String|str|string|Buffer\.from|SecureString|Some|bytes|Secret|SecretStr|String::from|Bytes\.from|Symbol|NSString|Ok|Just|std::string|strdup|to_string|T|\[|\(|[bBrRuUfFLN@$]{1,2}$)/; // prettier-ignore
/** An element of its own for the text of a value, or a section of characters. */
const INNER_TAG = /\s{0,40}<(?:[Vv]alue|[Ss]tring|[Tt]ext|!\[CDATA\[)>?\s{0,40}/y;
const LEVEL = /[0-9][ \t]{1,4}(?=[^\s"']{5})/y;
/** Strings in the manner of Perl and Ruby. */
const PERL_QUOTE = /(?:q{1,2}[ \t]?[({[|!\/]|%[qQ]?[({[|])/y;
const CLOSING: Record<string, string> = { '(': ')', '{': '}', '[': ']' };
const LEAD = /[ \t](?:-e|--env|--set|--build-arg|-D)[ \t=]?["']?[\w.]{0,60}$|^[\s*#>;+-]*(?:\/\/+[ \t]*)?(?:export|ENV|ARG|set|setx|declare -x|local|readonly|env|\$env:|const|let|var|-e|--env|define)?[ \t]*["']?$/; // prettier-ignore
/** Pairs in a row, as in the connection string of a library: `host=db user=app password=…`. */
const PAIRS_LEAD = /\b[a-z]\w{1,20}=[^\s=]{1,48} $/;
const CONF_LEAD = /^[ \t]{0,64}(?:\S{1,64}[ \t]{1,8}){0,6}["']?$/;

/** The end of a quoted string that begins at `at` (its first character), or -1 where it does not end on its line. */
function closeQuote(text: string, at: number, quote: number, slashes: number, multiline: boolean): number {
  const limit = Math.min(text.length, at + MAX_VALUE);
  for (let i = at; i < limit; i++) {
    const code = text.charCodeAt(i);
    if (code === quote && slashes === 0) return i;
    if (code === 10 && !multiline) return -1;
    if (code === 92) {
      let run = i;
      while (text.charCodeAt(run) === 92) run++;
      if (slashes > 0 && text.charCodeAt(run) === quote && run - i <= slashes) return i;
      i = slashes > 0 ? run - 1 : i + 1;
    }
  }
  return limit === text.length ? limit : -1;
}

/** Where the value begins behind an operator: behind blanks, and on the next line where a quoted one stands there. */
function afterBreak(text: string, at: number): number {
  let p = at;
  while (p < at + 64 && isBlank(text.charCodeAt(p))) p++;
  const code = text.charCodeAt(p);
  if (code !== 10 && code !== 13 && code !== 92) return p;
  SPACE_BREAK.lastIndex = at;
  SPACE_BREAK.test(text);
  return isQuote(text.charCodeAt(SPACE_BREAK.lastIndex)) ? SPACE_BREAK.lastIndex : p;
}

/**
 * Reads what is assigned to the key at [keyStart, keyEnd); null where nothing is, or where the value is longer than `MAX_VALUE`.
 * Without `loose`, values that only a blank or a word ties to the key do not count, nor such without quotes that are shorter than
 * `SHORTEST_MADE`.
 */
export function readAssignment(
  text: string,
  keyStart: number,
  keyEnd: number,
  reach: Reach,
  loose = true,
): Assignment | null {
  const found = operator(text, keyStart, keyEnd);
  if (found === null || (!loose && (found.form === 'line' || found.form === 'prose'))) return null;
  let { form } = found;
  let p = found.at;
  if (form !== 'flag' && form !== 'line' && form !== 'prose' && form !== 'query') {
    const scalar = p + (text.charCodeAt(p) === 32 ? 1 : 0);
    const mark = text.charCodeAt(scalar);
    BLOCK_SCALAR.lastIndex = scalar;
    if ((mark === 124 || mark === 62) && BLOCK_SCALAR.test(text)) p = BLOCK_SCALAR.lastIndex;
    else p = afterBreak(text, p);
  } else while (isBlank(text.charCodeAt(p))) p++;
  if (form === 'markup') {
    INNER_TAG.lastIndex = p;
    if (INNER_TAG.test(text)) p = INNER_TAG.lastIndex;
  } else if (form === 'line') {
    // How a router says that the password follows in clear: `password 0 …`.
    LEVEL.lastIndex = p;
    if (LEVEL.test(text)) [p, form] = [LEVEL.lastIndex, 'flag'];
  }
  const opening = text.charCodeAt(p);
  PERL_QUOTE.lastIndex = p;
  if ((opening === 113 || opening === 37) && PERL_QUOTE.test(text)) {
    const open = PERL_QUOTE.lastIndex;
    const line = text.slice(open, open + MAX_PERL_VALUE + 1).split('\n', 1)[0]!;
    const close = line.indexOf(CLOSING[text[open - 1]!] ?? text[open - 1]!);
    if (close > 0)
      return { keyStart, keyEnd, start: open, end: open + close, quoted: true, form, wholeLine: false, called: false };
  }

  let called = false;
  WRAPPER.lastIndex = p;
  const wrapper = WRAPPER.exec(text);
  if (wrapper !== null) {
    called = !HARMLESS_CALL.test(wrapper[0]);
    p += wrapper[0].length;
  }
  let slashes = 0;
  while (slashes < 4 && text.charCodeAt(p + slashes) === 92) slashes++;
  const quote = text.charCodeAt(p + slashes);
  if (isQuote(quote)) {
    let start = p + slashes + 1;
    const triple = slashes === 0 && text.charCodeAt(start) === quote && text.charCodeAt(start + 1) === quote;
    if (triple) start += 2;
    let end = closeQuote(text, start, quote, slashes, triple || quote === 96);
    if (end < 0) {
      const lineEnd = text.slice(start, start + MAX_VALUE).indexOf('\n');
      if (lineEnd < 0) return null;
      end = start + lineEnd;
    }
    if (form === 'line' || form === 'prose') form = 'argument';
    return { keyStart, keyEnd, start, end, quoted: true, form, wholeLine: false, called };
  }
  if (form === 'call' || form === 'argument' || form === 'fallback') return null;

  // Without quotes the notation decides where the value ends.
  const from = reach.lineStart(text, keyStart);
  const lead = text.slice(from, keyStart);
  const env =
    form === 'assign' && text.charCodeAt(keyEnd) === 61 && !isBlank(text.charCodeAt(keyEnd + 1)) && LEAD.test(lead);
  const before = text.charCodeAt(keyStart - 1);
  const stop = form === 'query' && before === 59 ? 'pair' : form === 'markup' || form === 'query' ? form : env ? 'env' : 'plain'; // prettier-ignore
  let end = reach.end(text, p, stop);
  if (end <= p || (!loose && end - p < SHORTEST_MADE)) return null;
  const start = p;
  if (form === 'markup') {
    if (text.startsWith(']]>', end - 3)) end -= 3;
    while (end > start && /\s/.test(text[end - 1]!)) end--;
  } else if (!env) while (end > start && /[,;)}\]:]/.test(text[end - 1]!)) end--;
  else {
    // A connection string on a line of its own: the next pair is not part of the value.
    const pair = /;[ ]?[A-Za-z][\w ]{1,40}=/.exec(text.slice(start, end));
    if (pair !== null) end = start + pair.index;
    else if (/[;,]/.test(text[end - 1]!)) end--;
  }
  if (form === 'prose' || form === 'line')
    while (end > start && /[.,;:!?]/.test(text[end - 1]!) && /[.,;:]/.test(text[end - 1]!)) end--;
  if (
    (form === 'assign' && /[;&]/.test(text.charAt(keyStart - 1))) ||
    (form === 'assign' && !env && text.slice(start, end).includes(';'))
  ) {
    const cut = text.slice(start, end).indexOf(';');
    if (cut > 0) end = start + cut;
  }
  const tail = /[^\n]{0,12}/y;
  tail.lastIndex = end;
  const rest = tail.exec(text)![0];
  const alone = /^[ \t\r]*(?:#|\/\/|--|\\(?:[nr]|$)|\/M|\|\||&&|$)/.test(rest);
  const defaulted =
    (lead.endsWith('${') && text[end] === '}') || (form === 'assign' && PAIRS_LEAD.test(lead.slice(-80)));
  const wholeLine = defaulted || (form === 'line' ? alone && CONF_LEAD.test(lead) : (alone || env) && LEAD.test(lead));
  const pairLine = alone && /(?:name|key|Key|Name)["']?[ \t]{0,4}[:=][ \t]{0,4}["']?$/.test(lead);
  const tight = form === 'assign' && start === keyEnd + 1 && !/[(,][ \t]*$/.test(lead);
  return { keyStart, keyEnd, start, end, quoted: false, form, wholeLine: wholeLine || pairLine, tight, called: false };
}
