import { describe, expect, it } from 'vitest';
import { PatternError } from '../../../../curation/rules/path/pattern/brace.ts';
import { canonicalRepository, compileReference, trailingParts } from '../../../../curation/rules/path/reference.ts';

const show = (reference: string, aliases?: Record<string, string>): string =>
  compileReference(reference, 'p:1', aliases)
    .map(({ kind, name }) => `${kind} ${name}`)
    .join('; ');

describe('compileReference', () => {
  it.each([
    ['*', 'all *'],
    ['**', 'all *'],
    [' * ', 'all *'],
    ['App', 'exact app'],
    ['app.git', 'exact app'],
    ['app.git/', 'exact app'],
    ['Acme/App', 'exact acme/app'],
    ['acme/app/', 'exact acme/app'],
    ['github.com/acme/app', 'exact github.com/acme/app'],
    ['www.github.com/acme/app', 'exact github.com/acme/app'],
    ['my.host.com/a/b/c', 'exact my.host.com/a/b/c'],
    ['https://GitHub.com/Acme/App', 'exact github.com/acme/app'],
    ['https://github.com./acme/app', 'exact github.com/acme/app'],
    ['http://u:p@github.com:8080/acme/app', 'exact github.com/acme/app'],
    ['git+ssh://git@github.com:*/acme/app', 'exact github.com/acme/app'],
    ['git+https://github.com/acme/app', 'exact github.com/acme/app'],
    ['git://github.com//acme/app//', 'exact github.com/acme/app'],
    ['https://ssh.github.com/acme/app', 'exact github.com/acme/app'],
    ['https://altssh.bitbucket.org/acme/app', 'exact bitbucket.org/acme/app'],
    ['https://ssh.acme/acme/app', 'exact ssh.acme/acme/app'],
    ['https://github.com/acme/app?tab=readme', 'exact github.com/acme/app'],
    ['https://github.com/acme/app#a=b', 'exact github.com/acme/app'],
    ['https://github.com/acme/app?a=\nb', 'exact github.com/acme/app'],
    ['https://github.com/acme/a%70p', 'exact github.com/acme/app'],
    ['https://github.com/acme/100%', 'exact github.com/acme/100%'],
    ['git@github.com:acme/app', 'exact github.com/acme/app'],
    ['github.com:/acme/app', 'exact github.com/acme/app'],
    ['https://github.com', 'exact github.com/'],
    ['ap?', 'wildcard ap?'],
    ['ap[pq]', 'wildcard ap?'],
    ['acme/*', 'wildcard acme/*'],
    ['https://*.acme.com/*', 'wildcard *.acme.com/*'],
    ['{app,lib}', 'exact app; exact lib'],
    ['{ app , lib* }', 'exact app; wildcard lib*'],
    ['https://dev.azure.com/Org/Project/_git/Repo', 'exact dev.azure.com/org/project/repo'],
    ['https://dev.azure.com/org/project/_git/_optimized/repo', 'exact dev.azure.com/org/project/repo'],
    ['https://dev.azure.com/org/project/_git/_full/repo', 'exact dev.azure.com/org/project/repo'],
    ['https://dev.azure.com/org/_git/repo', 'exact dev.azure.com/org/repo/repo'],
    ['https://dev.azure.com/org/project', 'exact dev.azure.com/org/project'],
    ['https://org.visualstudio.com/DefaultCollection/project/_git/repo', 'exact dev.azure.com/org/project/repo'],
    ['https://org.visualstudio.com/_git/repo', 'exact dev.azure.com/org/repo/repo'],
    ['git@ssh.dev.azure.com:v3/org/project/repo', 'exact dev.azure.com/org/project/repo'],
    ['git@vs-ssh.visualstudio.com:v3/org/project/repo', 'exact dev.azure.com/org/project/repo'],
    ['https://my-dev.azure.com/v3/org/repo', 'exact my-dev.azure.com/v3/org/repo'],
    ['https://dev.azure.com.acme.org/v3/a/b', 'exact dev.azure.com.acme.org/v3/a/b'],
  ])('reads %j as %s', (reference, expected) => {
    expect(show(reference)).toBe(expected);
  });

  it('puts the hosts of the policy’s aliases in their place', () => {
    const aliases = { work: 'GitHub.com', 'www.corp.org': 'git.corp.org' };
    expect(show('git@work:acme/app', aliases)).toBe('exact github.com/acme/app');
    expect(show('https://WORK:22/acme/app', aliases)).toBe('exact github.com/acme/app');
    expect(show('https://www.corp.org/a/b', aliases)).toBe('exact git.corp.org/a/b');
    expect(show('https://constructor/a/b', aliases)).toBe('exact constructor/a/b');
  });

  it.each([
    ['/srv/x', 'no URL, remote or name'],
    ['\\\\host\\x', 'no URL, remote or name'],
    ['~/x', 'no URL, remote or name'],
    ['./x', 'no URL, remote or name'],
    ['C:\\x', 'no URL, remote or name'],
    ['file:///x', 'no URL, remote or name'],
    ['.git', 'no URL, remote or name'],
    ['https://', 'names no repository'],
    ['{a,/}', 'no URL, remote or name'],
    ['https:///', 'names no repository'],
  ])('refuses %j: %s', (reference, problem) => {
    expect(() => show(reference)).toThrow(PatternError);
    expect(() => show(reference)).toThrow(/^p:1: ".*" is not a valid repository reference \(/);
    expect(() => show(reference)).toThrow(`(${problem})`);
  });

  it.each([
    ['app', ['github.com/acme/app', 'app'], ['github.com/app/x', 'github.com/acme/myapp', 'github.com/acme/app/x']],
    ['acme/app', ['github.com/acme/app', 'gitlab.com/x/acme/app'], ['github.com/my-acme/app']],
    ['https://github.com/acme/app', ['github.com/acme/app'], ['x/github.com/acme/app', 'gitlab.com/acme/app']],
    ['a?p', ['github.com/acme/app', 'github.com/acme/axp'], ['github.com/acme/aapp']],
    ['ac*', ['github.com/acme/app', 'github.com/x/acme'], ['github.com/x/bacme']],
    [
      'https://github.com/ac*',
      ['github.com/acme/app', 'github.com/ac/b/c'],
      ['gitlab.com/acme/app', 'x/github.com/ac'],
    ],
  ])('%j names %j, not %j', (reference, named, others) => {
    const [only] = compileReference(reference, 'p:1');
    expect(named.filter((id) => !only!.matches(id))).toEqual([]);
    expect(others.filter((id) => only!.matches(id))).toEqual([]);
  });
});

it('writes a repository in one way', () => {
  expect(canonicalRepository('GitHub.com:443/Acme/App.git')).toBe('github.com/acme/app');
  expect(canonicalRepository('github.com:44x/a')).toBe('github.com:44x/a');
  expect(canonicalRepository('github.com')).toBe('github.com/');
  expect(canonicalRepository('org.visualstudio.com/p/_git/r')).toBe('dev.azure.com/org/p/r');
  expect(trailingParts('a/b/c')).toEqual(['a/b/c', 'b/c', 'c']);
});
