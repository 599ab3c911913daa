/** Assesses an experiment: assignment, the primary measure, guardrails, languages, power; and what may be concluded. */
import { measureNamed } from '../evaluation/measures.ts';
import { change, changes, quantity } from '../evaluation/quantity.ts';
import type { Interval } from '../estimators/interval.ts';
import { MISMATCH, sampleRatioTest, type RatioTest } from './assignment.ts';
import { heterogeneity, holm, type Heterogeneity } from './correction.ts';
import type { Experiment, Goal } from './definition.ts';
import { adjustedDifference, difference, type ArmData, type Effect } from './effect.ts';
import { detectableEffect, powerOf, usersNeeded } from './power.ts';
import { alwaysValid, alwaysValidP } from './sequential.ts';

/** One arm's users, each once, with their sums for each measure and for the primary one by language. */
export interface ArmUsers {
  name: string;
  users: number;
  measures: ReadonlyMap<string, ArmData>;
  languages: ReadonlyMap<string, ArmData>;
}

export interface Comparison {
  measure: string;
  better: Goal['better'];
  control: number;
  treatment: number;
  effect: Interval;
  standardError: number;
  /** At the horizon declared: always-valid where looks are free. */
  p: number;
  /** Holm over the guardrails, the languages, or the treatment arms for the primary measure. */
  adjusted: number;
  method: 'delta' | 'cuped';
  /** Share of the variance that the pre-period took away. */
  reduction: number | null;
  /** Whether it moved, after correction, and to which side. */
  moved: 'better' | 'worse' | 'no';
}

export interface ArmAssessment {
  arm: string;
  primary: Comparison | null;
  guardrails: Comparison[];
  languages: (Comparison & { language: string })[];
  heterogeneity: Heterogeneity | null;
  /** Before: users an arm needed for the declared effect. After: the chance this experiment had to see it, and what it could see. */
  power: { usersNeeded: number; achieved: number; detectable: number } | null;
}

export type Conclusion =
  'better' | 'worse' | 'no_difference' | 'harms_guardrail' | 'not_finished' | 'assignment_broken' | 'too_few_users';

export interface Assessment {
  experiment: string;
  horizon: Experiment['horizon'];
  assignment: RatioTest & { observed: Record<string, number> };
  arms: ArmAssessment[];
  conclusion: Conclusion;
  /** The same in plain words, with the figures. */
  words: string[];
  /** Users seen in more than one arm: left out. */
  severalArms: number;
}

export interface AssessContext {
  /** Milliseconds; a fixed horizon is concluded only after its end. */
  now: number;
  minimumUsers: number;
  severalArms: number;
}

/** @param arms in the order of the experiment's */
export function assess(experiment: Experiment, arms: readonly ArmUsers[], context: AssessContext): Assessment {
  const observed = arms.map(({ users }) => users);
  const assignment = sampleRatioTest(
    observed,
    experiment.arms.map(({ share }) => share),
  );
  const tooFew = arms.some(({ users }) => users < Math.max(2, context.minimumUsers));
  const isBroken = !tooFew && assignment.p < MISMATCH;
  const isEarly = experiment.horizon === 'fixed' && context.now < experiment.end;
  const assessed = tooFew || isBroken || isEarly ? [] : compared(experiment, arms, context.minimumUsers);
  const conclusion = tooFew ? 'too_few_users' : isBroken ? 'assignment_broken' : isEarly ? 'not_finished' : conclude(assessed); // prettier-ignore
  // Counts of users below the threshold are themselves not told.
  const counts = Object.fromEntries(arms.map(({ name, users }) => [name, users < context.minimumUsers ? 0 : users]));
  const told = tooFew ? { statistic: 0, degrees: assignment.degrees, p: 1, expected: [] } : assignment;
  const result = {
    ...{ experiment: experiment.name, horizon: experiment.horizon, arms: assessed, conclusion },
    assignment: { ...told, observed: counts },
    severalArms: context.severalArms < context.minimumUsers ? 0 : context.severalArms,
  };
  return { ...result, words: wordsOf(result, experiment, context) };
}

function compared(experiment: Experiment, arms: readonly ArmUsers[], minimumUsers: number): ArmAssessment[] {
  const control = arms.find(({ name }) => name === experiment.control)!;
  const treatments = arms.filter(({ name }) => name !== experiment.control);
  const primaries = corrected(
    treatments.map((arm) => compare(experiment, experiment.primary, control, arm)),
    experiment.alpha,
  );
  return treatments.map((arm, at) => {
    const primary = primaries[at]!;
    const guardrails = corrected(
      experiment.guardrails.map((goal) => compare(experiment, goal, control, arm)),
      experiment.alpha,
    ).filter((found) => found !== null);
    const languages = languagesOf(experiment, control, arm, minimumUsers);
    return {
      ...{ arm: arm.name, primary, guardrails, languages, heterogeneity: heterogeneity(languages.map(({ effect, standardError }) => ({ value: effect.value, standardError }))) }, // prettier-ignore
      power: primary && powerFor(experiment, primary, control.users + arm.users),
    };
  });
}

function compare(experiment: Experiment, goal: Goal, control: ArmUsers, arm: ArmUsers): Comparison | null {
  const [a, b] = [control.measures.get(goal.measure), arm.measures.get(goal.measure)];
  return a && b ? comparisonOf(experiment, goal, a, b) : null;
}

function comparisonOf(experiment: Experiment, goal: Goal, control: ArmData, treatment: ArmData): Comparison | null {
  const level = 1 - experiment.alpha;
  const adjusted = adjustedDifference(control, treatment, level);
  const found: Effect | null = adjusted ?? difference(control, treatment, level);
  if (!found) return null;
  const { value, standardError } = found;
  const users = control.x.length + treatment.x.length;
  const free = experiment.horizon === 'always-valid';
  const effect = free
    ? alwaysValid(value, standardError, users, experiment.plannedUsers, experiment.alpha)
    : { value, low: found.low, high: found.high };
  const p = free ? alwaysValidP(value, standardError, users, experiment.plannedUsers) : found.p;
  return {
    ...{ measure: goal.measure, better: goal.better, control: found.control.value, treatment: found.treatment.value },
    ...{ effect, standardError, p, adjusted: p, moved: 'no' as const },
    ...{ method: adjusted ? ('cuped' as const) : ('delta' as const), reduction: adjusted?.reduction ?? null },
  };
}

/** Holm over what could be compared; the others stay null. */
function corrected<T extends Comparison>(found: readonly (T | null)[], alpha: number): (T | null)[] {
  const present = found.filter((one) => one !== null);
  const adjusted = holm(present.map(({ p }) => p));
  const byComparison = new Map(present.map((one, at) => [one, adjusted[at]!]));
  return found.map((one) => {
    if (one === null) return null;
    const p = byComparison.get(one)!;
    const isUp = one.effect.value > 0;
    const moved = p >= alpha ? 'no' : isUp === (one.better === 'higher') ? 'better' : 'worse';
    return { ...one, adjusted: p, moved };
  });
}

function languagesOf(experiment: Experiment, control: ArmUsers, arm: ArmUsers, minimumUsers: number) {
  const found = [...control.languages].flatMap(([language, a]) => {
    const b = arm.languages.get(language);
    const enough = Math.min(activeIn(a), b ? activeIn(b) : 0) >= minimumUsers;
    const one = b && enough ? comparisonOf(experiment, experiment.primary, a, b) : null;
    return one ? [{ ...one, language }] : [];
  });
  return corrected(found, experiment.alpha)
    .filter((one) => one !== null)
    .sort((a, b) => (a.language < b.language ? -1 : 1));
}

function activeIn({ y }: ArmData): number {
  let users = 0;
  for (const value of y) if (value > 0) users++;
  return users;
}

function powerFor({ primary, alpha }: Experiment, { standardError }: Comparison, users: number) {
  // Two arms of n/2 users each: the standard error is that of one user times 2 over the root of n.
  const deviation = (standardError * Math.sqrt(users)) / 2;
  return {
    usersNeeded: usersNeeded(primary.effect, deviation, alpha),
    achieved: powerOf(primary.effect, standardError, alpha),
    detectable: detectableEffect(standardError, alpha),
  };
}

function conclude(arms: readonly ArmAssessment[]): Conclusion {
  if (arms.some(({ primary }) => primary === null)) return 'too_few_users';
  const wins = arms.filter(({ primary }) => primary!.moved === 'better');
  if (wins.some(({ guardrails }) => guardrails.every(({ moved }) => moved !== 'worse'))) return 'better';
  if (arms.some(({ guardrails }) => guardrails.some(({ moved }) => moved === 'worse'))) return 'harms_guardrail';
  if (arms.some(({ primary }) => primary!.moved === 'worse')) return 'worse';
  return 'no_difference';
}

const HEADLINE: Record<Conclusion, string> = {
  better: 'A treatment is better on the primary measure and harms no guardrail.',
  worse: 'A treatment is worse on the primary measure.',
  no_difference: 'No difference was found on the primary measure; that is not proof that there is none.',
  harms_guardrail: 'A treatment harms a guardrail: do not ship it on the strength of the primary measure.',
  not_finished:
    'There is no verdict before the declared end: looking earlier would find differences that are not there.',
  assignment_broken: 'There is no verdict: the arms’ sizes do not fit the plan, so their users may not be comparable.',
  too_few_users: 'There is no verdict: too few users are in an arm, and figures of so few are not told.',
};

function wordsOf(result: Omit<Assessment, 'words'>, experiment: Experiment, { minimumUsers }: AssessContext): string[] {
  const words = [HEADLINE[result.conclusion]];
  const { assignment } = result;
  if (result.conclusion === 'too_few_users') words.push(`Each arm needs ${minimumUsers} users or more.`);
  else
    words.push(
      `Users: ${Object.entries(assignment.observed).map(([arm, users]) => `${arm} ${users}`).join(', ')}; sample ratio test p = ${figure(assignment.p)}${assignment.p < MISMATCH ? `, below ${MISMATCH}` : ''}.`, // prettier-ignore
    );
  for (const { arm, primary, guardrails, power, heterogeneity: spread } of result.arms) {
    if (primary) words.push(`${arm}: ${sentence(primary)}`);
    for (const guardrail of guardrails) words.push(`${arm}, guardrail ${sentence(guardrail)}`);
    if (spread) words.push(`${arm}: effects ${spread.p < experiment.alpha ? 'differ' : 'do not differ visibly'} by language (Cochran’s Q ${figure(spread.statistic)}, p = ${figure(spread.p)}).`); // prettier-ignore
    if (power) words.push(`${arm}: the declared effect of ${change(experiment.primary.measure, experiment.primary.effect)} would have been seen with probability ${figure(power.achieved)}; it takes ${power.usersNeeded} users an arm for 0.8.`); // prettier-ignore
  }
  if (result.severalArms > 0) words.push(`${result.severalArms} users were seen in several arms and are left out.`);
  const looks =
    experiment.horizon === 'fixed'
      ? 'Bounds are those of one look at the declared end.'
      : 'Bounds hold at every look, so the experiment may be stopped at any of them.';
  words.push(looks);
  return words;
}

function sentence({ measure, control, treatment, effect, adjusted, moved, method, reduction }: Comparison): string {
  const verdict = moved === 'no' ? 'no change found' : moved;
  const isAdjusted = method === 'cuped';
  // The raw values stand beside it, and their difference is another.
  const how = isAdjusted ? ` adjusted for the pre-period, which explains ${figure((reduction ?? 0) * 100)}% of the variance (raw: ${change(measure, treatment - control)})` : ''; // prettier-ignore
  return `${measureNamed(measure)!.title}: ${quantity(measure, control)} → ${quantity(measure, treatment)}; difference${how}: ${change(measure, effect.value)} (${changes(measure, effect.low, effect.high)}), corrected p = ${figure(adjusted)}: ${verdict}.`; // prettier-ignore
}

function figure(value: number): string {
  return value === 0 ? '0' : Math.abs(value) < 1e-4 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}
