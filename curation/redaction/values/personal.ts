/** Checks of what identifies a person or a machine: addresses, phone numbers, names, account names. */

/** IPv4 blocks that name no machine of anyone: private, loopback, link-local, documentation, multicast, reserved (RFC 6890, 5737, 1122). */
export function isPublicIpv4(text: string): boolean {
  const parts = text.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255)) || /(?:^|\.)0\d/.test(text)) return false;
  const [a, b, c, d] = parts as [number, number, number, number];
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false;
  if (a < 10 && b < 10 && c < 100 && d < 10) return false; // far more often a version
  if (a === 169 && b === 254) return false;
  if (a === 172 && b >= 16 && b < 32) return false;
  if (a === 192 && (b === 168 || (b === 0 && (c === 0 || c === 2)) || (b === 88 && c === 99))) return false;
  if (a === 198 && (b === 18 || b === 19 || (b === 51 && c === 100))) return false;
  if (a === 203 && b === 0 && c === 113) return false;
  if (a === 100 && b >= 64 && b < 128) return false;
  // Resolvers that everybody names, and masks.
  return (
    !/^(?:8\.8\.[48]\.[48]|1\.1\.1\.1|1\.0\.0\.1|9\.9\.9\.9|1\.2\.3\.4|208\.67\.22[02]\.22[02])$/.test(text) &&
    !(a === 255 || (d === 0 && c === 0))
  );
}

/** True for a global unicast IPv6 address outside the documentation block (RFC 4291, 3849, 9637). */
export function isPublicIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (groups.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return false;
  if (halves.length === 2 ? groups.length > 7 || groups.length < 2 : groups.length !== 8) return false;
  const first = parseInt(groups[0]!, 16);
  if (halves[0] === '' || first < 0x2000 || first > 0x3fff) return false;
  const second = parseInt(groups[1]!, 16);
  return !(first === 0x2001 && (second === 0xdb8 || second === 0)) && !(first === 0x3fff && second < 0x1000);
}

const FILE_ENDING =
  /\.(?:png|jpe?g|gif|svg|webp|ico|css|scss|less|jsx?|tsx?|mjs|cjs|json|html?|xml|md|txt|py|rb|go|rs|java|php|sh|yml|yaml|toml|lock|map|woff2?|ttf|zip|gz|tgz|pdf|mp4|conf|service|local|internal|lan|test|invalid|example|localhost|length|prototype|constructor|current|value|name|key|id)$/i;

/** Names of algorithms and extensions that a protocol marks with a domain (RFC 4251, section 6). */
const PROTOCOL_DOMAIN = /^(?:openssh\.com|libssh\.org|lysator\.liu\.se|ssh\.com)$/;
const PROTOCOL_NAME = /[-\d]|^(?:zlib|keepalive|eow|tun|f?statvfs|hardlink|fsync|lsetstat|limits)$/;

/** True for the address of somebody: not a documentation domain (RFC 2606, 6761), not `git@` of a remote, not a file or a package. */
export function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  const name = text.slice(0, at);
  const domain = text.slice(at + 1).toLowerCase();
  if (FILE_ENDING.test(domain) || /\d$/.test(domain)) return false;
  if (/(?:^|\.)(?:example|yourdomain|mydomain|yourcompany|yoursite)\.(?:com|org|net|edu|io|co|de|fr)$/.test(domain)) return false; // prettier-ignore
  if (PROTOCOL_DOMAIN.test(domain) && PROTOCOL_NAME.test(name)) return false;
  if (name.toLowerCase() === 'git' || /^(?:no-?reply|do-?not-?reply)$/i.test(name)) return false;
  return !/^(?:xxx+|your[-_.]?(?:name|email)|you|user(?:name)?|name|email|foo|bar|test|someone|somebody|jdoe|john\.?doe|jane\.?doe)$/i.test(name) || !/^(?:gmail|example|test|mail|email|yahoo|hotmail)\./.test(domain); // prettier-ignore
}

const ACCOUNTS = new Set(
  'user username users youruser yourusername your-user your_username me you home name someone somebody ubuntu debian centos fedora alpine arch ec2-user admin administrator root runner runneradmin node vscode circleci travis jenkins vagrant pi git www www-data app apps deploy builder build ci gitlab-runner buildkite-agent public shared default guest test tester example foo bar alice bob coder codespace gitpod docker linuxbrew homebrew postgres mysql nginx nobody container steam user1 developer dev jovyan sandbox project projects workspace src bin lib .local .config all defaultuser0 containeradministrator myuser myname username1 appuser airflow hadoop spark oracle ftp mail data repo'.split(
    ' ',
  ),
);

/** True for the account name of a person in a home path: not a service account, not a stand-in. */
export function isAccount(text: string): boolean {
  return (
    text.length >= 2 &&
    !ACCOUNTS.has(text.toLowerCase()) &&
    /^[A-Za-z]/.test(text) &&
    !/^(?:USER|USERNAME|NAME|HOME)$/.test(text)
  );
}

const NO_PERSON =
  /\b(?:Inc|Corp|Corporation|Ltd|Limited|LLC|LLP|GmbH|AG|SA|SE|BV|Co|Company|Foundation|Authors?|Contributors?|Team|Project|Group|Labs?|Software|Systems?|Technologies|Technology|Solutions|Services|University|Institute|Google|Microsoft|Facebook|Meta|Amazon|Apple|Oracle|Apache|Mozilla|Adobe|Vercel|Twitter|Netflix|Linux|Python|Node|Foundation|Community|Developers?|Committers?|Others|Your|Name|Copyright|License|All|Rights|Reserved|The|This|That|These|First|Last|Full|None|Unknown|Anonymous|Name|Title|Version|John Doe|Jane Doe|Free|Open|Source|Permission|Portions|Regents|Holders?|Owner|Network|Media|Studio|Consortium|Association|Committee|Department|Agency|Bot|Service|Digital|Web|Cloud|Data|Research|Center|Centre)\b/;

/** True for two to four capitalised words, none of which belongs to a company, a project or a licence. */
export function isPersonName(text: string): boolean {
  const name = text.trim();
  return /^\p{Lu}[\p{L}'’-]+(?: (?:\p{Lu}\.|(?:van|von|de|der|den|da|di|del|la|le|el|al|bin|ibn)|\p{Lu}[\p{L}'’-]+)){1,3}$/u.test(name) && !NO_PERSON.test(name); // prettier-ignore
}

/** True for a number that a telephone has: 8 to 15 digits (E.164), none of the numbers kept for fiction, no run of one digit. */
export function isPhone(text: string): boolean {
  const digits = text.replace(/\D/g, '');
  if (digits.length < 8 || digits.length > 15 || /(\d)\1{6}|^1?(?:1234567|7654321)/.test(digits)) return false;
  if (/^(?:\+?1[ .-]?)?\(?\d{3}\)?[ .-]?555[ .-]?01\d\d$/.test(text)) return false;
  return !/^(?:19|20)\d\d[-. ]?(?:0[1-9]|1[0-2])[-. ]?(?:0[1-9]|[12]\d|3[01])$/.test(text);
}
