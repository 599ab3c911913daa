/** Secrets of many kinds in many notations, made by templates from a seed. */
import { createHash } from 'node:crypto';

export interface Positive {
  kind: string;
  text: string;
  /** Every part of the secret: no eight characters of any may be left. */
  secrets: string[];
}

const ALNUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
export const HEX = '0123456789abcdef';
const B32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const URL64 = `${ALNUM}-_`;
export const B64 = `${ALNUM}+/`;

/** Numbers below one, the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const WORDS =
  'ember ivory raven kayak cargo tundra sierra umber xenon jumbo harbor violet copper meadow falcon granite lantern maple nimbus orchid prairie quartz ripple saddle timber velvet willow zephyr anchor breeze canyon drift echo fable glacier hollow island jungle kernel lagoon'.split(
    ' ',
  );
const SEED_WORDS =
  'ozone drill grab fiber curtain grace pudding thank cruise elder eight picnic gravity machine north sort system female filter attitude volume fold club stay feature office ecology stable narrow fog jelly cupboard blind rabbit'.split(
    ' ',
  );

export class Maker {
  private readonly next: () => number;
  constructor(seed: number) {
    this.next = generator(seed);
  }
  int(below: number): number {
    return Math.floor(this.next() * below);
  }
  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)]!;
  }
  chars(alphabet: string, count: number): string {
    let out = '';
    // At least one letter and one digit, as generators of tokens all but always give.
    do {
      out = '';
      for (let i = 0; i < count; i++) out += alphabet[this.int(alphabet.length)];
    } while (count > 12 && !(/\d/.test(out) && /[A-Za-z]/.test(out)));
    return out;
  }
  word(): string {
    return this.pick(WORDS);
  }
  ident(): string {
    const second = this.word();
    return `${this.word()}${second[0]!.toUpperCase()}${second.slice(1)}${this.int(100)}`;
  }
  humanPassword(): string {
    const word = this.word();
    const cap = word[0]!.toUpperCase() + word.slice(1);
    return this.pick([
      `${cap}${2000 + this.int(40)}!`,
      `${word.replace(/[aeio]/g, (c) => ({ a: '4', e: '3', i: '1', o: '0' })[c]!)}${this.int(1000)}`,
      `${cap}#${this.word()}${this.int(100)}`,
      `${cap}${this.int(90) + 10}$$`,
      `My${cap}@${this.int(9000) + 1000}`,
    ]);
  }
  randomPassword(): string {
    return this.chars(`${ALNUM}!#%^*+?~@`, 12 + this.int(10));
  }
}

const TOKENS: Record<string, (m: Maker) => string> = {
  github: (m) => `gh${m.pick(['p', 'o', 'u', 's', 'r'])}_${m.chars(ALNUM, 36)}`,
  githubFine: (m) => `github_pat_${m.chars(ALNUM, 22)}_${m.chars(ALNUM, 59)}`,
  gitlab: (m) => `glpat-${m.chars(URL64, 20)}`,
  aws: (m) => `AKIA${m.chars(B32, 16)}`,
  google: (m) => `AIza${m.chars(URL64, 35)}`,
  googleSecret: (m) => `GOCSPX-${m.chars(URL64, 28)}`,
  slackBot: (m) => `xoxb-${m.chars('123456789', 12)}-${m.chars('123456789', 12)}-${m.chars(ALNUM, 24)}`,
  slackHook: (m) => `https://hooks.slack.com/services/T${m.chars(B32, 8)}/B${m.chars(B32, 8)}/${m.chars(ALNUM, 24)}`,
  discordHook: (m) =>
    `https://discord.com/api/webhooks/${m.chars('123456789', 12)}${m.int(900000) + 100000}/${m.chars(URL64, 68)}`,
  discordBot: (m) => `M${m.chars(ALNUM, 25)}.${m.chars(ALNUM, 6)}.${m.chars(URL64, 38)}`,
  telegram: (m) => `${m.int(900000000) + 100000000}:AA${m.chars(URL64, 33)}`,
  stripe: (m) => `sk_live_${m.chars(ALNUM, 24)}`,
  twilio: (m) => `SK${m.chars(HEX, 32)}`,
  sendgrid: (m) => `SG.${m.chars(URL64, 22)}.${m.chars(URL64, 43)}`,
  mailgun: (m) => `key-${m.chars(HEX, 32)}`,
  mailchimp: (m) => `${m.chars(HEX, 32)}-us${m.int(20) + 1}`,
  npm: (m) => `npm_${m.chars(ALNUM, 36)}`,
  pypi: (m) => `pypi-AgEIcHlwaS5vcmcC${m.chars(URL64, 120)}`,
  nuget: (m) => `oy2${m.chars('abcdefghijklmnopqrstuvwxyz234567', 43)}`,
  rubygems: (m) => `rubygems_${m.chars(HEX, 48)}`,
  docker: (m) => `dckr_pat_${m.chars(URL64, 27)}`,
  openai: (m) => `sk-${m.chars(ALNUM, 20)}T3BlbkFJ${m.chars(ALNUM, 20)}`,
  openaiProject: (m) => `sk-proj-${m.chars(URL64, 100)}`,
  anthropic: (m) => `sk-ant-api03-${m.chars(URL64, 93)}AA`,
  huggingface: (m) => `hf_${m.chars(ALNUM, 34)}`,
  shopify: (m) => `shpat_${m.chars(HEX, 32)}`,
  square: (m) => `sq0atp-${m.chars(URL64, 22)}`,
  digitalocean: (m) => `dop_v1_${m.chars(HEX, 64)}`,
  grafana: (m) => `glsa_${m.chars(ALNUM, 32)}_${m.chars(HEX, 8)}`,
  vault: (m) => `hvs.CAESI${m.chars(URL64, 90)}`,
  databricks: (m) => `dapi${m.chars(HEX, 32)}`,
  linear: (m) => `lin_api_${m.chars(ALNUM, 40)}`,
  notion: (m) => `secret_${m.chars(ALNUM, 43)}`,
  figma: (m) => `figd_${m.chars(URL64, 40)}`,
  postman: (m) => `PMAK-${m.chars(HEX, 24)}-${m.chars(HEX, 34)}`,
  airtable: (m) => `pat${m.chars(ALNUM, 14)}.${m.chars(HEX, 64)}`,
  terraform: (m) => `${m.chars(ALNUM, 14)}.atlasv1.${m.chars(URL64, 67)}`,
  newrelic: (m) => `NRAK-${m.chars('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789', 27)}`,
  azureSecret: (m) => `${m.chars(ALNUM, 3)}8Q~${m.chars(ALNUM, 34)}`,
  atlassian: (m) => `ATATT3xFfGF0${m.chars(URL64, 180)}`,
  jwt: (m) => `eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ${m.chars(URL64, 60)}.${m.chars(URL64, 43)}`,
  age: (m) => `AGE-SECRET-KEY-1${m.chars(B32, 58)}`,
};

/** Places where a token stands; `§` is the value, `¤` a name. */
const PLACES = [
  'const ¤ = "§";', '¤ = \'§\'', 'export ¤=§', '  ¤: §', '"¤": "§",', '# curl https://api.acme.io -H "X-Key: §"', 'client.connect(¤, "§")', '<¤>§</N>',
  'https://api.acme.io/v1/¤?access_token=§&page=2', 'print("§")', '{\\"¤\\": \\"§\\"}', '    "¤ = \\"§\\"\\n",', '¤ := `§`', '// old: §', '--¤ §',
]; // prettier-ignore

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

const SHAPES: Record<string, (m: Maker) => { text: string; secrets: string[] }> = {
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

function fill(place: string, value: string): { text: string; secrets: string[] } {
  return { text: place.replace('§', () => value), secrets: [value] };
}

/** The positives: at least `each` of every kind. */
export function positives(seed: number, each: number): Positive[] {
  const m = new Maker(seed);
  const list: Positive[] = [];
  const wrap = (text: string): string =>
    `function ${m.ident()}(${m.ident()}) {\n  return ${m.ident()};\n}\n${text}\n// ${m.word()} ${m.word()} ${m.int(100)}\n`;
  for (const [kind, make] of Object.entries(TOKENS))
    for (let i = 0; i < each; i++) {
      const token = make(m);
      const place = m
        .pick(PLACES)
        .replaceAll('¤', () => m.ident())
        .replace('§', () => token);
      list.push({ kind, text: wrap(place), secrets: [token.replace(/^https:\/\//, '')] });
    }
  for (const [kind, make] of Object.entries(SHAPES))
    for (let i = 0; i < each; i++) {
      const { text, secrets } = make(m);
      list.push({ kind, text: /^pem/.test(kind) ? text : wrap(text), secrets });
    }
  return list;
}

/** A name for the set: the same seed and templates give the same. */
export function setDigest(items: readonly { text: string }[]): string {
  const hash = createHash('sha256');
  for (const item of items) hash.update(item.text).update('\0');
  return hash.digest('hex').slice(0, 16);
}
