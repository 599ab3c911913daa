/** Check digits and check sums of tokens, cards, accounts and national numbers. */
import { crc32 } from './crc.ts';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The digits of a string as numbers; everything else is left out. */
function digitsOf(text: string): number[] {
  const digits: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) digits.push(digit);
  }
  return digits;
}

/** ISO/IEC 7812-1 annex B: the double-add-double check of payment cards. */
export function luhn(text: string): boolean {
  const digits = digitsOf(text);
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits[digits.length - 1 - i]!;
    sum += i % 2 === 0 ? digit : digit < 5 ? digit * 2 : digit * 2 - 9;
  }
  return digits.length > 1 && sum % 10 === 0;
}

/** A payment card: 13 to 19 digits of a known issuer range (ISO/IEC 7812), Luhn, not one digit over and over. */
export function isCard(text: string): boolean {
  const digits = text.replace(/\D/g, '');
  return /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11,13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|62\d{14,17}|35\d{14})$/.test(digits) && luhn(digits) && !/(\d)\1{8}/.test(digits); // prettier-ignore
}

/** ISO 7064 MOD 97-10 over a string of digits and capitals (A = 10), in pieces small enough for exact arithmetic. */
function mod97(text: string): number {
  let rest = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    rest = code >= 65 ? (rest * 100 + code - 55) % 97 : (rest * 10 + code - 48) % 97;
  }
  return rest;
}

/** Lengths of the IBAN of each country (SWIFT IBAN registry). */
const IBAN_LENGTHS: Record<string, number> = {
  AD: 24, AE: 23, AL: 28, AT: 20, AZ: 28, BA: 20, BE: 16, BG: 22, BH: 22, BR: 29, BY: 28, CH: 21, CR: 22, CY: 28, CZ: 24, DE: 22, DK: 18,
  DO: 28, EE: 20, EG: 29, ES: 24, FI: 18, FO: 18, FR: 27, GB: 22, GE: 22, GI: 23, GL: 18, GR: 27, GT: 28, HR: 21, HU: 28, IE: 22, IL: 23,
  IS: 26, IT: 27, JO: 30, KW: 30, KZ: 20, LB: 28, LI: 21, LT: 20, LU: 20, LV: 21, MC: 27, MD: 24, ME: 22, MK: 19, MR: 27, MT: 31, MU: 30,
  NL: 18, NO: 15, PK: 24, PL: 28, PS: 29, PT: 25, QA: 29, RO: 24, RS: 22, SA: 24, SE: 24, SI: 19, SK: 24, SM: 27, TN: 24, TR: 26, UA: 29,
  VA: 22, XK: 20,
}; // prettier-ignore

/** ISO 13616: country, length and check digits. Spaces are allowed. */
export function isIban(text: string): boolean {
  const iban = text.replace(/[ \u00a0-]/g, '').toUpperCase();
  return IBAN_LENGTHS[iban.slice(0, 2)] === iban.length && mod97(iban.slice(4) + iban.slice(0, 4)) === 1;
}

/** GitHub and npm tokens end in six base-62 digits of the CRC-32 of the random part (GitHub, "Behind GitHub's new authentication token formats", 2021). */
export function hasGithubChecksum(token: string): boolean {
  const body = token.slice(token.indexOf('_') + 1);
  if (!/^[A-Za-z0-9]{36}$/.test(body)) return false;
  let value = crc32(body.slice(0, 30));
  let sum = '';
  for (let i = 0; i < 6; i++) {
    sum = BASE62[value % 62] + sum;
    value = Math.floor(value / 62);
  }
  return sum === body.slice(30);
}

function weighted(digits: readonly number[], weights: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i]! * (digits[i] ?? 0);
  return sum;
}

/** Checks of national numbers, by country; each takes the number as written, separators included. */
export const NATIONAL_IDS: Record<string, (text: string) => boolean> = {
  /** United States social security number: no check digit, but areas, groups and serials that are never given out (SSA). */
  us: (text) =>
    /^(?!000|666|9)\d{3}[- ]?(?!00)\d{2}[- ]?(?!0000)\d{4}$/.test(text) &&
    !/^(?:123-?45-?6789|078-?05-?1120)$/.test(text),
  /** Brazil, CPF: two digits modulo 11. */
  br: (text) => {
    const d = digitsOf(text);
    if (d.length !== 11 || new Set(d).size === 1) return false;
    const check = (length: number): number => {
      let sum = 0;
      for (let i = 0; i < length; i++) sum += d[i]! * (length + 1 - i);
      return ((sum * 10) % 11) % 10;
    };
    return check(9) === d[9] && check(10) === d[10];
  },
  /** Spain, DNI and NIE: a letter by the remainder modulo 23. */
  es: (text) => {
    const id = text.replace(/[- .]/g, '').toUpperCase();
    if (!/^[XYZ\d]\d{7}[A-Z]$/.test(id)) return false;
    return (
      'TRWAGMYFPDXBNJZSQVHLCKE'[Number(id.slice(0, 8).replace(/^[XYZ]/, (c) => String('XYZ'.indexOf(c)))) % 23] ===
      id[8]
    );
  },
  /** Netherlands, BSN: the eleven test. */
  nl: (text) => {
    const d = digitsOf(text);
    return d.length === 9 && weighted(d, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0 && new Set(d).size > 2;
  },
  /** France, NIR: 97 minus the rest of the first thirteen. */
  fr: (text) => {
    const id = text.replace(/[ .-]/g, '').toUpperCase().replace('2A', '19').replace('2B', '18');
    return /^[12]\d{14}$/.test(id) && 97 - Number(BigInt(id.slice(0, 13)) % 97n) === Number(id.slice(13));
  },
  /** Germany, tax number: ISO 7064 MOD 11,10. */
  de: (text) => {
    const d = digitsOf(text);
    if (d.length !== 11 || d[0] === 0) return false;
    let product = 10;
    for (let i = 0; i < 10; i++) {
      const sum = (d[i]! + product) % 10 || 10;
      product = (sum * 2) % 11;
    }
    return (11 - product) % 10 === d[10];
  },
  /** Poland, PESEL: weights 1 3 7 9. */
  pl: (text) => {
    const d = digitsOf(text);
    return (
      d.length === 11 && new Set(d).size > 2 && (10 - (weighted(d, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10 === d[10]
    );
  },
  /** China, resident identity number: ISO 7064 MOD 11-2 (GB 11643). */
  cn: (text) => {
    if (!/^[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]$/.test(text)) return false;
    return (
      '10X98765432'[
        weighted(digitsOf(text.slice(0, 17)), [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11
      ] === text[17]!.toUpperCase()
    );
  },
  /** Sweden, personal identity number: Luhn over ten digits. */
  se: (text) => {
    const digits = text.replace(/\D/g, '').slice(-10);
    return /^(?:(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[-+ ]?\d{4})$/.test(text) && luhn(digits);
  },
  /** Finland, personal identity code: a character by the remainder modulo 31. */
  fi: (text) => {
    const match = /^(\d{6})[-+A-FU-Y](\d{3})([0-9A-Y])$/.exec(text);
    return match !== null && '0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(match[1]! + match[2]!) % 31] === match[3];
  },
  /** Italy, codice fiscale: odd and even places with values of their own, modulo 26. */
  it: (text) => {
    const id = text.toUpperCase();
    if (!/^[A-Z]{6}\d{2}[ABCDEHLMPRST]\d{2}[A-Z]\d{3}[A-Z]$/.test(id)) return false;
    const odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let sum = 0;
    for (let i = 0; i < 15; i++) {
      const code = id.charCodeAt(i);
      const value = code >= 65 ? code - 65 : code - 48;
      sum += i % 2 === 0 ? odd[value]! : value;
    }
    return sum % 26 === id.charCodeAt(15) - 65;
  },
  /** United Kingdom, national insurance number: prefixes that are given out (HMRC). */
  gb: (text) => /^(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?(?:\d{2} ?){3}[A-D]$/i.test(text),
  /** Switzerland, AHV number: the check digit of EAN-13. */
  ch: (text) => {
    const d = digitsOf(text);
    if (!/^756\.?\d{4}\.?\d{4}\.?\d{2}$/.test(text)) return false;
    return (10 - (weighted(d, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]) % 10)) % 10 === d[12];
  },
  /** Chile, RUT: modulo 11 with weights 2 to 7. */
  cl: (text) => {
    const match = /^(\d{1,2})\.?(\d{3})\.?(\d{3})-?([\dKk])$/.exec(text);
    if (match === null) return false;
    const d = digitsOf(match[1]! + match[2]! + match[3]!).reverse();
    const rest = 11 - (weighted(d, [2, 3, 4, 5, 6, 7, 2, 3]) % 11);
    return '0123456789K0'[rest] === match[4]!.toUpperCase();
  },
  /** Belgium, national register number: 97 less the rest of the first nine digits, from 2000 on of those after a 2. */
  be: (text) => {
    const digits = text.replace(/\D/g, '');
    if (!/^\d{2}\.?\d{2}\.?\d{2}-?\d{3}[.-]?\d{2}$/.test(text)) return false;
    const check = Number(digits.slice(9));
    return [digits.slice(0, 9), `2${digits.slice(0, 9)}`].some((first) => 97 - (Number(first) % 97) === check);
  },
  /** India, Aadhaar: the Verhoeff check. */
  in: (text) => {
    const d = digitsOf(text);
    return d.length === 12 && d[0]! > 1 && verhoeff(d) === 0;
  },
};

/** Verhoeff's dihedral check (1969): 0 for a valid number. Multiplication in D5 is computed, the permutation is tabled. */
function verhoeff(digits: readonly number[]): number {
  const first = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
  const times = (a: number, b: number): number =>
    a < 5 ? (b < 5 ? (a + b) % 5 : ((a + b) % 5) + 5) : b < 5 ? ((a - b + 5) % 5) + 5 : (a - b + 5) % 5;
  let check = 0;
  for (let i = 0; i < digits.length; i++) {
    let digit = digits[digits.length - 1 - i]!;
    for (let round = 0; round < i % 8; round++) digit = first[digit]!;
    check = times(check, digit);
  }
  return check;
}
