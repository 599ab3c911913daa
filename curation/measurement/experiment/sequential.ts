/** Bounds that hold at every look, so that an experiment may be looked at before its end. */
import type { Interval } from '../estimators/interval.ts';

/**
 * Asymptotic confidence sequence of an effect (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, 2021, theorem 2.2): with probability 1 - alpha
 * the true effect lies within it at all looks at once.
 * @param users behind the effect, at this look
 * @param planned users at which the bound is to be tightest; it holds for any choice that was made before looking
 */
export function alwaysValid(
  effect: number,
  standardError: number,
  users: number,
  planned: number,
  alpha = 0.05,
): Interval {
  const half = standardError * Math.sqrt(inflation(users, planned, alpha));
  return { value: effect, low: effect - half, high: effect + half };
}

/** The always-valid p of no effect: the smallest alpha whose sequence at this look leaves out 0. */
export function alwaysValidP(effect: number, standardError: number, users: number, planned: number): number {
  if (!(standardError > 0)) return effect === 0 ? 1 : 0;
  const rho = mixing(planned, 0.05);
  const v = users * rho * rho;
  const z = (effect / standardError) ** 2;
  // Solves z = inflation(alpha) for alpha with the mixing held fixed.
  return Math.min(1, Math.sqrt(v + 1) * Math.exp((-z * v) / (2 * (v + 1))));
}

/** Squared half width in squared standard errors. */
function inflation(users: number, planned: number, alpha: number): number {
  const rho = mixing(planned, alpha);
  const v = users * rho * rho;
  return ((2 * (v + 1)) / v) * Math.log(Math.sqrt(v + 1) / alpha);
}

/** The mixing parameter under which the sequence is about tightest at `planned` users (there, equation 25). */
function mixing(planned: number, alpha: number): number {
  const log = -2 * Math.log(alpha);
  return Math.sqrt((log + Math.log(log) + 1) / Math.max(1, planned));
}
