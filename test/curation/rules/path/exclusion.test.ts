import fc from 'fast-check';
import { Minimatch } from 'minimatch';
import { describe, expect, it } from 'vitest';
import { compileExclusions, parseExclusionFile, PatternError } from '../../../../curation/rules/path/exclusion.ts';
import type { ExclusionRule } from '../../../../curation/rules/path/exclusion.ts';
import { compileDenyGlobs } from '../../../../curation/rules/path/pattern/denyglob.ts';
import { normalisePath, type RepoPath } from '../../../../curation/rules/path/path.ts';
import { conformance } from './conformance.ts';

const REPOSITORY = 'github.com/acme/app';

function rule(pattern: string, repository = '*'): ExclusionRule {
  return { repository, pattern, source: 'policy.yaml:12' };
}
function excludes(pattern: string, path: string): boolean {
  return compileExclusions([rule(pattern)]).match(REPOSITORY, path as RepoPath) !== null;
}
/** What GitHub's client answers for a pattern. */
function clientExcludes(pattern: string, path: string): boolean {
  const options = { nocase: true, matchBase: true, nonegate: true, dot: true, platform: 'linux' as const };
  return new Minimatch(pattern, options).match(`/${path}`.toLowerCase());
}

const cases = conformance<{ cases: { path: string; pattern: string; match: boolean }[] }>(
  'copilot_exclusion_cases.json',
);

describe.skipIf(!cases)('measured answers of GitHub’s client', () => {
  const OVER_EXCLUDED = new Map([
    ['secret* /a/secretKeys/x.ts', 'a pattern without slash takes folders with all they hold'],
    ['/scripts/* /scripts/a/b.sh', 'what matches a folder takes everything beneath'],
    ['/scripts /scripts/x.sh', 'what matches a folder takes everything beneath'],
    ['/scripts/ /scripts/x.sh', 'what matches a folder takes everything beneath'],
    ['**/package?/* /packages/a/package.json', 'what matches a folder takes everything beneath'],
    ['src/** /src/a.ts', 'a pattern without leading slash matches at any depth'],
    ['src/** /x/src/a.ts', 'a pattern without leading slash matches at any depth'],
    ['/pages/[id]/** /pages/[id]/a.ts', 'brackets are also plain characters'],
  ]);

  it.each(cases?.cases ?? [])('$pattern on $path: $match', ({ pattern, path, match }) => {
    const normalised = normalisePath(path.replace(/^\//, ''));
    if (!normalised.ok) {
      expect(normalised.reason).toBe('drive_path');
      return;
    }
    const ours = excludes(pattern, normalised.path);
    expect(ours).toBe(match || OVER_EXCLUDED.has(`${pattern} ${path}`));
  });
});

describe('a pattern', () => {
  it.each([
    ['/scripts', 'scripts/a/b.sh', true],
    ['/scripts', 'x/scripts/a.sh', false],
    ['/scripts/**', 'scripts', false],
    ['src/**', 'src/a.ts', true],
    ['src/**', 'lib/src/a.ts', true],
    ['src/a.ts', 'lib/src/a.ts', true],
    ['/src/a.ts', 'lib/src/a.ts', false],
    ['secrets', 'a/secrets/b/c.ts', true],
    ['!x', 'a/!x', true],
    ['!x', 'a/y', false],
    ['!(a).ts', 'b.ts', true],
    ['!(a).ts', 'a.ts', false],
    ['#a', 'x/#a/b', true],
    ['#a', 'a', false],
    ['a\\b', 'a/b/c', true],
    ['src\\**', 'src/a', true],
    ['a\\*b', 'a*b', true],
    ['/pages/[id]/**', 'pages/[id]/x.ts', true],
    ['/pages/[id]/**', 'pages/i/x.ts', true],
    ['/pages/[id]/**', 'pages/x/x.ts', false],
    ['/app/[...slug]/*.ts', 'app/[...slug]/a.ts', true],
    ['/app/@(modal)/x.ts', 'app/@(modal)/x.ts', true],
    ['/app/@(modal)/x.ts', 'app/modal/x.ts', true],
    ['/docs/{a,b}.md', 'docs/b.md', true],
    ['/docs/{a,b}.md', 'docs/{a,b}.md', true],
    ['/docs/{a,b}.md', 'docs/c.md', false],
    ['/x{01..03}/*', 'x02/y', true],
    ['/privé/**', 'PRIVÉ/a', true],
    ['/prive\u0301/**', 'privé/a', true],
    ['/private/**', 'PRİVATE/a', true],
    ['/straße', 'STRASSE/a', true],
    ['/stra?e', 'straße/a', true],
    ['/strasse', 'straße', true],
    ['/secret', 'ſecret/a', true],
    ['/private', 'ｐｒｉｖａｔｅ/a', true],
    ['/private', '𝐩𝐫𝐢𝐯𝐚𝐭𝐞/a', true],
    ['/private', '%70rivate/a', true],
    ['/❤\uFE0F/*', '❤/a', true],
    ['[A-z]x', '_x', true],
    ['[É]x', 'éx', true],
    ['**/.env*', '.env.local', true],
    ['**/.env*', 'a/b/.ENV', true],
    ['**/.env*', 'a/b/env', false],
    ['./src/x', 'src/x', true],
    ['/src/../private/x', 'private/x', true],
    ['/private./x', 'private/x', true],
    ['//src//x', 'src/x', true],
    ['/', 'any/thing', true],
    ['*', 'any/thing', true],
    ['**', 'thing', true],
    ['/a/**/b/**/c', 'a/x/b/y/z/c/d', true],
    ['/a/**/b/**/c', 'a/x/c/y/b', false],
    ['**/a/**/a/b', 'a/a/a/b', true],
    ['/a*b*c', 'aXbXbXc', true],
    ['/a*b*c', 'aXcXb', false],
    ['??.ts', '日😀.ts', true],
    ['[[:alpha:]]1', 'é1', true],
    ['@(a:b|c)', 'x/c', true],
    ['*ab*', 'x/cabd/y', true],
    ['*ab*', 'x/ca/bd', false],
    ['/a*', 'ab/c', true],
    ['/a*', 'b/ac', false],
    ['*c', 'x/abc', true],
    ['*.', 'x', true],
    ['/private', 'private%20/a', true],
    ['/private', '%2570rivate/a', true],
    ['/private', 'private\u00a0/a', true],
    ['/private', 'a℀private', false],
  ])('%j on %j: %j', (pattern, path, expected) => {
    expect(excludes(pattern, path)).toBe(expected);
  });

  it('reads a path with glob characters as a literal', () => {
    expect(excludes('/src/x.ts', 'src/*.ts')).toBe(false);
    expect(excludes('/src/a', 'src/{a,b}')).toBe(false);
  });

  const segment = fc
    .array(fc.constantFrom('a', 'B', 'é', 'ß', '*', '?', '.', 'x', '[ab]', '[!a]', '{a,b}', '{1..3}', '@(a|b)', '!(a)', '+(x)', '#', '!', '1', '(', ')'), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join('')); // prettier-ignore
  const pattern = fc
    .tuple(fc.constantFrom('', '/', '**/'), fc.array(fc.oneof(segment, fc.constant('**')), { minLength: 1, maxLength: 4 }), fc.constantFrom('', '/'))
    .map(([start, segments, end]) => start + segments.join('/') + end); // prettier-ignore
  const path = fc
    .array(fc.string({ unit: fc.constantFrom(...'aBébxß1.#!()2'), minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 })
    .map((segments) => normalisePath(segments.join('/')))
    .filter((result) => result.ok)
    .map(({ path }) => path); // prettier-ignore

  it('excludes whatever GitHub’s client excludes', () => {
    fc.assert(
      fc.property(pattern, path, (glob, name) => {
        fc.pre(clientExcludes(glob, name));
        expect(excludes(glob, name)).toBe(true);
      }),
      { numRuns: 800, maxSkipsPerRun: 1000 },
    );
  });

  it('answers the same among others, found through the index, as alone', () => {
    fc.assert(
      fc.property(
        fc.array(pattern, { minLength: 1, maxLength: 12 }),
        fc.array(path, { maxLength: 8 }),
        (globs, names) => {
          const together = compileExclusions(globs.map((glob, index) => ({ ...rule(glob), source: `${index}` })));
          for (const name of names) {
            const first = globs.findIndex((glob) => excludes(glob, name));
            expect(together.match(REPOSITORY, name)).toEqual(
              first < 0 ? null : { source: `${first}`, pattern: globs[first] },
            );
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is never undone by a further rule', () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 6 }), pattern, path, (globs, further, name) => {
        const before = compileExclusions(globs.map((glob) => rule(glob))).match(REPOSITORY, name);
        const after = compileExclusions([...globs, further].map((glob) => rule(glob))).match(REPOSITORY, name);
        if (before) expect(after).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });

  it('takes a path in any spelling of its letters and separators', () => {
    const spellings: ((path: string) => string)[] = [
      (text) => text.toUpperCase(), (text) => text.toLowerCase(), (text) => text.normalize('NFD'),
      (text) => text.replaceAll('/', '\\'), (text) => text.replaceAll('/', '/./'), (text) => `x/../${text}`,
      (text) => text.replaceAll('/', ' /'), (text) => `${text}.`, (text) => text.replace(/$/, '::$DATA'),
    ]; // prettier-ignore
    fc.assert(
      fc.property(pattern, path, fc.subarray(spellings), (glob, name, chosen) => {
        fc.pre(!/[?[(]/.test(glob) && excludes(glob, name));
        const other = normalisePath(chosen.reduce((text, spell) => spell(text), `${name}`));
        fc.pre(other.ok);
        expect(excludes(glob, (other as { path: RepoPath }).path)).toBe(true);
      }),
      { numRuns: 500, maxSkipsPerRun: 1000 },
    );
  });
});

describe('a reference to repositories', () => {
  const refers = (reference: string, id: string, aliases?: Record<string, string>): boolean =>
    compileExclusions([rule('**', reference)], aliases).match(id, 'a' as RepoPath) !== null;

  it.each([
    ['*', 'gitlab.com/a/b/c', true],
    ['app', 'github.com/acme/app', true],
    ['APP', 'github.com/acme/app', true],
    ['app', 'github.com/acme/app2', false],
    ['app', 'github.com/app/other', false],
    ['acme/app', 'github.com/acme/app', true],
    ['github.com/acme/app', 'github.com/acme/app', true],
    ['ac*/app', 'github.com/acme/app', true],
    ['octo-*', 'github.com/acme/octo-repo', true],
    ['https://github.com/acme/app.git', 'github.com/acme/app', true],
    ['http://user:pw@github.com:8443/acme/app.git/', 'github.com/acme/app', true],
    ['https://www.github.com/acme/app', 'github.com/acme/app', true],
    ['https://github.com/acme/app.git.git', 'github.com/acme/app', false],
    ['https://github.com/acme/*', 'github.com/acme/app', true],
    ['https://github.com/acme/*', 'github.com/acme2/app', false],
    ['https://github.com/*/app', 'github.com/acme/app', true],
    ['https://*/acme/app', 'ghe.acme.com/acme/app', true],
    ['https://github.com/acme/ap[pq]', 'github.com/acme/app', true],
    ['git@github.com:*/copilot', 'github.com/acme/copilot', true],
    ['git@github.com:*/copilot', 'gitlab.com/acme/copilot', false],
    ['github.com:acme/app.git', 'github.com/acme/app', true],
    ['git@gitlab.com:gitlab-org/sub/runner.git', 'gitlab.com/gitlab-org/sub/runner', true],
    ['ssh://git@github.com:22/acme/app', 'github.com/acme/app', true],
    ['ssh://git@ssh.github.com:443/acme/app.git', 'github.com/acme/app', true],
    ['git://github.com/acme/app.git', 'github.com/acme/app', true],
    ['{app,lib}', 'github.com/acme/lib', true],
    ['https://dev.azure.com/org/project/_git/repo', 'dev.azure.com/org/project/repo', true],
    ['https://org@dev.azure.com/org/project/_git/repo', 'dev.azure.com/org/project/_git/repo', true],
    ['https://org.visualstudio.com/project/_git/repo', 'dev.azure.com/org/project/repo', true],
    ['https://org.visualstudio.com/DefaultCollection/project/_git/repo', 'dev.azure.com/org/project/repo', true],
    ['git@ssh.dev.azure.com:v3/org/project/repo', 'org.visualstudio.com/project/_git/repo', true],
    ['org@vs-ssh.visualstudio.com:v3/org/project/repo', 'dev.azure.com/org/project/repo', true],
    ['https://dev.azure.com/org/_git/repo', 'dev.azure.com/org/repo/repo', true],
    ['https://dev.azure.com/org/My%20Project/_git/repo', 'dev.azure.com/org/my project/repo', true],
  ])('%j names %j: %j', (reference, id, expected) => {
    expect(refers(reference, id)).toBe(expected);
  });

  it('knows the policy’s aliases of hosts', () => {
    expect(refers('git@github.com-work:acme/app', 'github.com/acme/app', { 'github.com-work': 'github.com' })).toBe(
      true,
    );
    expect(refers('git@github.com-work:acme/app', 'github.com/acme/app')).toBe(false);
  });

  it('is refused at load where it names nothing', () => {
    for (const reference of ['', ' ', '/srv/git/x.git', 'C:\\repo', '~/x', './x', 'https://', 'file:///x']) {
      expect(() => refers(reference, 'github.com/acme/app'), reference).toThrow(PatternError);
    }
  });

  it('says which rule decided: the first in the order of the file, whatever its reference', () => {
    const rules = ['*', 'app', 'https://github.com/acme/*'].map((reference, line) => ({
      ...rule('*.ts', reference),
      source: `${line}`,
    }));
    expect(compileExclusions(rules).match(REPOSITORY, 'a.ts' as RepoPath)?.source).toBe('0');
    expect(compileExclusions(rules.slice(1)).match(REPOSITORY, 'a.ts' as RepoPath)?.source).toBe('1');
    expect(compileExclusions(rules.slice(1)).match('github.com/acme/b', 'a.ts' as RepoPath)?.source).toBe('2');
    expect(compileExclusions(rules.slice(1)).match('github.com/other/b', 'a.ts' as RepoPath)).toBeNull();
  });
});

describe('answers kept for later', () => {
  it('are kept apart by rules and stay right beyond the bound of the cache', () => {
    const rules = [rule('*.7', 'app'), { ...rule('*.7', 'lib'), source: 'policy.yaml:13' }, rule('*.8')];
    const exclusions = compileExclusions(rules);
    const ask = (name: string, path: string): string | undefined =>
      exclusions.match(`github.com/acme/${name}`, path as RepoPath)?.source;
    for (let round = 0; round < 2; round++) {
      for (let at = 0; at < 40_000; at++) if (ask('app', `${at}.6`) !== undefined) expect.fail(`${at}.6`);
      expect(ask('app', 'a.7')).toBe('policy.yaml:12');
      expect(ask('lib', 'a.7')).toBe('policy.yaml:13');
      expect(ask('other', 'a.7')).toBeUndefined();
      expect(ask('other', 'a.8')).toBe('policy.yaml:12');
    }
    expect(exclusions.rules).toBe(3);
  });

  it('hold thousands of rules apart', () => {
    const rules = Array.from({ length: 3000 }, (_, at) => ({
      ...rule([`/src/m${at}/**`, `*.x${at}`, `**/t${at}-*/y`][at % 3]!),
      source: `${at}`,
    }));
    const exclusions = compileExclusions(rules);
    for (let at = 0; at < 3000; at += 7) {
      const path = [`src/M${at}/a`, `q/a.x${at}`, `z/T${at}-1/Y`][at % 3]!;
      expect(exclusions.match(REPOSITORY, path as RepoPath)?.source).toBe(`${at}`);
      expect(exclusions.match(REPOSITORY, `${path}-`.replace(/[Mt](\d)/i, '_$1') as RepoPath)).toBeNull();
    }
  });

  it('never grow from patterns without bound', () => {
    const patterns = Array.from({ length: 4 }, (_, at) => ({ pattern: '{a,b,c}', source: `p:${at}` }));
    expect(() => compileDenyGlobs(patterns, 16)).not.toThrow();
    expect(() => compileDenyGlobs(patterns, 15)).toThrow(/^p:3: .*stand for more than 15/);
  });
});

describe('a condition on the file', () => {
  const path = 'a.ts' as RepoPath;
  const answer = (conditions: Partial<ExclusionRule>, text?: string): boolean =>
    compileExclusions([{ ...rule('*.ts'), ...conditions }]).match(REPOSITORY, path, text) !== null;

  it('ifAnyMatch excludes where one expression matches the first KB', () => {
    expect(answer({ ifAnyMatch: ['x+', 'Confidential'] }, '// Confidential')).toBe(true);
    expect(answer({ ifAnyMatch: ['x+', 'Confidential'] }, '// open')).toBe(false);
    expect(answer({ ifAnyMatch: ['Confidential'] }, `${' '.repeat(2000)}Confidential`)).toBe(false);
  });
  it('ifNoneMatch excludes where no expression matches', () => {
    expect(answer({ ifNoneMatch: ['SPDX', 'MIT'] }, '// MIT')).toBe(false);
    expect(answer({ ifNoneMatch: ['SPDX', 'MIT'] }, '// GPL')).toBe(true);
  });
  it('excludes by path alone where there is no text', () => {
    expect(answer({ ifAnyMatch: ['x'] })).toBe(true);
    expect(answer({ ifNoneMatch: ['x'] }, '')).toBe(true);
  });
  it('leaves the next rule its say', () => {
    const rules = [
      { ...rule('*.ts'), ifAnyMatch: ['secret'] },
      { ...rule('a.*'), source: 'policy.yaml:13' },
    ];
    expect(compileExclusions(rules).match(REPOSITORY, path, 'open')?.source).toBe('policy.yaml:13');
  });
});

describe('a content-exclusion file', () => {
  const place = (path: (string | number)[]): string => `x.yaml:${path.join('.')}`;

  it('becomes rules with their places', () => {
    const file = {
      '*': ['**/.env'],
      app: [{ ifAnyMatch: ['a'], paths: ['/x', '/y'] }, { ifNoneMatch: ['b'] }],
      empty: null,
    };
    expect(parseExclusionFile(file, place)).toEqual([
      { repository: '*', pattern: '**/.env', source: 'x.yaml:*.0' },
      { repository: 'app', pattern: '/x', source: 'x.yaml:app.0.paths.0', ifAnyMatch: ['a'] },
      { repository: 'app', pattern: '/y', source: 'x.yaml:app.0.paths.1', ifAnyMatch: ['a'] },
      { repository: 'app', pattern: '**', source: 'x.yaml:app.1', ifNoneMatch: ['b'] },
    ]);
    expect(parseExclusionFile(null, place)).toEqual([]);
  });

  it.each<[unknown, string, string]>([
    ['x', '', 'a mapping of repositories to lists of paths'],
    [7, '', 'a mapping of repositories to lists of paths'],
    [['x'], '', 'a mapping of repositories to lists of paths'],
    [{ a: 'x' }, 'a', 'a list of paths'],
    [{ a: {} }, 'a', 'a list of paths'],
    [{ a: [1] }, 'a.0', 'a path, or {ifAnyMatch, ifNoneMatch, paths}'],
    [{ a: ['x', null] }, 'a.1', 'a path, or {ifAnyMatch, ifNoneMatch, paths}'],
    [{ a: [['x']] }, 'a.0', 'a path, or {ifAnyMatch, ifNoneMatch, paths}'],
    [{ a: [{ path: ['x'] }] }, 'a.0.path', 'ifAnyMatch, ifNoneMatch or paths'],
    [{ a: [{ paths: [1] }] }, 'a.0.paths.0', 'a string in quotes'],
    [{ a: [{ paths: ['x', 7] }] }, 'a.0.paths.1', 'a string in quotes'],
    [{ a: [{ ifAnyMatch: 7 }] }, 'a.0.ifAnyMatch.0', 'a string in quotes'],
    [{ a: [{ ifNoneMatch: ['x', true] }] }, 'a.0.ifNoneMatch.1', 'a string in quotes'],
  ])('is refused as %j, with the place', (file, at, expected) => {
    expect(() => parseExclusionFile(file, place)).toThrow(PatternError);
    expect(() => parseExclusionFile(file, place)).toThrow(
      `x.yaml:${at}: "" is not a valid content exclusion (expected ${expected})`,
    );
  });

  it('may name one condition or path without a list', () => {
    const file = { a: [{ ifAnyMatch: 'x', ifNoneMatch: null, paths: 'p' }, { ifNoneMatch: 'y', paths: null }, {}] };
    expect(parseExclusionFile(file, place)).toEqual([
      { repository: 'a', pattern: 'p', source: 'x.yaml:a.0.paths.0', ifAnyMatch: ['x'] },
      { repository: 'a', pattern: '**', source: 'x.yaml:a.1', ifNoneMatch: ['y'] },
      { repository: 'a', pattern: '**', source: 'x.yaml:a.2' },
    ]);
    expect(parseExclusionFile(undefined, place)).toEqual([]);
    expect(parseExclusionFile({}, place)).toEqual([]);
  });
});
