/**
 * Secrets and personal data that are planted in samples: all made up by the seed, none ever issued to anybody.
 * The known beginnings of tokens are put together at run time, so that scanners of this source find none.
 */
import type { Random } from './random.ts';

const DIGITS = '0123456789';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LOWER = UPPER.toLowerCase();
const HEX = `${DIGITS}abcdef`;
const WORD = DIGITS + UPPER + LOWER;
const BASE64 = `${WORD}+/`;
const BASE64URL = `${WORD}-_`;

const join = (...parts: string[]): string => parts.join('');

/** Makers of secret values, by kind. */
const SECRETS: Record<string, (random: Random) => string> = {
  github: (random) => join('gh', 'p_', random.text(WORD, 36)),
  aws: (random) => join('AK', 'IA', random.text(`${UPPER}234567`, 16)),
  awsSecret: (random) => random.text(BASE64, 40),
  slack: (random) => join('xo', 'xb-', random.text(DIGITS, 12), '-', random.text(DIGITS, 12), '-', random.text(WORD, 24)),
  stripe: (random) => join('sk', '_li', 've_', random.text(WORD, 24)),
  google: (random) => join('AI', 'za', random.text(BASE64URL, 35)),
  npm: (random) => join('np', 'm_', random.text(WORD, 36)),
  jwt: (random) =>
    [join('ey', 'J', random.text(BASE64URL, 33)), join('ey', 'J', random.text(BASE64URL, 80)), random.text(BASE64URL, 43)].join('.'),
  password: (random) => `${random.text(LOWER, 5)}-${random.text(WORD, 9)}!${random.text(DIGITS, 2)}`,
  hexKey: (random) => random.text(HEX, 64),
}; // prettier-ignore

const SETTINGS: Record<string, string> = {
  github: 'GITHUB_TOKEN',
  aws: 'AWS_ACCESS_KEY_ID',
  awsSecret: 'AWS_SECRET_ACCESS_KEY',
  slack: 'SLACK_BOT_TOKEN',
  stripe: 'STRIPE_API_KEY',
  google: 'GOOGLE_API_KEY',
  npm: 'NPM_TOKEN',
  jwt: 'SERVICE_JWT',
  password: 'DB_PASSWORD',
  hexKey: 'SIGNING_SECRET',
};

const GIVEN = 'Ada Bela Cyra Dorian Edda Falk Gita Hale Ines Jorin Kira Lorn Mira Nils Odile Pavel'.split(' ');
const FAMILY = 'Ashdown Birkfeld Corrin Dunmore Elvern Farrow Grenholt Hartwell Inverly Jessop Kelborn Lindqist'.split(
  ' ',
);
/** Reserved by RFC 2606 and RFC 6761: nobody receives mail there. */
const DOMAINS = ['example.com', 'example.org', 'example.net', 'mail.example', 'corp.test'];

/** A line of settings with a secret in it, in the syntax of a language's constants. */
export function secretLine(random: Random, language: string): string {
  const kind = random.pick(Object.keys(SECRETS));
  const value = SECRETS[kind]!(random);
  return setting(SETTINGS[kind]!, value, language);
}

/** A `.env` file: nothing but settings. */
export function environmentFile(random: Random): string {
  const kinds = Object.keys(SECRETS).filter(() => random.chance(0.6));
  const database = `postgres://app:${SECRETS.password!(random)}@db.corp.test:5432/app`;
  return [...kinds.map((kind) => `${SETTINGS[kind]}=${SECRETS[kind]!(random)}`), `DATABASE_URL=${database}`, ''].join(
    '\n',
  );
}

/** A private key in PEM form; its bytes are noise. */
export function pemFile(random: Random): string {
  const edge = (word: string): string => `${'-'.repeat(5)}${word} ${'PRIVATE'} KEY${'-'.repeat(5)}`;
  const body = Array.from({ length: 12 }, () => random.text(BASE64, 64));
  return [edge('BEGIN'), ...body, edge('END'), ''].join('\n');
}

/** A line with somebody's data in it: mail address, telephone number, address, card, home folder. */
export function personalLine(random: Random, language: string): string {
  const given = random.pick(GIVEN);
  const family = random.pick(FAMILY);
  const name = `${given} ${family}`;
  const mail = `${given}.${family}@${random.pick(DOMAINS)}`.toLowerCase();
  // 555-0100 to 555-0199 are kept free for fiction.
  const telephone = `+1-${200 + random.below(700)}-555-01${random.text(DIGITS, 2)}`;
  // RFC 5737: addresses for documentation.
  const address = `203.0.113.${1 + random.below(254)}`;
  switch (random.below(6)) {
    case 0:
      return `${commentOf(language)} Author: ${name} <${mail}>`;
    case 1:
      return `${commentOf(language)} ask ${given} (${telephone}) before changing this`;
    case 2:
      return setting('ADMIN_EMAIL', mail, language);
    case 3:
      return setting('BACKUP_HOST', address, language);
    case 4:
      return setting('TEST_CARD', cardNumber(random), language);
    default:
      return setting('CACHE_DIR', `/home/${given.toLowerCase()}.${family.toLowerCase()}/.cache/app`, language);
  }
}

/** Sixteen digits with a valid Luhn check digit, in a range no network issues. */
function cardNumber(random: Random): string {
  const digits = `9999${random.text(DIGITS, 11)}`;
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 0 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return digits + String((10 - (sum % 10)) % 10);
}

export function commentOf(language: string): string {
  return language === 'python' || language === 'dotenv' ? '#' : '//';
}

function setting(name: string, value: string, language: string): string {
  switch (language) {
    case 'python':
      return `${name} = "${value}"`;
    case 'java':
      return `static final String ${name} = "${value}";`;
    case 'cpp':
    case 'c':
      return `constexpr char ${name}[] = "${value}";`;
    case 'rust':
      return `const ${name}: &str = "${value}";`;
    case 'json':
      return `  "${name}": "${value}",`;
    case 'markdown':
      return `export ${name}=${value}`;
    default:
      return `const ${name} = "${value}"`;
  }
}
