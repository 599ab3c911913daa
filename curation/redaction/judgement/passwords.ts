/** What passwords look like that people choose, by the notation that they stand in. */
import type { Assignment } from '../detection/assignment.ts';
import { isRandom, isScrambled, makeup, type Makeup } from '../values/randomness.ts';
import { UI_WORDS, STEM, PATTERN, DATE_OR_VERSION, IDENTIFIER, isMember, isCode, looksSecret } from './look.ts';

/** Passwords that people choose although they are plain words. */
const CHOSEN = new Set(
  'letmein qwerty qwertz azerty dragon monkey football baseball basketball iloveyou sunshine princess superman batman trustno1 shadow master michael jennifer jordan hunter hunter2 ranger buster soccer hockey killer george charlie andrew michelle starwars pepper ginger cheese cookie banana summer winter spring autumn flower freedom whatever welcome mustang access maggie ashley bailey passw0rd p@ssw0rd pa$$w0rd p@ssword pa$$word opensesame swordfish matrix tigger chocolate butterfly computer internet samsung arsenal liverpool chelsea barcelona pokemon naruto snowflake unicorn'.split(
    ' ',
  ),
);
const MAYBE_PATTERN = /\.[*+]/;
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

export function isPassword(value: string, m: Makeup, a: Assignment, key: string): boolean {
  if (value.length < (a.quoted ? 4 : 5) || value.length > 256) return false;
  if (m.spaces > 0) return isPassphrase(value) || isSpacedPassword(value, m, a);
  if (m.other > 0 && m.digits === 0) return false;
  if (PATTERN.test(value) || DATE_OR_VERSION.test(value)) return false;
  if (MAYBE_PATTERN.test(value) && !isRandom(value)) return false;
  const lower = value.toLowerCase();
  if (CHOSEN.has(lower)) return a.quoted || a.wholeLine || a.form !== 'assign';
  if (a.called) return isRandom(value);
  const given = a.quoted || a.wholeLine || a.form === 'flag' || a.form === 'markup' || a.form === 'query' || a.form === 'prose'; // prettier-ignore
  if (given && isScrambled(value)) return true;
  if (!a.quoted) {
    if (isRandom(value) && !/[(){}[\]]/.test(value.slice(0, 24)) && !isMember(value)) return true;
    const envLike = a.wholeLine && a.form === 'assign';
    if ((envLike || a.form === 'prose' || a.form === 'query') && NUMBERED.test(value) && !UI_WORDS.test(value))
      return true;
    if (isCode(value) && !(envLike && m.digits > 0 && m.symbols > 1 && !isMember(value) && !/\w\(.*\)$/.test(value)))
      return false;
    if (STEM.test(value)) return false;
    if (isMarkedWords(value, a)) return true;
    if (a.form === 'line') return a.wholeLine && m.digits > 0 && m.letters > 2 && m.symbols + m.upper + m.digits > 1;
    if (!given && a.tight && looksSecret(value, 'password', true)) return true;
    if (!given && !(m.digits > 0 && m.symbols > 0 && m.letters > 2 && !/^[\w.-]+$/.test(value))) return false;
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

/** What says that a password opens a wireless network: people give it as words, and say it to guests in a sentence. */
const NETWORK = /\b(?:wi-?fi|wlan|hotspot|router|ssid)\b[^\n]{0,24}$/i;

export function isNetworkWord(text: string, value: string, a: Assignment): boolean {
  return (
    (a.form === 'prose' || (a.form === 'assign' && a.wholeLine)) &&
    /^[a-z]{3,}[_.&-][a-z]{2,}$/i.test(value) &&
    !UI_WORDS.test(value) &&
    NETWORK.test(text.slice(Math.max(0, a.keyStart - 40), a.keyStart))
  );
}

/** What leads to a password that a sentence tells: `log in as admin with password …`, `(jane@acme.io, password …)`. */
const TELLS = /(?:\b(?:with|and|using)|,|\()[ \t]{1,2}(?:the |a )?$/i;

export function isSaid(text: string, value: string, a: Assignment): boolean {
  return (
    a.form === 'line' &&
    TELLS.test(text.slice(Math.max(0, a.keyStart - 16), a.keyStart)) &&
    makeup(value).digits > 1 &&
    looksSecret(value, 'password', false)
  );
}

/** What leads to the password in a statement that makes or changes a user of a database. */
const DATABASE_USER = /\b(?:create|alter)\s{1,8}(?:user|role|login)\b[^;]{0,160}$/i;

/** A literal that becomes the password of a database's user: it is one whatever it looks like. */
export function isOfDatabaseUser(text: string, value: string, a: Assignment): boolean {
  return (
    a.quoted &&
    !a.called &&
    /^[^\s{}()]{4,128}$/.test(value) &&
    !UI_WORDS.test(value) &&
    (/^identified by$/i.test(text.slice(a.keyStart, a.keyEnd)) ||
      DATABASE_USER.test(text.slice(Math.max(0, a.keyStart - 200), a.keyStart)))
  );
}
