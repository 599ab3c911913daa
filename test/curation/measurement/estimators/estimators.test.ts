/** Estimators against figures that SciPy, statsmodels and lifelines gave (reference.py). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrapRatios } from '../../../../curation/measurement/estimators/bootstrap.ts';
import {
  chiSquareUpper,
  normalQuantile,
  normalUpper,
} from '../../../../curation/measurement/estimators/distribution.ts';
import { wilson } from '../../../../curation/measurement/estimators/proportion.ts';
import { quantile } from '../../../../curation/measurement/estimators/quantile.ts';
import { momentsOf, ratioOf } from '../../../../curation/measurement/estimators/ratio.ts';
import { kaplanMeier, survivalQuantile } from '../../../../curation/measurement/estimators/survival.ts';
import { sampleRatioTest } from '../../../../curation/measurement/experiment/assignment.ts';
import { heterogeneity, holm } from '../../../../curation/measurement/experiment/correction.ts';
import { adjustedDifference, difference } from '../../../../curation/measurement/experiment/effect.ts';
import { detectableEffect, powerOf } from '../../../../curation/measurement/experiment/power.ts';
import { alwaysValid, alwaysValidP } from '../../../../curation/measurement/experiment/sequential.ts';

type Numbers = number[];
interface Reference {
  normalUpper: Numbers[];
  normalQuantile: Numbers[];
  chiSquareUpper: Numbers[];
  wilson: Numbers[];
  survival: { exits: Numbers[]; points: Record<string, number>[]; median: number };
  quantile: { counts: [number, number][]; at: Numbers[] };
  ratio: { x: Numbers; y: Numbers; value: number; standardError: number };
  bootstrap: { low: number; high: number };
  sampleRatio: { observed: Numbers; shares: Numbers; statistic: number; p: number };
  holm: { p: Numbers; adjusted: Numbers };
  heterogeneity: { effects: Numbers; errors: Numbers; statistic: number; p: number };
  power: Numbers[];
  cuped: {
    arm: Numbers;
    beforeX: Numbers;
    beforeY: Numbers;
    theta: number;
    value: number;
    standardError: number;
    p: number;
  };
}
const reference = JSON.parse(readFileSync(join(import.meta.dirname, 'reference.json'), 'utf8')) as Reference;

/** Equal to 1e-9, relative where the figure is far from 0. */
function same(found: number | undefined, expected: number): void {
  expect(Math.abs((found ?? NaN) - expected) / Math.max(Math.abs(expected), 1e-9)).toBeLessThan(1e-9);
}
const { x, y } = reference.ratio;
const floats = (values: Numbers) => Float64Array.from(values);

describe('estimators agree with the reference implementations', () => {
  it.each(reference.normalUpper)('normal tail at %d', (z, p) => same(normalUpper(z!), p!));
  it.each(reference.normalQuantile)('normal quantile at %d', (p, z) => same(normalQuantile(p!), z!));
  it.each(reference.chiSquareUpper)('chi-square tail at %d with %d', (at, degrees, p) =>
    same(chiSquareUpper(at!, degrees!), p!),
  );
  it.each(reference.wilson)('Wilson of %d in %d at %d', (count, total, level, low, high) => {
    const found = wilson(count!, total!, level);
    same(found!.low, low!);
    same(found!.high, high!);
  });
  it('Kaplan–Meier with Greenwood', () => {
    const exits = reference.survival.exits.map(([time, events, censored]) => ({
      ...{ time: time!, events: events!, censored: censored! },
    }));
    const points = kaplanMeier(exits.reverse());
    reference.survival.points.forEach((expected, at) => {
      for (const field of ['time', 'survival', 'standardError', 'low', 'high'] as const)
        same(points[at]![field], expected[field]!);
    });
    const median = survivalQuantile(points, 0.5);
    expect(median).toBe(Number.isFinite(reference.survival.median) ? reference.survival.median : null);
  });
  it.each(reference.quantile.at)('quantile %d', (q, value) => same(quantile(reference.quantile.counts, q!)!, value!));
  it('a ratio by the delta method', () => {
    const found = ratioOf(momentsOf(x, y))!;
    same(found.value, reference.ratio.value);
    same(found.standardError, reference.ratio.standardError);
  });
  it('the bootstrap over users, to 1%', () => {
    const [found] = bootstrapRatios([{ x: floats(x), y: floats(y) }], { replicates: 20_000, seed: 1 });
    expect(Math.abs(found!.low / reference.bootstrap.low - 1)).toBeLessThan(0.01);
    expect(Math.abs(found!.high / reference.bootstrap.high - 1)).toBeLessThan(0.01);
  });
  it('the sample ratio test', () => {
    const { observed, shares, statistic, p } = reference.sampleRatio;
    const found = sampleRatioTest(observed, shares);
    same(found.statistic, statistic);
    same(found.p, p);
  });
  it('Holm', () => holm(reference.holm.p).forEach((p, at) => same(p, reference.holm.adjusted[at]!)));
  it("Cochran's Q", () => {
    const { effects, errors, statistic, p } = reference.heterogeneity;
    const found = heterogeneity(effects.map((value, at) => ({ value, standardError: errors[at]! })))!;
    same(found.statistic, statistic);
    same(found.p, p);
  });
  it.each(reference.power)('power of %d at error %d', (effect, error, power) => same(powerOf(effect!, error!), power!));
  it('CUPED', () => {
    const { arm, beforeX, beforeY, theta, value, standardError, p } = reference.cuped;
    const of = (which: number) => {
      const pick = (values: Numbers) => floats(values.filter((_, at) => arm[at] === which));
      return { x: pick(x), y: pick(y), beforeX: pick(beforeX), beforeY: pick(beforeY) };
    };
    const found = adjustedDifference(of(0), of(1))!;
    same(found.theta, theta);
    same(found.value, value);
    same(found.standardError, standardError);
    same(found.p, p);
    expect(found.standardError).toBeLessThan(difference(of(0), of(1))!.standardError);
  });
});

describe('estimators at their edges', () => {
  it('say nothing where there is nothing, and are never NaN', () => {
    expect(wilson(0, 0)).toBeNull();
    expect(quantile([], 0.5)).toBeNull();
    expect(kaplanMeier([])).toEqual([]);
    expect(ratioOf(momentsOf([1], [2]))).toBeNull();
    expect(bootstrapRatios([{ x: floats([0, 0]), y: floats([0, 0]) }], { replicates: 100, seed: 1 })).toEqual([null]);
    expect(heterogeneity([{ value: 1, standardError: 1 }])).toBeNull();
    expect(sampleRatioTest([0, 0], [1, 1]).p).toBe(1);
    const gone = kaplanMeier([{ time: 1, events: 3, censored: 0 }]);
    expect(gone[0]).toMatchObject({ survival: 0, low: 0, high: 1, standardError: 0 });
  });

  it('give the same bootstrap for the same seed, and another for another', () => {
    const run = (seed: number) => bootstrapRatios([{ x: floats(x), y: floats(y) }], { replicates: 500, seed })[0]!;
    expect(run(7)).toEqual(run(7));
    expect(run(8).low).not.toBe(run(7).low);
  });

  it('groups of users give about the interval that users give', () => {
    const users = 60_000;
    const many = (values: Numbers) => Float64Array.from({ length: users }, (_, at) => values[at % values.length]!);
    const [grouped] = bootstrapRatios([{ x: many(x), y: many(y) }], { replicates: 2000, seed: 3 });
    const exact = ratioOf(momentsOf(many(x), many(y)))!;
    expect((grouped!.high - grouped!.low) / (exact.high - exact.low)).toBeGreaterThan(0.9);
    expect((grouped!.high - grouped!.low) / (exact.high - exact.low)).toBeLessThan(1.1);
  });

  it('keep Wilson within [0, 1] and around the share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 1, noNaN: true }), (total, part) => {
        const count = Math.round(total * part);
        const { value, low, high } = wilson(count, total)!;
        return 0 <= low && low <= value && value <= high && high <= 1;
      }),
    );
  });

  it('an always-valid interval is wider than a fixed one, and its p agrees with it', () => {
    const found = alwaysValid(0.03, 0.01, 900, 1000);
    expect(found.high - found.low).toBeGreaterThan(2 * 1.96 * 0.01);
    expect(alwaysValidP(0.03, 0.01, 900, 1000)).toBeGreaterThan(0.0027);
    expect(alwaysValidP(0.1, 0.01, 900, 1000)).toBeLessThan(1e-6);
    const edge = (found.high - found.low) / 2;
    expect(alwaysValidP(edge, 0.01, 900, 1000)).toBeCloseTo(0.05, 9);
  });

  it('an effect of the detectable size is seen with the power asked for', () => {
    expect(powerOf(detectableEffect(0.01), 0.01)).toBeCloseTo(0.8, 3);
  });
});
