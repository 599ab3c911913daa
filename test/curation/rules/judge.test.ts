import { describe, expect, it } from 'vitest';
import type { CanonicalEvent } from '../../../curation/events/event.ts';
import { buildFacts } from '../../../curation/rules/facts.ts';
import { compileRules } from '../../../curation/rules/judge.ts';
import { raw } from '../../../curation/text.ts';
import {
  consentLine,
  EVENT_TIME,
  eventOf,
  NOW,
  piece,
  policyOf,
  reasonOf,
  repositoryLine,
  rulesOf,
  sourced,
} from './world.ts';

const PRIVATE = repositoryLine({ id: 44, name: 'private', visibility: 'private' });
const url = (name: string, owner = 'acme') => ({ url: `https://github.com/${owner}/${name}` });
const verdictOf = (world: Parameters<typeof rulesOf>[0], event: Partial<CanonicalEvent> = {}) =>
  reasonOf(rulesOf(world).judgeEvent(eventOf(event)).verdict);

describe('judgeEvent', () => {
  it('keeps an event of a public repository and a consenting user, with its path and identity', () => {
    expect(rulesOf().judgeEvent(eventOf({ document: { path: './src//x/../a.ts' } }))).toEqual({
      verdict: { keep: true },
      pathPending: false,
      document: { keep: true },
      context: [],
      demands: [],
      resolvedPath: 'src/a.ts',
      repository: { id: 'github.com/acme/app', numericId: 42, family: 'github.com#42', owner: 'acme' },
    });
  });

  it('judges a record without text by clock and consent alone', () => {
    const bare = eventOf({ document: { path: '/abs' }, repository: url('private') });
    delete bare.prompt;
    delete bare.completion;
    const rules = rulesOf({ repositories: [PRIVATE] });
    expect(rules.judgeEvent(bare)).toEqual({
      verdict: { keep: true },
      pathPending: false,
      document: { keep: true },
      context: [],
      demands: [],
    });
    expect(reasonOf(rules.judgeEvent({ ...bare, user: {} }).verdict)).toBe('unknown_user');
    expect(reasonOf(rules.judgeEvent({ ...bare, completion: raw('x') }).verdict)).toBe('absolute_path');
    expect(reasonOf(rules.judgeEvent({ ...bare, capturedCode: raw('x'), document: { path: 'a' } }).verdict)).toBe(
      'repository_private',
    );
  });

  it('judges a record whose path comes later without it, and says so', () => {
    const judged = rulesOf().judgeEvent(eventOf({ document: {} }));
    expect(judged).toMatchObject({ verdict: { keep: true }, pathPending: true });
    expect(verdictOf({ repositories: [PRIVATE] }, { document: {}, repository: url('private') })).toBe(
      'repository_private',
    );
    expect(verdictOf({}, { document: { gitMode: '120000' } })).toBe('symlink');
  });

  it('lets the reason win that stands first in the contract', () => {
    const late = NOW + 86_400_001;
    const world = { repositories: [PRIVATE] };
    const worst = { time: late, user: {}, repository: url('private'), document: { path: 'a/../../x' } };
    expect(verdictOf(world, worst)).toBe('path_escapes_root');
    expect(verdictOf(world, { ...worst, document: { path: '.env' } })).toBe('clock_skew');
    expect(verdictOf(world, { ...worst, document: { path: '.env' }, time: EVENT_TIME })).toBe('unknown_user');
    expect(verdictOf(world, { repository: url('private'), document: { path: '.env' } })).toBe('repository_private');
    expect(verdictOf(world, { repository: url('private'), document: { path: 'untitled:Untitled-1' } })).toBe(
      'repository_private',
    );
    expect(verdictOf(world, { document: { path: 'untitled:Untitled-1' } })).toBe('unresolvable_path');
    expect(verdictOf(world, { document: { path: 'third_party/.env' } })).toBe('vendored');
  });

  it('allows a clock that is ahead by 24 hours and no more', () => {
    expect(verdictOf({}, { time: NOW + 86_400_000 })).toBe('keep');
    expect(verdictOf({}, { time: NOW + 86_400_001 })).toBe('clock_skew');
  });

  describe('context pieces', () => {
    const contextOf = (
      world: Parameters<typeof rulesOf>[0],
      event: Partial<CanonicalEvent>,
      ...pieces: ReturnType<typeof piece>[]
    ) => {
      const judged = rulesOf(world).judgeEvent(eventOf({ ...event, prompt: { prefix: raw('p'), context: pieces } }));
      return { record: reasonOf(judged.verdict), pieces: judged.context.map(reasonOf) };
    };

    it('keeps the public part of a prompt that quotes a private repository', () => {
      const context = contextOf({ repositories: [PRIVATE] }, {}, piece(), piece({ repository: url('private') }));
      expect(context).toEqual({ record: 'keep', pieces: ['keep', 'repository_private'] });
    });

    it('judges every piece by its own path, and a bad path drops the piece alone', () => {
      const paths = ['.env', '/etc/passwd', 'a\u0000b', 'third_party/x.c', 'src/ok.ts'];
      const context = contextOf({}, {}, ...paths.map((path) => piece({ path })));
      expect(context).toEqual({
        record: 'keep',
        pieces: ['path_excluded', 'absolute_path', 'control_character', 'vendored', 'keep'],
      });
    });

    it('drops what has no path or no known source', () => {
      const pathless = piece();
      delete pathless.path;
      expect(contextOf({}, {}, pathless, piece({ unsourced: true })).pieces).toEqual([
        'unresolvable_path',
        'unresolvable_path',
      ]);
    });

    it('takes a piece without a repository for one of any folder that was open', () => {
      const workspaceRepositories = ['https://github.com/acme/app', 'git@github.com:acme/private.git'];
      expect(
        contextOf({ repositories: [PRIVATE] }, { workspaceRepositories }, piece(), piece({ repository: url('app') }))
          .pieces,
      ).toEqual(['repository_private', 'keep']);
      expect(contextOf({}, { workspaceRepositories: ['https://github.com/ACME/app.git'] }, piece()).pieces).toEqual([
        'keep',
      ]);
    });

    it('takes a piece with an empty reference for one without', () => {
      expect(contextOf({}, {}, piece({ repository: {} }), piece({ repository: { url: ' ' } })).pieces).toEqual([
        'keep',
        'keep',
      ]);
    });

    it('excludes the record where the policy says so, never as rejected', () => {
      const pieces = [piece({ path: 'third_party/x.c' }), piece({ path: '/etc/passwd' })];
      expect(contextOf({ policy: (policy) => (policy.whenPieceGoes = 'exclude') }, {}, pieces[0]!).record).toBe(
        'vendored',
      );
      expect(contextOf({ policy: (policy) => (policy.whenPieceGoes = 'exclude') }, {}, pieces[1]!).record).toBe(
        'unresolvable_path',
      );
      const wary = (policy: ReturnType<typeof policyOf>) => (policy.whenContextPrivate = 'exclude' as const);
      expect(contextOf({ policy: wary }, {}, pieces[0]!).record).toBe('keep');
      expect(
        contextOf({ policy: wary, repositories: [PRIVATE] }, {}, piece({ repository: url('private') })).record,
      ).toBe('repository_private');
    });
  });

  it('judges a document without a repository by all that were open', () => {
    const event = (...workspaceRepositories: string[]) => {
      const { repository: _repository, ...rest } = eventOf({ workspaceRepositories });
      return reasonOf(rulesOf({ repositories: [PRIVATE] }).judgeEvent(rest).verdict);
    };
    expect(event()).toBe('no_repository');
    expect(event('')).toBe('no_repository');
    expect(event('https://github.com/acme/app')).toBe('keep');
    expect(event('https://github.com/acme/app', 'https://github.com/acme/private')).toBe('repository_private');
    expect(event('https://github.com/acme/app', '/srv/git/x')).toBe('unknown_host');
  });
});

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

describe('the path of a segment', () => {
  const judge = (world: Parameters<typeof rulesOf>[0], path: string, name = 'app', gitMode?: string) =>
    reasonOf(rulesOf(world).judgeOrigin({ repository: url(name), path, ...(gitMode && { gitMode }) }, EVENT_TIME));

  it('is needed', () => {
    expect(reasonOf(rulesOf().judgeOrigin({ repository: url('app') }, EVENT_TIME))).toBe('unresolvable_path');
  });

  it('may be no symlink and no submodule, by git mode', () => {
    expect(
      ['100644', '100755', '120000', '160000', '0120000', 'garbage'].map((mode) => judge({}, 'src/a.ts', 'app', mode)),
    ).toEqual(['keep', 'keep', 'symlink', 'submodule_private', 'symlink', 'keep']);
  });

  it('is judged by the repository of the submodule it lies in', () => {
    const submodules = {
      'vendor-sdk': 'github.com/acme/private',
      pub: '../lib.git',
      'Deep/Sub': 'git@github.com:acme/lib.git',
      lost: 'https://elsewhere.test/a/b',
      me: './.',
    };
    const world = {
      repositories: [
        PRIVATE,
        repositoryLine({
          id: 45,
          name: 'lib',
          submodules: { inner: 'github.com/acme/private', loop: 'github.com/acme/app' },
        }),
        repositoryLine({ since: '2021-01-01T00:00:00Z', submodules: { ...submodules, loop: 'github.com/acme/lib' } }),
      ],
      files: [{ name: 'codeowners/github.com/acme/lib/CODEOWNERS', text: '/secret/ @acme/legal' }],
    };
    const cases: [string, string][] = [
      ['vendor-sdk', 'submodule_private'],
      ['vendor-sdk/a.ts', 'submodule_private'],
      ['VENDOR-SDK/a.ts', 'submodule_private'],
      ['vendor-sdk2/a.ts', 'keep'],
      ['pub/a.ts', 'keep'],
      ['pub/.env', 'path_excluded'],
      ['pub/secret/a.ts', 'codeowner_denied'],
      ['deep/sub/secret/a.ts', 'codeowner_denied'],
      ['pub/inner/a.ts', 'submodule_private'],
      ['lost/a.ts', 'submodule_private'],
      [`${'loop/'.repeat(20)}a.ts`, 'submodule_private'],
    ];
    expect(cases.map(([path]) => [path, judge(world, path)])).toEqual(cases);
  });

  it('is taken out by patterns of the policy and of the repository, under any of its names', () => {
    const since = '2026-05-02T00:00:00Z';
    const world = {
      repositories: [repositoryLine({ since, name: 'site' })],
      files: [
        { name: 'exclusions/github.com/acme/app.yaml', text: '- "/private/**"\n' },
        { name: 'exclusions/github.com/acme/site.yaml', text: '"*":\n  - secrets.json\n' },
        { name: 'ignorefiles/github.com/acme/app/.copilotignore', text: 'drafts/\n' },
        { name: 'ignorefiles/github.com/acme/site/inner/.aiexclude', text: '' },
      ],
      policy: (policy: ReturnType<typeof policyOf>) =>
        policy.paths.exclude.push({
          repository: 'https://github.com/acme/site.git',
          pattern: '/hidden/**',
          source: 'policy.yaml:9',
        }),
    };
    const paths = [
      'private/a.ts',
      'x/secrets.json',
      'drafts/a.md',
      'inner/a.ts',
      'hidden/a.ts',
      'a/.env.local',
      'src/a.ts',
    ];
    expect(paths.map((path) => judge(world, path))).toEqual([
      ...Array.from({ length: 6 }, () => 'path_excluded'),
      'keep',
    ]);
  });

  it('looks at the start of the file where conditions ask for it and it is known', () => {
    const rules = rulesOf({
      policy: (policy) =>
        policy.paths.exclude.push({ repository: '*', pattern: 'gen/**', source: 'p', ifAnyMatch: ['CONFIDENTIAL'] }),
    });
    const ask = (text?: string) =>
      reasonOf(
        rules.judgeOrigin(
          { repository: url('app'), path: 'gen/a.ts', ...(text !== undefined && { text }) },
          EVENT_TIME,
        ),
      );
    expect([ask('// open'), ask('// CONFIDENTIAL'), ask(), ask('// open')]).toEqual([
      'keep',
      'path_excluded',
      'path_excluded',
      'keep',
    ]);
  });

  it('is taken out by its code owners, nested teams included', () => {
    const owned = (text: string, deny: string[], teams = '') => {
      const files = [
        { name: 'codeowners/github.com/acme/app/CODEOWNERS', text },
        { name: 'teams.jsonl', text: teams },
      ];
      return judge({ files, policy: (policy) => (policy.ownership.deny = sourced(...deny)) }, 'docs/a.md');
    };
    const nested = [
      '{"team":"@acme/eu","parent":"@Acme/Legal"}',
      '{"team":"@acme/paris","parent":"@acme/eu"}',
      '{"team":"@acme/legal","parent":"@acme/paris"}',
    ].join('\n');
    expect(owned('* @acme/all\n/docs/ @ACME/Legal', ['@acme/legal'])).toBe('codeowner_denied');
    expect(owned('* @acme/legal\n/docs/ @acme/docs', ['@acme/legal'])).toBe('keep');
    expect(owned('* @acme/legal\n/docs/', ['@acme/legal'])).toBe('keep');
    expect(owned('* @acme/docs @acme/paris', ['acme/legal'], nested)).toBe('codeowner_denied');
    expect(owned('* @acme/other', ['@acme/legal'], nested)).toBe('keep');
    expect(owned('* @acme/legal', ['@acme/paris'], nested.split('\n').slice(0, 2).join('\n'))).toBe('keep');
    expect(owned('* @acme/tools', ['@acme'])).toBe('codeowner_denied');
    expect(owned('* Jane.Doe@Acme.com', ['jane.doe@acme.com'])).toBe('codeowner_denied');
  });
});

describe('a rule that fails', () => {
  it('excludes, and its message holds nothing of the event', () => {
    const facts = buildFacts([
      { name: 'repositories.jsonl', text: repositoryLine() },
      { name: 'consents.jsonl', text: consentLine() },
    ]);
    const broken = (over: Partial<typeof facts>) =>
      compileRules(policyOf(), { ...facts, ...over }, NOW).judgeEvent(eventOf()).verdict;
    const fail = (): never => {
      throw new Error('github.com/acme/app u1 src/a.ts');
    };
    for (const verdict of [
      broken({ consents: fail }),
      broken({ history: fail }),
      broken({ codeowners: fail }),
      broken({ exclusions: fail }),
    ]) {
      expect(reasonOf(verdict)).toBe('rule_error');
      expect(JSON.stringify(verdict)).not.toMatch(/acme|u1|a\.ts/);
    }
  });
});
