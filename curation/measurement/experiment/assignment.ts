/** Whether users were assigned as planned: Pearson's chi-square test of the arms' sizes (sample ratio mismatch). */
import { chiSquareUpper } from '../estimators/distribution.ts';

/** Below this p the assignment is broken and nothing is concluded from it. */
export const MISMATCH = 0.001;

export interface RatioTest {
  statistic: number;
  degrees: number;
  p: number;
  /** Users that each arm should have had. */
  expected: number[];
}

/**
 * @param observed users in each arm
 * @param shares of each arm as planned; any positive weights
 */
export function sampleRatioTest(observed: readonly number[], shares: readonly number[]): RatioTest {
  const users = observed.reduce((sum, count) => sum + count, 0);
  const whole = shares.reduce((sum, share) => sum + share, 0);
  const expected = shares.map((share) => (users * share) / whole);
  const degrees = observed.length - 1;
  if (users === 0) return { statistic: 0, degrees, p: 1, expected };
  const statistic = observed.reduce((sum, count, arm) => sum + (count - expected[arm]!) ** 2 / expected[arm]!, 0);
  return { statistic, degrees, p: chiSquareUpper(statistic, degrees), expected };
}
