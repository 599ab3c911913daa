import { describe, expect, it } from 'vitest';
import { REASONS } from '../../../curation/verdict.ts';
import { consentLine, EVENT_TIME, reasonOf, repositoryLine, rulesOf } from './world.ts';

const url = (name: string) => ({ repository: { url: `https://user:secret@github.com/acme/${name}` } });
const rules = rulesOf({
  repositories: [
    repositoryLine({ id: 44, name: 'flipped', visibility: 'private' }),
    repositoryLine({ id: 44, name: 'flipped', since: '2026-05-02T00:00:00Z' }),
    repositoryLine({ id: 45, name: 'fork', forkOf: 99, license: 'MIT' }),
  ],
  consents: [consentLine(), consentLine({ since: '2026-05-02T00:00:00Z', training: 'denied' })],
});

describe('explainOrigin', () => {
  it('passes every rule for what is kept, with the facts it saw', () => {
    const steps = rules.explainOrigin({ ...url('app'), path: 'src/a.ts' }, EVENT_TIME);
    expect(new Set(steps.map(({ outcome }) => outcome))).toEqual(new Set(['pass']));
    expect(steps.find(({ rule }) => rule === 'public now')!.facts).toBe(
      'at the event: acme/app (42) public since 2020-01-01T00:00:00.000Z [repositories.jsonl:1]; now: acme/app (42) public since 2020-01-01T00:00:00.000Z [repositories.jsonl:1]',
    );
    expect(steps.find(({ rule }) => rule === 'host known')!.facts).toBe('github.com/acme/app');
  });

  it.each([
    ['flipped', 'src/a.ts', 'repository_was_private', 'repositories.jsonl:2'],
    ['fork', 'src/a.ts', 'private_network', 'repositories.jsonl:4: forkOf names a repository that is unknown'],
    ['nowhere', 'src/a.ts', 'unknown_repository', 'repositories.jsonl names no such repository'],
    ['app', '/etc/x', 'absolute_path', 'starts with a separator'],
    ['app', 'x/.env', 'path_excluded', 'policy.yaml:7 paths.exclude["*"][0] "**/.env*"'],
  ])('names rule, line and what would flip it: %s %s', (name, path, reason, source) => {
    const origin = { ...url(name), path };
    const steps = rules.explainOrigin(origin, EVENT_TIME);
    const decided = steps.findIndex(({ outcome }) => outcome === 'decided');
    expect(steps[decided]).toMatchObject({ reason, source });
    expect(steps[decided]!.flip).toBeTruthy();
    expect(steps.slice(0, decided).every(({ outcome }) => outcome === 'pass')).toBe(true);
    expect(steps.slice(decided + 1).every(({ outcome }) => outcome === 'skipped')).toBe(true);
    expect(reasonOf(rules.judgeOrigin(origin, EVENT_TIME))).toBe(reason);
    expect(JSON.stringify(steps)).not.toContain('secret');
  });

  it('has a step for every reason that rules can give, in their order', () => {
    const asked = REASONS.slice(REASONS.indexOf('no_repository'), REASONS.indexOf('rule_error') + 1);
    const steps = rules.explainOrigin({}, EVENT_TIME);
    expect(steps).toHaveLength(asked.length + 2);
    expect(steps.find(({ outcome }) => outcome === 'decided')).toMatchObject({
      rule: 'repository named',
      reason: 'no_repository',
    });
  });
});

describe('explainConsent', () => {
  it('shows the choices at the event and now', () => {
    const steps = rules.explainConsent('u1', 'pro', EVENT_TIME);
    expect(steps.map(({ outcome }) => outcome)).toEqual(['pass', 'pass', 'pass', 'decided', 'skipped', 'skipped']);
    expect(steps[3]).toMatchObject({ reason: 'consent_withdrawn', source: 'consents.jsonl:2' });
    expect(steps[3]!.facts).toContain(
      'training allowed since 2020-01-01T00:00:00.000Z [consents.jsonl:1]; plan pro, training denied since 2026-05-02',
    );
  });
});
