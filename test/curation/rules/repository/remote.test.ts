import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostPolicy } from '../../../../curation/rules/repository/remote.ts';
import { parseRemote, parseRepositoryId } from '../../../../curation/rules/repository/remote.ts';

const GITHUB: HostPolicy = { hosts: ['github.com'], hostAliases: {} };
const MANY: HostPolicy = {
  hosts: [
    'github.com',
    'gitlab.com',
    'dev.azure.com',
    'bitbucket.org',
    'bitbucket.corp.test',
    'git.corp.test',
    'münchen.test',
  ],
  hostAliases: { 'gh-work': 'github.com', 'altssh.gitlab.com': 'gitlab.com', elsewhere: 'nowhere.test' },
};
const parsed = (url: string, hosts = GITHUB): string => {
  const remote = parseRemote(url, hosts);
  return remote.ok ? remote.id : remote.reason;
};

describe('parseRemote', () => {
  it.each([
    'https://github.com/acme/app',
    'http://github.com/acme/app.git',
    'HTTPS://GitHub.COM/Acme/App.git/',
    'https://user:pw@github.com:443/acme/app/',
    'https://token@github.com/acme/app.git',
    'https://user:p@ss@github.com/acme/app',
    'https://www.github.com/acme/app.git?x=1#readme',
    'https://github.com//acme///app',
    'https://github.com/acme/app/tree/main/src/a.ts',
    'https://github.com/acme/app.git/info/refs',
    'https://github.com/%61cme/app',
    'git@github.com:acme/app.git',
    'git@GITHUB.com:/Acme/App',
    'github.com:acme/app',
    'org-123@github.com:acme/app.git',
    '[git@ssh.github.com:443]:acme/app.git',
    'ssh://git@github.com/acme/app.git',
    'ssh://git@ssh.github.com:443/acme/app.git',
    'ssh://git@github.com:/acme/app.git',
    'git+ssh://git@github.com/acme/app.git',
    'git://github.com/acme/app.git',
    ' https://github.com/acme/app\n',
  ])('takes %j for github.com/acme/app', (url) => {
    expect(parsed(url)).toBe('github.com/acme/app');
  });

  it.each([
    ['/srv/git/app.git', 'unknown_host'],
    ['../app.git', 'unknown_host'],
    ['C:\\work\\app', 'unknown_host'],
    ['C:/work/app', 'unknown_host'],
    ['file:///srv/git/app.git', 'unknown_host'],
    ['file://github.com/acme/app', 'unknown_host'],
    ['gopher://github.com/acme/app', 'unknown_host'],
    ['acme/app', 'unknown_host'],
    ['github.com/acme/app', 'unknown_host'],
    ['//github.com/acme/app', 'unknown_host'],
    ['https://github.cоm/acme/app', 'unknown_host'],
    ['https://ｇithub.com/acme/app', 'unknown_host'],
    ['https://github%2ecom/acme/app', 'unknown_host'],
    ['https://github.com.evil.test/acme/app', 'unknown_host'],
    ['https://xyz.github.com/acme/app', 'unknown_host'],
    ['https://gist.github.com/acme/app', 'unknown_host'],
    ['git@my-user-name-github.com:acme/app.git', 'unknown_host'],
    ['git@github.com-my-user-name:acme/app.git', 'unknown_host'],
    ['git@ssh.ssh.github.com:acme/app.git', 'unknown_host'],
    ['https://evil.test\\@github.com/acme/app', 'unknown_host'],
    ['https://evil.test#@github.com/acme/app', 'unknown_host'],
    ['https://evil.test?@github.com/acme/app', 'unknown_host'],
    ['https://evil.test/@github.com/acme/app', 'unknown_host'],
    ['https://user:pa/ss@github.com/acme/app', 'unknown_host'],
    ['user:secret@github.com:acme/app', 'unknown_host'],
    ['https://github.com:4a3/acme/app', 'unknown_host'],
    ['https://github.com\u0000/acme/app', 'unknown_host'],
    ['https:///acme/app', 'unknown_host'],
    [`https://github.com/${'a'.repeat(5000)}/app`, 'unknown_host'],
    ['', 'no_repository'],
    ['   ', 'no_repository'],
    ['https://github.com', 'no_repository'],
    ['https://github.com/', 'no_repository'],
    ['https://github.com/acme', 'no_repository'],
    ['https://github.com/acme/.git', 'no_repository'],
    ['https://github.com/acme/../app', 'no_repository'],
    ['https://github.com/acme/%2e%2e', 'no_repository'],
    ['https://github.com/acme/app%2Fx', 'no_repository'],
    ['https://github.com/acme/a%252Fb', 'no_repository'],
    ['https://github.com/acme/%ff', 'no_repository'],
    ['https://github.com/acme/\u212Ait', 'no_repository'],
    ['git@github.com:443/acme/app.git', 'no_repository'],
    ['https://github.com/acme/app.git.git', 'github.com/acme/app.git'],
  ])('gives %j as %s', (url, expected) => {
    expect(parsed(url)).toBe(expected);
  });

  it.each([
    ['git@gh-work:acme/app.git', 'github.com/acme/app'],
    ['https://elsewhere/acme/app', 'unknown_host'],
    ['https://gitlab.com/group/sub/app.git', 'gitlab.com/group/sub/app'],
    ['https://gitlab.com/group/sub/app/-/blob/main/a.ts', 'gitlab.com/group/sub/app'],
    ['git@gitlab.com:group/sub/app.git', 'gitlab.com/group/sub/app'],
    ['ssh://git@altssh.gitlab.com:443/group/app.git', 'gitlab.com/group/app'],
    ['https://gitlab.com/app.git', 'no_repository'],
    ['https://bitbucket.corp.test/scm/project/app.git', 'bitbucket.corp.test/project/app'],
    ['https://git.corp.test/scm/project/app.git', 'git.corp.test/scm/project/app'],
    ['https://bitbucket.org/acme/app/src/main/', 'bitbucket.org/acme/app'],
    ['https://münchen.test/acme/app', 'xn--mnchen-3ya.test/acme/app'],
    ['https://xn--mnchen-3ya.test/acme/app', 'xn--mnchen-3ya.test/acme/app'],
    ['https://dev.azure.com/Org/My%20Project/_git/Repo', 'dev.azure.com/org/my project/repo'],
    ['https://org@dev.azure.com/org/_git/repo', 'dev.azure.com/org/repo/repo'],
    ['https://org.visualstudio.com/DefaultCollection/project/_git/repo', 'dev.azure.com/org/project/repo'],
    ['org@vs-ssh.visualstudio.com:v3/org/project/repo', 'dev.azure.com/org/project/repo'],
    ['https://dev.azure.com/org/project', 'no_repository'],
    ['https://a.b.visualstudio.com/project/_git/repo', 'unknown_host'],
  ])('knows the layout of other hosts: %j is %s', (url, expected) => {
    expect(parsed(url, MANY)).toBe(expected);
  });

  it('never holds what stood in the credentials', () => {
    const word = fc.stringMatching(/^[A-Z0-9]{12,20}$/);
    fc.assert(
      fc.property(word, word, (user, secret) => {
        for (const url of [
          `https://${user}:${secret}@github.com/acme/app`,
          `ssh://${user}:${secret}@github.com:22/acme/app`,
          `${user}:${secret}@github.com:a/b`,
        ]) {
          const told = JSON.stringify(parseRemote(url, GITHUB)).toUpperCase();
          expect(told).not.toContain(secret);
          expect(told).not.toContain(user);
        }
      }),
    );
  });

  it('never throws, and an identity it gives names the same repository when it is read as an address again', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string().map((tail) => `https://gitlab.com/${tail}`),
        ),
        (url) => {
          const remote = parseRemote(url, MANY);
          if (!remote.ok) return;
          expect(remote.id).toBe(`${remote.host}/${remote.owner}/${remote.name}`);
          expect(parseRepositoryId(remote.id)?.id).toBe(remote.id);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

const file = join(import.meta.dirname, '../../../../../shared/conformance/remote_url_cases.json');
const present = existsSync(file);
if (!present) console.warn(`SKIPPED: ${file} is absent, so remotes are not checked against the public cases`);

describe.skipIf(!present)('public cases of git remotes', () => {
  interface Cases {
    normalizeFetchUrl: { in: string; out: string }[];
    githubRepoId: { in: string; owner: string | null; repo: string | null; webHost: string | null }[];
    adoRepoId: { in: string; org: string; project: string; repo: string }[];
  }
  const cases = present
    ? (JSON.parse(readFileSync(file, 'utf8')) as Cases)
    : { normalizeFetchUrl: [], githubRepoId: [], adoRepoId: [] };
  const lookAlikes = ['my-user-name-github.com', 'github.com-my-user-name', 'xyz.github.com'];
  const hosts: HostPolicy = {
    hosts: [
      'github.com',
      'xyz.ghe.com',
      'myco.ghe.com',
      'msdemo-eu.ghe.com',
      'server.com',
      'bitbucket.company.pl',
      'dev.azure.com',
    ],
    hostAliases: {},
  };

  it('has the rows it was written for', () => {
    expect(cases.normalizeFetchUrl.length + cases.githubRepoId.length + cases.adoRepoId.length).toBe(43);
  });
  it.each(cases.normalizeFetchUrl)('gives $in the identity of $out', (row) => {
    expect(parsed(row.in, hosts)).toBe(row.out.replace('https://', '').replace(/\.git$/, ''));
  });
  it.each(cases.githubRepoId)('finds owner and name of $in', (row) => {
    const remote = parseRemote(row.in, hosts);
    if (lookAlikes.some((host) => row.in.includes(`@${host}:`))) {
      expect(remote).toEqual({ ok: false, reason: 'unknown_host' });
      const named = parseRemote(row.in, {
        ...hosts,
        hostAliases: Object.fromEntries(lookAlikes.map((host) => [host, 'github.com'])),
      });
      expect(named).toMatchObject({ ok: true, host: row.webHost, owner: row.owner, name: row.repo });
    } else if (row.owner === null) expect(remote.ok).toBe(false);
    else expect(remote).toMatchObject({ ok: true, host: row.webHost, owner: row.owner, name: row.repo });
  });
  it.each(cases.adoRepoId)('finds organisation, project and name of $in', (row) => {
    expect(parsed(row.in, hosts)).toBe(`dev.azure.com/${row.org}/${row.project}/${row.repo}`);
  });
});
