import { describe, expect, it } from 'vitest';
import { buildFacts } from '../../../../curation/rules/facts.ts';
import { compileRules } from '../../../../curation/rules/judge.ts';
import { EVENT_TIME, NOW, policyOf, reasonOf, repositoryLine, rulesOf, sourced } from '../world.ts';

const url = (name: string, owner = 'acme') => ({ url: `https://github.com/${owner}/${name}` });

describe('the repository of a segment', () => {
  const judge = (
    repositories: string[],
    repository = url('app') as { url?: string; id?: number },
    time = EVENT_TIME,
    policy = policyOf,
  ) => {
    const facts = buildFacts([{ name: 'repositories.jsonl', text: repositories.join('\n') }]);
    return reasonOf(compileRules(policy(), facts, NOW).judgeOrigin({ repository, path: 'src/a.ts' }, time));
  };
  const since = '2026-05-02T00:00:00Z';

  it.each([
    ['public all along', [repositoryLine()], 'keep'],
    ['unknown', [], 'unknown_repository'],
    ['known only later', [repositoryLine({ since })], 'unknown_repository'],
    ['private', [repositoryLine({ visibility: 'private' })], 'repository_private'],
    ['internal', [repositoryLine({ visibility: 'internal' })], 'repository_private'],
    ['privatised since', [repositoryLine(), repositoryLine({ since, visibility: 'private' })], 'repository_private'],
    [
      'published since',
      [repositoryLine({ visibility: 'private' }), repositoryLine({ since })],
      'repository_was_private',
    ],
    ['deleted', [repositoryLine({ deleted: true })], 'repository_deleted'],
    ['deleted since', [repositoryLine(), repositoryLine({ since, deleted: true })], 'repository_deleted'],
    ['deleted, and private', [repositoryLine({ visibility: 'private', deleted: true })], 'repository_deleted'],
    [
      'private only after now',
      [repositoryLine(), repositoryLine({ since: '2026-06-01T00:00:00Z', visibility: 'private' })],
      'keep',
    ],
    ['both at one moment', [repositoryLine(), repositoryLine({ visibility: 'private' })], 'repository_private'],
    ['renamed since', [repositoryLine(), repositoryLine({ since, name: 'site' })], 'keep'],
    [
      'renamed before',
      [repositoryLine({ name: 'old' }), repositoryLine({ since: '2026-04-01T00:00:00Z', name: 'site' })],
      'unknown_repository',
    ],
    [
      'one name, two repositories, one private',
      [repositoryLine(), repositoryLine({ id: 43, visibility: 'private' })],
      'repository_private',
    ],
    ['a name taken anew after a deletion', [repositoryLine({ id: 41, deleted: true }), repositoryLine()], 'keep'],
  ])('%s', (_name, repositories, expected) => {
    expect(judge(repositories)).toBe(expected);
  });

  it('is not found under a name that it no longer bears', () => {
    const renamed = [repositoryLine({ name: 'old' }), repositoryLine({ since: '2026-04-01T00:00:00Z' })];
    expect(judge(renamed, url('old'))).toBe('unknown_repository');
    expect(judge(renamed, url('old'), Date.parse('2026-03-01T00:00:00Z'))).toBe('keep');
  });

  it('follows a name to whom it belonged at the event', () => {
    const reused = [
      repositoryLine({ id: 42 }),
      repositoryLine({ id: 42, name: 'moved', since: '2026-04-01T00:00:00Z' }),
      repositoryLine({ id: 77, visibility: 'private', since: '2026-04-01T00:00:00Z' }),
    ];
    expect(judge(reused, url('app'), Date.parse('2026-03-01T00:00:00Z'))).toBe('keep');
    expect(judge(reused)).toBe('repository_private');
    expect(judge(reused, { ...url('app'), id: 42 })).toBe('identity_mismatch');
    expect(judge(reused, { ...url('moved'), id: 42 })).toBe('keep');
    expect(judge(reused, { ...url('app'), id: 77 }, Date.parse('2026-03-01T00:00:00Z'))).toBe('identity_mismatch');
  });

  it('needs id and name to agree where the event gives both, and a host where it gives an id', () => {
    expect(judge([repositoryLine()], { ...url('app'), id: 42 })).toBe('keep');
    expect(judge([repositoryLine()], { ...url('app'), id: 77 })).toBe('identity_mismatch');
    expect(judge([repositoryLine()], { ...url('other'), id: 42 })).toBe('identity_mismatch');
    expect(judge([repositoryLine()], { ...url('other'), id: 77 })).toBe('unknown_repository');
    expect(judge([repositoryLine()], { id: 42 })).toBe('unknown_host');
    expect(judge([repositoryLine()], {})).toBe('no_repository');
  });

  describe('fork network', () => {
    const fork = (fields = {}) => repositoryLine({ forkOf: 1, ...fields });
    const up = (fields = {}) => repositoryLine({ id: 1, name: 'up', ...fields });
    it.each([
      ['public parent', [fork(), up()], 'keep'],
      ['private parent', [fork(), up({ visibility: 'private' })], 'private_network'],
      ['internal parent', [fork(), up({ visibility: 'internal' })], 'private_network'],
      ['unknown parent', [fork()], 'private_network'],
      ['deleted parent', [fork(), up({ deleted: true })], 'private_network'],
      ['parent of another host', [fork(), up({ host: 'ghe.test' })], 'private_network'],
      ['parent privatised since', [fork(), up(), up({ since, visibility: 'private' })], 'private_network'],
      ['parent published since', [fork(), up({ visibility: 'private' }), up({ since })], 'private_network'],
      [
        'private grandparent',
        [fork(), up({ forkOf: 2 }), repositoryLine({ id: 2, name: 'top', visibility: 'private' })],
        'private_network',
      ],
      ['a circle of public forks', [fork(), up({ forkOf: 42 })], 'keep'],
      ['a fork of itself', [repositoryLine({ forkOf: 42 })], 'keep'],
      [
        'fork relation that ended since',
        [fork(), repositoryLine({ since }), up({ visibility: 'private' })],
        'private_network',
      ],
      [
        'fork relation that began since',
        [repositoryLine(), fork({ since }), up({ visibility: 'private' })],
        'private_network',
      ],
    ])('%s', (_name, repositories, expected) => {
      expect(judge(repositories)).toBe(expected);
    });

    it('does not follow a chain without end', () => {
      const chain = Array.from({ length: 3000 }, (_, id) => repositoryLine({ id, name: `r${id}`, forkOf: id + 1 }));
      expect(judge(chain, url('r0'))).toBe('private_network');
    });

    it('gives all its members one family', () => {
      const rules = rulesOf({
        repositories: [
          repositoryLine({ id: 50, name: 'fork', forkOf: 42 }),
          repositoryLine({ id: 51, name: 'fork2', forkOf: 50 }),
          repositoryLine({ id: 60, name: 'x', forkOf: 61 }),
          repositoryLine({ id: 61, name: 'y', forkOf: 60 }),
        ],
      });
      const family = (name: string) =>
        rules.findOrigin({ repository: url(name), path: 'a' }, EVENT_TIME).identity?.family;
      expect(['app', 'fork', 'fork2', 'x', 'y'].map(family)).toEqual([
        'github.com#42',
        'github.com#42',
        'github.com#42',
        'github.com#60',
        'github.com#60',
      ]);
    });
  });

  it('is found out at each side of every change, whatever was asked before', () => {
    const days = Array.from({ length: 12 }, (_, i) => Date.UTC(2026, 3, i + 1));
    const lines = days.map((at, i) =>
      repositoryLine({ since: new Date(at).toISOString(), visibility: i % 2 || i === 11 ? 'public' : 'private' }),
    );
    const rules = compileRules(policyOf(), buildFacts([{ name: 'repositories.jsonl', text: lines.join('\n') }]), NOW);
    const ask = (time: number) => reasonOf(rules.judgeOrigin({ repository: url('app'), path: 'a' }, time));
    for (const order of [days, [...days].reverse(), days]) {
      for (const at of order) {
        const even = days.indexOf(at) % 2 === 0;
        expect(ask(at)).toBe(even ? 'repository_was_private' : 'keep');
        expect(ask(at - 1)).toBe(at === days[0] ? 'unknown_repository' : even ? 'keep' : 'repository_was_private');
      }
    }
  });

  it('goes with its owner, then and now, by user, organisation or group', () => {
    const deny =
      (...values: string[]) =>
      () =>
        policyOf((policy) => (policy.repositories.owners.deny = sourced(...values)));
    const moved = [repositoryLine(), repositoryLine({ since, owner: 'jane' })];
    for (const value of ['acme', 'ACME', '@acme', 'github.com/Acme', 'acme/'])
      expect(judge(moved, url('app'), EVENT_TIME, deny(value))).toBe('owner_denied');
    expect(judge(moved, url('app'), EVENT_TIME, deny('Jane'))).toBe('owner_denied');
    for (const value of ['acm', 'acme2', 'gitlab.com/acme', 'acme/app'])
      expect(judge(moved, url('app'), EVENT_TIME, deny(value))).toBe('keep');
    expect(
      judge(moved, url('app'), EVENT_TIME, () =>
        policyOf((policy) => (policy.repositories.owners.optedOut = sourced('jane'))),
      ),
    ).toBe('owner_opted_out');
  });

  it('needs an allowed licence, then and now, where the policy restricts', () => {
    const mit = () => policyOf((policy) => (policy.repositories.licenses.allow = ['MIT']));
    expect(judge([repositoryLine({ license: 'MIT OR GPL-3.0-only' })], url('app'), EVENT_TIME, mit)).toBe('keep');
    expect(judge([repositoryLine()], url('app'), EVENT_TIME, mit)).toBe('license_not_allowed');
    expect(
      judge(
        [repositoryLine({ license: 'MIT' }), repositoryLine({ since, license: 'GPL-3.0-only' })],
        url('app'),
        EVENT_TIME,
        mit,
      ),
    ).toBe('license_not_allowed');
  });
});
