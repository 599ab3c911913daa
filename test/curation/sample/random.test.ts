import { describe, expect, it } from 'vitest';
import { Random } from '../../../curation/sample/random.ts';

const COUNT = 20_000;
const random = new Random('test');
const many = (draw: () => number): number[] => Array.from({ length: COUNT }, draw).sort((a, b) => a - b);
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const median = (values: number[]): number => values[values.length >> 1]!;
const deviation = (values: number[]): number => {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) * (value - middle))));
};

describe('seeded randomness', () => {
  it('gives the same numbers for the same names on every machine', () => {
    const fixed = new Random('pin', 1);
    expect([fixed.bits(), fixed.bits(), fixed.bits()]).toEqual(PINNED);
    expect(new Random('pin', 2).bits()).not.toBe(PINNED[0]);
    expect(new Random('pi', 'n1').bits()).not.toBe(new Random('pin', '1').bits());
  });

  it('spreads bits evenly', () => {
    const bins = new Array<number>(64).fill(0);
    for (let index = 0; index < 64_000; index++) bins[random.bits() >>> 26]!++;
    // Chi-square with 63 degrees of freedom: 140 lies beyond the 99.9999% point.
    expect(bins.reduce((sum, count) => sum + ((count - 1000) * (count - 1000)) / 1000, 0)).toBeLessThan(140);
  });

  it('draws normals, lognormals, betas, exponentials and geometrics with their known moments', () => {
    const normal = many(() => random.normal());
    expect(mean(normal)).toBeCloseTo(0, 1);
    expect(deviation(normal)).toBeCloseTo(1, 1);
    expect(Math.log(median(many(() => random.lognormal(3.04, 1.23))))).toBeCloseTo(3.04, 1);
    const beta = many(() => random.beta(7.5, 19.3));
    expect(mean(beta)).toBeCloseTo(7.5 / 26.8, 2);
    expect(deviation(beta)).toBeCloseTo(Math.sqrt((7.5 * 19.3) / (26.8 * 26.8 * 27.8)), 2);
    expect(mean(many(() => random.exponential(5)))).toBeGreaterThan(4.8);
    expect(mean(many(() => random.exponential(5)))).toBeLessThan(5.2);
    expect(mean(many(() => random.geometric(0.5)))).toBeCloseTo(1, 1);
  });

  it('picks by weight', () => {
    const picks = Array.from({ length: COUNT }, () => random.weighted([['a', 3], ['b', 1], ['never', 0]])); // prettier-ignore
    expect(picks.filter((pick) => pick === 'a').length / COUNT).toBeCloseTo(0.75, 1);
    expect(picks).not.toContain('never');
  });
});

const PINNED = [3762363397, 2383078157, 830554097];
