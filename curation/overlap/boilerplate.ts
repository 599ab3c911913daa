/**
 * Counts in how many public repositories a run of private code stands too: licence headers, generated code and idioms are nobody's secret.
 * Only fingerprints that the merged private filter holds are noted, so the table stays as small as the overlap itself.
 */
import type { FingerprintTest } from './fingerprint.ts';
import { scramble } from './lexer.ts';
import { GramTable } from './grams.ts';

/** Distinct public repositories that make a run boilerplate (design: policy, default on with 3). */
export const PUBLIC_REPOSITORIES = 3;
const MAX_REPOSITORIES = 16;
const MAGIC = 0x424f4931; // "BOI1"
/** Stands in the first place of an entry that has reached the threshold; repository hashes are never this or 0. */
const ENOUGH = 0xffffffff;

export class Boilerplate {
  private readonly threshold: number;
  private readonly isPrivate: FingerprintTest;
  private table: GramTable;

  /** `isPrivate` asks the merged filter. Throws a RangeError on a threshold outside 1 to 16. */
  constructor(isPrivate: FingerprintTest, threshold = PUBLIC_REPOSITORIES) {
    if (!(Number.isInteger(threshold) && threshold >= 1 && threshold <= MAX_REPOSITORIES)) {
      throw new RangeError(`boilerplate needs 1 to ${MAX_REPOSITORIES} repositories, not ${threshold}`);
    }
    this.threshold = threshold;
    this.isPrivate = isPrivate;
    this.table = new GramTable(threshold);
  }

  /** Distinct private fingerprints seen in public text. */
  get size(): number {
    return this.table.size;
  }

  /** A fingerprint of text of a public repository; `repository` is `repositoryHash` of its id. */
  note(hi: number, lo: number, repository: number): void {
    if (this.isPrivate(hi, lo)) this.insert(this.table.claim(hi, lo), repository);
  }

  /** Whether the run stands in enough distinct public repositories. */
  isPublic(hi: number, lo: number): boolean {
    return this.table.find(hi, lo)?.[0] === ENOUGH;
  }

  /** Takes in what another part of the run noted. Throws where the thresholds differ. */
  merge(other: Boilerplate): void {
    if (other.threshold !== this.threshold)
      throw new RangeError('boilerplate of different thresholds cannot be merged');
    other.table.sorted((hi, lo, values) => {
      const mine = this.table.claim(hi, lo);
      for (const repository of values) if (repository !== 0) this.insert(mine, repository);
    });
  }

  /** The same bytes whatever the order in which things were noted and merged. */
  toBytes(): Uint8Array {
    return this.table.toBytes(MAGIC + this.threshold);
  }

  /** What `toBytes` wrote under the same threshold. Throws on anything else. */
  static fromBytes(bytes: Uint8Array, isPrivate: FingerprintTest, threshold = PUBLIC_REPOSITORIES): Boilerplate {
    const made = new Boilerplate(isPrivate, threshold);
    made.table = GramTable.fromBytes(bytes, threshold, MAGIC + threshold, 'boilerplate table');
    return made;
  }

  /** Keeps the entry ascending with free places (0) last; a full one becomes the mark, so that its content does not depend on order. */
  private insert(entry: Uint32Array, repository: number): void {
    if (entry[0] === ENOUGH) return;
    if (repository === ENOUGH) {
      entry.fill(0);
      entry[0] = ENOUGH;
      return;
    }
    let at = 0;
    while (entry[at] !== 0 && entry[at]! < repository) at++;
    if (entry[at] === repository) return;
    entry.copyWithin(at + 1, at, this.threshold - 1);
    entry[at] = repository;
    if (entry[this.threshold - 1] === 0) return;
    entry.fill(0);
    entry[0] = ENOUGH;
  }
}

/** 32 bits of a repository's keyed id. Two repositories that share them count as one, which exempts less. */
export function repositoryHash(repository: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < repository.length; i++) hash = Math.imul(hash ^ repository.charCodeAt(i), 0x01000193);
  const mixed = scramble(hash);
  return mixed === 0 || mixed === ENOUGH ? 1 : mixed;
}
