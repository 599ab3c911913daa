import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  codeownersLocation,
  MAX_CODEOWNERS_BYTES,
  parseCodeowners,
} from '../../../../curation/rules/path/codeowners.ts';
import type { RepoPath } from '../../../../curation/rules/path/path.ts';
import { conformance } from './conformance.ts';

interface Cases {
  match_cases: { pattern: string; path: string; expect_match: boolean; disputed?: string }[];
  parse_rule_cases: { name: string; line: string; pattern: string; owners: { value: string; type: string }[] }[];
  parse_error_cases: { name: string; line: string }[];
  parse_file_cases: { contents: string; rules: { line: number; pattern: string }[] }[];
  find_file_cases: { present: string[]; expected: string }[];
  github_docs_examples: { lines: string[]; answers: [string, string[] | null][] }[];
  gitlab_docs_examples: {
    cases: {
      lines: string[];
      answers?: [string, Record<string, string[]>][];
      parsed_entries?: string[][];
      github_answer_for_second?: null;
    }[];
  };
}
const cases = conformance<Cases>('codeowners_cases.json');

function github(text: string, path: string): string[] | null {
  const found = parseCodeowners(text, 'github').ownersOf(path as RepoPath);
  expect(found.length).toBeLessThanOrEqual(1);
  return found[0]?.owners ?? null;
}
function gitlab(text: string, path: string): Record<string, string[]> {
  const exact = parseCodeowners(text, 'gitlab').ownersOf(path as RepoPath).filter(({ approximate }) => !approximate); // prettier-ignore
  return Object.fromEntries(exact.map(({ section, owners }) => [section ?? '', owners]));
}

describe.skipIf(!cases)('public CODEOWNERS cases', () => {
  const undisputed = cases?.match_cases.filter(({ disputed }) => !disputed) ?? [];
  const disputed = cases?.match_cases.filter(({ disputed }) => disputed) ?? [];

  it.each(undisputed)('$pattern on $path: $expect_match', ({ pattern, path, expect_match }) => {
    expect(github(`${pattern} @owner`, path) !== null).toBe(expect_match);
  });

  it.each(disputed)('$pattern is an invalid line', ({ pattern, path }) => {
    expect(github(`${pattern} @owner`, path)).toBeNull();
    expect(parseCodeowners(`${pattern} @owner`, 'github').errors).toHaveLength(1);
  });

  it.each(cases?.parse_rule_cases ?? [])('parses $name', ({ line, pattern, owners }) => {
    const { rules, errors } = parseCodeowners(line, 'github');
    const written = owners.map(({ value, type }) => (type === 'email' ? value : `@${value}`));
    expect(rules).toEqual([{ line: 1, pattern, owners: written }]);
    expect(errors).toEqual([]);
  });

  it.each(cases?.parse_error_cases ?? [])('takes no rule from $name', ({ line }) => {
    const { rules, errors } = parseCodeowners(line, 'github');
    expect(rules).toEqual([]);
    expect(errors).toHaveLength(line === '' ? 0 : 1);
  });

  it.each(cases?.parse_file_cases ?? [])('numbers the lines of %j', ({ contents, rules }) => {
    const read = parseCodeowners(contents, 'github').rules;
    expect(read.map(({ line, pattern }) => ({ line, pattern }))).toEqual(rules.map(({ line, pattern }) => ({ line, pattern }))); // prettier-ignore
  });

  it.each(cases?.find_file_cases ?? [])('finds $expected among $present', ({ present, expected }) => {
    expect(codeownersLocation(present)).toBe(expected || null);
  });

  it('answers the examples of GitHub’s documentation', () => {
    for (const { lines, answers } of cases!.github_docs_examples) {
      for (const [path, owners] of answers) expect([path, github(lines.join('\n'), path)]).toEqual([path, owners]);
    }
  });

  it('answers the examples of GitLab’s documentation', () => {
    for (const { lines, answers, parsed_entries, github_answer_for_second } of cases!.gitlab_docs_examples.cases) {
      const text = lines.join('\n');
      for (const [path, owners] of answers ?? []) expect([path, gitlab(text, path)]).toEqual([path, owners]);
      if (parsed_entries) {
        const patterns = parseCodeowners(text, 'gitlab').rules.map(({ pattern }) => pattern);
        expect(patterns).toEqual(parsed_entries.map(([pattern]) => pattern));
      }
      if (github_answer_for_second === null) expect(github(text, answers![1]![0])).toBeNull();
    }
  });
});

describe('a GitHub CODEOWNERS file', () => {
  it('lets the last match win and a line without owners clear', () => {
    const text = '* @all\r\n/docs/ @docs\r\n/docs/open/\r\n';
    expect(github(text, 'a.ts')).toEqual(['@all']);
    expect(github(text, 'docs/a.md')).toEqual(['@docs']);
    expect(github(text, 'docs/open/a.md')).toEqual([]);
    expect(parseCodeowners('/docs/ @docs', 'github').ownersOf('a.ts' as RepoPath)).toEqual([]);
  });

  it('skips invalid lines and says why, without quoting them', () => {
    const { rules, errors } = parseCodeowners('!jane @a\n\\#jane @a\njane[1] @a\njane nobody\nok @a\n', 'github');
    expect(rules.map(({ line }) => line)).toEqual([5]);
    expect(errors.map(({ line }) => line)).toEqual([1, 2, 3, 4]);
    expect(JSON.stringify(errors)).not.toContain('jane');
  });

  it('reads escapes, comments and a byte-order mark', () => {
    expect(github('\uFEFFmy\\ file.txt @a # why', 'my file.txt')).toEqual(['@a']);
    expect(github('a#b @a', 'a#b')).toEqual(['@a']);
    expect(github('name\\[1\\] @a', 'name[1]')).toEqual(['@a']);
    expect(github('name\\[1\\] @a', 'name1')).toBeNull();
    expect(github('foo\\  @a', 'foo ')).toEqual(['@a']);
  });

  it('is case-sensitive, but names later lines that match in another case', () => {
    const { ownersOf } = parseCodeowners('* @all\n/docs/secret/ @legal\n', 'github');
    expect(ownersOf('docs/secret/x' as RepoPath)).toEqual([{ owners: ['@legal'], line: 2, pattern: '/docs/secret/' }]);
    expect(ownersOf('DOCS/Secret/x' as RepoPath)).toEqual([
      { owners: ['@all'], line: 1, pattern: '*' },
      { owners: ['@legal'], line: 2, pattern: '/docs/secret/', approximate: true },
    ]);
    const shadowed = parseCodeowners('/DOCS/ @legal\n* @all\n', 'github');
    expect(shadowed.ownersOf('docs/x' as RepoPath)).toEqual([{ owners: ['@all'], line: 2, pattern: '*' }]);
  });

  it('names lines whose names hold what normalisation cuts from paths', () => {
    const { ownersOf } = parseCodeowners('* @all\n/foo:bar/ @legal\n/baz./ @legal', 'github');
    for (const path of ['foo/x', 'baz/x']) {
      expect(ownersOf(path as RepoPath).flatMap(({ owners }) => owners)).toEqual(['@all', '@legal']);
    }
  });

  it('of 3 MB or more is too large: nobody knows who owns what', () => {
    const large = parseCodeowners(`* @a\n${'#'.repeat(MAX_CODEOWNERS_BYTES)}`, 'github');
    expect(large.tooLarge).toBe(true);
    expect(large.errors).toHaveLength(1);
    expect(() => large.ownersOf('a' as RepoPath)).toThrow(/3 MB/);
    expect(parseCodeowners(`* @a\n${'#'.repeat(MAX_CODEOWNERS_BYTES - 100)}`, 'github').tooLarge).toBe(false);
  });

  it('answers hostile patterns without backtracking', () => {
    const text = `${'a*'.repeat(30)}b @a\n/${'**/a/'.repeat(100)}b @a\n${'?*'.repeat(500)}c @a\n`;
    const { ownersOf } = parseCodeowners(text, 'github');
    expect(ownersOf(`${'a'.repeat(2000)}` as RepoPath)).toEqual([]);
    expect(ownersOf(`${'a/'.repeat(1000)}a` as RepoPath)).toEqual([]);
  });

  it('finds the same line among many as a walk over all would', () => {
    const pattern = fc
      .tuple(fc.constantFrom('', '/'), fc.array(fc.constantFrom('a', 'b', '*', 'a*', '?', '**', '*b'), { minLength: 1, maxLength: 3 }), fc.constantFrom('', '/'))
      .map(([start, segments, end]) => start + segments.join('/') + end); // prettier-ignore
    const path = fc.array(fc.constantFrom('a', 'b', 'ab', 'c'), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 10 }), path, (patterns, segments) => {
        const name = segments.join('/');
        const last = patterns.findLastIndex((one) => github(`${one} @a`, name) !== null);
        const found = parseCodeowners(patterns.map((one) => `${one} @a`).join('\n'), 'github').ownersOf(
          name as RepoPath,
        );
        expect(found[0]?.line).toBe(last < 0 ? undefined : last + 1);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a GitLab CODEOWNERS file', () => {
  it('judges each section on its own, with optional ones, approvals and default owners', () => {
    const text = '* @all\n^[Docs][2] @docs @@maintainer\n*.md\n/api/*.md @api\n[docs]\n/x.md x@y.org\n';
    expect(gitlab(text, 'a.md')).toEqual({ '': ['@all'], Docs: ['@docs', '@@maintainer'] });
    expect(gitlab(text, 'api/a.md')).toEqual({ '': ['@all'], Docs: ['@api'] });
    expect(gitlab(text, 'x.md')).toEqual({ '': ['@all'], Docs: ['x@y.org'] });
  });

  it('excludes within a section, whatever comes later', () => {
    const text = '[A]\n* @a\n!/x/\n/x/y @b\n[B]\n* @c\n';
    expect(gitlab(text, 'x/y')).toEqual({ A: [], B: ['@c'] });
    expect(gitlab(text, 'z')).toEqual({ A: ['@a'], B: ['@c'] });
  });

  it('matches relative paths anywhere, folders only with a slash, classes, and `**` before a slash', () => {
    expect(gitlab('a/b.md @x', 'q/a/b.md')).toEqual({ '': ['@x'] });
    expect(gitlab('/a/b.md @x', 'q/a/b.md')).toEqual({});
    expect(gitlab('docs @x', 'docs/a')).toEqual({});
    expect(gitlab('docs/ @x', 'q/docs/a/b')).toEqual({ '': ['@x'] });
    expect(gitlab('*.[ch] @x', 'q/a.c')).toEqual({ '': ['@x'] });
    expect(gitlab('/docs/**/i.md @x', 'docs/a/b/i.md')).toEqual({ '': ['@x'] });
    expect(gitlab('/docs/** @x', 'docs/a')).toEqual({ '': ['@x'] });
    expect(gitlab('\\#a @x', '#a')).toEqual({ '': ['@x'] });
  });

  it('names owners of folders above as approximate where a reading is open', () => {
    const { ownersOf } = parseCodeowners('* @all\n/docs/** @legal\n', 'gitlab');
    expect(ownersOf('docs/a/b' as RepoPath)).toEqual([
      { owners: ['@all'], line: 1, pattern: '*' },
      { owners: ['@legal'], line: 2, pattern: '/docs/**', approximate: true },
    ]);
  });

  it('excludes only in the case as written, and takes no owners from an exclusion', () => {
    const { ownersOf } = parseCodeowners('* @a\n!/X/ @b\n', 'gitlab');
    expect(ownersOf('x/y' as RepoPath)).toEqual([{ owners: ['@a'], line: 1, pattern: '*' }]);
    expect(ownersOf('X/y' as RepoPath)).toEqual([{ owners: [], line: 2, pattern: '/X/' }]);
  });

  it('drops malformed owners and says so', () => {
    const { rules, errors } = parseCodeowners('/a @x nobody @y\n! @z', 'gitlab');
    expect(rules).toEqual([{ line: 1, pattern: '/a', owners: ['@x', '@y'] }]);
    expect(errors.map(({ line }) => line)).toEqual([1, 2]);
  });
});
