import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coversPattern, witnessOf } from '../../../../curation/rules/check/cover.ts';
import { normalisePath } from '../../../../curation/rules/path/path.ts';
import { compileGlobs } from '../../../../curation/rules/path/vendored.ts';

describe('coversPattern', () => {
  it.each([
    ['**/.env*', '**/.env.local'],
    ['.env*', '/config/.env'],
    ['vendor', 'vendor/**'],
    ['vendor/', '/vendor/lib/**'],
    ['*.pem', '**/keys/*.pem'],
    ['/src/**', '/src/a/*.ts'],
    ['**', '/anything/*'],
    ['a?c', 'ABC'],
    ['{a,b}/**', 'b/c'],
    ['*x*y', '*xzy'],
    ['a/**/b', 'a/b'],
    ['a/**/b', 'a/x/**/y/b/c'],
    ['**/x', '/**/x'],
  ])('%s takes all that %s takes', (broad, narrow) => expect(coversPattern(broad, narrow)).toBe(true));

  it.each([
    ['**/.env.local', '**/.env*'],
    ['/vendor', 'vendor'],
    ['vendor/*', 'vendor'],
    ['vendor/**', 'vendor'],
    ['a/**/b', '**/b'],
    ['a?c', 'ac'],
    ['a?c', 'a*c'],
    ['*x*y', '*x'],
    ['b', '{a,b}'],
    ['a/b', 'a/**'],
    ['a/*/b', 'a/**/b'],
    ['[ab]', 'a'],
    ['src', 'srcs'],
  ])('%s does not take all that %s takes', (broad, narrow) => expect(coversPattern(broad, narrow)).toBe(false));

  const segment = fc.constantFrom('a', 'b', 'ab', '*', 'a*', '*b', '?', 'a?', '**', 'A', '.a', '*.a');
  const pattern = fc
    .tuple(fc.constantFrom('', '/'), fc.array(segment, { minLength: 1, maxLength: 4 }), fc.constantFrom('', '/'))
    .map(([head, segments, tail]) => head + segments.join('/') + tail);
  const path = fc
    .array(fc.constantFrom('a', 'b', 'ab', 'aab', 'abb', 'bb', '.a', 'x.a'), { minLength: 1, maxLength: 5 })
    .map((segments) => segments.join('/'));

  it('never says so where a path tells otherwise', () => {
    let covered = 0;
    fc.assert(
      fc.property(pattern, pattern, fc.array(path, { minLength: 20, maxLength: 20 }), (broad, narrow, paths) => {
        if (!coversPattern(broad, narrow)) return;
        if (broad !== narrow) covered++;
        const [a, b] = [broad, narrow].map((one) => compileGlobs([{ pattern: one, source: 'test' }]));
        for (const text of paths) {
          const normal = normalisePath(text);
          if (normal.ok && b!.match(normal.path))
            expect(a!.match(normal.path), `${broad} ${narrow} ${text}`).not.toBeNull();
        }
      }),
      { numRuns: 4000 },
    );
    expect(covered).toBeGreaterThan(100);
  });

  it('gives a path that the pattern itself matches', () => {
    fc.assert(
      fc.property(pattern, (one) => {
        const normal = normalisePath(witnessOf(one)!);
        expect(normal.ok && compileGlobs([{ pattern: one, source: 'test' }]).match(normal.path)).toBeTruthy();
      }),
    );
    expect(witnessOf('[ab]')).toBeNull();
  });
});
