import { describe, expect, it } from 'vitest';
import type { Origin } from '../../../curation/rules/judge.ts';
import { distinctReferences, referencesOf } from '../../../curation/rules/origin.ts';
import { EVENT_TIME, repositoryLine, rulesOf, sourced } from './world.ts';

const url = (name: string, owner = 'acme') => ({ url: `https://github.com/${owner}/${name}` });
const app = url('app');

describe('the repositories of an origin', () => {
  it.each<[string, Origin, object[]]>([
    ['its own', { repository: app, workspaceRepositories: ['x'] }, [app]],
    ['its own by number', { repository: { id: 7 }, workspaceRepositories: ['x'] }, [{ id: 7 }]],
    ['all folders where it names none', { workspaceRepositories: ['a', 'b', 'a'] }, [{ url: 'a' }, { url: 'b' }]],
    ['all folders where its own is blank', { repository: { url: ' ' }, workspaceRepositories: ['a'] }, [{ url: 'a' }]],
    ['no blank folder', { workspaceRepositories: ['', ' ', 'a'] }, [{ url: 'a' }]],
    ['none', {}, []],
  ])('are %s', (_, origin, expected) => {
    expect(referencesOf(origin)).toEqual(expected);
  });

  it('are told apart by number and address', () => {
    const references = [{ url: 'a' }, { url: 'a', id: 1 }, { id: 1 }, { url: 'a' }, { id: 1, url: 'a' }];
    expect(distinctReferences(references)).toEqual([{ url: 'a' }, { id: 1, url: 'a' }, { id: 1 }]);
    expect(distinctReferences([])).toEqual([]);
    expect(distinctReferences(references.slice(0, 1))).toEqual([{ url: 'a' }]);
  });
});

describe('a verdict', () => {
  const submodules = {
    open: 'github.com/acme/open',
    closed: 'github.com/acme/closed',
    gone: 'github.com/acme/gone',
    elsewhere: 'gitlab.com/acme/x',
    denied: 'github.com/denied/lib',
    loop: 'github.com/acme/loop',
  };
  const rules = rulesOf({
    repositories: [
      repositoryLine({ id: 50, name: 'open' }),
      repositoryLine({ id: 51, name: 'closed', visibility: 'private' }),
      repositoryLine({ id: 52, name: 'super', submodules }),
      repositoryLine({ id: 53, name: 'lib', owner: 'denied' }),
      repositoryLine({ id: 54, name: 'loop', submodules: { loop: 'github.com/acme/loop' } }),
    ],
    files: [
      { name: 'codeowners/github.com/acme/app/CODEOWNERS', text: '# first\n\n/legal/ @acme/legal\n' },
      { name: 'exclusions/github.com/acme/app.yaml', text: '- "/secret/"\n- "*.pem"\n' },
      { name: 'ignorefiles/github.com/acme/app/.aiexclude', text: '\n*.draft\n' },
      { name: 'exclusions/github.com/acme/open.yaml', text: '- "*.pem"\n' },
    ],
    policy: (policy) => void (policy.repositories.owners.deny = sourced('denied')),
  });
  const say = (origin: Origin): string => {
    const verdict = rules.judgeOrigin(origin, EVENT_TIME);
    return verdict.keep ? 'keep' : `${verdict.reason}: ${verdict.rule}`;
  };

  it.each([
    ['src/a.ts', 'keep'],
    ['third_party/a.c', 'vendored: policy.yaml:1 "third_party/**"'],
    ['x/.env.local', 'path_excluded: policy.yaml:7 paths.exclude["*"][0] "**/.env*"'],
    ['secret/a.ts', 'path_excluded: exclusions/github.com/acme/app.yaml:1 "/secret/"'],
    ['a.pem', 'path_excluded: exclusions/github.com/acme/app.yaml:2 "*.pem"'],
    ['a.draft', 'path_excluded: ignorefiles/github.com/acme/app/.aiexclude:2'],
    ['legal/a.md', 'codeowner_denied: codeowners/github.com/acme/app/CODEOWNERS:3 (policy.yaml:1 "@acme/legal")'],
    ['third_party/.env', 'vendored: policy.yaml:1 "third_party/**"'],
    ['/abs', 'absolute_path: starts with a separator'],
  ])('names file and line: %s', (path, expected) => {
    expect(say({ repository: app, path })).toBe(expected);
    expect(say({ repository: app, path })).toBe(expected);
  });

  it.each<[Origin, string]>([
    [{ repository: app }, 'unresolvable_path: no path is known'],
    [{ path: 'a' }, 'no_repository: the event names no repository'],
    [{ repository: { id: 42 }, path: 'a' }, 'unknown_host: an id without a remote names no host'],
    [{ repository: { url: 'https://gitlab.com/a/b' }, path: 'a' }, 'unknown_host: policy.yaml:4 repositories.hosts'],
    [{ repository: { url: 'https://github.com/acme' }, path: 'a' }, 'no_repository: the remote names no repository'],
    [{ repository: app, path: 'a', gitMode: '120000' }, 'symlink: git mode 120000'],
    [{ repository: app, path: 'a', gitMode: '0120777' }, 'symlink: git mode 120000'],
    [{ repository: app, path: 'a', gitMode: '160000' }, 'submodule_private: git mode 160000'],
    [{ repository: app, path: 'a', gitMode: '100644' }, 'keep'],
    [{ repository: app, path: 'a', gitMode: '12000' }, 'keep'],
    [{ repository: app, path: 'a', gitMode: 'x120000' }, 'keep'],
    [{ repository: app, path: 'a', gitMode: '120000x' }, 'keep'],
    [{ repository: app, path: 'src/pаy.ts' }, 'mixed_script_path: letters of several scripts stand in one word'],
  ])('says why: %j', (origin, expected) => {
    expect(say(origin)).toBe(expected);
  });

  const AT = 'repositories.jsonl:4 submodules: ';
  it.each([
    ['open/src/a.ts', 'keep'],
    ['open', 'keep'],
    ['open/a.pem', `path_excluded: ${AT}exclusions/github.com/acme/open.yaml:1 "*.pem"`],
    ['open/third_party/a.c', `vendored: ${AT}policy.yaml:1 "third_party/**"`],
    ['closed/a.ts', `submodule_private: ${AT}repositories.jsonl:3`],
    ['gone/a.ts', `submodule_private: ${AT}repositories.jsonl names no such repository`],
    ['elsewhere/a.ts', `submodule_private: ${AT}policy.yaml:4 repositories.hosts`],
    ['denied/a.ts', `submodule_private: ${AT}policy.yaml:1 "denied"`],
  ])('follows a submodule: %s', (path, expected) => {
    expect(say({ repository: url('super'), path })).toBe(expected);
  });

  it('follows submodules inside submodules eight deep and no deeper', () => {
    const nested = (depth: number): string => say({ repository: url('loop'), path: `${'loop/'.repeat(depth)}a.ts` });
    expect(nested(8)).toBe('keep');
    expect(nested(9)).toMatch(/^submodule_private: .*submodules are nested too deep$/);
  });

  it('is that of the strictest of all folders', () => {
    const workspaceRepositories = [app.url, url('closed').url];
    expect(say({ workspaceRepositories, path: 'a' })).toBe('repository_private: repositories.jsonl:3');
    expect(say({ workspaceRepositories: [app.url, url('open').url], path: 'a' })).toBe('keep');
  });

  it('lets a path that is wrong as written be so in any repository', () => {
    expect(say({ repository: url('closed'), path: '/abs' })).toBe('absolute_path: starts with a separator');
    expect(say({ path: '/abs' })).toBe('absolute_path: starts with a separator');
  });

  it('names every repository that a path may belong to', () => {
    const named = (origin: Origin) => rules.repositoriesOf(origin, EVENT_TIME);
    expect(named({ repository: app })).toEqual(['github.com/acme/app', 'github.com#42']);
    expect(named({ repository: url('super'), path: 'open/a.ts' })).toEqual([
      ...['github.com/acme/super', 'github.com#52', 'github.com/acme/open', 'github.com#50'],
    ]);
    expect(named({ repository: url('super'), path: 'src/a.ts' })).toEqual(['github.com/acme/super', 'github.com#52']);
    expect(named({ repository: url('super'), path: '../x' })).toEqual(['github.com/acme/super', 'github.com#52']);
    expect(named({ repository: url('nowhere'), path: 'a' })).toEqual(['github.com/acme/nowhere']);
    expect(named({ path: 'a' })).toEqual([]);
    expect(named({ repository: url('loop'), path: `${'loop/'.repeat(20)}a` })).toHaveLength(18);
    expect(named({ workspaceRepositories: [app.url, url('open').url] })).toHaveLength(4);
  });

  it('stays right however many times of one repository are asked for', () => {
    const since = (day: number): string => `2026-04-${String(day).padStart(2, '0')}T00:00:00Z`;
    const history = Array.from({ length: 12 }, (_, at) =>
      repositoryLine({ id: 60, name: 'often', visibility: at % 2 === 0 ? 'public' : 'private', since: since(at + 1) }),
    );
    // Public now, so that each answer hangs on the time of the event.
    const often = rulesOf({ repositories: [...history, repositoryLine({ id: 60, name: 'often', since: since(20) })] });
    for (let round = 0; round < 2; round++)
      for (let day = 1; day <= 12; day++) {
        const { keep } = often.judgeOrigin({ repository: url('often'), path: 'a' }, Date.parse(since(day)) + 1);
        expect(keep, since(day)).toBe(day % 2 === 1);
      }
  });
});
