import { describe, expect, it } from 'vitest';
import { PatternError } from '../../../../curation/rules/path/exclusion.ts';
import type { RepoPath } from '../../../../curation/rules/path/path.ts';
import { compileGlobs } from '../../../../curation/rules/path/vendored.ts';

describe('compileGlobs', () => {
  const globs = compileGlobs(
    ['third_party/**', 'node_modules/**', '/vendor', '*.min.js'].map((pattern, line) => ({
      pattern,
      source: `p:${line}`,
    })),
  );
  const match = (path: string): string | undefined => globs.match(path as RepoPath)?.source;

  it('matches trees at any depth, in any case', () => {
    expect(match('third_party/x/y.c')).toBe('p:0');
    expect(match('lib/Third_Party/y.c')).toBe('p:0');
    expect(match('web/node_modules/a/b.js')).toBe('p:1');
    expect(match('vendor/a.go')).toBe('p:2');
    expect(match('lib/vendor/a.go')).toBeUndefined();
    expect(match('src/node_modules.ts')).toBeUndefined();
  });

  it('names the first glob that matches', () => {
    expect(match('node_modules/third_party/x.min.js')).toBe('p:0');
    expect(match('node_modules/x.min.js')).toBe('p:1');
    expect(match('dist/x.min.js')).toBe('p:3');
    expect(compileGlobs([]).match('a' as RepoPath)).toBeNull();
  });

  it('refuses a bad glob with its source', () => {
    expect(() => compileGlobs([{ pattern: '{a', source: 'policy.yaml:9 ownership.vendored[0]' }])).toThrow(
      'policy.yaml:9 ownership.vendored[0]: "{a" is not a valid glob (unclosed brace)',
    );
    expect(() => compileGlobs([{ pattern: '', source: 'x' }])).toThrow(PatternError);
  });
});
