import { describe, expect, it } from 'vitest';
import { captureOf, matches } from '../../../curation/labels/capture.ts';
import { summarise, type LifecycleEvent } from '../../../curation/labels/lifecycle.ts';
import { pairOf } from '../../../curation/labels/pairs.ts';
import { DEFAULT_RUBRIC } from '../../../curation/labels/rubric.ts';
import { COMPLETION, at } from './telling.ts';

const pair = (...events: LifecycleEvent[]) => pairOf(summarise(events, COMPLETION), COMPLETION, DEFAULT_RUBRIC);
const capture = (capturedCode: string, more: Partial<LifecycleEvent> = {}) =>
  at('captured', 32_000, { capturedCode, afterSeconds: 30, ...more });
const read = [at('shown', 0), at('rejected', 2000)];
const rewritten = [at('accepted', 0), at('retained', 30_000, { afterSeconds: 30, editDistance: 0.8 })];

describe('a preference pair', () => {
  it('sets the edited text over an accept that was rewritten', () => {
    expect(pair(...rewritten, capture('return total;'))).toEqual({
      chosen: 'return total;',
      rejected: COMPLETION,
      reason: 'accepted_rewritten',
      weight: 500,
    });
  });

  it('sets the code captured later, cut to the place, over a suggestion that was read and rejected', () => {
    expect(pair(...read, capture('before return 1; after', { capturedFrom: 7, capturedTo: 16 }))).toEqual({
      chosen: 'return 1;',
      rejected: COMPLETION,
      reason: 'rejected_explicit',
      weight: 800,
    });
  });

  it('has only the accepted part on its rejected side after a partial accept', () => {
    const partly = [at('partially_accepted', 0, { acceptedLength: 6 }), rewritten[1]!];
    expect(pair(...partly, capture('yield'))?.rejected).toBe('return');
  });

  it('weighs by inverse propensity', () => {
    expect(pair(...read, capture('x', { displayProbability: 0.25 }))?.weight).toBe(3200);
  });

  it.each<[string, LifecycleEvent[]]>([
    ['nothing captured', read],
    ['a blank capture', [...read, capture(' \n ')]],
    ['what was suggested, captured after a rewrite', [...rewritten, capture(` ${COMPLETION} `)]],
    ['a capture that matches the suggestion', [...read, capture(`${COMPLETION}\nreturn;`)]],
    ['a suggestion nobody read', [at('shown', 0), at('rejected', 300), capture('x')]],
    ['an accept that stayed', [at('accepted', 0), capture('x')]],
    ['offsets outside the capture', [...read, capture('abc', { capturedFrom: 1, capturedTo: 9 })]],
  ])('is not made of %s', (_what, events) => {
    expect(pair(...events)).toBeNull();
  });
});

describe('captured code', () => {
  it('is cut at whole characters', () => {
    expect(captureOf({ capturedCode: 'a😀b😀c', capturedFrom: 2, capturedTo: 5 })).toEqual({ code: '😀b😀' });
  });

  it.each<[string, string, boolean]>([
    ['foo(a)', 'foo(a)', true],
    ['foo(a);\nbar()', 'foo(a)', true],
    ['foo(a) \r\n  bar()  ', 'foo(a)\n  bar()\n\n', true],
    ['value = 1', 'val', false],
    ['foo(b)', 'foo(a)', false],
    ['foo', 'foo(a)', false],
    ['', 'foo', false],
    ['anything', '  \n', false],
  ])('%j is what was suggested by %j: %s', (captured, completion, is) => {
    expect(matches(captured, completion, 1)).toBe(is);
  });

  it('may agree in part where the policy says so', () => {
    expect(matches('foo(a, c)', 'foo(a, b)', 0.7)).toBe(true);
    expect(matches('foo(x, c)', 'foo(a, b)', 0.7)).toBe(false);
  });
});
