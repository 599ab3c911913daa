/** What looks like a secret and is none, made by templates from a seed. */
import { B64, HEX, Maker, URL64 } from './maker.ts';

export interface Negative {
  kind: string;
  text: string;
}

const title = (word: string): string => word[0]!.toUpperCase() + word.slice(1);

const NEGATIVES: Record<string, (m: Maker) => string> = {
  uuid: (m) => `const id = "${m.chars(HEX, 8)}-${m.chars(HEX, 4)}-4${m.chars(HEX, 3)}-9${m.chars(HEX, 3)}-${m.chars(HEX, 12)}";`,
  commit: (m) => m.pick([`commit ${m.chars(HEX, 40)}`, `uses: actions/checkout@${m.chars(HEX, 40)}`, `revision: "${m.chars(HEX, 40)}"`]),
  integrity: (m) => `"integrity": "sha512-${m.chars(B64, 86)}=="`,
  lockHash: (m) => m.pick([`    {file = "x-1.${m.int(9)}.0.tar.gz", hash = "sha256:${m.chars(HEX, 64)}"},`, `github.com/acme/x v1.${m.int(9)}.0 h1:${m.chars(B64, 43)}=`, `checksum = "${m.chars(HEX, 64)}"`]),
  digest: (m) => `image: acme/app@sha256:${m.chars(HEX, 64)}`,
  colour: (m) => `--accent: #${m.chars(HEX, 6)}; background: #${m.chars(HEX, 8)};`,
  placeholder: (m) => m.pick(['api_key = "<your-api-key>"', 'password: changeme', 'TOKEN=xxxxxxxxxxxxxxxxxxxx', 'secret: "********"', 'API_KEY=YOUR_API_KEY_HERE', 'password = "password"', "token: 'my-token'", 'ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'sk-...', 'PASSWORD=example', 'AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE', 'secret_key = "replace-me-in-production"']),
  reference: (m) => m.pick(['apiKey: process.env.API_KEY', 'password: ${DB_PASSWORD}', 'token = os.environ["TOKEN"]', 'secret: {{ vault_secret }}', 'PASSWORD=$(cat /run/secrets/pw)', 'key := os.Getenv("API_KEY")', 'token: ${{ secrets.GITHUB_TOKEN }}', "password: <%= ENV['DB_PASSWORD'] %>", 'password = config.get("db.password")', `secret = self.${m.word()}_secret`]),
  code: (m) => m.pick(['const token = tokens[index + 1];', 'if (token.type === TokenKind.Identifier2) return;', 'password: string;', 'this.password = password;', 'function setSecret(secret) {', 'let key = `${prefix}-${id}`;', 'const passwordInput = document.querySelector("#password-2");', 'auth: { type: "oauth2", flow: "implicit" },', `token = parse_${m.word()}(stream, 16)`, 'for (const key of Object.keys(map1)) {', 'expect(token).toBe("identifier");', 'private readonly secretManager: SecretManagerV2;', 'passwordHash = bcrypt.hash(password, 10)', 'def password=(new_password)']),
  translation: (m) => m.pick(['"password": "Passwort",', '"login.password.label": "Enter your password",', 'password: "Mot de passe",', '"forgotPassword": "Forgot your password?",', 'msgid "Password must have 8 characters"', "'token.expired' => 'Your session expired',"]),
  publicKey: (m) => m.pick([`ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${m.chars(B64, 43)} ci`, `-----BEGIN PUBLIC KEY-----\n${m.chars(B64, 64)}\n${m.chars(B64, 40)}\n-----END PUBLIC KEY-----`, `publicKey: "${m.chars(B64, 43)}="`, `-----BEGIN CERTIFICATE-----\n${m.chars(B64, 64)}\n-----END CERTIFICATE-----`]),
  vector: (m) => `// RFC 4231 test vector\nkey = "${m.chars(HEX, 64)}"`,
  identifier: (m) => `const ${m.ident()}${m.ident()}Configuration = create${m.ident()}FactoryProvider2(${m.ident()});`,
  url: (m) => m.pick([`https://docs.acme.io/${m.word()}/v2/${m.word()}-${m.int(1000)}.html#${m.word()}`, 'http://localhost:8080/path@2x.png', 'git@github.com:acme/app.git', 'https://cdn.acme.io/npm/vue@3.2.1/dist/vue.js', 'https://www.acme.io/watch?v=dQw4w9WgXcQ']),
  minified: (m) => `!function(e,t){var n=${m.int(1000)},r=e.${m.word()};t.k=function(e){return"p"===e.key?n:r[e.t0]},t.s="a1b2"}(this,{});`,
  dataUri: (m) => `background: url(data:image/png;base64,iVBORw0KGgo${m.chars(B64, 80)}=)`,
  hash: (m) => m.pick([`etag: "${m.chars(HEX, 32)}"`, `md5sum = '${m.chars(HEX, 32)}'`, `const CONTENT_HASH = "${m.chars(HEX, 64)}";`, `main.${m.chars(HEX, 20)}.js`, `txHash: "0x${m.chars(HEX, 64)}"`]),
  packageHash: (m) => m.pick([`github.com/golang-jwt/jwt/v5 v5.${m.int(9)}.0 h1:${m.chars(B64, 43)}=`, `  jwt (2.${m.int(9)}.1) sha256=${m.chars(HEX, 64)}`, `"Auth0.Core": { "contentHash": "${m.chars(B64, 86)}==" }`]),
  publicJwk: (m) => `{"kty":"EC","crv":"P-256","x":"${m.chars(URL64, 43)}","y":"${m.chars(URL64, 43)}"}`,
  constant: (m) => `token = GL_COMPRESSED_RGB${m.int(9)}_PUNCHTHROUGH_ALPHA${m.int(9)}_ETC2`,
  sealed: (m) => `password: ENC[AES256_GCM,data:${m.chars(B64, 16)},iv:${m.chars(B64, 43)}=,tag:${m.chars(B64, 22)}==,type:str]`,
  objectKey: (m) => `S3 key: backups/2024/0${m.int(9)}/${m.chars(HEX, 16)}.tar.gz`,
  cherryPick: (m) => `Refresh the token earlier (cherry picked from ${m.chars(HEX, 40)})`,
  member: (m) => `password = random_password.db[${m.int(9)}].result`,
  version: (m) => m.pick([`version = "1.${m.int(20)}.${m.int(30)}"`, 'lodash@4.17.21', `OID 1.3.6.1.4.1.${m.int(9000)}`, 'time 12:30:45.123', `"node": ">=20.${m.int(9)}.0"`]),
  documentation: (m) => m.pick(['Pass the token as a Bearer token in the Authorization header.', 'Set --password to the password of the user.', 'curl -u user:password https://api.acme.io', 'mysql -u root -p main', 'Authorization: Bearer <token>', 'postgres://user:password@localhost:5432/db', 'redis://localhost:6379/0', 'The secret key is stored in the vault.', 'api_key (string): your key', 'Basic authentication is not supported.']),
  camelCase: (m) => { const name = `${m.word()}${title(m.word())}${title(m.word())}`; return m.pick([`password: "${name}",`, `token = '${title(name)}'`, `const SECRET = "${name}Id";`]); },
  byteTable: (m) => { const bytes = Array.from({ length: 32 }, () => `0x${m.int(256).toString(16)}`).join(', '); return m.pick([`static const uint8_t sbox[32] = { ${bytes} };`, `uint8_t public_key[32] = {${bytes}};`, `const crcTable = [${bytes}];`, `"tokens": [${bytes}]`, `// NIST test vector\nkey = {${bytes}};`, 'key = [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f]']); },
  checksumList: (m) => `${m.chars(HEX, 40)}  ./etc/password/shadow\n${m.chars(HEX, 40)}  ./etc/pam.d/common-password`,
  routeInLog: (m) => `INFO trace_id=${m.chars(HEX, 32)} path=/token status=${200 + m.int(300)}`,
  escapedTranslation: (m) => m.pick(['label.password=Has\\u0142o', `error.password=B\\u0142\\u0119dne has\\u0142o ${m.word()}`]),
  publicRecord: (m) => m.pick([`acme.org. IN DNSKEY 257 3 13 ${m.chars(B64, 86)}==`, `_acme-challenge IN TXT "${m.chars(URL64, 43)}"`]),
  pushKey: (m) => `applicationServerKey: urlBase64ToUint8Array("${m.chars(URL64, 87)}"),`,
  classNames: (m) => `e.exports={tokenRow:"tokenRow_${m.chars(URL64, 5)}",secretLabel:"secretLabel_${m.chars(URL64, 5)}"}`,
  baseline: (m) => `"type": "Secret Keyword", "hashed_secret": "${m.chars(HEX, 40)}",`,
  protocolName: (m) => m.pick(['ssh-rsa-cert-v01@openssh.com', 'hmac-sha2-256-etm@openssh.com', 'curve25519-sha256@libssh.org']),
  prose: (m) => `The ${m.word()} ${m.word()} of the ${m.word()} is read before the ${m.word()} and the key is kept.`,
}; // prettier-ignore

/** The look-alikes: at least `each` of every kind. */
export function negatives(seed: number, each: number): Negative[] {
  const m = new Maker(seed);
  return Object.entries(NEGATIVES).flatMap(([kind, make]) =>
    Array.from({ length: each }, () => ({ kind, text: `${make(m)}\n` })),
  );
}
