/** Judges whether what is assigned to a key is a secret: by the kind of key, the notation, and what the value is made of. */
import { SHORTEST_MADE, type Assignment } from './assignment.ts';
import type { KeyStrength } from '../rules/rule.ts';
import { CONSTANT, isDigestNamed, isText, VECTOR } from '../values/context.ts';
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
/** Words joined by marks with a number: `walnut.cactus.52`, `mango_7391_mango`. */
const JOINED_WORDS =
  /^(?:[a-z]{3,}(?:[._*+~&-]?[a-z]{3,}){0,2}[._*+~&-]?\d{2,}[!?]?|[a-z]{3,}[._*+~&-]?\d{2,}[._*+~&-]?[a-z]{3,}|\d{2,4}[._*+~&-]?[a-z]{3,}(?:[._*+~&-]?[a-z]{2,}){0,2})$/i;
/** What the first part of a member is called in code. */
const OBJECT =
  /^(?:this|self|req|res|args?|opts?|options?|config|conf|cfg|ctx|context|data|env|process|user|form|params?|props|state|input|settings?|request|response|body|event|obj|object|e|item|row|node|test|app|auth|db|client|server|module|exports|window|document|console|math|json|value|values|result|model|schema|fixtures?|secrets?|vars?|local|faker)[.\-]/i;
const MEMBERS = /^[A-Za-z_$][\w$]*(?:\[\w{1,24}\])?(?:(?:\.|->|::|\?\.)[A-Za-z_$][\w$]*(?:\[\w{1,24}\])?)+$/;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const DATE_OR_VERSION = /^(?:\d{4}-\d\d-\d\d|v?\d+(?:\.\d+){1,3}(?:[-+][\w.+-]+)?$|\d{1,2}:\d\d)/;
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
function isMember(value: string): boolean {
  return (
    MEMBERS.test(value) &&
    !(JOINED_WORDS.test(value) && !OBJECT.test(value) && /\d/.test(value)) &&
    !isJumbled(value) &&
    !value.split(/\.|->|::/).some(isOddPart)
  );
}

/** A value that only code has: calls, members, operators, templates. */
function isCode(value: string): boolean {
  return isMember(value) || /[(){}[\]]|=>|\+\+|&&|\|\||^[*&!]/.test(value);
}

/** The name of an algorithm and nothing else. */
const ALGORITHM_NAME =
  /^(?:argon2(?:id?|d)?|bcrypt\d?|scrypt|pbkdf2\w*|sha-?\d{1,3}(?:_?\w{1,6})?|md5|hs\d{3}|rs\d{3}|es\d{3}|aes-?\d{3}(?:-\w{3})?|utf-?\d+|oauth2?|rfc\d+|base\d\d)$/i;
/** Words of states, kinds and rules that stand where a password would stand. */
const STATES =
  /^(?:disabled?|enabled?|strong|weak|medium|bcrypt|argon\w*|hashed|encrypted|mandatory|forbidden|denied|allowed|granted|confirmed|expired|changed|updated|deleted|created|wrong|incorrect|mismatch|matches|different|same|similar|common|short|long|numeric|alpha\w*|lowercase|uppercase|masked|toggle|visible|hidden|static|dynamic|random|manual|automatic|standard|simple|complex|google|github|facebook|twitter|email|phone|local|remote|ldap|kerberos|saml|oidc|openid|external|internal|temporary|permanent|primary|secondary|database|server|client|windows|postgresql|connection|credentials?|something|anything|nothing|whatever|somevalue|argument|default\w*|environment|function|property|attribute|variable|constant|parameter|interface|abstract|protected|virtual|override|sensitive|nullable|nonnull|notnull|varchar|nvarchar|character|symbol|regexp?|pattern|minlength|maxlength|bearer|unsupported|deprecated|experimental|readonly|writeonly|continue|break|return|throws?|raise|yield|await|async|import|export|extends|implements|contrasena|passwort|kennwort|wachtwoord|senha|parola|haslo|sandi|mot_?de_?passe|lozinka|heslo|adgangskode|salasana|losenord|sifre|jelszo)$/i;

/** A word, or two that are joined, as the value of a plain password key: in quotes, or in a file of settings. */
function isPlainWord(value: string, m: Makeup, a: Assignment, key: string): boolean {
  if (a.form !== 'assign' || a.called || value.length < 6 || value.length > 24 || m.upper > 0) return false;
  if (!/^[a-z]{3,}(?:[_-]?[a-z]+)?$/.test(value) || UI_WORDS.test(value) || STATES.test(value)) return false;
  if (!/(?:^|[^a-z]|[a-z](?=P))(?:password|passwd|pwd|pass|pw)$/i.test(key)) return false;
  return a.quoted || (a.wholeLine && /^[A-Z][A-Z0-9_]*$/.test(key));
}

/** Two words round a mark that joins no operands where no blanks are: `kaffee&kuchen`, `football!team7`. */
const MARKED_WORDS = /^[a-z]{3,}[&!#$%~^][a-z]{3,}(\d{0,4})[!?]?$/i;

/** Such words as a password: on a line of their own in a file of settings, or, with a number, after the keyword alone. */
function isMarkedWords(value: string, a: Assignment): boolean {
  const digits = MARKED_WORDS.exec(value)?.[1];
  if (digits === undefined || UI_WORDS.test(value)) return false;
  return a.form === 'assign' ? a.wholeLine : (a.form === 'line' || a.form === 'prose') && digits !== '';
}

/** A password with blanks in it: capitals, digits and marks besides, and no word of an interface. */
function isSpacedPassword(value: string, m: Makeup, a: Assignment): boolean {
  return (
    a.quoted && value.length <= 40 && m.spaces <= 4 && m.digits > 0 && m.upper > 0 && m.lower > 0 &&
    /[!@#$%^&*+~?]/.test(value.slice(1)) && !/[!.?:,] |%[sd]|[<>{}()\\|]/.test(value) && !UI_WORDS.test(value)
  ); // prettier-ignore
}

function isPassword(value: string, m: Makeup, a: Assignment, key: string): boolean {
  if (value.length < (a.quoted ? 4 : 5) || value.length > 256) return false;
  if (m.spaces > 0) return isPassphrase(value) || isSpacedPassword(value, m, a);
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
    if (isMarkedWords(value, a)) return true;
    if (a.form === 'line') return a.wholeLine && m.digits > 0 && m.letters > 2 && m.symbols + m.upper + m.digits > 1;
    if (!settled && a.tight && looksSecret(value, 'password', true)) return true;
    if (!settled && !(m.digits > 0 && m.symbols > 0 && m.letters > 2 && !/^[\w.-]+$/.test(value))) return false;
  }
  if (STEM.test(value)) return false;
  if (m.digits === 0) {
    if (isPlainWord(value, m, a, key)) return true;
    if (m.symbols === 0) return isRandom(value) || (m.letters >= 10 && m.pairs >= 6 && m.commonPairs < m.pairs * 0.45);
    if (isPassphrase(value)) return true;
    if (IDENTIFIER.test(value) || UI_WORDS.test(value)) return false;
    if (/^[a-z]{3,}[._-][a-z]{3,}[!?$#]+$/i.test(value)) return true;
    if (a.quoted && value.length >= 6 && /^[a-z]+(?:[$@!#]+[a-z]+)+$/i.test(value)) return !/^\w+@\w+$/.test(value) || /@[a-z]{3,}@|p@/i.test(value); // prettier-ignore
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
  if (MEASURE.test(value) || RULES.test(value) || ALGORITHM_NAME.test(value)) return false;
  if (NUMBERED.test(value)) return isPassphrase(value) || !UI_WORDS.test(value);
  if (a.quoted && value.split('.').length > 2 && UI_WORDS.test(value) && isMember(value)) return false;
  // A selector, a path, a query; a password that begins so has other marks too.
  const marked = /^[#?].*[!@$%^*~]/.test(value) && m.upper > 0 && m.lower > 0;
  if (/^[#.:/&?]/.test(value) && m.switches < 3 && !marked) return false;
  return m.letters >= 2;
}

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

function isSecret(value: string, m: Makeup, a: Assignment, key: string): boolean {
  if (/cred|login|userpass|user_pass|auth$/i.test(key) && isPairOfWords(value)) return true;
  if (m.spaces > 0) return isKeyBody(value);
  if (value.length < 8 || m.other > 0) return false;
  // Names and members, as most of what code gives to such keys, need no further look.
  if (m.digits === 0 && (m.upper === 0 || m.lower === 0 || m.symbols === 0) && !isRandom(value)) return false;
  if (PUBLISHED.test(value)) return false;
  if (UUID.test(value)) return a.form !== 'prose';
  if (CONSTANT.test(value)) return false;
  if (DATE_OR_VERSION.test(value) || PATTERN.test(value)) return false;
  if (PATH_LIKE.test(value) && !(value.endsWith('=') && KEY_LENGTHS.test(value) && isRandom(value))) return false;
  if (m.digits === 0 && isMember(value)) return false;
  if (!a.quoted && (isMember(value) || /[(){}[\]]/.test(value))) return isRandom(value) && !/[(){}[\]]/.test(value);
  if (isRandom(value)) return !a.called || value.length >= 16;
  if (a.called) return false;
  if ((SECRET_KEY.test(key) || (a.form === 'flag' && /(?:key|token)$/i.test(key))) && isChosenSecret(value, m, a))
    return true;
  if (m.digits === 0 || STEM.test(value) || IDENTIFIER.test(value)) return false;
  if (!a.quoted && !a.wholeLine && a.form !== 'flag' && a.form !== 'query' && a.form !== 'markup') return false;
  const changes = m.switches + m.caseChanges + m.symbols;
  if (a.form === 'markup' && m.digits > 0 && value.length >= 16 && changes >= value.length * 0.4) return true;
  return m.letters >= 3 && m.digits >= 2 && (m.switches >= 3 || (m.symbols > 0 && m.upper > 0 && m.lower > 0));
}

const KEY_LENGTHS = /^(?:(?:0x)?(?:[0-9a-f]{32}|[0-9a-f]{48}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})|(?:0x)?(?:[0-9A-F]{32}|[0-9A-F]{64})|[A-Za-z0-9+/_-]{22}==|[A-Za-z0-9+/_-]{43}=|[A-Za-z0-9+/_-]{86}==)$/; // prettier-ignore
/** A name that says whose key it is. */
const NAMED_KEY =
  /[A-Za-z\d](?:[-_. ]key|Key|KEY|[-_. ](?:access|private|licen[cs]e|account_sid))$|[a-z](?:key|access)$/;

/** A generated key of any length, under a name that says no more than that it is one. */
function isNamedKey(value: string, a: Assignment, key: string): boolean {
  const m = makeup(value);
  if (a.called || value.length < SHORTEST_MADE || value.length > 512 || m.digits < 3) return false;
  if (UUID.test(value)) return a.form === 'assign' && /^[A-Z][A-Z0-9_]*_KEY$/.test(key);
  return isRandom(value) && !/[(){}[\]:/\\]/.test(value) && (a.quoted || !isMember(value));
}

/** True where the value is a secret for a key of that strength. */
export function judge(text: string, a: Assignment, strength: KeyStrength): boolean {
  const value = text.slice(a.start, a.end);
  const key = text.slice(a.keyStart, a.keyEnd);
  // What costs least and lets go of most comes first.
  const made = isMade(value, a, key, strength) || (strength === 'password' && isNetworkWord(text, value, a));
  return made && !isPlaceholder(value) && !isExcused(text, value, a, strength);
}

/** What says that a password opens a wireless network: people give it as words, and say it to guests in a sentence. */
const NETWORK = /\b(?:wi-?fi|wlan|hotspot|router|ssid)\b[^\n]{0,24}$/i;

function isNetworkWord(text: string, value: string, a: Assignment): boolean {
  return (
    (a.form === 'prose' || (a.form === 'assign' && a.wholeLine)) &&
    /^[a-z]{3,}[_.&-][a-z]{2,}$/i.test(value) &&
    !UI_WORDS.test(value) &&
    NETWORK.test(text.slice(Math.max(0, a.keyStart - 40), a.keyStart))
  );
}

/** True where the value is made as a secret for the key would be. */
function isMade(value: string, a: Assignment, key: string, strength: KeyStrength): boolean {
  if (strength === 'password') return isPassword(value, makeup(value), a, key);
  if (strength === 'secret') return isSecret(value, makeup(value), a, key);
  if (a.form === 'line' || a.form === 'prose') return false;
  const random = KEY_LENGTHS.test(value)
    ? isRandom(value.replace(/=+$/, ''))
    : NAMED_KEY.test(key) && isNamedKey(value, a, key);
  return random && !isText(value);
}

/** True where what stands before a value that is only near a key says that it is a digest or a published value. */
export function isNamedOtherwise(text: string, at: number, strength: KeyStrength): boolean {
  return isDigestNamed(text, at) || (strength !== 'password' && VECTOR.test(text.slice(Math.max(0, at - 600), at)));
}

/** True where the value's own form or what stands round it says that it is no secret. */
function isExcused(text: string, value: string, a: Assignment, strength: KeyStrength): boolean {
  if (URL_LIKE.test(value) || HASHED_NAME.test(value) || /^#[0-9a-f]{3,8}$|^(?:h1|sha\d{1,3})[-:]/i.test(value))
    return true;
  if (strength !== 'password' && VECTOR.test(text.slice(Math.max(0, a.keyStart - 600), a.keyStart))) return true;
  if (strength === 'secret' && value.length < 24 && ALGORITHM.test(value) && !/[^A-Za-z\d]/.test(value) && /[a-z]{4}/i.test(value) && !isRandom(value)) return true; // prettier-ignore
  // What is itself a key of something.
  return a.quoted && !/\d/.test(value) && /^["'`]\s{0,4}(?:=>|:(?!:))/.test(text.slice(a.end, a.end + 8));
}

/** A name to which a tool has tied a short hash: `journey-9d42d9ea`, `Login_password__a1B2c`. */
const HASHED_NAME = /^[A-Za-z]+(?:[-_][A-Za-z]+)*[-_](?=[0-9a-f]*[a-f])[0-9a-f]{6,10}$|__[\w-]{5}$/;
/** Names of algorithms, encodings and products that end in a number. */
const ALGORITHM =
  /sha-?\d|\baes|aes_|md5|hmac|pbkdf|rsa|bcrypt|scrypt|argon|utf-?\d|base-?\d|iso-?8859|x-?509|pkcs|tls|ssl|oauth|http|ipv\d|ecdsa|ed25519|secp|curve|latin|windows|python|java|node|version|v\d/i;

/**
 * True for a value that by its look alone is a secret: random, or, for the key of a password, made like the passwords that people
 * choose. Stricter than `judge`, for values that only stand near a key.
 */
export function looksSecret(value: string, strength: KeyStrength, quoted: boolean): boolean {
  if (
    value.length < 6 || isPlaceholder(value) || URL_LIKE.test(value) || PATH_LIKE.test(value) || DATE_OR_VERSION.test(value) ||
    UUID.test(value) || CONSTANT.test(value) || /^(?:h1|sha\d{1,3})[-:]/.test(value) || PATTERN.test(value) || PUBLISHED.test(value) || isMember(value)
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
