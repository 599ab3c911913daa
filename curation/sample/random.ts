/** Seeded pseudo-random numbers and the distributions of the sample, the same on every machine. */

/**
 * The small fast counter generator sfc32 (PractRand), seeded by a hash of names; 32 bits a step, period at least 2^32.
 * Only Math.log, Math.exp and Math.sqrt stand behind the distributions: V8 computes them in portable code, unlike sine and power.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  #spare: number | undefined;

  /** @param names what the numbers are for: the same names give the same numbers */
  constructor(...names: (string | number)[]) {
    const name = names.join('\u0000');
    this.#a = fnv1a(name, 0x811c9dc5);
    this.#b = fnv1a(name, 0x9e3779b9);
    this.#c = fnv1a(name, 0x85ebca6b);
    for (let round = 0; round < 15; round++) this.bits();
  }

  /** 32 random bits as an unsigned integer. */
  bits(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + result;
    this.#c |= 0;
    return result >>> 0;
  }

  /** Uniform in [0, 1). */
  unit(): number {
    return this.bits() / 4294967296;
  }

  /** Uniform in [from, to). */
  between(from: number, to: number): number {
    return from + (to - from) * this.unit();
  }

  /** A whole number from 0 to below `bound`, which is at least 1. */
  below(bound: number): number {
    return Math.floor(this.unit() * bound);
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** One of a list of [item, weight]. */
  weighted<T>(list: readonly (readonly [T, number])[]): T {
    let rest = this.unit() * list.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [item, weight] of list) {
      rest -= weight;
      if (rest < 0) return item;
    }
    return list[list.length - 1]![0];
  }

  /** Standard normal, by Marsaglia's polar method. */
  normal(): number {
    if (this.#spare !== undefined) {
      const spare = this.#spare;
      this.#spare = undefined;
      return spare;
    }
    for (;;) {
      const x = 2 * this.unit() - 1;
      const y = 2 * this.unit() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      this.#spare = y * factor;
      return x * factor;
    }
  }

  /** exp of a normal with mean `mu` and deviation `sigma`; the median is exp(mu). */
  lognormal(mu: number, sigma: number): number {
    return Math.exp(mu + sigma * this.normal());
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.unit());
  }

  /** Gamma with scale 1 and a shape of at least 1, by Marsaglia and Tsang (2000). */
  gamma(shape: number): number {
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const cube = 1 + c * x;
      if (cube <= 0) continue;
      const v = cube * cube * cube;
      const u = 1 - this.unit();
      if (Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  }

  /** Beta with both parameters at least 1. */
  beta(a: number, b: number): number {
    const x = this.gamma(a);
    return x / (x + this.gamma(b));
  }

  /** How many failures come before the first success: mean (1 - p) / p. */
  geometric(success: number): number {
    let failures = 0;
    while (failures < 1000 && !this.chance(success)) failures++;
    return failures;
  }

  /** `length` characters of an alphabet. */
  text(alphabet: string, length: number): string {
    let result = '';
    for (let index = 0; index < length; index++) result += alphabet.charAt(this.below(alphabet.length));
    return result;
  }
}

function fnv1a(text: string, basis: number): number {
  let hash = basis | 0;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash;
}
