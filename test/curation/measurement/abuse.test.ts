/** Signals of abuse, and what reviewers make of them. */
import { describe, expect, it } from 'vitest';
import { confirmedOf, emptyReview, withDecision, withFindings } from '../../../curation/measurement/abuse/review.ts';
import { findSuspects, type SignalName, type Suspect } from '../../../curation/measurement/abuse/signals.ts';
import { DEFAULT_ABUSE } from '../../../curation/measurement/abuse/thresholds.ts';
import type { WholeRow } from '../../../curation/measurement/rows/field.ts';
import { outcome, withRows } from './database.ts';

const T0 = Date.parse('2026-04-20T00:00:00Z');
const everything = { ...DEFAULT_ABUSE, score: 0.1 };

/** Suggestions of one user, a minute apart unless told. */
function of(
  user: string,
  count: number,
  given: (at: number) => Parameters<typeof outcome>[0] = () => ({}),
): WholeRow[] {
  return Array.from({ length: count }, (_, at) =>
    outcome({ ...{ user, time: T0 + at * 600_000, ide: 'vscode', shown: 1, read: 1 }, ...given(at) }),
  );
}
const suspects = (rows: WholeRow[]): Promise<Suspect[]> =>
  withRows(rows, 'abuse-investigation', (db, source) => findSuspects(db, source, everything));
const signalsOf = async (rows: WholeRow[], user = 'robot'): Promise<SignalName[]> =>
  (await suspects(rows)).find((one) => one.user === user)?.signals.map(({ signal }) => signal) ?? [];

/** Ordinary work: an hour of suggestions a day, a third taken, at uneven times. */
const honest = of('person', 300, (at) => ({
  time: T0 + Math.floor(at / 20) * 86_400_000 + (at % 20) * (40_000 + ((at * 7919) % 90_000)),
  accepted: at % 3 === 0 ? 1 : 0,
  acceptedAt: at % 3 === 0 ? T0 + at * 61_000 + ((at * 104_729) % 50_000) : 0,
  template: `t${at}`,
  repository: `r${at % 4}`,
}));

describe('signals of abuse', () => {
  it('pass over ordinary work', async () => {
    expect(await suspects(honest)).toEqual([]);
  });

  const day = 86_400_000;
  const cases: [SignalName, WholeRow[]][] = [
    ['acceptance', of('robot', 200, (at) => ({ time: T0 + at * day, accepted: 1, acceptedAt: T0 + at * day }))],
    ['regularity', of('robot', 60, (at) => ({ time: T0 + at * day, accepted: 1, acceptedAt: T0 + at * 60_000 }))],
    ['tireless', of('robot', 200, (at) => ({ time: T0 + at * 600_000 }))],
    ['concurrent', of('robot', 40, (at) => ({ time: T0 + Math.floor(at / 2) * day, device: `d${at % 2}` }))],
    ['clients', of('robot', 50, (at) => ({ time: T0 + at * day, ide: 'curl' }))],
    ['templates', of('robot', 100, (at) => ({ time: T0 + at * day, template: 'same' }))],
    ['secrets', of('robot', 10, (at) => ({ time: T0 + at * day, secrets: 1 }))],
    ['repository', [...of('robot', 300, (at) => ({ time: T0 + at * day, repository: 'r' })), ...of('person', 20, () => ({ repository: 'r' }))]],
    ['cluster', [...of('robot', 300, (at) => ({ time: T0 + at * day, cluster: 'c', accepted: at % 2 })), ...of('person', 90, (at) => ({ time: T0 + at * day, cluster: 'c', accepted: at % 5 === 0 ? 1 : 0, acceptedAt: T0 + at ** 2 * 1000 })), ...of('robot', 200, (at) => ({ time: T0 + at * day, cluster: 'c', accepted: at % 2 }))]],
  ]; // prettier-ignore
  it.each(cases)('find %s, and say nothing else', async (signal, rows) => {
    expect(await signalsOf(rows)).toEqual([signal]);
  });

  it('fall silent just below their thresholds', async () => {
    expect(await signalsOf(of('robot', 199, (at) => ({ time: T0 + at * day, accepted: 1 })))).toEqual([]);
    expect(await signalsOf(of('robot', 99, (at) => ({ time: T0 + at * day, template: 'same' })))).toEqual([]);
    expect(await signalsOf(of('robot', 9, (at) => ({ time: T0 + at * day, secrets: 1 })))).toEqual([]);
    // Alone in one's own repository is no domination.
    expect(await signalsOf(of('robot', 300, (at) => ({ time: T0 + at * day, repository: 'mine' })))).toEqual([]);
  });

  it('carry the figure, the threshold and the times', async () => {
    const [found] = await suspects(of('robot', 100, (at) => ({ time: T0 + at * day, template: 'same' })));
    expect(found!.signals[0]).toEqual({
      ...{ signal: 'templates', weight: 1, value: 100, threshold: 100, count: 100, from: T0, to: T0 + 99 * day },
    });
  });
});

describe('the review', () => {
  const suspect = (user: string, score = 1): Suspect => ({ user, score, signals: [] });
  const decided = (standing: 'confirmed' | 'dismissed') => ({ standing, by: 'eve', why: 'seen', at: '2026-05-01T00:00:00Z' }); // prettier-ignore

  it('confirms nobody by itself', () => {
    expect(confirmedOf(withFindings(emptyReview(), [suspect('a', 99)], 'run-1'))).toEqual([]);
  });

  it('keeps a dismissal whatever is found later, until somebody confirms', () => {
    let review = withFindings(emptyReview(), [suspect('a')], 'run-1');
    review = withDecision(review, 'a', decided('dismissed'))!;
    review = withFindings(review, [suspect('a', 5)], 'run-2');
    expect(review.cases['a']).toMatchObject({ standing: 'dismissed', score: 5, run: 'run-2' });
    review = withDecision(review, 'a', decided('confirmed'))!;
    expect(confirmedOf(review)).toEqual(['a']);
    expect(review.cases['a']!.history.map(({ standing }) => standing)).toEqual(['dismissed', 'confirmed']);
  });

  it('knows no case that no run found', () => {
    expect(withDecision(emptyReview(), 'a', decided('confirmed'))).toBeNull();
  });
});
