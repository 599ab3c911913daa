/** Ratios of sums over users: the delta method. Users are independent, what one user does is not. */
import { normalQuantile } from './distribution.ts';
import { LEVEL, type Interval } from './interval.ts';

/** Sums over users of numerator x and denominator y. */
export interface Moments {
  users: number;
  x: number;
  y: number;
  xx: number;
  yy: number;
  xy: number;
}

/** @param x,y one value a user, of the same length */
export function momentsOf(x: ArrayLike<number>, y: ArrayLike<number>): Moments {
  const moments = { users: x.length, x: 0, y: 0, xx: 0, yy: 0, xy: 0 };
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [x[i]!, y[i]!];
    moments.x += a;
    moments.y += b;
    moments.xx += a * a;
    moments.yy += b * b;
    moments.xy += a * b;
  }
  return moments;
}

export interface RatioEstimate extends Interval {
  standardError: number;
  users: number;
}

/**
 * Σx / Σy with its standard error by the delta method (Deng, Knoblich and Lu, KDD 2018), sample (co)variances with n - 1.
 * Null with fewer than two users or an empty denominator.
 */
export function ratioOf(moments: Moments, level: number = LEVEL): RatioEstimate | null {
  const { users: n, x, y, xx, yy, xy } = moments;
  if (n < 2 || !(y > 0)) return null;
  const value = x / y;
  const [mx, my] = [x / n, y / n];
  const varX = (xx - n * mx * mx) / (n - 1);
  const varY = (yy - n * my * my) / (n - 1);
  const cov = (xy - n * mx * my) / (n - 1);
  const variance = Math.max(0, varX - 2 * value * cov + value * value * varY) / (n * my * my);
  const standardError = Math.sqrt(variance);
  const half = normalQuantile(0.5 + level / 2) * standardError;
  return { value, low: value - half, high: value + half, standardError, users: n };
}
