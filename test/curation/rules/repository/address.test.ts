import { describe, expect, it } from 'vitest';
import { Span } from '../../../../curation/rules/repository/identify.ts';
import { compileLicenses } from '../../../../curation/rules/repository/license.ts';
import { hasTwoLevels, lower, parseRemote, parseRepositoryId } from '../../../../curation/rules/repository/remote.ts';

const hosts = {
  hosts: [
    ...['github.com', 'gitlab.com', 'bitbucket.org', 'bitbucket.acme.com', 'stash.acme.com', 'dev.azure.com'],
    ...['corp.ghe.com', ' Git.Acme.com:8443 ', 'bücher.de', 'www.kept.org', 'old.visualstudio.com', ''],
  ],
  hostAliases: { work: 'github.com', 'Mirror.acme.com': 'gitlab.com', lost: 'nowhere.com' },
};
const read = (url: string): string => {
  const remote = parseRemote(url, hosts);
  if (!remote.ok) return remote.reason;
  expect(remote.id).toBe(`${remote.host}/${remote.owner}/${remote.name}`);
  return `${remote.host} ${remote.owner} ${remote.name}`;
};

describe('an address', () => {
  it.each([
    ['', 'no_repository'],
    ['  ', 'no_repository'],
    [' https://github.com/acme/app\n', 'github.com acme app'],
    ['https://github.com/acme/app', 'github.com acme app'],
    ['https://github.com:443/acme/app', 'github.com acme app'],
    ['https://github.com:/acme/app', 'github.com acme app'],
    ['https://github.com:44x/acme/app', 'unknown_host'],
    ['https://github.com:443:1/acme/app', 'unknown_host'],
    ['https:///acme/app', 'unknown_host'],
    ['https://:443/acme/app', 'unknown_host'],
    ['https://user@:443/acme/app', 'unknown_host'],
    ['https://a@b@github.com/acme/app', 'github.com acme app'],
    ['https://github.com?/acme/app', 'no_repository'],
    ['https://github.com#/acme/app', 'no_repository'],
    ['https://github.com/acme/app?x=/y/z', 'github.com acme app'],
    ['https://github.com/acme?x/app', 'no_repository'],
    ['https://evil.com?@github.com/acme/app', 'unknown_host'],
    ['https://evil.com#@github.com/acme/app', 'unknown_host'],
    ['https://github.com', 'no_repository'],
    ['https://github.com/', 'no_repository'],
    ['https://github.com/acme', 'no_repository'],
    ['https://github.com/acme/app/tree/main', 'github.com acme app'],
    ['ssh://git@github.com/acme/app/tree', 'no_repository'],
    ['https://github.com/acme/app.git', 'github.com acme app'],
    ['https://github.com/acme/.git', 'no_repository'],
    ['https://github.com/./app', 'no_repository'],
    ['https://github.com/acme/..', 'no_repository'],
    ['https://github.com/acme/%2e%2e', 'no_repository'],
    ['https://github.com/acme/a%2fb', 'no_repository'],
    ['https://github.com/acme/a%25b', 'no_repository'],
    ['https://github.com/acme/a%09b', 'no_repository'],
    ['https://github.com/acme/%zz', 'no_repository'],
    ['https://github.com/acme/a%70p', 'github.com acme app'],
    ['https://github.com/ac me/app', 'unknown_host'],
    ['https://github.com\\acme/app', 'unknown_host'],
    ['https://github.com/acme\u007f/app', 'unknown_host'],
    ['https://github.com/a%20b/app', 'no_repository'],
    ['https://gitlab.com/a%20b/app', 'gitlab.com a b app'],
    [`https://github.com/acme/${'a'.repeat(5000)}`, 'unknown_host'],
    ['ftp://github.com/acme/app', 'unknown_host'],
    ['file:///github.com/acme/app', 'unknown_host'],
    ['/github.com/acme/app', 'unknown_host'],
    ['github.com/acme/app', 'unknown_host'],
    ['git@github.com:acme/app.git', 'github.com acme app'],
    ['github.com:acme/app?x', 'github.com acme app'],
    ['a@b@github.com:acme/app', 'github.com acme app'],
    [':acme/app', 'unknown_host'],
    ['@:acme/app', 'unknown_host'],
    ['git@:acme/app', 'unknown_host'],
    ['x/github.com:acme/app', 'unknown_host'],
    ['user:secret@github.com:acme/app', 'unknown_host'],
    ['github.com:acme@x/app', 'unknown_host'],
    ['[git@github.com:22]:acme/app', 'github.com acme app'],
    ['[github.com]:acme/app#x', 'github.com acme app'],
    ['[github.com:222222]:acme/app', 'unknown_host'],
    ['[github.com:22]acme/app', 'unknown_host'],
    ['github.com:443/acme/app', 'no_repository'],
    ['www.github.com:acme/app', 'github.com acme app'],
    ['ssh.github.com:acme/app', 'github.com acme app'],
    ['www.ssh.github.com:acme/app', 'unknown_host'],
    ['https://www.kept.org/a/b', 'www.kept.org a b'],
    ['https://kept.org/a/b', 'unknown_host'],
    ['https://git.acme.com/a/b', 'git.acme.com a b'],
    ['https://work/acme/app', 'github.com acme app'],
    ['https://mirror.acme.com/g/app', 'gitlab.com g app'],
    ['https://lost/acme/app', 'unknown_host'],
    ['https://bücher.de/a/b', 'xn--bcher-kva.de a b'],
    ['https://BÜCHER.de/a/b', 'xn--bcher-kva.de a b'],
    ['https://xn--bcher-kva.de/a/b', 'xn--bcher-kva.de a b'],
    ['https://ｇithub.com/acme/app', 'unknown_host'],
    ['https://github。com/acme/app', 'unknown_host'],
    ['https://gıthub.com/acme/app', 'unknown_host'],
    ['https://ü^/acme/app', 'unknown_host'],
    ['https://corp.ghe.com/a/b/c', 'corp.ghe.com a b'],
    ['https://gitlab.com/g/s/app', 'gitlab.com g/s app'],
    ['https://gitlab.com/g/s/app/-/tree/main', 'gitlab.com g/s app'],
    ['https://gitlab.com/g/-/app', 'no_repository'],
    ['https://gitlab.com/g/app.git/info/refs', 'gitlab.com g app'],
    ['https://gitlab.com/g', 'no_repository'],
    ['https://gitlab.com/g.git/x', 'no_repository'],
    ['https://bitbucket.org/a/b/src/main', 'bitbucket.org a b'],
    ['https://bitbucket.acme.com/scm/a/b.git', 'bitbucket.acme.com a b'],
    ['https://stash.acme.com/scm/a/b.git', 'stash.acme.com a b'],
    ['https://stash.acme.com/scm/b', 'stash.acme.com scm b'],
    ['https://stash.acme.com/a/scm/b', 'stash.acme.com a/scm b'],
    ['ssh://git@stash.acme.com:7999/scm/a/b', 'stash.acme.com scm/a b'],
    ['https://gitlab.com/scm/a/b', 'gitlab.com scm/a b'],
    ['https://dev.azure.com/org/project/_git/app', 'dev.azure.com org/project app'],
    ['https://dev.azure.com/org/_git/app', 'dev.azure.com org/app app'],
    ['https://dev.azure.com/_git/app', 'no_repository'],
    ['https://dev.azure.com/a/b/c/_git/app', 'no_repository'],
    ['https://dev.azure.com/org/project/_git', 'no_repository'],
    ['https://dev.azure.com/org/project/_git/_full/app', 'dev.azure.com org/project app'],
    ['https://dev.azure.com/org/project/_git/_optimized/app', 'dev.azure.com org/project app'],
    ['git@ssh.dev.azure.com:v3/org/project/app', 'dev.azure.com org/project app'],
    ['git@ssh.dev.azure.com:v3/org/project', 'no_repository'],
    ['https://org.visualstudio.com/project/_git/app', 'dev.azure.com org/project app'],
    ['https://org.visualstudio.com/DefaultCollection/project/_git/app', 'dev.azure.com org/project app'],
    ['https://org.visualstudio.com/DefaultCollection/_git/app', 'dev.azure.com org/app app'],
    ['https://a.b.visualstudio.com/project/_git/app', 'unknown_host'],
    ['https://old.visualstudio.com/project/_git/app', 'dev.azure.com old/project app'],
    ['org@vs-ssh.visualstudio.com:v3/org/project/app', 'dev.azure.com org/project app'],
  ])('%j: %s', (url, expected) => {
    expect(read(url)).toBe(expected);
  });

  it.each([
    ['github.com/acme/app', ['github.com', 'acme', 'app']],
    ['GitHub.com/A/B/C', ['github.com', 'a/b', 'c']],
    ['a/b/c', ['a', 'b', 'c']],
    ...['', 'a', 'a/b', '/b/c', 'a//c', 'a/b/', 'a//', 'a/b//c', 'a/./c', 'a/b/..', './b/c', 'a/../b/c'].map(
      (id): [string, null] => [id, null],
    ),
  ])('is taken apart from an identity: %j', (id, parts) => {
    const parsed = parseRepositoryId(id);
    expect(parsed && [parsed.host, parsed.owner, parsed.name]).toEqual(parts);
    if (parsed) expect(parsed.id).toBe(lower(id));
  });

  it('is compared by ASCII letters alone', () => {
    expect(lower('AZaz\u212aÉ@[')).toBe('azaz\u212aÉ@[');
    expect(['github.com', 'my.github.acme.com', 'bitbucket.org', 'a.ghe.com'].map(hasTwoLevels)).not.toContain(false);
    expect(['gitlab.com', 'mygithub.com', 'ghe.com', 'bitbucket.com'].map(hasTwoLevels)).not.toContain(true);
  });
});

describe('a span', () => {
  const state = (since: number, id = 1) => ({
    ...{ host: 'h', id, owner: 'o', name: 'n', visibility: 'public' as const, since, deleted: false, source: 's' },
  });

  it('holds the times at which the same states are in force', () => {
    const span = new Span();
    expect(span.holds(-1e15) && span.holds(1e15)).toBe(true);
    expect(span.at([state(10), state(20), state(20), state(30)], 25)).toEqual([state(20), state(20)]);
    expect([19, 20, 29, 30].map((time) => span.holds(time))).toEqual([false, true, true, false]);
    expect(span.at([state(24), state(29)], 25)).toEqual([state(24)]);
    expect([23, 24, 28, 29].map((time) => span.holds(time))).toEqual([false, true, true, false]);
    expect(span.at([state(26)], 25)).toEqual([]);
    expect([24, 25, 26].map((time) => span.holds(time))).toEqual([true, true, false]);
  });

  it('has no beginning before the first state', () => {
    const span = new Span();
    span.at([state(10)], 5);
    expect([-1e15, 9, 10].map((time) => span.holds(time))).toEqual([true, true, false]);
  });
});

it('reads licences of a policy however they are spaced', () => {
  const passes = compileLicenses([' MIT ', 'Apache-2.0   WITH  LLVM-exception', 'GPL-3.0+']);
  expect(['mit', 'MIT ', 'Apache-2.0 WITH LLVM-exception', 'GPL-3.0-or-later'].map(passes)).not.toContain(false);
  const none = ['Apache-2.0', 'MIT$', 'MIT+x', 'x MIT', 'MIT, Apache-2.0', 'GPL-3.0-only', '((MIT)', '(MIT) OR ((x'];
  expect(none.filter(passes)).toEqual([]);
  expect(passes(`${'(MIT) OR '.repeat(40)}x`)).toBe(true);
});
