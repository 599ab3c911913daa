/** Secrets that have no prefix: passwords, addresses, headers, keys, phrases, and tokens that are split or wrapped. */
import { ALNUM, B32, B64, fill, HEX, SEED_WORDS, URL64, type Maker, type Placed } from './maker.ts';
import { TOKENS } from './tokens.ts';

const PASSWORD_PLACES = [
  'password = "§"', "const dbPassword = '§';", 'DB_PASSWORD=§', 'spring.datasource.password=§', '  password: §', '"password": "§"', "define('DB_PASSWORD', '§');",
  '<password>§</password>', '<add key="Password" value="§" />', 'mysqldump -u root --password=§ main', 'Server=db;User Id=sa;Password=§;Encrypt=true',
  'os.environ["DB_PASS"] = "§"', 'String password = "§";', 'let user_pwd: &str = "§";', ':password => "§"', 'password := "§"', 'ENV ADMIN_PASSWORD §',
  '    "password = \\"§\\"\\n",', '// the password is §', 'setPassword("§")', 'private const string Passwd = "§";', "passwd: '§'", '- name: DB_PASSWORD\n  value: "§"', 'PGPASSWORD=§ psql -h db',
]; // prettier-ignore

const SECRET_PLACES = [
  'api_key = "§"', "const clientSecret = '§';", 'SECRET_KEY=§', 'app.auth-token=§', '  secret: §', '"accessToken": "§"', 'encryption_key: "§"', 'static final String API_KEY = "§";',
  'x-api-key: §', 'session_secret => \'§\'', '?api_key=§&q=1', 'config.set("signing_key", "§")', "JWT_SECRET='§'", '<apiKey>§</apiKey>',
]; // prettier-ignore

const URLS = [
  'postgres',
  'postgresql',
  'mysql',
  'mongodb',
  'mongodb+srv',
  'redis',
  'rediss',
  'amqp',
  'amqps',
  'smtp',
  'smtps',
  'ftp',
  'ldap',
];

function pem(m: Maker, lines: number): string[] {
  return Array.from({ length: lines }, () => m.chars(B64, 64));
}

const PEM_KINDS = [
  'RSA PRIVATE KEY',
  'PRIVATE KEY',
  'EC PRIVATE KEY',
  'DSA PRIVATE KEY',
  'OPENSSH PRIVATE KEY',
  'ENCRYPTED PRIVATE KEY',
  'PGP PRIVATE KEY BLOCK',
];

export const SHAPES: Record<string, (m: Maker) => Placed> = {
  humanPassword: (m) => fill(m.pick(PASSWORD_PLACES), m.humanPassword()),
  randomPassword: (m) =>
    fill(m.pick(PASSWORD_PLACES.filter((place) => !/;Encrypt|-password=/.test(place))), m.randomPassword()),
  hexSecret: (m) => fill(m.pick(SECRET_PLACES), m.chars(HEX, m.pick([32, 40, 64]))),
  randomSecret: (m) => fill(m.pick(SECRET_PLACES), m.chars(ALNUM, 24 + m.int(24))),
  base64Secret: (m) => fill(m.pick(SECRET_PLACES.slice(0, 8)), `${m.chars(B64, 43)}=`),
  uuidSecret: (m) =>
    fill(
      m.pick(SECRET_PLACES.slice(0, 3)),
      `${m.chars(HEX, 8)}-${m.chars(HEX, 4)}-4${m.chars(HEX, 3)}-a${m.chars(HEX, 3)}-${m.chars(HEX, 12)}`,
    ),
  hexKey: (m) =>
    fill(
      m.pick(['AES_KEY = "§"', 'const key = "§";', 'private static readonly string EncryptionKey = "§";', 'key: "§"']),
      m.chars(HEX, 64),
    ),
  awsPair: (m) => {
    const [id, key] = [`AKIA${m.chars(B32, 16)}`, m.chars(B64, 40)];
    return {
      text: m.pick([
        `aws_access_key_id = ${id}\naws_secret_access_key = ${key}`,
        `new Credentials("${id}", "${key}")`,
        `${id},${key}`,
      ]),
      secrets: [id, key],
    };
  },
  azureStorage: (m) =>
    fill(
      'DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=§;EndpointSuffix=core.windows.net',
      `${m.chars(B64, 86)}==`,
    ),
  connectionUrl: (m) =>
    fill(
      `${m.pick(['DATABASE_URL=', 'url: ', 'connect("'])}${m.pick(URLS)}://${m.word()}:§@${m.word()}.internal:5432/main`,
      m.pick([m.humanPassword().replace(/[#?/]/g, '_'), m.chars(ALNUM, 16)]),
    ),
  gitUrl: (m) => fill(`git clone https://${m.word()}:§@git.acme.io/${m.word()}.git`, m.chars(ALNUM, 20)),
  basicHeader: (m) =>
    fill('Authorization: Basic §', Buffer.from(`${m.word()}:${m.humanPassword()}`).toString('base64')),
  bearerHeader: (m) =>
    fill(
      m.pick([
        'Authorization: Bearer §',
        "headers: { authorization: 'Bearer §' }",
        'curl -H "Authorization: Bearer §"',
      ]),
      m.chars(URL64, 40),
    ),
  curlUser: (m) =>
    fill(
      `curl -s -u ${m.word()}:§ https://api.acme.io`,
      m.pick([m.humanPassword().replace(/[$#]/g, '_'), m.chars(ALNUM, 18)]),
    ),
  netrc: (m) =>
    fill(
      m.pick(['machine git.acme.io login jane password §', 'machine git.acme.io\n  login jane\n  password §']),
      m.pick([m.humanPassword(), m.chars(ALNUM, 16)]),
    ),
  npmrc: (m) =>
    fill(m.pick(['//registry.acme.io/:_authToken=§', '//npm.acme.io/:_password="§"']), `${m.chars(ALNUM, 30)}==`),
  dockerConfig: (m) =>
    fill(
      '{"auths":{"registry.acme.io":{"auth":"§"}}}',
      Buffer.from(`${m.word()}:${m.humanPassword()}`).toString('base64'),
    ),
  sentryDsn: (m) =>
    fill(
      `Sentry.init({ dsn: "https://§@o${m.int(900000) + 100000}.ingest.sentry.io/${m.int(9000000)}" })`,
      m.chars(HEX, 32),
    ),
  pem: (m) => {
    const [kind, lines] = [m.pick(PEM_KINDS), pem(m, 4)];
    const glue = m.pick(['\n', '\\n', '\n    ', '\\n" +\n  "']);
    return { text: `-----BEGIN ${kind}-----${glue}${lines.join(glue)}${glue}-----END ${kind}-----\n`, secrets: lines };
  },
  pemHead: (m) => {
    const lines = pem(m, 3).concat(m.chars(B64, 30));
    return { text: `key = """-----BEGIN ${m.pick(PEM_KINDS)}-----\n${lines.join('\n')}`, secrets: lines };
  },
  pemTail: (m) => {
    const lines = [m.chars(B64, 40), ...pem(m, 2), m.chars(B64, 22)];
    return { text: `${lines.join('\n')}\n-----END ${m.pick(PEM_KINDS)}-----\n`, secrets: lines };
  },
  serviceAccount: (m) => {
    const [id, lines] = [m.chars(HEX, 40), pem(m, 3)];
    return {
      text: `{"type": "service_account", "private_key_id": "${id}", "private_key": "-----BEGIN PRIVATE KEY-----\\n${lines.join('\\n')}\\n-----END PRIVATE KEY-----\\n"}`,
      secrets: [id, ...lines],
    };
  },
  concatenated: (m) => {
    const token = m.pick([TOKENS.github!, TOKENS.stripe!, TOKENS.slackBot!, TOKENS.gitlab!])(m);
    const at = 8 + m.int(token.length - 16);
    const join = m.pick(['" + "', "' + '", '"\n  "', '" +\n    "', "' . '", '" .. "', '" & "', '", "']);
    const quote = join[0]!;
    const text = `${quote}${token.slice(0, at)}${join}${token.slice(at)}${quote}`;
    return {
      text: join === '", "' ? `const t = [${text}].join('');` : `const t = ${text};`,
      secrets: [token.slice(0, at), token.slice(at)],
    };
  },
  zeroWidth: (m) => {
    const token = m.pick([TOKENS.github!, TOKENS.stripe!, TOKENS.google!])(m);
    const at = 8 + m.int(token.length - 16);
    return {
      text: `const t = '${token.slice(0, at)}${m.pick(['\u200b', '\u200d', '\ufeff', '\u2060', '\u00ad'])}${token.slice(at)}';`,
      secrets: [token.slice(0, at), token.slice(at)],
    };
  },
  continued: (m) => {
    const token = m.pick([TOKENS.github!, TOKENS.stripe!, TOKENS.google!])(m);
    const at = 8 + m.int(token.length - 16);
    return {
      text: `TOKEN=${token.slice(0, at)}\\\n${token.slice(at)}\n`,
      secrets: [token.slice(0, at), token.slice(at)],
    };
  },
  base64Wrapped: (m) => {
    const inner = m.pick([
      `token=${TOKENS.github!(m)}`,
      `{"api_key": "${TOKENS.stripe!(m)}"}`,
      `export AWS=${TOKENS.aws!(m)}`,
      `password: "${m.humanPassword()}"`,
    ]);
    return fill(
      m.pick(['echo § | base64 -d', 'data: "§"', "atob('§')"]),
      Buffer.from(inner).toString('base64').replace(/=+$/, ''),
    );
  },
  urlEncoded: (m) => {
    const token = m.pick([TOKENS.google!, TOKENS.github!, TOKENS.slackBot!])(m);
    const encoded = encodeURIComponent(`https://api.acme.io/?token=${token}&x=1`);
    return { text: `redirect=${encoded}`, secrets: [token] };
  },
  ethereum: (m) =>
    fill(
      m.pick(['PRIVATE_KEY=§', 'const wallet = new ethers.Wallet("§");', 'accounts: ["§"]']),
      `0x${m.chars(HEX, 64)}`,
    ),
  seedPhrase: (m) => {
    const words: string[] = [];
    while (words.length < 12) {
      const word = m.pick(SEED_WORDS);
      if (!words.includes(word)) words.push(word);
    }
    return fill(
      m.pick(['mnemonic: "§"', 'MNEMONIC="§"', "const seedPhrase = '§';", '# recovery phrase: §', "wallet('§')"]),
      words.join(' '),
    );
  },
  totp: (m) =>
    fill(
      m.pick([
        'TOTP_SECRET=§',
        'otpauth://totp/Acme:jane?secret=§&issuer=Acme',
        'pyotp.TOTP("§") # totp',
        'mfa_secret: "§"',
      ]),
      m.chars(B32, 32),
    ),
  jwk: (m) => fill('{"kty":"EC","crv":"P-256","d":"§","x":"abc"}', m.chars(URL64, 43)),
  ansibleVault: (m) => fill('pw: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  §\n', m.chars(HEX, 80)),
  htpasswd: (m) => fill('admin:§', `$2y$10$${m.chars(ALNUM, 53)}`),
  pgpass: (m) => fill('db.acme.io:5432:main:jane:§', m.chars(ALNUM, 14)),
  passphrase: (m) =>
    fill(m.pick(['passphrase = "§"', 'PASSPHRASE=§']), `${m.word()}-${m.word()}-${m.word()}-${m.word()}`),
};
