import { describe, expect, it } from 'vitest';
import { REASONS } from '../../../curation/verdict.ts';
import { consentLine, EVENT_TIME, eventOf, NOW, piece, reasonOf, repositoryLine, rulesOf } from './world.ts';
import { raw } from '../../../curation/text.ts';
import type { CanonicalEvent } from '../../../curation/events/event.ts';

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

describe('the facts of a chain', () => {
  const since = (day: number): string => `2026-04-0${day}T00:00:00Z`;
  const world = rulesOf({
    repositories: [
      repositoryLine({ id: 50, name: 'old', since: since(1), license: 'MIT', forkOf: 42 }),
      repositoryLine({ id: 50, name: 'old', since: since(3), deleted: true }),
      repositoryLine({ id: 50, name: 'old', since: '2026-05-03T00:00:00Z' }),
      repositoryLine({ id: 51, name: 'twin', since: since(2) }),
    ],
  });
  const public42 = 'acme/app (42) public since 2020-01-01T00:00:00.000Z [repositories.jsonl:1]';

  it('show the states in force at the event and now, with licence and network', () => {
    const facts = (name: string, day: number): string | undefined =>
      world
        .explainOrigin({ ...url(name), path: 'a' }, Date.parse(since(day)) + 1)
        .find(({ rule }) => rule === 'id and name agree')!.facts;
    const now = 'now: acme/old (50) public since 2026-05-03T00:00:00.000Z [repositories.jsonl:4]';
    expect(facts('old', 2)).toBe(
      `at the event: acme/old (50) public since 2026-04-01T00:00:00.000Z, fork of 42, MIT [repositories.jsonl:2]; ${now}`,
    );
    expect(facts('old', 4)).toBe(
      `at the event: acme/old (50) deleted since 2026-04-03T00:00:00.000Z [repositories.jsonl:3]; ${now}`,
    );
  });

  it('show every repository that was open, and remotes that name none', () => {
    const workspaceRepositories = ['https://github.com/acme/app', 'https://gitlab.com/x/y', 'https://github.com/acme'];
    const steps = world.explainOrigin({ workspaceRepositories, path: 'a' }, EVENT_TIME);
    const facts = (rule: string) => steps.find((step) => step.rule === rule)?.facts;
    expect(facts('repository named')).toBe('github.com/acme/app, unknown_host, no_repository');
    expect(steps.find(({ outcome }) => outcome === 'decided')).toEqual({
      ...{ rule: 'repository named', outcome: 'decided', reason: 'no_repository' },
      source: 'the remote names no repository',
      facts: 'github.com/acme/app, unknown_host, no_repository',
      flip: 'the event names the remote of its repository',
    });
    const both = ['app', 'twin'].map((name) => url(name).repository.url);
    const pair = world.explainOrigin({ workspaceRepositories: both, path: 'a' }, EVENT_TIME);
    const twin = 'acme/twin (51) public since 2026-04-02T00:00:00.000Z [repositories.jsonl:5]';
    expect(pair.find(({ rule }) => rule === 'public now')!.facts).toBe(
      `at the event: ${public42}, ${twin}; now: ${public42}, ${twin}`,
    );
  });

  it('say which of the reasons of a path it was, where the record is rejected', () => {
    const decided = (path: string) =>
      world.explainOrigin({ ...url('app'), path }, EVENT_TIME).find(({ outcome }) => outcome === 'decided')!;
    expect(decided('/etc/x').flip).toBe(
      'the producer writes the path relative to its repository, in plain form (absolute_path)',
    );
    expect(decided('../x').flip).toMatch(/ \([a-z_]+\)$/);
    expect(decided('a/.env').flip).toBe('the pattern is dropped where it stands');
    expect(decided('third_party/a.c').flip).toBe('ownership.vendored of the policy drops the pattern');
  });

  it('leave out what there is nothing to say of', () => {
    const steps = world.explainOrigin({ ...url('nowhere'), path: 'a' }, EVENT_TIME);
    expect(steps.find(({ outcome }) => outcome === 'decided')).toEqual({
      ...{ rule: 'repository known at the event', outcome: 'decided', reason: 'unknown_repository' },
      source: 'repositories.jsonl names no such repository',
      flip: 'repositories.jsonl has a state of this name with a since at or before the event',
    });
    for (const step of steps.filter(({ outcome }) => outcome !== 'decided')) {
      expect(Object.keys(step).filter((key) => !['rule', 'outcome', 'facts'].includes(key))).toEqual([]);
      if (step.outcome === 'skipped') expect(step).not.toHaveProperty('facts');
    }
    const { prompt: _prompt, completion: _completion, ...bare } = eventOf({ time: NOW + 86_400_001 });
    expect(world.explainEvent(bare)[0]).toEqual({
      ...{
        segment: 'time',
        repositories: [],
        verdict: { keep: false, reason: 'clock_skew', rule: 'later than --now by more than 24 hours' },
      },
      steps: [
        {
          ...{ rule: 'not from the future', outcome: 'decided', reason: 'clock_skew' },
          source: 'later than --now by more than 24 hours',
          facts: 'now is 2026-05-10T00:00:00.000Z',
          flip: 'the clock of the producer is set, or --now is a later time',
        },
      ],
    });
    const piecesOf = eventOf({ prompt: { context: [piece({ unsourced: true })] } });
    expect(world.explainEvent(piecesOf)[2]!.steps).toEqual([
      {
        ...{ rule: 'source known', outcome: 'decided', reason: 'unresolvable_path' },
        source: 'the piece has no known source',
        flip: 'the prompt names the file that the piece is quoted from',
      },
    ]);
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

describe('explainEvent', () => {
  const world = rulesOf({
    repositories: [repositoryLine({ id: 44, name: 'private', visibility: 'private' })],
  });
  const hidden = { url: 'https://github.com/acme/private' };
  const show = (event: CanonicalEvent, documents?: { path: string }[]) =>
    world
      .explainEvent(event, documents)
      .map(({ segment, path, verdict }) => [segment, path ?? '', reasonOf(verdict)].join(' '));

  it('has a chain for the user, the document and every piece, each with the verdict that judging gives', () => {
    const context = [
      piece(),
      piece({ repository: hidden }),
      piece({ unsourced: true }),
      { text: raw('x') },
      piece({ path: '.env' }),
    ];
    const event = eventOf({ prompt: { prefix: raw('a'), context } });
    expect(show(event)).toEqual([
      'consent  keep',
      'document src/a.ts keep',
      'context[0] src/b.ts keep',
      'context[1] src/b.ts repository_private',
      'context[2]  unresolvable_path',
      'context[3]  unresolvable_path',
      'context[4] .env path_excluded',
    ]);
    const chains = world.explainEvent(event);
    const { context: judged, document } = world.judgeEvent(event);
    expect(chains.slice(2).map(({ verdict }) => verdict)).toEqual(judged);
    expect(chains[1]!.verdict).toEqual(document);
    for (const { verdict, steps } of chains) {
      const decided = steps.filter(({ outcome }) => outcome === 'decided');
      expect(decided.map(({ reason, source }) => [reason, source])).toEqual(
        verdict.keep ? [] : [[verdict.reason, verdict.rule]],
      );
      for (const { flip } of decided) expect(flip).toBeTruthy();
    }
    expect(chains[3]!.repositories).toEqual(['github.com/acme/private']);
  });

  it('judges a piece without a repository by all folders that were open', () => {
    const workspaceRepositories = ['https://github.com/acme/app', hidden.url];
    const event = eventOf({ workspaceRepositories, prompt: { context: [piece()] } });
    expect(show(event)[2]).toBe('context[0] src/b.ts repository_private');
  });

  it('has a chain for each document of the request where the record names none', () => {
    const event = eventOf({ document: {} });
    expect(show(event)).toEqual(['consent  keep', 'document  unresolvable_path']);
    expect(show(event, [{ path: 'src/z.ts' }, { path: 'a/.env' }])).toEqual([
      'consent  keep',
      'document src/z.ts keep',
      'document a/.env path_excluded',
    ]);
    expect(show(eventOf(), [{ path: 'a/.env' }])[1]).toBe('document src/a.ts keep');
  });

  it('shows the clock only where it decides, and no document of a record without text', () => {
    const { prompt: _prompt, completion: _completion, ...bare } = eventOf({ time: NOW + 86_400_001 });
    expect(show(bare)).toEqual(['time  clock_skew', 'consent  keep']);
    expect(show({ ...bare, time: NOW + 86_400_000 })).toEqual(['consent  keep']);
  });
});

describe('judgeRepository', () => {
  it('judges a repository whatever lies in it', () => {
    expect(rules.judgeRepository({ url: 'https://github.com/acme/app', id: 42 }, EVENT_TIME).keep).toBe(true);
    expect(reasonOf(rules.judgeRepository({ url: 'https://github.com/acme/app', id: 43 }, EVENT_TIME))).toBe(
      'identity_mismatch',
    );
    expect(reasonOf(rules.judgeRepository({ url: 'https://github.com/acme/flipped' }, EVENT_TIME))).toBe(
      'repository_was_private',
    );
  });
});
