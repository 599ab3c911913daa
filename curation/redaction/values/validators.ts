/** The checks that rules name: each takes the secret, the text round it and an argument. */
import { hasGithubChecksum, isCard, isIban, luhn, NATIONAL_IDS } from './checksums.ts';
import { isHashLike, isLoneRandom, isNearCredential } from './context.ts';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { isAccount, isEmail, isPersonName, isPhone, isPublicIpv4, isPublicIpv6 } from './personal.ts';
import { isPlaceholder } from './placeholders.ts';
import { entropy, isRandom, makeup, wordy } from './randomness.ts';

/** True where the match stands. Offsets are those of the secret in the text. */
export type Validator = (secret: string, text: string, start: number, end: number) => boolean;

/** How far `before` and `after` look. */
const CONTEXT = 160;

/** A user and a password in base64, neither a stand-in. */
function isBasic(secret: string): boolean {
  const pair = Buffer.from(secret, 'base64').toString('latin1');
  const colon = pair.indexOf(':');
  return (
    /^[ -~]+$/.test(pair) &&
    colon >= 0 &&
    colon < pair.length - 2 &&
    !isStandIn(pair.slice(colon + 1)) &&
    !pair.startsWith('Aladdin:')
  );
}

/** A stand-in for a password in an address or a header: shorter and plainer than what `isPlaceholder` knows. */
function isStandIn(password: string): boolean {
  return (
    isPlaceholder(password) ||
    /^(?:p|pw|u|pass|mypass(?:word)?|userpass|s3cret|passw0rd|abc|1234?5?6?|%s|\*+|x+|\.+)$/i.test(password)
  );
}

/** Words of English that no list of recovery phrases holds, so that prose in lists of other languages' length is no phrase. */
const NOT_SEED =
  /\b(?:the|and|are|for|from|was|has|not|but|its|our|his|her|were|been|which|than|them|these|those|also|each|such|most|does|did|who|how|why|yes|may|per|via|using|should|would|could|function|return|const|null|string|import|export|values|default|undefined)\b/;
const SEED_WORDS = new Set(wordlist);
const SEED_LENGTHS = [12, 15, 18, 21, 24];

/** Twelve or more words in a row of BIP39's English list; or, of another list, as many words as a phrase has and no prose. */
function isSeed(secret: string): boolean {
  const words = secret.toLowerCase().match(/[a-z]{3,8}/g) ?? [];
  let run = 0;
  for (const word of words) {
    run = SEED_WORDS.has(word) ? run + 1 : 0;
    if (run >= 12) return new Set(words).size >= words.length * 0.6 && !isSorted(words);
  }
  return (
    SEED_LENGTHS.includes(words.length) &&
    new Set(words).size >= words.length * 0.75 &&
    !NOT_SEED.test(secret.toLowerCase())
  );
}

/** Words in the order of the alphabet are a list, not a phrase. */
function isSorted(words: readonly string[]): boolean {
  return words.every((word, i) => i === 0 || words[i - 1]! <= word);
}

/** Nothing but words of BIP39's English list, as many as a phrase has: needs no word beside it. */
function isListedSeed(secret: string): boolean {
  const words = secret.toLowerCase().match(/[a-z]{3,8}/g) ?? [];
  return SEED_LENGTHS.includes(words.length) && words.every((word) => SEED_WORDS.has(word)) && !isSorted(words) && !/^(?:legal winner|letter advice)/.test(secret) && new Set(words).size >= words.length * 0.6; // prettier-ignore
}

/** A password by its look: letters and digits, or letters and marks; not a word, a file, a number. */
function isChosen(secret: string): boolean {
  const m = makeup(secret);
  return (
    isRandom(secret) ||
    (m.letters > 1 &&
      (m.digits > 0 || /[!#$%^&*+?]/.test(secret)) &&
      !/[\\/]/.test(secret) &&
      !/^[\w. -]+\.(?:[a-z]{2,4}|[A-Z]{2,4})\d?$/.test(secret))
  );
}

const PLAIN: Record<string, (secret: string) => boolean> = {
  random: isRandom,
  /** Letters and digits both, or letters alone in an order that no word has. */
  mixed: (secret) => {
    const m = makeup(secret);
    if (m.digits === 0) return (m.pairs >= 6 && m.commonPairs < m.pairs * 0.5) || m.caseChanges >= secret.length * 0.25;
    return m.letters > 0 && m.digits > 0 && m.distinct >= Math.min(6, secret.length / 2);
  },
  'not-placeholder': (secret) => !isPlaceholder(secret),
  /** A right sum vouches for a token that chance would call a stand-in; a wrong one takes nothing away. */
  'github-sum': (secret) => hasGithubChecksum(secret) || makeup(secret).distinct >= 9,
  luhn,
  basic: isBasic,
  'url-password': (secret) =>
    secret.length >= 3 && !isStandIn(secret) && !/^\d{1,5}(?:$|[/?#])/.test(secret) && !/[\s(){}]/.test(secret),
  'seed-words': isSeed,
  'listed-seed': isListedSeed,
  'not-hash': (secret) => !isHashLike(secret) || secret.length === 32,
  chosen: isChosen,
  'not-word': (secret) => makeup(secret).digits > 0 || !wordy(makeup(secret)),
  /** Not a name within a name: `dashboard#show`, `users.list`, `.selector`. */
  'not-chain': (secret) => !/^[.#]?[A-Za-z_]+(?:[-#.:][A-Za-z_]+)*$/.test(secret),
  'not-digits': (secret) => /\D/.test(secret),
  handle: (secret) =>
    !/^(?:param|returns?|see|link|type|typedef|throws|example|deprecated|since|default|todo|override|inject\w*|component|import|media|charset|font|keyframes|author|version|internal|private|public|property|ts-\w+|jsx?|types|test|media)$/i.test(
      secret,
    ),
  card: isCard,
  iban: isIban,
  ipv4: isPublicIpv4,
  ipv6: isPublicIpv6,
  email: isEmail,
  phone: isPhone,
  person: isPersonName,
  account: isAccount,
};

/** The check that `name` or `name:argument` stands for. Throws an Error naming it where there is none. */
export function validatorOf(spec: string): Validator {
  const colon = spec.indexOf(':');
  const name = colon < 0 ? spec : spec.slice(0, colon);
  const argument = colon < 0 ? '' : spec.slice(colon + 1);
  const plain = PLAIN[name];
  if (plain !== undefined) return plain;
  switch (name) {
    case 'entropy': {
      const least = Number(argument);
      if (!(least >= 0)) break;
      return (secret) => entropy(secret) > least;
    }
    case 'id': {
      if (argument === 'any') {
        const checks = Object.entries(NATIONAL_IDS).filter(([country]) => country !== 'us');
        return (secret) => checks.some(([, is]) => is(secret));
      }
      const check = NATIONAL_IDS[argument];
      if (check === undefined) break;
      return check;
    }
    case 'lone-random':
      return (secret, text, start) => isLoneRandom(secret, text, start);
    case 'near-credential':
      return (secret, text, start) => isNearCredential(secret, text, start);
    case 'before': {
      const pattern = new RegExp(argument, 'i');
      return (_, text, start) => pattern.test(text.slice(Math.max(0, start - CONTEXT), start));
    }
    case 'not-before': {
      const pattern = new RegExp(argument, 'i');
      return (_, text, start) => !pattern.test(text.slice(Math.max(0, start - CONTEXT), start));
    }
    case 'not-after': {
      const pattern = new RegExp(argument, 'i');
      return (_, text, __, end) => !pattern.test(text.slice(end, end + CONTEXT));
    }
  }
  throw new Error(`there is no validator "${spec}"`);
}
