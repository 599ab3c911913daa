/** Knows what stands in code where a secret would stand: placeholders, references, masks, the words of documentation. */

const REFERENCE =
  /^(?:\$[\w{(:]|%\w+%$|%\(|%[sdv]$|#\{|\{\{|\{[\w.:$-]*\}$|<[^<>]*>$|\[[\w .-]+\]$|@\w+@$|process\.env|import\.meta|os\.environ|env[.(:[]|ENV[.([]|getenv|System\.getenv|secrets?\.|vars?\.|var\.|local\.|data\.|config\.|self\.|this\.|vault:|ref\+|op:\/\/|arn:aws:|ssm:|projects\/[\w-]+\/secrets|!vault|!Ref|!Sub|!GetAtt|enc\[|ENC\[|ENC\(|\(\(\w)/;
const REFERENCE_INSIDE = /\$\{|\{\{|<%|%>|\$\(|#\{|<[A-Za-z][\w -]*>|\{[a-zA-Z_][\w.]*\}|process\.env|os\.environ/;

/** Words that say of a value that it is none; matched inside it, letter case aside. */
const DUMMY =
  /example|placeholder|your[-_ ]?(?:own|api|app|secret|token|key|pass|user|db|client|access|auth|account|aws|github|gitlab|slack|stripe|value|random|super|private|project|webhook|id|name|email|bot|domain|host)|changeme|change[-_ ](?:me|this|it)|changethis|replace[-_ ]?(?:me|this|with)|insert[-_ ]?(?:your|here)|(?:key|token|secret|password|value|goes)[-_ ]here|here[-_ ]goes|todo|fixme|redacted|removed|censored|masked|hidden|dummy|sample|fake|foobar|foo[-_]?bar|lorem|ipsum|not[-_ ]?(?:a[-_ ])?(?:real|set|secret)|unknown|undefined|xxxx|\*\*\*|\.\.\.|____|test[-_ ]?(?:vector|key|token|secret|pass|value|only|string)|my[-_ ]?(?:api|secret|token|password|pass|key|access|auth|client|app|user|value)[-_ ]?(?:key|token|secret|password|value|id|here)?$|some[-_ ]?(?:secret|token|password|key|value|random|string|api)|any[-_ ]?(?:secret|token|password|key|value|string)|^(?:your|any|some|enter|invalid|wrong|bad|valid|secret|test|mock)[-_ ]|^(?:the|a|an|my|no|new|old)[-_ ][^\d]*$/i;
/** Rows of the keyboard, counted digits and the like: they say that a value is none where they make up much of it. */
const FILLER =
  /0011223344|00010203040506|abcdefgh|12345678|qwertyui|deadbeef|0123456789|9876543210|0000000|1111111|aaaaaaa|fffffff/i;
/** A value that was encrypted for a cluster. */
const SEALED = /^Ag[A-D][A-Za-z0-9+/]{150}/;
const FILLER_SHARE = 0.3;

/** Values that are words of documentation, types, defaults of development images: never a finding by themselves. */
const WORDS = new Set(
  'password passwd pass pwd passphrase secret token key apikey api_key api-key value string str text none null nil true false undefined void number int integer boolean bool object any type test tests testing tester admin administrator root user username guest default demo dev development local localhost staging production postgres mysql mariadb mongo mongodb redis rabbitmq rabbit sa oracle minio minioadmin elastic kibana foo bar baz qux quux foobar hello world changeit changeme change_me secretsecret topsecret passw0rd required optional hidden visible off on yes no ok new old current confirm repeat again reset forgot login signin signup logout submit invalid valid empty blank basic bearer digest oauth oauth2 jwt basic_auth auth authorization cookie session header query body form input field email mail phone name id private public internal readonly md5 sha1 sha256 sha512 hs256 rs256 es256 plain plaintext base64 utf8 utf-8 hex ascii binary json xml yaml html css get post put delete patch keyword identifier punctuation comma colon operator literal regex comment whitespace newline eof vault keychain keyring env environment file path url uri pass123 abc123 abc abcd abcdef test123 testtest user123 admin123 root123 password123 password1 secret123 token123 key123 example1 pass1234 test1234 pw x y z a b c'.split(
    ' ',
  ),
);

/** True for a placeholder of redaction itself, so that redacted text stays as it is. */
export function holdsPlaceholder(value: string): boolean {
  return value.includes('<') && /<[A-Z][A-Z_]{1,24}>/.test(value);
}

/** True where the value refers to something kept elsewhere: `${VAR}`, `process.env.X`, `{{ vault }}`, `%(name)s`. */
export function isReference(value: string): boolean {
  return REFERENCE.test(value) || REFERENCE_INSIDE.test(value);
}

/** True where one or two different characters make up the whole value (`xxxx`, `********`, `abababab`). */
function isMask(value: string): boolean {
  if (value.length < 3) return false;
  let first: string | undefined;
  let second: string | undefined;
  for (const char of value) {
    first ??= char;
    if (char === first || char === second) continue;
    if (second !== undefined) return false;
    second = char;
  }
  return true;
}

/** True where digits or letters only count up or down (`123456`, `abcdefgh`). */
function isSequence(value: string): boolean {
  if (value.length < 4) return false;
  const step = value.charCodeAt(1) - value.charCodeAt(0);
  if (step !== 1 && step !== -1) return false;
  for (let i = 2; i < value.length; i++) {
    const by = value.charCodeAt(i) - value.charCodeAt(i - 1);
    if (by !== step && by !== -9 && by !== 9) return false;
  }
  return true;
}

/** True where a single pair, triple or quadruple is repeated through the value (`abcabcabcabc`). */
function isRepeated(value: string): boolean {
  if (value.length < 12) return false;
  for (let period = 1; period <= 10 && period * 2 <= value.length; period++) {
    let same = true;
    for (let i = period; same && i < value.length; i++) same = value[i] === value[i - period];
    if (same) return true;
  }
  return false;
}

function isFiller(value: string): boolean {
  const filler = FILLER.exec(value);
  return filler !== null && filler[0].length >= value.length * FILLER_SHARE;
}

/** True for what is no secret whatever key it is assigned to. */
export function isPlaceholder(value: string): boolean {
  return (
    value.length === 0 ||
    WORDS.has(value.toLowerCase()) ||
    isMask(value) ||
    isSequence(value) ||
    isRepeated(value) ||
    holdsPlaceholder(value) ||
    isReference(value) ||
    isFiller(value) ||
    SEALED.test(value) ||
    DUMMY.test(value)
  );
}

/** The same for a token whose form is already right: words that random characters can hold by chance count only with company. */
export function isDummyToken(value: string): boolean {
  return (
    holdsPlaceholder(value) ||
    isReference(value) ||
    isRepeated(value) ||
    /example|placeholder|changeme|your[-_]?(?:api|secret|token|key|access)|x{6}|\*{3}|\.{3}|redacted|0{8}|1{8}|a{8}|f{10}|0123456789|1234567890|abcdefghij|0001020304050607|0011223344556677|(?:fake|dummy|sample|test)[-_]?(?:key|token|secret)/i.test(
      value,
    )
  );
}
