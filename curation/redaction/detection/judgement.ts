/** Judges whether what is assigned to a key is a secret: by the kind of key, the notation, and what the value is made of. */
import type { Assignment } from './assignment.ts';
import type { KeyStrength } from '../rule.ts';
import { isPlaceholder } from '../values/placeholders.ts';
import { isRandom, makeup, type Makeup } from '../values/randomness.ts';

/** Passwords that people choose although they are plain words. */
const CHOSEN = new Set(
  'letmein qwerty qwertz azerty dragon monkey football baseball basketball iloveyou sunshine princess superman batman trustno1 shadow master michael jennifer jordan hunter hunter2 ranger buster soccer hockey killer george charlie andrew michelle starwars pepper ginger cheese cookie banana summer winter spring autumn flower freedom whatever welcome mustang access maggie ashley bailey passw0rd p@ssw0rd pa$$w0rd p@ssword pa$$word opensesame swordfish matrix tigger chocolate butterfly computer internet samsung arsenal liverpool chelsea barcelona pokemon naruto snowflake unicorn'.split(
    ' ',
  ),
);
const UI_WORDS =
  /password|passwd|forgot|reset|login|sign|input|field|form|button|label|error|invalid|required|confirm|enter|please|must|your|token|secret|user|auth|page|view|change|update|current|show|hide|toggle|text|type|name|credential|missing|the$|^the\b|component|service|provider|manager|module|handler|config|option|setting|header|cookie|storage/i;
const STEM =
  /^(?:var|arg|value|val|tok|token|tokens|key|keys|pass|passwd|pwd|password|secret|str|string|data|input|text|res|result|tmp|temp|param|field|col|row|item|node|user|name|opt|option|expected|actual|foo|bar|base|sha|md|utf|int|uint|float|hs|rs|es|aes|rsa|type|version|v|id|index|line|num|n|i|s|t|x|p|k|h|token_type|oauth|auth|http|ip|ipv|vec|mat|group|level|step|stage|phase|part|section|block|chunk|page|test|case|example|sample|win|linux|x86_|amd|arm|py|python|log|ex|exp|d|c|a|b|e|f|g|m|q|r|u|w|y|z)[-_ ]?\d*$/i;
const PATTERN = /\\[dwsDWSbnrt]|\[\^?[a-z]-z|\(\?[:=!<]|^\^.*\$$/i;
const MAYBE_PATTERN = /\.[*+]/;
/** Keys that are made to be published. */
const PUBLISHED = /^(?:pk_(?:live|test)_|pk\.eyJ|ssh-|6L[\w-]{38}$|G-[A-Z0-9]{10}$|UA-\d)/;
const URL_LIKE = /^[a-z][a-z0-9+.-]*:\/\//i;
const PATH_LIKE = /^(?:[.~]{0,2}\/|[A-Za-z]:\\|\.{1,2}\\)|^(?:[\w.@-]+\/)+[\w.-]+\.\w{1,5}$/;
const MEMBERS = /^[A-Za-z_$][\w$]*(?:(?:\.|->|::|\?\.)[A-Za-z_$][\w$]*)+$/;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const DATE_OR_VERSION = /^(?:\d{4}-\d\d-\d\d|v?\d+(?:\.\d+){1,3}(?:[-+][\w.]+)?$|\d{1,2}:\d\d)/;
const IDENTIFIER = /^[A-Za-z_$@#.]?[A-Za-z_]*(?:[-_.:/ ][A-Za-z]+)*[-_.]?\d{0,2}$/;

/** Rules that a framework checks a field by: `required|min:8`. */
const RULES = /^[a-z_]+(?::[\w,]+)?(?:\|[a-z_]+(?::[\w,]+)?)+$/;
const MEASURE = /^\d{1,3}(?:px|em|rem|ms|s|m|h|d|k|kb|mb|gb|%)$/i;
/** Words with a number at the end: a password that a person chose, unless its words are those of an interface. */
const NUMBERED = /^[a-z]+[-_.][a-z]+(?:[-_.][a-z]+)*[-_.]?\d{1,2}$/;

/** Four or more lower-case words joined in one way: a passphrase, unless the words are those of an interface. */
function isPassphrase(value: string): boolean {
  const match = /^[a-z]{3,9}(?:([-_. ])[a-z]{3,9})(?:\1[a-z]{3,9}){2,9}\d{0,4}[!.?]?$/i.exec(value);
  return (
    match !== null &&
    !UI_WORDS.test(value) &&
    !/\b(?:and|the|of|is|are|for|with|not|to|in|on|this|that|has|was|be)\b/i.test(value)
  );
}

/** A part of a dotted value that no one would name a member: a generated password can have a dot too. */
function isOddPart(part: string): boolean {
  if (part.length < 10 || part.length > 40) return false;
  const m = makeup(part);
  return isRandom(part) || (m.digits > 0 && m.caseChanges >= part.length / 3);
}

/** A member of something, as code names it. */
function isMember(value: string): boolean {
  return MEMBERS.test(value) && !value.split(/\.|->|::/).some(isOddPart);
}

/** A value that only code has: calls, members, operators, templates. */
function isCode(value: string): boolean {
  return isMember(value) || /[(){}[\]]|=>|\+\+|&&|\|\||^[*&!]/.test(value);
}

function isPassword(value: string, m: Makeup, a: Assignment): boolean {
  if (value.length < (a.quoted ? 4 : 5) || value.length > 256) return false;
  if (m.spaces > 0) return isPassphrase(value);
  if (m.other > 0 && m.digits === 0) return false;
  if (PATTERN.test(value) || DATE_OR_VERSION.test(value)) return false;
  if (MAYBE_PATTERN.test(value) && !isRandom(value)) return false;
  const lower = value.toLowerCase();
  if (CHOSEN.has(lower)) return a.quoted || a.wholeLine || a.form !== 'assign';
  if (a.called) return isRandom(value);
  if (!a.quoted) {
    if (isRandom(value) && !/[(){}[\]]/.test(value.slice(0, 24)) && !isMember(value)) return true;
    const settled = a.wholeLine || a.form === 'flag' || a.form === 'markup' || a.form === 'query' || a.form === 'prose';
    const envLike = a.wholeLine && a.form === 'assign';
    if ((envLike || a.form === 'prose' || a.form === 'query') && NUMBERED.test(value) && !UI_WORDS.test(value))
      return true;
    if (isCode(value) && !(envLike && m.digits > 0 && m.symbols > 1 && !isMember(value) && !/\w\(.*\)$/.test(value)))
      return false;
    if (STEM.test(value)) return false;
    if (a.form === 'line') return a.wholeLine && m.digits > 0 && m.letters > 2 && m.symbols + m.upper + m.digits > 1;
    if (!settled && !(m.digits > 0 && m.symbols > 0 && m.letters > 2 && !/^[\w.-]+$/.test(value))) return false;
  }
  if (STEM.test(value)) return false;
  if (m.digits === 0) {
    if (m.symbols === 0) return isRandom(value) || (m.letters >= 10 && m.pairs >= 6 && m.commonPairs < m.pairs * 0.45);
    if (isPassphrase(value)) return true;
    if (IDENTIFIER.test(value) || UI_WORDS.test(value)) return false;
    return (
      m.letters >= 3 &&
      /[!@#$%^&*+~?]/.test(value.slice(1)) &&
      !/^[#.@:%&$*<>=!?[{(-]/.test(value) &&
      m.upper > 0 &&
      m.lower > 0
    );
  }
  if (m.letters === 0)
    return (
      m.digits >= 6 &&
      (m.symbols > 0 ? m.symbols >= 2 && !/^[\d.,:/+ -]+$/.test(value) : value.length <= 16 && a.form !== 'argument')
    );
  if (MEASURE.test(value) || RULES.test(value)) return false;
  if (NUMBERED.test(value)) return isPassphrase(value) || !UI_WORDS.test(value);
  if (a.quoted && value.split('.').length > 2 && UI_WORDS.test(value) && isMember(value)) return false;
  if (/^[#.:/&?]/.test(value) && m.switches < 3) return false;
  return m.letters >= 2;
}

/** The lines of a key that stand without armour: base64 or hex of one width. */
function isKeyBody(value: string): boolean {
  const lines = value.trim().split(/\s*\r?\n\s*/);
  if (lines.length < 2 || lines.some((line) => !/^[A-Za-z0-9+/=_-]{1,128}$/.test(line))) return false;
  const width = lines[0]!.length;
  return (
    width >= 40 && lines.every((line, i) => (i < lines.length - 1 ? line.length === width && isRandom(line) : true))
  );
}

/** Keys that are secrets for people as well as for programs, so that what stands there may be chosen, not generated. */
const SECRET_KEY = /(?:secret|passphrase|psk|pepper)$/i;

/** A chosen secret: words with digits or marks, as for a password, in a notation that leaves no doubt. */
function isChosenSecret(value: string, m: Makeup, a: Assignment): boolean {
  const settled = a.form === 'flag' || (a.form === 'assign' && (a.quoted || a.wholeLine)) || a.form === 'markup' || a.form === 'call'; // prettier-ignore
  if (!settled || value.length > 40 || UI_WORDS.test(value) || /[/\\:()<>{}]/.test(value)) return false;
  const marked = /[!@#$%^&*+~?]/.test(value.slice(1)) && m.upper > 0 && m.lower > 0;
  return (marked || (m.digits > 0 && m.letters >= 6)) && isPassword(value, m, a);
}

function isSecret(value: string, m: Makeup, a: Assignment, key: string): boolean {
  if (m.spaces > 0) return isKeyBody(value);
  if (value.length < 8 || m.other > 0 || PUBLISHED.test(value)) return false;
  if (UUID.test(value)) return a.form !== 'prose';
  if (DATE_OR_VERSION.test(value) || PATTERN.test(value) || PATH_LIKE.test(value)) return false;
  if (m.digits === 0 && isMember(value)) return false;
  if (!a.quoted && (isMember(value) || /[(){}[\]]/.test(value))) return isRandom(value) && !/[(){}[\]]/.test(value);
  if (isRandom(value)) return !a.called || value.length >= 16;
  if (a.called) return false;
  if ((SECRET_KEY.test(key) || (a.form === 'flag' && /(?:key|token)$/i.test(key))) && isChosenSecret(value, m, a))
    return true;
  if (m.digits === 0 || STEM.test(value) || IDENTIFIER.test(value)) return false;
  if (!a.quoted && !a.wholeLine && a.form !== 'flag' && a.form !== 'query' && a.form !== 'markup') return false;
  return m.letters >= 3 && m.digits >= 2 && (m.switches >= 3 || (m.symbols > 0 && m.upper > 0 && m.lower > 0));
}

const KEY_LENGTHS = /^(?:(?:0x)?(?:[0-9a-f]{32}|[0-9a-f]{48}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})|(?:0x)?(?:[0-9A-F]{32}|[0-9A-F]{64})|[A-Za-z0-9+/_-]{22}==|[A-Za-z0-9+/_-]{43}=|[A-Za-z0-9+/_-]{86}==)$/; // prettier-ignore
const VECTOR = /test[ _-]?vector|known[ _-]?answer|\bRFC ?\d{4}|\bNIST\b|wycheproof|\bFIPS\b|\btestdata\b/i;

/** True where the value is a secret for a key of that strength. */
export function judge(text: string, a: Assignment, strength: KeyStrength): boolean {
  const value = text.slice(a.start, a.end);
  const key = text.slice(a.keyStart, a.keyEnd);
  if (isPlaceholder(value) || URL_LIKE.test(value)) return false;
  if (strength !== 'password' && VECTOR.test(text.slice(Math.max(0, a.keyStart - 160), a.keyStart))) return false;
  const m = makeup(value);
  switch (strength) {
    case 'password':
      return isPassword(value, m, a);
    case 'secret':
      return isSecret(value, m, a, key);
    case 'weak':
      return a.form !== 'line' && a.form !== 'prose' && KEY_LENGTHS.test(value) && isRandom(value.replace(/=+$/, ''));
  }
}
