import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { summarise } from '../../../curation/labels/lifecycle.ts';
import { COMPLETION, anyEvents, at, label } from './telling.ts';

const life = (...events: Parameters<typeof summarise>[0]) => summarise(events, COMPLETION);

describe('the join of a suggestion', () => {
  it('does not depend on the order of its events', () => {
    fc.assert(
      fc.property(
        anyEvents.chain((events) =>
          fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
        ),
        ([events, shuffled]) => {
          expect(summarise(shuffled, COMPLETION)).toEqual(summarise(events, COMPLETION));
        },
      ),
    );
  });

  it('is not changed by an event that arrives twice', () => {
    fc.assert(
      fc.property(anyEvents, fc.nat(), (events, pick) => {
        const again = events.length === 0 ? [] : [{ ...events[pick % events.length]! }];
        expect(summarise([...again, ...events], COMPLETION)).toEqual(summarise(events, COMPLETION));
      }),
    );
  });

  it('only gains from an accept: nothing told before it makes the suggestion rejected', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const last = at('accepted', 10_000);
        expect(life(...events, last).outcome).toBe('accepted');
      }),
    );
  });

  it('lets an accept after a reject stand, and a reject after an accept undo nothing', () => {
    const early = at('rejected', 10_000, { displayedMs: 10_000 });
    expect(life(early, at('accepted', 14_000)).outcome).toBe('accepted');
    expect(life(at('shown', 0), at('accepted', 500), early).outcome).toBe('accepted');
  });

  it('takes the last outcome of a suggestion that was shown again', () => {
    const again = [at('shown', 0), at('rejected', 900), at('shown', 5000)];
    expect(life(...again, at('ignored', 6000)).outcome).toBe('ignored');
    expect(life(...again).outcome).toBe('rejected');
    expect(life(at('shown', 0), at('accepted', 900), at('shown', 5000), at('rejected', 7000)).outcome).toBe('rejected');
  });

  it('sums the display times of impressions', () => {
    const first = [at('shown', 0), at('rejected', 400), at('shown', 5000)];
    expect(life(...first, at('rejected', 5400)).displayedMs).toBe(800);
    expect(label([...first, at('rejected', 5400)])[2]).toBe('rejected_explicit');
    expect(label([...first, at('rejected', 5300)])[2]).toBe('not_read');
    expect(life(...first).impressions).toBe(2);
  });

  it('counts the display time from the last show where an impression before it has no outcome', () => {
    expect(life(at('shown', 0), at('shown', 60_000), at('rejected', 60_500)).displayedMs).toBe(500);
  });

  it('believes a told display time over the clock, and counts one told by two outcomes once', () => {
    expect(life(at('shown', 0), at('rejected', 9000, { displayedMs: 300 })).displayedMs).toBe(300);
    const both = [at('rejected', 10_000, { displayedMs: 10_000 }), at('ignored', 10_100, { displayedMs: 10_000 })];
    expect(life(at('shown', 0), ...both).displayedMs).toBe(10_000);
  });

  it('does not know the display time of an outcome without a show', () => {
    expect(life(at('rejected', 9000))).not.toHaveProperty('displayedMs');
    expect(life(at('rejected', 9000), at('shown', 9500))).not.toHaveProperty('displayedMs');
  });

  it('reads partial accepts as cumulative and the reject of the remainder as none', () => {
    const steps = [4, 12].map((acceptedLength) =>
      at('partially_accepted', 100 * acceptedLength, { acceptedLength, id: `p${acceptedLength}` }),
    );
    const partly = life(at('shown', 0), ...steps, at('shown', 1300), at('rejected', 4000));
    expect(partly).toMatchObject({ outcome: 'accepted_partly', acceptedLength: 12 });
    const all = life(...steps, at('partially_accepted', 5000, { acceptedLength: COMPLETION.length }));
    expect(all).toMatchObject({ outcome: 'accepted', acceptedLength: COMPLETION.length });
    expect(life(...steps, at('accepted', 5000))).toMatchObject({ outcome: 'accepted', acceptedLength: 20 });
  });

  it('orders late checks by horizon, takes the later of two for one, and derives a horizon that is not told', () => {
    const checks = life(
      at('accepted', 1000),
      at('retained', 900_000, { afterSeconds: 600, editDistance: 0.1 }),
      at('retained', 950_000, { afterSeconds: 15, editDistance: 0.2 }),
      at('retained', 16_000, { afterSeconds: 15, editDistance: 0.9 }),
      at('retained', 30_990, { editDistance: 0.3 }),
      at('retained', 32_000, { afterSeconds: 120 }),
    ).checks;
    expect(checks.map((check) => [check.afterSeconds, check.editDistance])).toEqual([
      [15, 0.2],
      [30, 0.3],
      [600, 0.1],
    ]);
  });
});
