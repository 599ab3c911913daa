/** Keys that are written out as bytes: lists of numbers under a name that says key, and strings of escapes. */

/** Names of what is a key itself, as bytes; no table of keys, no vector that starts a cipher. */
const KEY_NAME = /(?:secret|seed|private|priv|psk|ikm|dek|kek|key)(?:[-_ ]?(?:bytes?|data|raw|array|arr|buf|material|\d{1,3}))?$/i; // prettier-ignore
/** Names that end alike and say otherwise. */
const OTHER_NAME = /(?:public|pub|verif\w*|host|primary|foreign|cache|sort|test|example|expected|hot|arrow|piano|function|fn)[-_ ]?key|test|random[-_]?seed/i; // prettier-ignore
/** What ties a list to its name: the size of an array, an operator, a type or a call, the bracket. */
const OPEN =
  /(?:\[\w{0,24}\])?\\{0,3}["']?[ \t]{0,4}(?::[ \t]{0,2}&?(?:\[\w{2,8}(?:; ?\w{1,24})?\]|\w{2,24})[ \t]{0,2})?(?::=|=|:)\s{0,16}&?(?:new )?(?:[\w.]{1,24}!?)?(?:\[\w{0,12}\](?:byte|uint8)?)?[ \t]{0,2}(?:[({[]\s{0,24}){1,2}(?=\(byte\)|-?\d)/y;
const ELEMENT =
  /(?:\(byte\)[ \t]?)?(?:0x([0-9a-f]{1,2})|(-?\d{1,3}))u?(?:\.toByte\(\))?[ \t]{0,4}(,?)[ \t]{0,8}(?:\/\/[^\n]{0,80}|\/\*[^*\n]{0,80}\*\/)?\s{0,48}/iy;
/** How the keys of 128, 192 and 256 bits begin that NIST SP 800-38A prints, which every test of AES repeats. */
const PRINTED = ['43,126,21,22', '142,115,176,247', '96,61,235,16'];
const MIN_BYTES = 16;
/** Longer lists are tables: the longest keys in use have 128 bytes. */
const MAX_BYTES = 128;

/** True for bytes that a generator makes: spread over all values, in no order, hardly one twice. */
function isGenerated(bytes: readonly number[]): boolean {
  if (bytes.length < MIN_BYTES || new Set(bytes).size < Math.min(bytes.length * 0.7, 80)) return false;
  if (PRINTED.includes(bytes.slice(0, 4).join())) return false;
  let rising = 0;
  let high = 0;
  const steps = new Map<number, number>();
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i]! >= 128) high++;
    if (i === 0) continue;
    const step = bytes[i]! - bytes[i - 1]!;
    if (step > 0) rising++;
    steps.set(step, (steps.get(step) ?? 0) + 1);
  }
  const n = bytes.length;
  return (
    high >= n * 0.15 &&
    high <= n * 0.85 &&
    rising >= n * 0.2 &&
    rising <= n * 0.8 &&
    Math.max(...steps.values()) <= n * 0.2
  );
}

/** Where the numbers stand that are given to a key of that name which ends at `at`, or null where they are no key. */
export function keyBytes(text: string, name: string, at: number): { start: number; end: number } | null {
  if (!KEY_NAME.test(name) || OTHER_NAME.test(name)) return null;
  OPEN.lastIndex = at;
  if (!OPEN.test(text)) return null;
  const start = OPEN.lastIndex;
  const bytes: number[] = [];
  let end = start;
  ELEMENT.lastIndex = start;
  for (let match = ELEMENT.exec(text); match !== null; match = ELEMENT.exec(text)) {
    const byte = match[1] === undefined ? Number(match[2]) : parseInt(match[1], 16);
    if (byte > 255 || byte < -128 || bytes.length === MAX_BYTES) return null;
    bytes.push(byte & 255);
    end = match.index + match[0].trimEnd().length;
    if (match[3] === '') break;
  }
  if (text[end - 1] === ',') end--;
  return isGenerated(bytes) ? { start, end } : null;
}

/** True for the text of a string whose escapes write out a generated key: `\x85\x21…`. */
export function isEscapedKey(value: string): boolean {
  if (!value.includes('\\x') || value.length > 4 * MAX_BYTES) return false;
  const units = value.match(/\\x[0-9a-f]{2}|\\[0abtnvfr\\'"]|[^\\]/gi) ?? [];
  const escapes = units.filter((unit) => unit.length === 4).length;
  const byte = (unit: string): number => (unit.length === 4 ? parseInt(unit.slice(2), 16) : unit.charCodeAt(unit.length - 1)); // prettier-ignore
  return escapes >= units.length * 0.4 && isGenerated(units.map(byte));
}
