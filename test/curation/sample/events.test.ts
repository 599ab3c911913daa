import { describe, expect, it } from 'vitest';
import { toCanonical } from '../../../curation/events/canonical.ts';
import { EVENT_SCHEMA } from '../../../curation/events/schema.ts';
import { labelSuggestion } from '../../../curation/labels/label.ts';
import { summarise, type LifecycleEvent } from '../../../curation/labels/lifecycle.ts';
import { DEFAULT_RUBRIC } from '../../../curation/labels/rubric.ts';
import { PRIVATE_MARK } from '../../../curation/sample/code/names.ts';
import { sampleEvents } from '../../../curation/sample/events.ts';
import { sampleFacts } from '../../../curation/sample/facts.ts';
import { DAY } from '../../../curation/sample/world.ts';
import { NOW, SOURCES } from './sources.ts';

interface Written extends Omit<LifecycleEvent, 'time'> {
  time: string;
  suggestionId: string;
  requestId: string;
  user: { id: string };
  repository?: { url: string; id?: number };
  document?: { path: string; language: string };
  prompt?: { prefix: string; suffix: string; context: { path: string; text: string; repository?: object }[] };
  completion?: string;
}

const options = { events: 20_000, seed: 11, now: NOW, sources: SOURCES };
const events = [...sampleEvents(options)] as unknown as Written[];
const bySuggestion = new Map<string, Written[]>();
for (const event of events) {
  const known = bySuggestion.get(event.suggestionId);
  if (known === undefined) bySuggestion.set(event.suggestionId, [event]);
  else known.push(event);
}
/** First choices whose life is told whole. */
const suggestions = [...bySuggestion].filter(
  ([id, told]) =>
    id.endsWith('.0') && told.some((event) => event.completion !== undefined) && told.some((event) => isOutcome(event)),
);
const completionOf = (told: Written[]): string => told.find((event) => event.completion !== undefined)!.completion!;
const lives = suggestions.map(([, told]) => {
  const completion = completionOf(told);
  const life = summarise(
    told.map((event) => ({ ...event, time: Date.parse(event.time) })),
    completion,
  );
  return { told, completion, life, label: labelSuggestion(life, completion, DEFAULT_RUBRIC) };
});
const accepted = lives.filter(({ life }) => life.outcome === 'accepted' || life.outcome === 'accepted_partly');
const refused = lives.filter(({ life }) => life.outcome === 'rejected' || life.outcome === 'ignored');

function isOutcome({ type }: Written): boolean {
  return type === 'accepted' || type === 'partially_accepted' || type === 'rejected' || type === 'ignored';
}
function share<T>(list: T[], test: (item: T) => boolean): number {
  return list.filter(test).length / list.length;
}
function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

describe('a sample', () => {
  it('has as many events as were asked for, and the same ones for the same seed', () => {
    expect(events.length).toBe(20_000);
    const few = { ...options, events: 300 };
    expect([...sampleEvents(few)]).toEqual([...sampleEvents(few)]);
    expect([...sampleEvents(few)]).not.toEqual([...sampleEvents({ ...few, seed: 12 })]);
    expect([...sampleEvents({ ...options, events: 1, sources: [] })].length).toBe(1);
  });

  it('is made of canonical events and of no field besides', () => {
    const known = new Set(Object.keys(EVENT_SCHEMA.properties));
    const bad = events.filter((event) => !toCanonical(event as unknown as Record<string, unknown>).ok);
    expect(bad).toEqual([]);
    expect(events.flatMap((event) => Object.keys(event)).filter((key) => !known.has(key))).toEqual([]);
  });

  it('holds no half of a surrogate pair', () => {
    expect(events.filter((event) => /\p{Cs}/u.test(`${event.prompt?.prefix}${event.prompt?.suffix}`))).toEqual([]);
    expect(events.filter((event) => /\p{Cs}/u.test(`${event.completion}${event.capturedCode}`))).toEqual([]);
  });

  it('lies within the two weeks before now, mostly in order, and has late, doubled and conflicting events', () => {
    const times = events.map((event) => Date.parse(event.time));
    expect(times.reduce((least, time) => Math.min(least, time))).toBeGreaterThanOrEqual(NOW - 14 * DAY);
    expect(times.reduce((most, time) => Math.max(most, time))).toBeLessThan(NOW);
    const steps = times.slice(1).map((time, index) => time - times[index]!);
    expect(share(steps, (step) => step < 0)).toBeLessThan(0.1);
    expect(steps.filter((step) => step < -3_600_000).length).toBeGreaterThan(10);
    const contents = new Map<string, Set<string>>();
    for (const event of events) {
      contents.set(event.id, (contents.get(event.id) ?? new Set()).add(JSON.stringify(event)));
    }
    expect(contents.size).toBeLessThan(events.length);
    expect([...contents.values()].some((told) => told.size > 1)).toBe(true);
  });

  it('is distributed as feedback is', () => {
    expect(share(lives, ({ life }) => life.outcome.startsWith('accepted'))).toBeCloseTo(0.27, 1);
    expect(share(lives, ({ life }) => life.displayedMs! < 750)).toBeCloseTo(0.48, 1);
    expect(share(lives, ({ completion }) => !completion.includes('\n'))).toBeGreaterThan(0.79);
    expect(share(lives, ({ completion }) => !completion.includes('\n'))).toBeLessThan(0.89);
    expect(median(accepted.map(({ completion }) => completion.length))).toBeGreaterThan(33);
    expect(median(accepted.map(({ completion }) => completion.length))).toBeLessThan(46);
    expect(median(refused.map(({ completion }) => completion.length))).toBeGreaterThan(18);
    expect(median(refused.map(({ completion }) => completion.length))).toBeLessThan(28);
    expect(Math.abs(share(lives, ({ label }) => label.reason === 'superseded') - 0.04)).toBeLessThan(0.015);
    const shows = lives.reduce((sum, { life }) => sum + life.impressions, 0) / lives.length;
    expect(shows).toBeGreaterThan(1.7);
    expect(shows).toBeLessThan(2.3);
  });

  it('is written in the languages of the study', () => {
    const languages = suggestions.map(([, told]) => told.find((event) => event.document)!.document!.language);
    const within = (names: string[], expected: number): void => {
      expect(Math.abs(share(languages, (language) => names.includes(language)) - expected)).toBeLessThan(0.03);
    };
    within(['typescript', 'javascript'], 0.35);
    within(['python'], 0.3);
    within(['java'], 0.1);
    within(['go'], 0.08);
    within(['cpp', 'c'], 0.07);
  });

  it.each([
    [15, 0.92],
    [30, 0.9],
    [120, 0.87],
    [300, 0.82],
    [600, 0.81],
  ])('keeps an accepted text after %i s as often as was measured', (horizon, kept) => {
    const distances = accepted.flatMap(({ life }) =>
      life.checks.filter((check) => check.afterSeconds === horizon).map((check) => check.editDistance),
    );
    expect(Math.abs(share(distances, (distance) => distance <= 0.33) - kept)).toBeLessThan(0.04);
    expect(share(distances, (distance) => distance <= 0.5)).toBeGreaterThan(0.92);
    expect(share(distances, (distance) => distance <= 0.5)).toBeLessThan(0.98);
  });

  it('reaches every row of the rubric', () => {
    const reasons = new Set(lives.map(({ label }) => label.reason));
    expect([...reasons].sort()).toEqual([
      'accepted_censored', 'accepted_edited', 'accepted_retained_300', 'accepted_retained_600', 'accepted_reverted',
      'accepted_rewritten', 'ignored', 'ignored_disagreed', 'not_read', 'partial_major', 'partial_minor', 'rejected_explicit',
      'rejected_then_typed', 'reverted_branch', 'superseded', 'typed_as_suggested',
    ]); // prettier-ignore
  });

  it('marks the code that may not pass, and no other', () => {
    const facts = sampleFacts(options);
    const states = facts.repositories as { id: number; owner: string; name: string; visibility: string }[];
    const steady = states.filter(
      (state) =>
        state.visibility === 'public' &&
        !('forkOf' in state) &&
        !JSON.stringify(facts.webhooks).includes(`"id":${state.id},`) &&
        states.filter((other) => other.id === state.id).length === 1,
    );
    const isPublic = new Set(steady.map((state) => `${state.owner}/${state.name}`));
    const slug = (url: string): string => url.replace(/^.*[:/]([^/]+\/[^/]+?)(\.git)?$/, '$1');
    const denied = /^(vendor|third_party|sealed|legal)\/|\.env|\.pem$/;
    let marked = 0;
    let passing = 0;
    for (const event of events) {
      if (event.prompt === undefined) continue;
      const text = event.prompt.prefix + event.prompt.suffix;
      if (text.includes(PRIVATE_MARK)) marked++;
      const open = event.repository !== undefined && isPublic.has(slug(event.repository.url));
      const kept = open && !denied.test(event.document!.path);
      if (kept) passing++;
      if (kept) expect(text).not.toContain(PRIVATE_MARK);
      for (const piece of kept ? event.prompt.context : []) {
        if (piece.text.includes(PRIVATE_MARK))
          expect(piece.repository !== undefined || denied.test(piece.path)).toBe(true);
      }
    }
    expect(marked).toBeGreaterThan(100);
    expect(passing).toBeGreaterThan(2000);
  });

  it('plants secrets, personal data, private quotes and files that rules take out', () => {
    const prefixes = events.map((event) => event.prompt?.prefix ?? '');
    expect(prefixes.filter((prefix) => /gh[p]_\w{36}/.test(prefix)).length).toBeGreaterThan(0);
    expect(prefixes.filter((prefix) => /@(example\.|mail\.example|corp\.test)/.test(prefix)).length).toBeGreaterThan(5);
    const paths = new Set(events.map((event) => event.document?.path ?? ''));
    for (const folder of [/^\.env|\/\.env/, /\.pem$/, /^vendor\//, /^legal\//, /^sealed\//]) {
      expect([...paths].some((path) => folder.test(path))).toBe(true);
    }
    expect(events.some((event) => event.prompt?.context.some((piece) => piece.repository !== undefined))).toBe(true);
  });
});
