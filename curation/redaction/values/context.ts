/** Tells from the words before a random string whether it is a secret, or a hash, an id, or data. */
import { isRandom, makeup } from './randomness.ts';

/** How far before a value its context reaches; never past the line before. */
const REACH = 96;

const CREDENTIAL =
  /secret|token|api[-_ ]?key|access[-_ ]?key|account[-_ ]?key|auth[-_ ]?key|private|passw|passphrase|\bpwd\b|credential|\bcreds?\b|bearer|\bauth|authori[sz]|authentic|encrypt|decrypt|signing|hmac|\bjwt\b|webhook|licen[cs]e|subscription[-_ ]?key|\baccess\b|[a-z_-]key\b|[a-z]Key\b|\bKEY\b|\bpat\b|oauth|\blog[-_ ]?in\b|\bapikey/gi;
/** What says of a random string that it is no secret; the nearer word decides. */
const HARMLESS =
  /hash|sha-?\d|\bmd5|digest|checksum|integrity|commit|revision|\brev\b|etag|uuid|guid|public|\bpub\b|fingerprint|thumbprint|test[ _-]?vector|known[ _-]?answer|expect|cert|\bcsr\b|key[-_ ]?id\b|keyid|colou?r|font|base64,|\bdata:|source ?map|version|\btree\b|\bblob\b|\bref\b|cache|primary|foreign|partition|sort[-_ ]?key|storage[-_ ]?key|object[-_ ]?key|\bs3[-_ ]?key|nonce|build|chunk|image|\bid\b|\bId\b|_id\b|[a-z]Id\b|address|tx\b|txid|block|merkle|wasm|module|import|require|from\b|include|https?:|class(?:name)?|selector|path|file|\bdir|query|cursor|page|trace|span\b|request|correlat|contract|alphabet|charset|chars|example|placeholder|sample|dummy|\bfake|\bmock|snapshot|vlq|mappings|tokeni[sz]|\bdkim|verification|<meta\b|dnskey|acme-challenge|application_?server_?key|vapid_?key/i;
/** Published values that tests of algorithms use. */
export const VECTOR =
  /test[ _-]?vector|known[ _-]?answer|\bRFC ?\d{4}|\bNIST\b|wycheproof|\bFIPS\b|\btestdata\b|\bCAVS\b|^COUNT ?= ?\d+$/im;
/** The name of a constant: words in capitals, two of them of four letters and more. */
export const CONSTANT = /^(?=[A-Z0-9_]*[A-Z]{4}[A-Z0-9_]*_[A-Z0-9_]*[A-Z]{4})[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const HEX = /^[0-9a-fA-F]+$/;
/** A member of a JSON web key that is public by its nature (RFC 7517, 7518). */
const PUBLIC_MEMBER =
  /\bkty\b[^{}]{0,600}["'](?:x|y|n|e|kid|x5t|x5t#S256)["']\s{0,4}:\s{0,4}["']$|["'](?:x|y)["']\s{0,4}:\s{0,4}["']$/;
/** What names the value right behind it as a digest or a commit, so that no word further off makes a secret of it. */
const DIGEST_NAME =
  /(?:hash|hashed_?\w{0,16}|digest|checksum|integrity|\bsha-?\d{1,3}|\bmd5|\bh1|etag|fingerprint|thumbprint|commit|revision)["'\])]{0,3}[ \t]{0,4}[:=]>?[ \t]{0,4}["'`]?$|\b(?:picked|merge[ds]?|reverts?|reverted|rebased?|backport(?:s|ed)?|bisect(?:ed)?)\b[^\n]{0,24}$/i;
/** Ids of objects at a payment service. */
const OBJECT_ID = /^(?:price|prod|cus|sub|pi|in|acct|ch|evt|seti|pm|card|src|req|txn|re|po|file|plan|cs|si|ii)_/;
/** Words joined by marks, as paths and names are. */
const WORDED = /[A-Za-z]{3,}[/_+-][A-Za-z]{3,}[/_+-][A-Za-z]{2,}|^[A-Za-z]+-[0-9a-f]{6,10}$/;

/** The key of an object right before a string. */
const OBJECT_KEY = /(?<![\w$])([a-z]{2,24}[A-Z][A-Za-z]{0,24})["']?:[ \t]?["']$/;

/** True for the name of a class that a tool made of the key's: `tokenRow:"tokenRow_a81Zq"`. */
export function isNamedAfter(value: string, text: string, at: number): boolean {
  const key = OBJECT_KEY.exec(text.slice(Math.max(0, at - 64), at))?.[1];
  return key !== undefined && value.startsWith(key) && /^[-_]{1,2}[\w-]{4,8}$/.test(value.slice(key.length));
}

/** True where the words right before `at` name a digest or a commit. */
export function isDigestNamed(text: string, at: number): boolean {
  return DIGEST_NAME.test(text.slice(Math.max(0, at - 40), at));
}

/** A line of base64 as it stands in certificates and other data; shorter at the head of a text that is cut there. */
const DATA = /^[A-Za-z0-9+/]{16,}|[A-Za-z0-9+/]{40,}={0,2}/g;
const DATA_LINE = 40;
const isData = (code: number): boolean => (code >= 47 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 43; // prettier-ignore

/** True where `at` stands in a line of base64, whose letters make words by chance. */
export function isWithinData(text: string, at: number): boolean {
  let [start, end] = [at, at];
  while (start > 0 && at - start < 80 && isData(text.charCodeAt(start - 1))) start--;
  while (end - at < 80 && isData(text.charCodeAt(end))) end++;
  return end - start >= DATA_LINE && isRandom(text.slice(start, end));
}

/** A blank, a blank or a star, a path or the name of a file, the end of the line. */
const LISTED_PATH = /^ [ *](?=[^\s]{0,255}[./])[\w./@+~%-]{1,255}\r?(?:\n|$)/;
/** How far above the heading of a list of checksums is looked for. */
const CHECKSUMS_REACH = 4096;

/** True in a list of hashes: of the names before them, as lock files keep, or of the files after them. */
function isChecksum(secret: string, text: string, at: number): boolean {
  if (!isHashLike(secret)) return false;
  // What `sha256sum` and its like print: the hash first on its line, two characters, a path.
  const lead = text.charCodeAt(at - 1);
  if ((at === 0 || lead === 10) && LISTED_PATH.test(text.slice(at + secret.length, at + secret.length + 258)))
    return true;
  const heading = /^[A-Z ]*CHECKSUMS:\r?\n(?:[ \t][^\n]*\n)*[ \t][^\n]*(?![^])/m;
  return heading.test(text.slice(Math.max(0, at - CHECKSUMS_REACH), at));
}

/** A public key (RFC 5280, SubjectPublicKeyInfo of RSA). */
const PUBLIC = /^MI(?:[A-Za-z0-9+/]{1,5})(?:MA0GCSqGSIb3|ANBgkqhkiG9w0)/;
/** The identifier of an object in a project of Xcode, which is always followed by the object's name. */
const XCODE_ID = /^[0-9A-F]{24}$/;

/** True for a value that is published or a hash by its form and place, whatever key stands near it. */
export function isPublished(secret: string, text: string, at: number): boolean {
  if (XCODE_ID.test(secret) && text.startsWith(' /* ', at + secret.length)) return true;
  return PUBLIC.test(secret) || isChecksum(secret, text, at);
}

/** True for what looks like a content hash: hex of the length of a digest. */
export function isHashLike(text: string): boolean {
  return HEX.test(text) && [32, 40, 56, 64, 96, 128].includes(text.length);
}

/** True for plain text in base64: what it says is read for itself. */
export function isText(secret: string): boolean {
  return /^[\x20-\x7e\s]{8,}$/.test(Buffer.from(secret, 'base64').toString('latin1'));
}

/** True where words before the random string say that it opens something, and none that is nearer says otherwise. */
export function isNearCredential(secret: string, text: string, start: number): boolean {
  const m = makeup(secret);
  const plain = m.upper === 0 || m.lower === 0;
  if (m.digits < 2 || (plain && m.digits < 4)) return false;
  let before = text.slice(Math.max(0, start - REACH), start);
  const line = before.lastIndexOf('\n');
  if (line >= 0) {
    const own = before.slice(line + 1);
    const above = before.slice(before.lastIndexOf('\n', line - 1) + 1, line);
    before = /[A-Za-z]{3}/.test(own) ? own : `${above} ${own}`;
  }
  before = before.replace(DATA, (run) => (isRandom(run) ? '' : run));
  let near = -1;
  for (const match of before.matchAll(CREDENTIAL)) near = match.index + match[0].length;
  if (near < 0) return false;
  // A digest may be of anything: only the words right before it count.
  const isHex = HEX.test(secret);
  if (isHex && before.length - near > 24) return false;
  if (HARMLESS.test(isHex ? before : before.slice(Math.max(0, near - 24)))) return false;
  if (/(?:\b(?:sha\d*|h1)[-:~]|[#@/.])$|base64,$/i.test(before)) return false;
  if (
    OBJECT_ID.test(secret) ||
    UUID.test(secret) ||
    WORDED.test(secret) ||
    CONSTANT.test(secret) ||
    /^\/|\/$/.test(secret)
  )
    return false;
  if (/^Ag[A-D]/.test(secret) && secret.length > 150) return false; // sealed for a cluster
  const after = text.slice(start + secret.length, start + secret.length + 40);
  if (secret.includes('/') && /^(?:\.[a-z]\w{1,4}){1,2}(?![\w.])/.test(after)) return false; // a path to a file
  if (after.startsWith('(') || /^[^\n]{0,24}\b(?:public|DNSKEY)\b/i.test(after)) return false;
  if (isPublished(secret, text, start) || isNamedAfter(secret, text, start)) return false;
  return !VECTOR.test(text.slice(Math.max(0, start - 6 * REACH), start)) && !isText(secret);
}

/** True for a random string that is mixed through and through, where no word on its line says that it is a hash, an id or data. */
export function isLoneRandom(secret: string, text: string, start: number): boolean {
  const m = makeup(secret);
  if (m.digits < 3 || m.upper < 4 || m.lower < 4 || m.distinct < 14 || m.commonPairs > m.pairs * 0.5) return false;
  if (m.switches + m.caseChanges < secret.length * 0.4 || WORDED.test(secret)) return false;
  if (isText(secret) || OBJECT_ID.test(secret)) return false;
  if (PUBLIC_MEMBER.test(text.slice(Math.max(0, start - 640), start))) return false;
  const before = text.slice(Math.max(0, start - REACH), start);
  // Lines of data that is cut into pieces, and public keys.
  if (/["'`][ \t]*[,+&.\\]?[ \t]*\r?\n[ \t]*["'`]$/.test(before) || /^(?:AAAA|MI[IG])/.test(secret)) return false;
  return !HARMLESS.test(before.slice(before.lastIndexOf('\n') + 1));
}
