/** Tells strings that a generator made from strings that a person wrote. */

/**
 * The letter pairs that make up most of English and of the words in identifiers. In words about four pairs of five are among
 * them, in random letters one of three.
 */
const PAIRS =
  'th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ro ic ne ea ra ce li ch ll be ma si om ur ca el ta la ns di fo ho pe ec pr no ct us ac ot il tr ly nc et ut ss so rs un lo wa ge ie wh ee wi em ad ol rt po we na ul ni ts mo ow pa im mi ai sh ir su id os iv ia am fi ci vi pl ig tu ev ld ry mp fe bl ab gh ty op wo sa ay ex ke fr oo av ag if ap gr od bo sp rd do uc bu ei ov by rm ep tt oc fa ef cu rn sc gi da yo cr cl du ga qu ue ff ba ey ls va um pp ua up lu go ht ru ug ds lt pi rc rr eg au ck ew mu br bi pt ak pu ui rg ib tl ny ki rk ys ob mm fu ph og ms ye ud mb ip ub oi rl gu dr hr cc tw ft wn nu af hu nn eo vo rv nf xp gn sm fl iz ok nl my gl aw ju oa eq sy sl ps jo lf nv je nk kn gs dy hy ze ks xt bs ik dd pd rp sk wr ka az zo xi xe ox';

const common = new Uint8Array(26 * 26);
for (const pair of PAIRS.split(' ')) common[(pair.charCodeAt(0) - 97) * 26 + pair.charCodeAt(1) - 97] = 1;

/** Shannon entropy of the string's UTF-16 units, in bits a unit; 0 for the empty string. */
export function entropy(text: string): number {
  const counts = new Map<number, number>();
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** What a string is made of; one pass. */
export interface Makeup {
  readonly letters: number;
  readonly lower: number;
  readonly upper: number;
  readonly digits: number;
  /** Printable ASCII that is neither letter nor digit nor white space. */
  readonly symbols: number;
  readonly spaces: number;
  readonly other: number;
  /** Changes between letters and digits. */
  readonly switches: number;
  /** Pairs of adjacent letters, and those of them that are common in words. */
  readonly pairs: number;
  readonly commonPairs: number;
  /** Changes from a capital to a small letter and back that no camel case explains: capitals after which no word of three begins. */
  readonly caseChanges: number;
  readonly distinct: number;
}

const seen = new Uint8Array(256);

/** Measures a string; of characters past Latin-1 `distinct` counts those with the same low byte as one. */
export function makeup(text: string): Makeup {
  let lower = 0, upper = 0, digits = 0, symbols = 0, spaces = 0, other = 0; // prettier-ignore
  let switches = 0, pairs = 0, commonPairs = 0, caseChanges = 0, last = 0, lastLetter = -1; // prettier-ignore
  let distinct = 0;
  seen.fill(0);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (seen[code & 255] === 0) {
      seen[code & 255] = 1;
      distinct++;
    }
    let kind = 0;
    let letter = -1;
    if (code >= 97 && code <= 122) {
      lower++;
      kind = 1;
      letter = code - 97;
    } else if (code >= 65 && code <= 90) {
      upper++;
      kind = 2;
      letter = code - 65;
    } else if (code >= 48 && code <= 57) {
      digits++;
      kind = 3;
    } else if (code === 32 || (code >= 9 && code <= 13)) spaces++;
    else if (code < 128) symbols++;
    else other++;
    if (letter >= 0) {
      if (last === 3) switches++;
      else if (lastLetter >= 0 && !(last === 1 && kind === 2)) {
        pairs++;
        commonPairs += common[lastLetter * 26 + letter]!;
      }
      if ((last === 1 && kind === 2) || (last === 2 && kind === 1)) caseChanges++;
    } else if (kind === 3 && (last === 1 || last === 2)) switches++;
    last = kind;
    lastLetter = letter;
  }
  return {
    letters: lower + upper, lower, upper, digits, symbols, spaces, other, switches, pairs, commonPairs, caseChanges,
    distinct,
  }; // prettier-ignore
}

/** True where the letters of the string read like words, or there are too few of them to tell. */
export function wordy(m: Makeup): boolean {
  return m.pairs < 4 ? m.digits <= m.letters / 3 : m.commonPairs >= m.pairs * 0.62;
}

const HEX = /^(?:0x)?[0-9a-fA-F-]+$/;

/**
 * True for what a generator makes: hex of 16 or more, or letters and digits well mixed, or letters in an order that no word has.
 * Short strings need to be more mixed than long ones. Numbers, words, identifiers and sentences are not random.
 */
export function isRandom(text: string): boolean {
  if (text.length < 8) return false;
  const m = makeup(text);
  if (m.spaces > 0 || m.other > 0 || m.distinct < Math.min(8, text.length * 0.45)) return false;
  if (m.letters === 0) return false;
  if (HEX.test(text)) return text.length >= 16 && m.digits >= 2 && m.letters >= 2;
  if (text.length >= 20 && m.digits === 0) {
    return m.pairs >= 6 && m.commonPairs < m.pairs * 0.55 && m.caseChanges >= text.length / 5 && m.symbols <= 4;
  }
  if (m.digits === 0 && m.symbols === 0) {
    return text.length >= 14 && m.commonPairs < m.pairs * 0.45;
  }
  // Camel case changes as often, but its letters make words.
  const changes = m.switches + m.caseChanges;
  if (text.length >= 16 && m.digits > 0 && changes >= text.length * 0.4 && m.commonPairs < m.pairs * 0.68) return true;
  const wild = m.switches + m.caseChanges / 2 + m.symbols / 2;
  if (wild >= text.length * 0.28 && m.digits >= 1 && (!wordy(m) || m.switches >= 4)) return true;
  return (
    m.pairs >= 4 &&
    m.commonPairs < m.pairs * 0.55 &&
    m.switches + m.caseChanges / 2 >= text.length * 0.12 &&
    entropy(text) >= 2.8
  );
}

/** Words and usual abbreviations of two letters in identifiers. */
const SHORT_WORD = /^(?:is|to|of|id|by|in|on|at|or|as|an|if|it|up|no|ok|do|be|go|my|ts|js|db|ip|io|ui|vm|tx|fn|rx|fs|os|xs|sm|md|lg|re|un|pk|en|de)$/i; // prettier-ignore
/** Letters with what generators of passwords and tokens mix in; code has other marks. */
const MIXED = /^[\w!#%^*+?~@.&$-]+$/;

/**
 * True for letters of both cases that no camel case explains, alone or among digits and marks. Likeness to words is the share of common
 * pairs, plus half the share of letters in parts that read as words, less the share in parts too short to be any. Of letters alone it is
 * below the bound in 1 of 550 of 51 560 identifiers of published packages, in 98 of 100 of 12 random letters, in 997 of 1000 of 16; of mixed
 * ones in 1 of 80 of 2300 strings with digits or marks there, most of them alphabets.
 */
export function isScrambled(text: string): boolean {
  if (text.length < 10 || text.length > 64) return false;
  const alone = /^[A-Za-z]+$/.test(text);
  if (!alone && (text.length < 12 || !MIXED.test(text))) return false;
  const m = makeup(text);
  if (m.upper < 2 || m.lower < 2 || m.pairs < 3 || m.distinct < 8) return false;
  let words = 0;
  let odd = 0;
  for (const part of text.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? []) {
    if (part.length < 3) odd += SHORT_WORD.test(part) ? 0 : part.length;
    else if (/[a-z]{3}/.test(part)) {
      const { commonPairs, pairs } = makeup(part);
      if (commonPairs >= pairs * 0.66) words += part.length;
    }
  }
  return m.commonPairs / m.pairs + (words / 2 - odd) / m.letters < (alone ? 0.9 : 0.7);
}
