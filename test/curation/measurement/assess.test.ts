/** What may be concluded from an experiment, over simulated users. */
import { describe, expect, it } from 'vitest';
import { assess, type ArmUsers } from '../../../curation/measurement/experiment/assess.ts';
import type { Experiment } from '../../../curation/measurement/experiment/definition.ts';
import { adjustedDifference, difference, type ArmData } from '../../../curation/measurement/experiment/effect.ts';
import { alwaysValid } from '../../../curation/measurement/experiment/sequential.ts';
import { Random } from '../../../curation/sample/random.ts';

/** Users who differ in habit and activity: acceptance Beta(7.5, 19.3) plus `lift`, impressions lognormal. */
function arm(random: Random, users: number, lift = 0): Required<ArmData> {
  const data = { x: new Float64Array(users), y: new Float64Array(users), beforeX: new Float64Array(users), beforeY: new Float64Array(users) }; // prettier-ignore
  for (let i = 0; i < users; i++) {
    const habit = random.beta(7.5, 19.3);
    const busy = () => 1 + Math.floor(random.lognormal(2.3, 0.8));
    const accepts = (n: number, p: number) => {
      let count = 0;
      for (let k = 0; k < n; k++) if (random.chance(p)) count++;
      return count;
    };
    data.y[i] = busy();
    data.x[i] = accepts(data.y[i]!, habit + lift);
    data.beforeY[i] = busy();
    data.beforeX[i] = accepts(data.beforeY[i]!, habit);
  }
  return data;
}

const experiment: Experiment = {
  ...{ name: 'bold', control: 'control', start: 0, end: 1000, preDays: 7, horizon: 'fixed', plannedUsers: 800 },
  arms: [
    { name: 'control', strategies: ['a'], share: 1 },
    { name: 'bold', strategies: ['b'], share: 1 },
  ],
  primary: { measure: 'acceptance_rate', better: 'higher', effect: 0.02 },
  guardrails: [{ measure: 'latency_mean', better: 'lower' }],
  alpha: 0.05,
};
const context = { now: 2000, minimumUsers: 10, severalArms: 0 };
function armUsers(name: string, data: ArmData, guardrail: ArmData): ArmUsers {
  const measures = new Map([['acceptance_rate', data], ['latency_mean', guardrail]]); // prettier-ignore
  return { name, users: data.x.length, measures, languages: new Map() };
}
const steady = (users: number, of: number) => ({ x: Float64Array.from({ length: users }, (_, i) => of + (i % 5)), y: new Float64Array(users).fill(1) }); // prettier-ignore

describe('over 2,000 seeded experiments in which nothing differs', () => {
  const random = new Random('a/a', 20260501);
  const simulations = 2000;
  let [plain, adjusted, everLooked, everValid] = [0, 0, 0, 0];
  for (let i = 0; i < simulations; i++) {
    const [a, b] = [arm(random, 120), arm(random, 120)];
    if (difference(a, b)!.p < 0.05) plain++;
    if (adjustedDifference(a, b)!.p < 0.05) adjusted++;
    let [looked, valid] = [false, false];
    for (const users of [30, 60, 90, 120]) {
      const cut = (data: ArmData) => ({ x: data.x.subarray(0, users), y: data.y.subarray(0, users) });
      const found = difference(cut(a), cut(b))!;
      looked ||= found.p < 0.05;
      const { low, high } = alwaysValid(found.value, found.standardError, 2 * users, 240);
      valid ||= low > 0 || high < 0;
    }
    if (looked) everLooked++;
    if (valid) everValid++;
  }

  it('a single look rejects 5% ± 1%, with the pre-period and without', () => {
    expect(Math.abs(plain / simulations - 0.05)).toBeLessThan(0.01);
    expect(Math.abs(adjusted / simulations - 0.05)).toBeLessThan(0.01);
  });

  it('looking four times rejects far more often, always-valid bounds do not', () => {
    expect(everLooked / simulations).toBeGreaterThan(0.08);
    expect(everValid / simulations).toBeLessThan(0.05);
  });
});

describe('a verdict', () => {
  const random = new Random('verdict', 1);
  const control = arm(random, 400);
  const better = arm(random, 400, 0.1);

  it('is given with its figures where a treatment is better', () => {
    const found = assess(experiment, [armUsers('control', control, steady(400, 100)), armUsers('bold', better, steady(400, 100))], context); // prettier-ignore
    expect(found.conclusion).toBe('better');
    expect(found.arms[0]!.primary).toMatchObject({ method: 'cuped', moved: 'better' });
    expect(found.arms[0]!.primary!.reduction).toBeGreaterThan(0.05);
    expect(found.words.join(' ')).toMatch(
      /Acceptance rate, of read impressions: \d+\.\d% → \d+\.\d%; difference.*: [+-]?\d+\.\d pp \([+-]?\d+\.\d to [+-]?\d+\.\d pp\)/,
    );
  });

  it('warns where a guardrail is harmed', () => {
    const found = assess(experiment, [armUsers('control', control, steady(400, 100)), armUsers('bold', better, steady(400, 140))], context); // prettier-ignore
    expect(found.conclusion).toBe('harms_guardrail');
  });

  it('is not given before the declared end', () => {
    const found = assess(experiment, [armUsers('control', control, steady(400, 100)), armUsers('bold', better, steady(400, 100))], { ...context, now: 10 }); // prettier-ignore
    expect([found.conclusion, found.arms]).toEqual(['not_finished', []]);
  });

  it('is not given where the arms have other sizes than planned', () => {
    const few = arm(random, 250);
    const found = assess(experiment, [armUsers('control', control, steady(400, 100)), armUsers('bold', few, steady(250, 100))], context); // prettier-ignore
    expect([found.conclusion, found.arms]).toEqual(['assignment_broken', []]);
    expect(found.assignment.p).toBeLessThan(0.001);
  });

  it('is not given of fewer users than may be told, nor is their number', () => {
    const found = assess(experiment, [armUsers('control', control, steady(400, 100)), armUsers('bold', arm(random, 9), steady(9, 100))], context); // prettier-ignore
    expect([found.conclusion, found.assignment.observed['bold']]).toEqual(['too_few_users', 0]);
    expect(JSON.stringify(found)).not.toContain('null,"p"');
  });
});
