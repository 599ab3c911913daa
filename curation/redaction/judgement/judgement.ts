/** Judges whether what is assigned to a key is a secret: by the kind of key, the notation, and what the value is made of. */
import type { Assignment } from '../detection/assignment.ts';
import { isEscapedKey } from '../detection/bytes.ts';
import type { KeyStrength } from '../rules/rule.ts';
import { isDigestNamed, isNamedAfter, isPublished, isText, VECTOR } from '../values/context.ts';
import { isPlaceholder } from '../values/placeholders.ts';
import { isRandom, isScrambled, makeup } from '../values/randomness.ts';
import { URL_LIKE, HASHED_NAME, ALGORITHM } from './look.ts';
import { isPassword, isNetworkWord, isOfDatabaseUser, isSaid } from './passwords.ts';
import { isSecret, KEY_LENGTHS, NAMED_KEY, isNamedKey } from './secrets.ts';

/** True where what stands before a value that is only near a key says that it is a digest or a published value. */
export function isNamedOtherwise(text: string, at: number, strength: KeyStrength): boolean {
  return isDigestNamed(text, at) || (strength !== 'password' && VECTOR.test(text.slice(Math.max(0, at - 600), at)));
}

/** The head of a signed token, which is the same for all, before dots that stand for the rest. */
function isElided(text: string, value: string, end: number): boolean {
  return (
    /^eyJ[\w-]{8,48}\.{0,3}$/.test(value) &&
    /^(?:\.\.|…)/.test(text.slice(end - value.length, end + 3).replace(/^[^.…]+/, ''))
  );
}

/** True where the value's own form or what stands round it says that it is no secret. */
function isExcused(text: string, value: string, a: Assignment, strength: KeyStrength): boolean {
  if (strength === 'secret' && (isPublished(value, text, a.start) || isElided(text, value, a.end))) return true;
  if (URL_LIKE.test(value) || HASHED_NAME.test(value) || /^#[0-9a-f]{3,8}$|^(?:h1|sha\d{1,3})[-:]/i.test(value))
    return true;
  if (strength !== 'password' && VECTOR.test(text.slice(Math.max(0, a.keyStart - 600), a.keyStart))) return true;
  if (strength === 'secret' && value.length < 24 && ALGORITHM.test(value) && !/[^A-Za-z\d]/.test(value) && /[a-z]{4}/i.test(value) && !isRandom(value) && !isScrambled(value)) return true; // prettier-ignore
  // What is itself a key of something.
  return a.quoted && !/\d/.test(value) && /^["'`]\s{0,4}(?:=>|:(?!:))/.test(text.slice(a.end, a.end + 8));
}

/** The value with letters outside ASCII that are escaped as files of translations do: `Has\\u0142o`. */
function lettered(value: string): string {
  return value.includes('\\u')
    ? value.replace(/\\u(?!00[0-7])([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    : value;
}

/** True where the value is made as a secret for the key would be. */
function isMade(value: string, a: Assignment, key: string, strength: KeyStrength): boolean {
  if (strength === 'password') return isPassword(value, makeup(value), a, key);
  if (isEscapedKey(value)) return true;
  if (strength === 'secret') return isSecret(value, makeup(value), a, key);
  if (a.form === 'line' || a.form === 'prose') return false;
  const random = KEY_LENGTHS.test(value)
    ? isRandom(value.replace(/=+$/, ''))
    : NAMED_KEY.test(key) && isNamedKey(value, a, key);
  return random && !isText(value);
}

/** True where the value is a secret for a key of that strength. */
export function judge(text: string, a: Assignment, strength: KeyStrength): boolean {
  const value = lettered(text.slice(a.start, a.end));
  const key = text.slice(a.keyStart, a.keyEnd);
  // What costs least and lets go of most comes first.
  const made =
    isMade(value, a, key, strength) ||
    (strength === 'password' &&
      (isNetworkWord(text, value, a) || isSaid(text, value, a) || isOfDatabaseUser(text, value, a)));
  return (
    made &&
    !isPlaceholder(value) &&
    !(a.quoted && a.form === 'assign' && isNamedAfter(value, text, a.start)) &&
    !isExcused(text, value, a, strength)
  );
}
