import { describe, expect, it } from 'vitest';
import { EVENT_TIME, type policyOf, reasonOf, repositoryLine, rulesOf, sourced } from '../world.ts';

const PRIVATE = repositoryLine({ id: 44, name: 'private', visibility: 'private' });
const url = (name: string, owner = 'acme') => ({ url: `https://github.com/${owner}/${name}` });

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
