/** The difference of a ratio metric between two arms: plain by the delta method, and with a pre-period taken into account (CUPED). */
import { normalQuantile, normalTwoSided } from '../estimators/distribution.ts';
import { LEVEL, type Interval } from '../estimators/interval.ts';
import { momentsOf, ratioOf, type RatioEstimate } from '../estimators/ratio.ts';

/** One arm's users: numerator and denominator in the experiment, and before it where there is a pre-period. */
export interface ArmData {
  x: Float64Array;
  y: Float64Array;
  beforeX?: Float64Array;
  beforeY?: Float64Array;
}

export interface Effect extends Interval {
  standardError: number;
  /** Two-sided p of no difference, at a fixed horizon. */
  p: number;
  control: RatioEstimate;
  treatment: RatioEstimate;
}

/** Treatment minus control. Null where an arm has fewer than two users or nothing in the denominator. */
export function difference(control: ArmData, treatment: ArmData, level: number = LEVEL): Effect | null {
  const a = ratioOf(momentsOf(control.x, control.y), level);
  const b = ratioOf(momentsOf(treatment.x, treatment.y), level);
  if (!a || !b) return null;
  return effectOf(b.value - a.value, Math.hypot(a.standardError, b.standardError), a, b, level);
}

export interface AdjustedEffect extends Effect {
  /** Slope on the pre-period. */
  theta: number;
  /** Share of the variance that the pre-period explained, 0 to 1. */
  reduction: number;
}

/**
 * CUPED (Deng, Xu, Kohavi and Walker, WSDM 2013) for a ratio: the metric and its pre-period are linearised per user, x - R·y over the mean
 * of y, with R of its own arm; the slope is pooled over the arms. A user without a pre-period has the mean of those who
 * have one, so that nobody is lost. Null where `difference` is, or where no pre-period varies.
 */
export function adjustedDifference(control: ArmData, treatment: ArmData, level: number = LEVEL): AdjustedEffect | null {
  const plain = difference(control, treatment, level);
  if (!plain || !control.beforeX || !treatment.beforeX) return null;
  const ratios = [plain.control.value, plain.treatment.value];
  const arms = [control, treatment].map((arm, at) => linearised(arm.x, arm.y, ratios[at]!));
  const before = pooledBefore([control, treatment]);
  if (!before) return null;
  const theta = slope(arms, before);
  if (theta === null) return null;
  const adjusted = arms.map((values, arm) => values.map((value, i) => value - theta * before[arm]![i]!));
  const means = adjusted.map(mean);
  const errors = adjusted.map((values, arm) => variance(values, means[arm]!) / values.length);
  const standardError = Math.sqrt(errors[0]! + errors[1]!);
  // Each arm is linearised about its own ratio, so that its variance is that of the delta method.
  const effect = effectOf(plain.value + means[1]! - means[0]!, standardError, plain.control, plain.treatment, level);
  const reduction = plain.standardError > 0 ? Math.max(0, 1 - (standardError / plain.standardError) ** 2) : 0;
  return { ...effect, theta, reduction };
}

function effectOf(
  value: number,
  standardError: number,
  control: RatioEstimate,
  treatment: RatioEstimate,
  level: number,
): Effect {
  const half = normalQuantile(0.5 + level / 2) * standardError;
  const p = standardError > 0 ? normalTwoSided(value / standardError) : value === 0 ? 1 : 0;
  return { value, low: value - half, high: value + half, standardError, p, control, treatment };
}

function linearised(x: Float64Array, y: Float64Array, ratio: number): Float64Array {
  const scale = mean(y);
  return x.map((value, i) => (value - ratio * y[i]!) / scale);
}

/** The pre-period of each user, linearised by the ratio of both arms before and centred; null where nobody has one. */
function pooledBefore(arms: ArmData[]): Float64Array[] | null {
  let [x, y, users] = [0, 0, 0];
  for (const { beforeX, beforeY } of arms)
    for (let i = 0; i < beforeX!.length; i++) {
      x += beforeX![i]!;
      y += beforeY![i]!;
      if (beforeY![i]! > 0) users++;
    }
  if (users < 2) return null;
  const [ratio, scale] = [x / y, y / users];
  return arms.map(({ beforeX, beforeY }) => beforeX!.map((value, i) => (value - ratio * beforeY![i]!) / scale));
}

/** Pooled within-arm slope of the metric on its pre-period. */
function slope(values: Float64Array[], before: Float64Array[]): number | null {
  let [cov, spread] = [0, 0];
  values.forEach((arm, at) => {
    const [a, b] = [mean(arm), mean(before[at]!)];
    for (let i = 0; i < arm.length; i++) {
      cov += (arm[i]! - a) * (before[at]![i]! - b);
      spread += (before[at]![i]! - b) ** 2;
    }
  });
  return spread > 0 ? cov / spread : null;
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

function variance(values: Float64Array, average: number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! - average) ** 2;
  return sum / (values.length - 1);
}
