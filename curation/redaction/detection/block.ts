/** Finds armoured private keys: whole blocks, blocks cut off after the head or before the tail, and bodies without their armour. */

const HEAD = /-----BEGIN (?:[A-Z0-9]{2,12} ){0,4}(?:PRIVATE KEY(?: BLOCK)?|SECRET KEY|OpenVPN Static key V1)-{0,5}/y;
const TAIL = /-----END (?:[A-Z0-9]{2,12} ){0,4}(?:PRIVATE KEY(?: BLOCK)?|SECRET KEY|OpenVPN Static key V1)-{0,5}/y;
const MARKER = /-----(?:END|BEGIN)/g;
/** What may stand between the lines of a body: line ends, also escaped, quotes, joins, comment marks, armour headers. */
const GAP =
  /(?:[\s"'`+.,;&*#|>)(\]]|\\{1,3}[nrt"']?|\/\/ |(?:Proc-Type|DEK-Info|Version|Comment|Charset|Hash): [^\n\\"]{0,80}){0,96}/y;
const LINE = /[A-Za-z0-9+/=_-]{1,4096}/y;
/** Between armour stands a key where a run is long and has a digit, or very long: names of functions and their arguments are neither. */
const KEY_TEXT = /(?=[A-Za-z+/]{0,15}[0-9])[A-Za-z0-9+/]{16}|[A-Za-z0-9+/]{32}/;
/** The head of a certificate or a request for one: a sequence in a sequence, where a private key has its version (X.690). */
const CERTIFICATE = /MII[A-Za-z0-9+/]{2}[DTjz]CC/y;
const MAX_BLOCK = 16_384;
const MIN_LINE = 32;

function isBase64(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 47 && code <= 57) ||
    code === 43 ||
    code === 61
  );
}

/** The end of the base64 lines that follow `at`; a short line is the last. */
function bodyEnd(text: string, at: number): number {
  let end = at;
  for (let p = at; p < at + MAX_BLOCK;) {
    GAP.lastIndex = p;
    GAP.test(text);
    LINE.lastIndex = GAP.lastIndex;
    const line = LINE.exec(text)?.[0];
    if (
      line === undefined ||
      (line.length < MIN_LINE && (end === at || !/[0-9+/=]/.test(line)) && !(end > at && line.length >= 20))
    ) {
      // A completion may stop within the first line.
      if (line !== undefined && end === at && line.length >= 8 && LINE.lastIndex === text.length) end = text.length;
      break;
    }
    end = p = LINE.lastIndex;
    if (line.length < MIN_LINE || line.endsWith('=')) break;
  }
  return end;
}

/** The start of the base64 lines that end before `at`. */
function bodyStart(text: string, at: number): number {
  let start = at;
  for (let p = at; p > at - MAX_BLOCK;) {
    let q = p;
    const floor = Math.max(0, p - 96);
    while (q > floor) {
      const code = text.charCodeAt(q - 1);
      if (isBase64(code) && !(text[q - 2] === '\\' && (code === 110 || code === 114))) break;
      if (code > 127 || (code >= 60 && code <= 64) || code === 40 || code === 123 || code === 125) break;
      q -= text[q - 2] === '\\' && isBase64(code) ? 2 : 1;
    }
    let from = q;
    while (
      from > 0 &&
      q - from < 4096 &&
      isBase64(text.charCodeAt(from - 1)) &&
      !(text[from - 2] === '\\' && /[nrt]/.test(text[from - 1]!))
    )
      from--;
    const length = q - from;
    if (length < MIN_LINE && !(start === at && length >= 4)) break;
    start = p = from;
    if (length < MIN_LINE && text[from - 1] !== '\n' && text[from - 1] !== 'n' && !/\s/.test(text[from - 1] ?? ' '))
      break;
  }
  return start;
}

/**
 * The private key that the keyword at `at` (`-----BEGIN`, `-----END`, or the first characters of a body) belongs to, as
 * offsets, or null. Reads at most 16 KiB and never past the next armour line.
 */
export function findBlock(text: string, at: number): { start: number; end: number } | null {
  HEAD.lastIndex = at;
  if (HEAD.test(text)) {
    const bodyAt = HEAD.lastIndex;
    MARKER.lastIndex = bodyAt;
    const marker = MARKER.exec(text.length > bodyAt + MAX_BLOCK ? text.slice(0, bodyAt + MAX_BLOCK) : text);
    if (marker !== null) {
      TAIL.lastIndex = marker.index;
      const body = text.slice(bodyAt, marker.index);
      if (TAIL.test(text))
        return KEY_TEXT.test(body) && !/<[A-Z_]+>|\.\.\.|…/.test(body) ? { start: at, end: TAIL.lastIndex } : null;
    }
    const end = bodyEnd(text, bodyAt);
    return end > bodyAt ? { start: at, end } : null;
  }
  TAIL.lastIndex = at;
  if (TAIL.test(text)) {
    const start = bodyStart(text, at);
    return start < at ? { start, end: TAIL.lastIndex } : null;
  }
  if (text.charCodeAt(at) === 45) return null;
  CERTIFICATE.lastIndex = at;
  if (CERTIFICATE.test(text)) return null;
  const before = text.charCodeAt(at - 1);
  if (isBase64(before) && !(text[at - 2] === '\\' && text[at - 1] === 'n') && before !== 61) return null;
  const end = bodyEnd(text, at);
  return end - at >= 40 ? { start: at, end } : null;
}
