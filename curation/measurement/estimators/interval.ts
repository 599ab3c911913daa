/** An estimate between two bounds. */

/** 95% unless told; `low` and `high` are of the same unit as `value`. */
export interface Interval {
  value: number;
  low: number;
  high: number;
}

export const LEVEL = 0.95;
