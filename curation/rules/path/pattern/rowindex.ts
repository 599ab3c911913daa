/** Finds the rows that match a path among many thousands by running only those that could. */
import { featuresOf, type FeaturedPath } from './feature.ts';
import { matchesRow, type Row } from './row.ts';

const FEATURE_BITS = 30;
const MOST_FILTER_BITS = 16;
const MOST_CHECKS = 6;

/**
 * Rows by the rarest feature that every path they match must have; rows without any are always run. A query looks up
 * each feature of the path once, and drops candidates that lack another of their features before it matches them.
 */
export class RowIndex {
  readonly #rows: readonly Row[];
  readonly #ids: Int32Array;
  readonly #byFeature = new Map<number, number[]>();
  readonly #always: number[] = [];
  /** A cheap look before the map: 1 where some row is filed under a feature with these high bits. */
  readonly #filter: Uint8Array;
  readonly #filterShift: number;
  /** Further features of each row: row `n` has those from `#checkStart[n]` up to `#checkStart[n + 1]`. */
  readonly #checks: Int32Array;
  readonly #checkStart: Int32Array;
  readonly #usesPairs: boolean;

  /** `ids[n]` is what a match of `rows[n]` reports; several rows may share one. */
  constructor(rows: readonly Row[], ids: readonly number[]) {
    this.#rows = rows;
    this.#ids = Int32Array.from(ids);
    const pairsOnly = new Set<ReadonlySet<number>>();
    const features = rows.map((row) => {
      const { features, pairs } = featuresOf(row.segments);
      if (pairs.size === 0) return features;
      pairsOnly.add(pairs);
      return pairs;
    });
    const use = new Map<number, number>();
    for (const set of features) for (const feature of set) use.set(feature, (use.get(feature) ?? 0) + 1);
    const bits = Math.min(Math.ceil(Math.log2(rows.length + 1)) + 3, MOST_FILTER_BITS);
    this.#filter = new Uint8Array(1 << bits);
    this.#filterShift = FEATURE_BITS - bits;
    const checks: number[] = [];
    this.#checkStart = new Int32Array(rows.length + 1);
    features.forEach((set, index) => {
      const [key, ...further] = [...set].sort((a, b) => use.get(a)! - use.get(b)!);
      if (key === undefined) this.#always.push(index);
      else this.#file(key, index);
      if (!pairsOnly.has(set)) checks.push(...further.slice(0, MOST_CHECKS));
      this.#checkStart[index + 1] = checks.length;
    });
    this.#checks = Int32Array.from(checks);
    this.#usesPairs = pairsOnly.size > 0;
  }

  /** Appends to `found` the ids of all rows that match a path in the rows' spelling; an id may come more than once. */
  collect(path: FeaturedPath, found: number[]): void {
    if (this.#always.length > 0) this.#run(this.#always, path, found);
    if (this.#byFeature.size === 0) return;
    this.#look(path.features, path, found);
    if (this.#usesPairs) this.#look(path.pairs, path, found);
  }

  #look(features: readonly number[], path: FeaturedPath, found: number[]): void {
    const filter = this.#filter;
    const shift = this.#filterShift;
    for (let at = 0; at < features.length; at++) {
      const feature = features[at]!;
      if (filter[feature >>> shift] === 0) continue;
      const indexes = this.#byFeature.get(feature);
      if (indexes !== undefined) this.#run(indexes, path, found);
    }
  }

  #file(feature: number, index: number): void {
    const list = this.#byFeature.get(feature);
    if (list) list.push(index);
    else this.#byFeature.set(feature, [index]);
    this.#filter[feature >>> this.#filterShift] = 1;
  }

  #run(indexes: readonly number[], path: FeaturedPath, found: number[]): void {
    for (const index of indexes) {
      if (this.#couldMatch(index, path) && matchesRow(this.#rows[index]!, path.segments)) found.push(this.#ids[index]!);
    }
  }

  #couldMatch(index: number, path: FeaturedPath): boolean {
    const end = this.#checkStart[index + 1]!;
    for (let at = this.#checkStart[index]!; at < end; at++) if (!path.mayHave(this.#checks[at]!)) return false;
    return true;
  }
}
