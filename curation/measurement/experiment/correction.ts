/** Corrections where several hypotheses are tested at once, and the test of whether effects differ. */
import { chiSquareUpper } from '../estimators/distribution.ts';

/** Holm's (1979) step-down adjusted p-values, in the order given. */
export function holm(p: readonly number[]): number[] {
  const order = p.map((_, at) => at).sort((a, b) => p[a]! - p[b]!);
  const adjusted = new Array<number>(p.length);
  let most = 0;
  order.forEach((at, rank) => {
    most = Math.max(most, Math.min(1, p[at]! * (p.length - rank)));
    adjusted[at] = most;
  });
  return adjusted;
}

export interface Heterogeneity {
  /** Cochran's Q. */
  statistic: number;
  degrees: number;
  p: number;
}

/** Whether effects of groups differ by more than their standard errors say (Cochran's Q). Null with fewer than two groups. */
export function heterogeneity(effects: readonly { value: number; standardError: number }[]): Heterogeneity | null {
  const usable = effects.filter(({ standardError }) => standardError > 0);
  if (usable.length < 2) return null;
  const weights = usable.map(({ standardError }) => 1 / standardError ** 2);
  const whole = weights.reduce((a, b) => a + b, 0);
  const mean = usable.reduce((sum, { value }, at) => sum + value * weights[at]!, 0) / whole;
  const statistic = usable.reduce((sum, { value }, at) => sum + weights[at]! * (value - mean) ** 2, 0);
  const degrees = usable.length - 1;
  return { statistic, degrees, p: chiSquareUpper(statistic, degrees) };
}
