/** The knobs of selection in the order in which they are applied, each with the policy in which no other one is on. */
import type { SelectionPolicy } from './policy.ts';

export interface Knob {
  /** The rule that decisions name. */
  rule: string;
  /** As the policy sets it; null for what is always on. */
  setting: string | null;
  /** The policy with this knob alone; null for what is always on, before all knobs. */
  alone: SelectionPolicy | null;
}

const NO_BOUND = Number.MAX_SAFE_INTEGER;

/** What is always on first; a knob that the policy leaves off is not there. */
export function knobsOf(policy: SelectionPolicy): Knob[] {
  const { nearDuplicates, bounds, balance, minContributors } = policy;
  const off: SelectionPolicy = {
    nearDuplicates: { threshold: 1, minLexemes: NO_BOUND },
    bounds: { perUser: NO_BOUND, perRepository: NO_BOUND, perUserSnippet: NO_BOUND },
    splits: policy.splits,
    balance: { perLanguage: 0, perLabel: 0, maxNegativesPerPositive: 0 },
    minContributors: 0,
  };
  const always = (rule: string): Knob => ({ rule, setting: null, alone: null });
  const knob = (name: string, setting: string, only: Partial<SelectionPolicy>): Knob => ({
    rule: `selection.${name}`,
    setting,
    alone: { ...off, ...only },
  });
  const bound = (name: keyof SelectionPolicy['bounds']) =>
    knob(`bounds.${name}`, String(bounds[name]), { bounds: { ...off.bounds, [name]: bounds[name] } });
  const cap = (name: keyof SelectionPolicy['balance']) =>
    balance[name] === 0
      ? []
      : [knob(`balance.${name}`, String(balance[name]), { balance: { ...off.balance, [name]: balance[name] } })];
  return [
    always('selection.conflictingLabels'),
    always('exact'),
    always('selection.contamination'),
    knob('nearDuplicates', `${nearDuplicates.threshold} of ${nearDuplicates.minLexemes} lexemes`, { nearDuplicates }),
    ...(minContributors > 1 ? [knob('minContributors', String(minContributors), { minContributors })] : []),
    ...(['perUserSnippet', 'perUser', 'perRepository'] as const).map(bound),
    ...(['perLanguage', 'perLabel', 'maxNegativesPerPositive'] as const).flatMap(cap),
  ];
}
