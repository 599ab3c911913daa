/** What values look like that stand where a secret would: words of interfaces, members of code, paths, patterns; and what looks like none of them. */
import type { KeyStrength } from '../rules/rule.ts';
import { CONSTANT } from '../values/context.ts';
import { isPlaceholder } from '../values/placeholders.ts';
import { isRandom, isScrambled, makeup } from '../values/randomness.ts';

export const UI_WORDS =
  /password|passwd|forgot|reset|login|sign|input|field|form|button|label|error|invalid|required|confirm|enter|please|must|your|token|secret|user|auth|page|view|change|update|current|show|hide|toggle|text|type|name|credential|missing|the$|^the\b|component|service|provider|manager|module|handler|config|option|setting|header|cookie|storage/i;
export const STEM =
  /^(?:var|arg|value|val|tok|token|tokens|key|keys|pass|passwd|pwd|password|secret|str|string|data|input|text|res|result|tmp|temp|param|field|col|row|item|node|user|name|opt|option|expected|actual|foo|bar|base|sha|md|utf|int|uint|float|hs|rs|es|aes|rsa|type|version|v|id|index|line|num|n|i|s|t|x|p|k|h|token_type|oauth|auth|http|ip|ipv|vec|mat|group|level|step|stage|phase|part|section|block|chunk|page|test|case|example|sample|win|linux|x86_|amd|arm|py|python|log|ex|exp|d|c|a|b|e|f|g|m|q|r|u|w|y|z)[-_ ]?\d*$/i;
export const PATTERN = /\\[dwsDWSbnrt]|\[\^?[a-z]-z|\(\?[:=!<]|^\^.*\$$/i;
/** A letter outside ASCII as files of translations write it. */
const ESCAPED_LETTER = /\\u(?!00[0-7])[0-9a-f]{4}/i;
/** Keys that are made to be published. */
export const PUBLISHED = /^(?:pk_(?:live|test)_|pk\.eyJ|ssh-|6L[\w-]{38}$|G-[A-Z0-9]{10}$|UA-\d)/;
export const URL_LIKE = /^[a-z][a-z0-9+.-]*:\/\//i;
export const PATH_LIKE = /^(?:[.~]{0,2}\/|[A-Za-z]:\\|\.{1,2}\\)|^(?:[\w.@-]+\/)+[\w.-]+\.\w{1,5}$/;
/** Words joined by marks with a number: `walnut.cactus.52`, `mango_7391_mango`. */
const JOINED_WORDS =
  /^(?:[a-z]{3,}(?:[._*+~&-]?[a-z]{3,}){0,2}[._*+~&-]?\d{2,}[!?]?|[a-z]{3,}[._*+~&-]?\d{2,}[._*+~&-]?[a-z]{3,}|\d{2,4}[._*+~&-]?[a-z]{3,}(?:[._*+~&-]?[a-z]{2,}){0,2})$/i;
/** What the first part of a member is called in code. */
const OBJECT =
  /^(?:this|self|req|res|args?|opts?|options?|config|conf|cfg|ctx|context|data|env|process|user|form|params?|props|state|input|settings?|request|response|body|event|obj|object|e|item|row|node|test|app|auth|db|client|server|module|exports|window|document|console|math|json|value|values|result|model|schema|fixtures?|secrets?|vars?|local|faker)[.\-]/i;
const MEMBERS = /^[A-Za-z_$][\w$]*(?:\[\w{1,24}\])?(?:(?:\.|->|::|\?\.)[A-Za-z_$][\w$]*(?:\[\w{1,24}\])?)+$/;
export const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
export const DATE_OR_VERSION = /^(?:\d{4}-\d\d-\d\d|v?\d+(?:\.\d+){1,3}(?:[-+][\w.+-]+)?$|\d{1,2}:\d\d)/;
export const IDENTIFIER = /^[A-Za-z_$@#.]?[A-Za-z_]*(?:[-_.:/ ][A-Za-z]+)*[-_.]?\d{0,2}$/;

/** A part of a dotted value that no one would name a member: a generated password can have a dot too. */
function isOddPart(part: string): boolean {
  if (part.length < 8 || part.length > 40) return false;
  const m = makeup(part);
  if (part.length < 10) return m.digits > 0 && m.switches + m.caseChanges >= part.length * 0.45;
  return isRandom(part) || (m.digits > 0 && m.caseChanges >= part.length / 3);
}

/** Letters of both cases and digits that take turns, oftener than names of members do. */
function isJumbled(value: string): boolean {
  if (value.length < 14 || value.length > 64 || !/\d/.test(value)) return false;
  const { switches, caseChanges } = makeup(value);
  return switches + caseChanges >= value.length / 3;
}

/** A member of something, as code names it. */
export function isMember(value: string): boolean {
  return (
    MEMBERS.test(value) &&
    !(JOINED_WORDS.test(value) && !OBJECT.test(value) && /\d/.test(value)) &&
    !isJumbled(value) &&
    !isScrambled(value) &&
    !value.split(/\.|->|::/).some(isOddPart)
  );
}

/** A value that only code has: calls, members, operators, templates. */
export function isCode(value: string): boolean {
  return isMember(value) || /[(){}[\]]|=>|\+\+|&&|\|\||^[*&!]/.test(value);
}

/** A name to which a tool has tied a short hash: `journey-9d42d9ea`, `Login_password__a1B2c`. */
export const HASHED_NAME = /^[A-Za-z]+(?:[-_][A-Za-z]+)*[-_](?=[0-9a-f]*[a-f])[0-9a-f]{6,10}$|__[\w-]{5}$/;
/** Names of algorithms, encodings and products that end in a number. */
export const ALGORITHM =
  /sha-?\d|\baes|aes_|md5|hmac|pbkdf|rsa|bcrypt|scrypt|argon|utf-?\d|base-?\d|iso-?8859|x-?509|pkcs|tls|ssl|oauth|http|ipv\d|ecdsa|ed25519|secp|curve|latin|windows|python|java|node|version|v\d/i;

/**
 * True for a value that by its look alone is a secret: random, or, for the key of a password, made like the passwords that people
 * choose. Stricter than `judge`, for values that only stand near a key.
 */
export function looksSecret(value: string, strength: KeyStrength, quoted: boolean): boolean {
  if (
    value.length < 6 || isPlaceholder(value) || URL_LIKE.test(value) || PATH_LIKE.test(value) || DATE_OR_VERSION.test(value) ||
    UUID.test(value) || CONSTANT.test(value) || /^(?:h1|sha\d{1,3})[-:]/.test(value) || PATTERN.test(value) || ESCAPED_LETTER.test(value) || PUBLISHED.test(value) || isMember(value)
  ) return false; // prettier-ignore
  const m = makeup(value);
  if (m.spaces > 0 || m.other > 0 || /[(){}[\]<>]/.test(quoted ? value.slice(0, 1) : value)) return false;
  if (/^0x[0-9a-f]{40}$/i.test(value)) return false;
  if (m.digits > 0 && value.length >= (strength === 'password' ? 8 : 16) && isRandom(value)) return !ALGORITHM.test(value) || value.length >= 24; // prettier-ignore
  if (strength !== 'password' || value.length > 40 || STEM.test(value) || ALGORITHM.test(value)) return false;
  if (/^(?:[#.@:%&$*<>=!?/\\-][A-Za-z_][\w-]*$|[.:%&*<>=?/\\-])/.test(value) || /[/\\:]/.test(value)) return false;
  if (JOINED_WORDS.test(value) && !UI_WORDS.test(value) && !HASHED_NAME.test(value)) return value.length >= 8;
  const marked = /[!@#$%^&*+~?]/.test(value.slice(1));
  if (marked)
    return m.letters >= 4 && (m.digits > 0 || (quoted && m.upper > 0 && m.lower > 0)) && (quoted || m.upper > 0);
  return m.letters >= 4 && m.digits >= 2 && m.upper > 0 && m.lower > 0 && value.length >= 8 && !UI_WORDS.test(value) && /^[\w.-]+$/.test(value); // prettier-ignore
}
