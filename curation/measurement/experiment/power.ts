/** Power before and after: what an experiment can see. */
import { normalQuantile, normalUpper } from '../estimators/distribution.ts';

/** Chance that a two-sided test at `alpha` rejects, where the true effect is `effect` and its standard error is known. */
export function powerOf(effect: number, standardError: number, alpha = 0.05): number {
  if (!(standardError > 0)) return effect === 0 ? alpha : 1;
  const z = normalQuantile(1 - alpha / 2);
  const shift = Math.abs(effect) / standardError;
  return normalUpper(z - shift) + normalUpper(z + shift);
}

/** The smallest effect seen with the given power (0.8): the usual approximation that leaves out the far tail. */
export function detectableEffect(standardError: number, alpha = 0.05, power = 0.8): number {
  return (normalQuantile(1 - alpha / 2) + normalQuantile(power)) * standardError;
}

/** Users an arm needs to see `effect` with the given power, where `deviation` is one user's standard deviation of the linearised metric. */
export function usersNeeded(effect: number, deviation: number, alpha = 0.05, power = 0.8): number {
  const z = normalQuantile(1 - alpha / 2) + normalQuantile(power);
  return Math.ceil(2 * ((z * deviation) / effect) ** 2);
}
