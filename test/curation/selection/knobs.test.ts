/** Each knob of selection can be looked at alone. */
import { describe, expect, it } from 'vitest';
import { knobsOf } from '../../../curation/selection/knobs.ts';
import { checkSelection, DEFAULT_SELECTION } from '../../../curation/selection/policy.ts';

describe('knobs', () => {
  it('stand in the order in which selection applies them, those that are off left out', () => {
    expect(knobsOf(DEFAULT_SELECTION).map(({ rule }) => rule)).toEqual([
      ...['selection.conflictingLabels', 'exact', 'selection.contamination', 'selection.nearDuplicates'],
      ...['selection.bounds.perUserSnippet', 'selection.bounds.perUser', 'selection.bounds.perRepository'],
    ]);
  });

  it('are each on in a valid policy in which every other one takes out nothing', () => {
    const all = {
      ...DEFAULT_SELECTION,
      balance: { perLanguage: 3, perLabel: 4, maxNegativesPerPositive: 2 },
      minContributors: 5,
    };
    const set = new Set<string>();
    for (const { rule, alone } of knobsOf(all)) {
      if (!alone) continue;
      checkSelection(alone);
      const changed = knobsOf(alone).filter(({ setting }) => setting !== null && !/9007199254740991/.test(setting));
      expect(changed.map((knob) => knob.rule)).toEqual([rule]);
      set.add(rule);
    }
    expect(set.size).toBe(8);
  });
});
