/** What reviewers said of suspects: only a confirmed one is kept from training, and a dismissal holds until somebody confirms. */
import type { Suspect } from './signals.ts';

export type Standing = 'open' | 'confirmed' | 'dismissed';

export interface Decided {
  standing: 'confirmed' | 'dismissed';
  by: string;
  why: string;
  /** RFC 3339, UTC. */
  at: string;
}

export interface Case extends Suspect {
  standing: Standing;
  /** The run that last found the signals. */
  run: string;
  /** Every decision, the last one counts. */
  history: Decided[];
}

export interface Review {
  version: 1;
  cases: Record<string, Case>;
}

export const emptyReview = (): Review => ({ version: 1, cases: {} });

/** Takes in what a run found: figures of known suspects are renewed, standings stay. Those no longer found stay as they were. */
export function withFindings(review: Review, suspects: readonly Suspect[], run: string): Review {
  const cases = { ...review.cases };
  for (const suspect of suspects) {
    const known = cases[suspect.user];
    cases[suspect.user] = { ...suspect, run, standing: known?.standing ?? 'open', history: known?.history ?? [] };
  }
  return { version: 1, cases };
}

/** @returns null where there is no such case */
export function withDecision(review: Review, user: string, decided: Decided): Review | null {
  const known = review.cases[user];
  if (!known) return null;
  const changed: Case = { ...known, standing: decided.standing, history: [...known.history, decided] };
  return { version: 1, cases: { ...review.cases, [user]: changed } };
}

/** Without the cases of people who were erased. */
export function withoutCases(review: Review, isErased: (user: string) => boolean): Review {
  return { version: 1, cases: Object.fromEntries(Object.entries(review.cases).filter(([user]) => !isErased(user))) };
}

/** Pseudonyms of the confirmed cohort, sorted. */
export function confirmedOf(review: Review): string[] {
  return Object.values(review.cases)
    .filter(({ standing }) => standing === 'confirmed')
    .map(({ user }) => user)
    .sort();
}
