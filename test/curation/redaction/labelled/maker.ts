/** Random characters, words and names from a seed, for the templates of the labelled set. */

export const ALNUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
export const HEX = '0123456789abcdef';
export const B32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
export const URL64 = `${ALNUM}-_`;
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
export const SEED_WORDS =
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

/** A place with the secret in it. */
export interface Placed {
  text: string;
  secrets: string[];
}

export function fill(place: string, value: string): Placed {
  return { text: place.replace('§', () => value), secrets: [value] };
}
