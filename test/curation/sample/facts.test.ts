import { describe, expect, it } from 'vitest';
import { parseCodeowners } from '../../../curation/rules/path/codeowners.ts';
import { buildFacts } from '../../../curation/rules/facts.ts';
import { sampleEvents } from '../../../curation/sample/events.ts';
import { sampleFacts } from '../../../curation/sample/facts.ts';
import { NOW, SOURCES } from './sources.ts';

const options = { events: 4000, seed: 3, now: NOW, sources: SOURCES };
const facts = sampleFacts(options);
const lines = (objects: object[]): string => objects.map((object) => `${JSON.stringify(object)}\n`).join('');
const files = [
  { name: 'repositories.jsonl', text: lines(facts.repositories) },
  { name: 'repository-webhooks.jsonl', text: lines(facts.webhooks) },
  { name: 'consents.jsonl', text: lines(facts.consents) },
  { name: 'teams.jsonl', text: lines(facts.teams) },
  ...Object.entries(facts.codeowners).map(([key, text]) => ({ name: `codeowners/${key}/CODEOWNERS`, text })),
  ...Object.entries(facts.exclusions).map(([key, text]) => ({ name: `exclusions/${key}.yaml`, text })),
];

describe('the facts of a sample', () => {
  it('are facts in the format of the facts folder', () => {
    expect(() => buildFacts(files)).not.toThrow();
    for (const text of Object.values(facts.codeowners)) expect(parseCodeowners(text, 'github').errors).toEqual([]);
  });

  it('are the same for the same options', () => {
    expect(sampleFacts(options)).toEqual(facts);
  });

  it('know most users and repositories of the events, but not all', () => {
    const built = buildFacts(files);
    const events = [...sampleEvents(options)] as { user: { id: string }; repository?: { id?: number } }[];
    const known = events.filter((event) => built.consents(event.user.id).length > 0).length;
    expect(known).toBeGreaterThan(events.length * 0.8);
    expect(known).toBeLessThan(events.length);
    const named = events.flatMap((event) => event.repository?.id ?? []);
    const found = named.filter((id) => built.history('github.com', id).length > 0).length;
    expect(found).toBeGreaterThan(named.length * 0.9);
    expect(found).toBeLessThan(named.length);
  });

  it('tell of repositories that went private, opened, were renamed, deleted or forked from private ones', () => {
    const states = facts.repositories as { id: number; visibility: string; deleted?: boolean; forkOf?: number }[];
    expect(facts.webhooks.length).toBeGreaterThan(0);
    expect(states.some((state) => state.deleted)).toBe(true);
    expect(states.some((state) => state.visibility === 'internal')).toBe(true);
    for (const fork of states.filter((state) => state.forkOf !== undefined)) {
      expect(states.find((state) => state.id === fork.forkOf)?.visibility).toBe('private');
    }
    expect(new Set(states.map((state) => state.id)).size).toBeLessThan(states.length);
  });

  it('tell of users who allow, deny, withdrew, allowed later, and of plans that never train', () => {
    const states = facts.consents as { userId: string; training: string; plan: string }[];
    expect(new Set(states.map((state) => state.training))).toEqual(new Set(['allowed', 'denied']));
    expect(new Set(states.map((state) => state.userId)).size).toBeLessThan(states.length);
    expect(states.map((state) => state.plan)).toEqual(expect.arrayContaining(['business', 'student', 'free', 'pro']));
  });
});
