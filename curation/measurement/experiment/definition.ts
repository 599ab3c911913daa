/** An experiment as it was declared before it began. */

export interface Arm {
  name: string;
  /** Values of the event's `strategy` that belong to it. */
  strategies: readonly string[];
  /** Planned share of users; any positive weight. */
  share: number;
}

export interface Goal {
  /** A measure's name. */
  measure: string;
  better: 'higher' | 'lower';
}

export interface Experiment {
  name: string;
  arms: readonly Arm[];
  /** Name of the arm that the others are compared with. */
  control: string;
  /** `effect`: the smallest difference worth finding, in the measure's unit (shares from 0 to 1). */
  primary: Goal & { effect: number };
  guardrails: readonly Goal[];
  /** Milliseconds since 1970-01-01 UTC; the end is exclusive. */
  start: number;
  end: number;
  /** Days before the start that tell what users did without it; 0: none. */
  preDays: number;
  /** `fixed`: concluded once, at the end. `always-valid`: may be concluded at any look. */
  horizon: 'fixed' | 'always-valid';
  /** Users in all arms for which always-valid bounds are to be tightest. */
  plannedUsers: number;
  alpha: number;
}

export const DAY_MS = 86_400_000;
