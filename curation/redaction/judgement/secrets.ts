/** What secrets and keys look like that programs use: generated ones, and chosen ones under a name that leaves no doubt. */
import { type Assignment, SHORTEST_MADE } from '../detection/assignment.ts';
import { CONSTANT } from '../values/context.ts';
import { isRandom, isScrambled, makeup, type Makeup } from '../values/randomness.ts';
import {
  UI_WORDS,
  STEM,
  PATTERN,
  PUBLISHED,
  PATH_LIKE,
  UUID,
  DATE_OR_VERSION,
  IDENTIFIER,
  isMember,
  looksSecret,
} from './look.ts';
import { isPassword } from './passwords.ts';

/** A user and a password in one value. */
function isPairOfWords(value: string): boolean {
  const pair = /^[A-Za-z][\w.@-]{1,40}[:/]([^\s:/]{6,64})$/.exec(value);
  return pair !== null && !UI_WORDS.test(value) && looksSecret(pair[1]!, 'password', true);
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
  const settled = a.form === 'flag' || (a.form === 'assign' && (a.quoted || a.wholeLine)) || a.form === 'markup' || a.form === 'call' || a.form === 'fallback'; // prettier-ignore
  if (!settled || value.length > 40 || UI_WORDS.test(value) || /[/\\:()<>{}]/.test(value)) return false;
  const marked = /[!@#$%^&*+~?]/.test(value.slice(1)) && m.upper > 0 && m.lower > 0;
  return (marked || (m.digits > 0 && m.letters >= 6)) && isPassword(value, m, a, '');
}

export function isSecret(value: string, m: Makeup, a: Assignment, key: string): boolean {
  if (/cred|login|userpass|user_pass|auth$/i.test(key) && isPairOfWords(value)) return true;
  if (m.spaces > 0) return isKeyBody(value);
  if (value.length < 8 || m.other > 0) return false;
  // Names and members, as most of what code gives to such keys, need no further look.
  if (m.digits === 0 && (m.upper === 0 || m.lower === 0 || m.symbols === 0) && !isRandom(value))
    return a.quoted && !a.called && isScrambled(value);
  if (PUBLISHED.test(value)) return false;
  if (UUID.test(value)) return a.form !== 'prose';
  if (CONSTANT.test(value)) return false;
  if (DATE_OR_VERSION.test(value) || PATTERN.test(value)) return false;
  if (PATH_LIKE.test(value) && !(value.endsWith('=') && KEY_LENGTHS.test(value) && isRandom(value))) return false;
  if (m.digits === 0 && isMember(value)) return false;
  if (!a.quoted && (isMember(value) || /[(){}[\]]/.test(value))) return isRandom(value) && !/[(){}[\]]/.test(value);
  if (isRandom(value) || isScrambled(value)) return !a.called || value.length >= 16;
  if (a.called) return false;
  if ((SECRET_KEY.test(key) || (a.form === 'flag' && /(?:key|token)$/i.test(key))) && isChosenSecret(value, m, a))
    return true;
  if (m.digits === 0 || STEM.test(value) || IDENTIFIER.test(value)) return false;
  if (!a.quoted && !a.wholeLine && a.form !== 'flag' && a.form !== 'query' && a.form !== 'markup') return false;
  const changes = m.switches + m.caseChanges + m.symbols;
  if (a.form === 'markup' && m.digits > 0 && value.length >= 16 && changes >= value.length * 0.4) return true;
  return m.letters >= 3 && m.digits >= 2 && (m.switches >= 3 || (m.symbols > 0 && m.upper > 0 && m.lower > 0));
}

export const KEY_LENGTHS = /^(?:(?:0x)?(?:[0-9a-f]{32}|[0-9a-f]{48}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})|(?:0x)?(?:[0-9A-F]{32}|[0-9A-F]{64})|[A-Za-z0-9+/_-]{22}==|[A-Za-z0-9+/_-]{43}=|[A-Za-z0-9+/_-]{86}==)$/; // prettier-ignore
/** A name that says whose key it is. */
export const NAMED_KEY =
  /[A-Za-z\d](?:[-_. ]key|Key|KEY|[-_. ](?:access|private|licen[cs]e|account_sid))$|[a-z](?:key|access)$/;

/** A generated key of any length, under a name that says no more than that it is one. */
export function isNamedKey(value: string, a: Assignment, key: string): boolean {
  const m = makeup(value);
  if (a.called || value.length < SHORTEST_MADE || value.length > 512 || m.digits < 3) return false;
  if (UUID.test(value)) return a.form === 'assign' && /^[A-Z][A-Z0-9_]*_KEY$/.test(key);
  return isRandom(value) && !/[(){}[\]:/\\]/.test(value) && (a.quoted || !isMember(value));
}
