/** The rubric that turns a suggestion's lifecycle into a label: every threshold and weight, with its default. */

/**
 * Thresholds and weights of the labels. Times in seconds or milliseconds as named; `distance` is an edit distance in [0,1]
 * (0 untouched, 1 gone); `share` a part of 1; weights lie in [0,1] before inverse propensity.
 */
export interface LabelRubric {
  reading: {
    /** A suggestion displayed for less was not read (Cody's 750 ms). Accepts have no such gate. */
    minimumMs: number;
  };
  accepted: {
    /** Negative: a check at or before `withinSeconds` finds at least `distance`, and no later check finds less. */
    reverted: { distance: number; withinSeconds: number; weight: number };
    /** Positive: the last check, at `atSeconds` or later, finds at most `distance`. */
    retained600: { distance: number; atSeconds: number; weight: number };
    /** Positive: the last check lies at `atSeconds` or later, but before that of retained600, and finds at most `distance`. */
    retained300: { distance: number; atSeconds: number; weight: number };
    /** Positive: the last check finds more than `above` and at most `distance`. */
    edited: { above: number; distance: number; weight: number };
    /** No label, but a preference pair where the edited text was captured: any check finds more than `above`. */
    rewritten: { above: number; pairWeight: number };
    /** Positive: accepted, and the checks say nothing of the above. */
    censored: { weight: number };
    /**
     * An accept whose only checks fell into a change of branch and found the text gone: `exclude` it (reverted_branch),
     * or `censor` it (accepted_censored). Never a negative.
     */
    revertedBranch: 'exclude' | 'censor';
  };
  partial: {
    /** At least this share of the characters was taken. */
    major: { share: number; weight: number };
    minor: { weight: number };
  };
  /** Not accepted, but at least `share` of it was typed by hand. */
  typed: { share: number; weight: number };
  /** Rejected, but the code captured later begins with the completion; `match` is the least share of its characters. */
  rejectedThenTyped: { match: number; weight: number };
  rejected: { weight: number; pairWeight: number };
  ignored: { disagreedWeight: number };
  /** Clipped inverse propensity: a weight grows by min(1/p, clip) where the display probability p was logged. */
  propensity: { clip: number };
}

/** The starting values of the rubric; the two pair weights follow the label weights of the same evidence. */
export const DEFAULT_RUBRIC: LabelRubric = {
  reading: { minimumMs: 750 },
  accepted: {
    reverted: { distance: 1, withinSeconds: 30, weight: 0.9 },
    retained600: { distance: 0.33, atSeconds: 600, weight: 1 },
    retained300: { distance: 0.5, atSeconds: 300, weight: 0.7 },
    edited: { above: 0.33, distance: 0.5, weight: 0.4 },
    rewritten: { above: 0.5, pairWeight: 0.5 },
    censored: { weight: 0.3 },
    revertedBranch: 'exclude',
  },
  partial: { major: { share: 0.5, weight: 0.7 }, minor: { weight: 0.2 } },
  typed: { share: 0.8, weight: 0.6 },
  rejectedThenTyped: { match: 1, weight: 0.5 },
  rejected: { weight: 0.8, pairWeight: 0.8 },
  ignored: { disagreedWeight: 0.4 },
  propensity: { clip: 10 },
};

export type CompletedRubric = { ok: true; rubric: LabelRubric } | { ok: false; field: string; message: string };

/**
 * The default rubric with a policy's values laid over it.
 * @param overrides any part of a LabelRubric as read from a file; undefined gives the defaults.
 * @returns the whole rubric, or the first field that is wrong (`accepted.reverted.weight`) and what it must be.
 */
export function completeRubric(overrides: unknown): CompletedRubric {
  if (overrides === undefined || overrides === null) return { ok: true, rubric: DEFAULT_RUBRIC };
  try {
    return { ok: true, rubric: lay(DEFAULT_RUBRIC, overrides, '') as LabelRubric };
  } catch (problem) {
    if (problem instanceof RubricProblem) return { ok: false, field: problem.field, message: problem.message };
    throw problem;
  }
}

class RubricProblem extends Error {
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** The greatest value of each number by its name; what is not listed is a weight, a distance or a share: at most 1. */
const GREATEST: Record<string, number> = {
  minimumMs: 3_600_000,
  withinSeconds: 86_400,
  atSeconds: 86_400,
  clip: 1000,
};

function lay(base: unknown, over: unknown, field: string): unknown {
  if (over === undefined) return base;
  if (typeof base === 'number') return checkedNumber(over, field);
  if (typeof base === 'string') {
    if (over !== 'exclude' && over !== 'censor') throw new RubricProblem(field, 'must be exclude or censor');
    return over;
  }
  if (typeof over !== 'object' || over === null || Array.isArray(over)) throw new RubricProblem(field, 'must be a map');
  const known = base as Record<string, unknown>;
  const given = over as Record<string, unknown>;
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(known, key)) {
      const place = field === '' ? key : `${field}.${key}`;
      throw new RubricProblem(place, `is not known; known are ${Object.keys(known).join(', ')}`);
    }
  }
  return Object.fromEntries(
    Object.keys(known).map((key) => [key, lay(known[key], given[key], field === '' ? key : `${field}.${key}`)]),
  );
}

function checkedNumber(value: unknown, field: string): number {
  const name = field.slice(field.lastIndexOf('.') + 1);
  const greatest = GREATEST[name] ?? 1;
  const least = name === 'clip' ? 1 : 0;
  if (typeof value !== 'number' || !(value >= least && value <= greatest)) {
    throw new RubricProblem(field, `must be a number from ${least} to ${greatest}`);
  }
  return value;
}
