import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelSuggestion } from '../../../curation/labels/label.ts';
import { summarise, type LifecycleEvent } from '../../../curation/labels/lifecycle.ts';
import { completeRubric, DEFAULT_RUBRIC } from '../../../curation/labels/rubric.ts';
import { precedence } from '../../../curation/verdict.ts';
import { COMPLETION, anyEvents, at, label, type Told } from './telling.ts';

const shown = at('shown', 0);
const accepted = at('accepted', 2000);
const rejected = at('rejected', 2000);
const ignored = at('ignored', 2000);
/** An accept and its checks: [afterSeconds, editDistance]. */
const kept = (...checks: [number, number][]): LifecycleEvent[] => [
  shown,
  accepted,
  ...checks.map(([afterSeconds, editDistance]) =>
    at('retained', 2000 + afterSeconds * 1000, { afterSeconds, editDistance }),
  ),
];

const ROWS: { what: string; events: LifecycleEvent[]; is: Told }[] = [
  { what: 'deleted at 30 s', events: kept([30, 1]), is: ['negative', 900, 'accepted_reverted'] },
  { what: 'deleted at 15 s, gone ever after', events: kept([15, 1], [600, 1]), is: ['negative', 900, 'accepted_reverted'] },
  { what: 'edited at 15 s, deleted at 30 s', events: kept([15, 0.2], [30, 1]), is: ['negative', 900, 'accepted_reverted'] },
  { what: 'deleted at 15 s, back at 600 s', events: kept([15, 1], [600, 0]), is: ['positive', 1000, 'accepted_retained_600'] },
  { what: 'deleted at 15 s, half back at 30 s', events: kept([15, 1], [30, 0.6]), is: [null, 0, 'accepted_rewritten'] },
  { what: 'gone, back, gone after 30 s', events: kept([15, 1], [120, 0.1], [300, 1]), is: [null, 0, 'accepted_rewritten'] },
  { what: 'deleted only at 120 s', events: kept([30, 0], [120, 1]), is: [null, 0, 'accepted_rewritten'] },
  { what: 'untouched at 600 s', events: kept([15, 0], [600, 0.33]), is: ['positive', 1000, 'accepted_retained_600'] },
  { what: 'rewritten on the way, back at 600 s', events: kept([30, 0.8], [600, 0.1]), is: ['positive', 1000, 'accepted_retained_600'] },
  { what: 'half kept at 300 s, not seen later', events: kept([300, 0.5]), is: ['positive', 700, 'accepted_retained_300'] },
  { what: 'kept at 300 s, edited at 600 s', events: kept([300, 0.1], [600, 0.4]), is: ['positive', 400, 'accepted_edited'] },
  { what: 'edited at the last early check', events: kept([15, 0], [120, 0.34]), is: ['positive', 400, 'accepted_edited'] },
  { what: 'rewritten at 600 s', events: kept([300, 0.1], [600, 0.51]), is: [null, 0, 'accepted_rewritten'] },
  { what: 'kept at 300 s, rewritten at 600 s', events: kept([300, 0.5], [600, 0.9]), is: [null, 0, 'accepted_rewritten'] },
  { what: 'rewritten early, fine later, then unobserved', events: kept([15, 0.7], [30, 0.2]), is: [null, 0, 'accepted_rewritten'] },
  { what: 'only early checks', events: kept([15, 0], [120, 0.33]), is: ['positive', 300, 'accepted_censored'] },
  { what: 'no checks', events: kept(), is: ['positive', 300, 'accepted_censored'] },
  { what: 'accepted within 80 ms', events: [shown, at('accepted', 80)], is: ['positive', 300, 'accepted_censored'] },
  { what: 'partly, half', events: [shown, at('partially_accepted', 900, { acceptedLength: 10 })], is: ['positive', 700, 'partial_major', 10] },
  { what: 'partly, less', events: [shown, at('partially_accepted', 900, { acceptedLength: 9 })], is: ['positive', 200, 'partial_minor', 9] },
  { what: 'partly, then deleted', events: [shown, at('partially_accepted', 900, { acceptedLength: 12 }), at('retained', 16_000, { afterSeconds: 15, editDistance: 1 })], is: ['negative', 900, 'accepted_reverted'] },
  { what: 'partly, then rewritten', events: [shown, at('partially_accepted', 900, { acceptedLength: 12 }), at('retained', 121_000, { afterSeconds: 120, editDistance: 0.7 })], is: [null, 0, 'accepted_rewritten'] },
  { what: 'partly, by an unknown length', events: [shown, at('partially_accepted', 900)], is: [null, 0, 'no_outcome'] },
  { what: 'nothing partly accepted, then rejected', events: [shown, at('partially_accepted', 900, { acceptedLength: 0 }), rejected], is: ['negative', 800, 'rejected_explicit'] },
  { what: 'typed as suggested', events: [shown, at('ignored', 90, { typedShare: 0.8 })], is: ['positive', 600, 'typed_as_suggested'] },
  { what: 'typed most of it', events: [shown, at('ignored', 2000, { typedShare: 0.79, typingDisagreed: true })], is: ['negative', 400, 'ignored_disagreed'] },
  { what: 'rejected', events: [shown, rejected], is: ['negative', 800, 'rejected_explicit'] },
  { what: 'rejected by Escape', events: [shown, at('rejected', 2000, { reason: 'escape' })], is: ['negative', 800, 'rejected_explicit'] },
  { what: 'rejected at 750 ms', events: [shown, at('rejected', 750)], is: ['negative', 800, 'rejected_explicit'] },
  { what: 'rejected at 749 ms', events: [shown, at('rejected', 749)], is: [null, 0, 'not_read'] },
  { what: 'rejected, display time unknown', events: [rejected], is: [null, 0, 'not_read'] },
  { what: 'rejected, then typed', events: [shown, rejected, at('captured', 32_000, { capturedCode: `x = ${COMPLETION}  \nmore`, capturedFrom: 4 })], is: ['positive', 500, 'rejected_then_typed'] },
  { what: 'rejected, something else typed', events: [shown, rejected, at('captured', 32_000, { capturedCode: 'other()' })], is: ['negative', 800, 'rejected_explicit'] },
  { what: 'ignored, typing disagreed', events: [shown, at('ignored', 2000, { typingDisagreed: true })], is: ['negative', 400, 'ignored_disagreed'] },
  { what: 'ignored, typing disagreed, not read', events: [shown, at('ignored', 700, { typingDisagreed: true })], is: [null, 0, 'not_read'] },
  { what: 'ignored', events: [shown, ignored], is: [null, 0, 'ignored'] },
  { what: 'ignored, not read', events: [shown, at('ignored', 100)], is: [null, 0, 'not_read'] },
  { what: 'superseded', events: [shown, at('ignored', 2000, { reason: 'superseded' })], is: [null, 0, 'superseded'] },
  { what: 'focus lost before it was read', events: [shown, at('rejected', 100, { reason: 'focus_lost' })], is: [null, 0, 'superseded'] },
  { what: 'cancelled', events: [at('ignored', 10, { reason: 'cancelled' })], is: [null, 0, 'superseded'] },
  { what: 'shown only', events: [at('generated', 0), shown], is: [null, 0, 'no_outcome'] },
  { what: 'nothing', events: [], is: [null, 0, 'no_outcome'] },
]; // prettier-ignore

describe('the rubric', () => {
  it.each(ROWS)('$what', ({ events, is }) => {
    expect(label(events)).toEqual(is);
  });

  it('names an exclusion of the label stage with every label that is null, and only with those', () => {
    for (const { events } of ROWS) {
      const given = labelSuggestion(summarise(events, COMPLETION), COMPLETION, DEFAULT_RUBRIC);
      expect(given.exclude !== undefined).toBe(given.label === null);
      if (given.exclude !== undefined) expect(precedence(given.exclude)).toBeGreaterThan(precedence('not_feedback'));
      expect(given.rule).toMatch(/^labels\./);
    }
  });

  it('takes a change of branch for no evidence against an accept', () => {
    const gone = at('retained', 32_000, { afterSeconds: 30, editDistance: 1, branchChanged: true });
    const early = at('retained', 17_000, { afterSeconds: 15, editDistance: 0 });
    const edited = at('retained', 32_000, { afterSeconds: 30, editDistance: 0.9, branchChanged: true });
    expect(label([shown, accepted, gone])).toEqual([null, 0, 'reverted_branch']);
    expect(label([shown, accepted, early, gone])).toEqual(['positive', 300, 'accepted_censored']);
    expect(label([shown, accepted, edited])).toEqual(['positive', 300, 'accepted_censored']);
    const censor = { ...DEFAULT_RUBRIC, accepted: { ...DEFAULT_RUBRIC.accepted, revertedBranch: 'censor' as const } };
    expect(label([shown, accepted, gone], COMPLETION, censor)).toEqual(['positive', 300, 'accepted_censored']);
  });

  it('grows a weight by the clipped inverse of the display probability', () => {
    const logged = (displayProbability: number) => label([shown, at('rejected', 2000, { displayProbability })])[1];
    expect([1, 0.5, 0.3, 0.1, 0.01, 0].map(logged)).toEqual([800, 1600, 2667, 8000, 8000, 8000]);
  });

  it('never ends an accepted span within a surrogate pair', () => {
    expect(label([shown, at('partially_accepted', 900, { acceptedLength: 3 })], 'ab😀cd')).toEqual([
      'positive',
      200,
      'partial_minor',
      2,
    ]);
    expect(label([shown, at('partially_accepted', 900, { acceptedLength: 1 })], '😀')).toEqual([null, 0, 'no_outcome']);
  });

  it('keeps weights whole and between 0 and the clip, and spans within the completion, whatever is told', () => {
    fc.assert(
      fc.property(anyEvents, fc.string({ unit: 'binary', maxLength: 30 }), (events, completion) => {
        const given = labelSuggestion(summarise(events, completion), completion, DEFAULT_RUBRIC);
        expect(Number.isInteger(given.weight)).toBe(true);
        expect(given.weight > 0).toBe(given.label !== null);
        expect(given.weight).toBeLessThanOrEqual(10_000);
        if (given.span === undefined) return;
        expect(given.span).toBeGreaterThan(0);
        expect(given.span).toBeLessThanOrEqual(completion.length);
        expect(completion.slice(0, given.span)).not.toMatch(/\p{Cs}/u);
      }),
    );
  });
});

describe('a policy', () => {
  it('changes single numbers and leaves the others', () => {
    const completed = completeRubric({ reading: { minimumMs: 100 }, partial: { minor: { weight: 0.1 } } });
    if (!completed.ok) throw new Error(completed.message);
    expect(completed.rubric.partial).toEqual({ major: DEFAULT_RUBRIC.partial.major, minor: { weight: 0.1 } });
    expect(label([shown, at('rejected', 150)], COMPLETION, completed.rubric)[2]).toBe('rejected_explicit');
    expect(completeRubric(undefined)).toEqual({ ok: true, rubric: DEFAULT_RUBRIC });
  });

  it.each([
    [{ accepted: { reverted: { wait: 3 } } }, 'accepted.reverted.wait'],
    [{ rejected: { weight: 1.5 } }, 'rejected.weight'],
    [{ rejected: { weight: '1' } }, 'rejected.weight'],
    [{ typed: { share: Number.NaN } }, 'typed.share'],
    [{ propensity: { clip: 0 } }, 'propensity.clip'],
    [{ accepted: { revertedBranch: 'negative' } }, 'accepted.revertedBranch'],
    [{ partial: [] }, 'partial'],
    [7, ''],
  ])('with a wrong value is refused by field: %j', (overrides, field) => {
    expect(completeRubric(overrides)).toMatchObject({ ok: false, field });
  });
});
