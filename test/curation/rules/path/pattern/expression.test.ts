import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PatternError } from '../../../../../curation/rules/path/pattern/brace.ts';
import { compileExpressions } from '../../../../../curation/rules/path/pattern/expression.ts';

function matches(expression: string, text: string): boolean {
  return compileExpressions([expression], 'x.yaml:3').anyMatches(text);
}

describe('an expression', () => {
  it.each([
    ['abc', 'xxabcx', true],
    ['abc', 'ab', false],
    ['^abc$', 'abc', true],
    ['^abc$', 'xabc', false],
    ['^b', 'a\nb', false],
    ['/^b/m', 'a\nb', true],
    ['/a$/m', 'a\nb', true],
    ['a|b|cd', 'xcd', true],
    ['a(b|c)*d', 'abcbcd', true],
    ['a(?:b|c)+d', 'ad', false],
    ['(?<name>a)b', 'ab', true],
    ['colou?r', 'color', true],
    ['a{2}', 'a', false],
    ['^a{2,3}$', 'aaa', true],
    ['^a{2,3}$', 'aaaa', false],
    ['^a{2,}$', 'aaaaa', true],
    ['a{,2}', 'a{,2}', true],
    ['\\d{4}', 'in 2026', true],
    ['[^a-c]', 'abc', false],
    ['[\\]x]', ']', true],
    ['/secret/i', 'SECRET', true],
    ['secret', 'SECRET', false],
    ['.', '\n', false],
    ['/./s', '\n', true],
    ['\\bfoo\\b', 'a foo b', true],
    ['\\bfoo\\b', 'afoob', false],
    ['\\Boo', 'foo', true],
    ['\\u0041\\x42\\t', 'AB\t', true],
    ['/\\p{Lu}/u', 'É', true],
    ['é', 'é', true],
    ['^.$', '😀', true],
    ['(a*)*b', 'aab', true],
    ['(|a)+b', 'b', true],
    ['', 'anything', true],
    ['/usr/local', '/usr/local', true],
    ['a+?b', 'aab', true],
    ['a\\.b', 'axb', false],
  ])('%j on %j: %j', (expression, text, expected) => {
    expect(matches(expression, text)).toBe(expected);
  });

  it('is refused where an automaton cannot hold it, or it is none', () => {
    const bad = ['(', 'a)', '[a', '*', '(a)\\1', '(?=a)', '(?!a)', '(?<=a)b', '(?<n>a)\\k<n>', 'a'.repeat(1025), '(a{50}){50}', '(){1000000}', '((){1000}){1000}', '('.repeat(33) + ')'.repeat(33), 'a{2,1}']; // prettier-ignore
    for (const expression of bad) {
      expect(() => matches(expression, 'a'), expression).toThrow(PatternError);
      expect(() => matches(expression, 'a')).toThrow(/^x\.yaml:3: ".*" is not a valid regular expression \(/);
    }
  });

  it.each([
    ['(', 'syntax error'],
    ['a)', 'syntax error'],
    ['[a', 'syntax error'],
    ['(a)\\1', 'back-reference'],
    ['(?<n>a)\\k<n>', 'back-reference'],
    ['(?=a)', 'look-around'],
    ['(?!a)', 'look-around'],
    ['(?<=a)b', 'look-around'],
    ['(?<!a)b', 'look-around'],
    ['a'.repeat(1025), 'longer than 1024 characters'],
    ['(a{50}){50}', 'repeats too much'],
    ['('.repeat(33) + ')'.repeat(33), 'groups nested deeper than 32'],
  ])('is refused where it is %j: %s', (expression, problem) => {
    expect(() => matches(expression, 'a')).toThrow(`is not a valid regular expression (${problem})`);
  });

  it('may nest 32 groups, and have any number side by side', () => {
    expect(matches(`${'('.repeat(32)}a${')'.repeat(32)}`, 'a')).toBe(true);
    expect(matches('(a)'.repeat(100), 'a'.repeat(100))).toBe(true);
    expect(matches('a'.repeat(1024), 'a'.repeat(1024))).toBe(true);
  });

  it.each([
    ['/a/b', '/a/b', true],
    ['/a/b', 'a', false],
    ['/a/x', 'a', false],
    ['/a\nb/', 'a\nb', true],
    ['x/a/i', 'A', false],
    ['/a/i', 'xAx', true],
    ['/^a.c$/ms', 'x\na\nc\ny', true],
    ['/^a.c$/m', 'a\nc', false],
    ['a{2}$', 'baa', true],
    ['^a{2}$', 'aaa', false],
    ['^a{0,2}$', '', true],
    ['^(?:ab){2,}$', 'ab', false],
    ['^(?:ab){2,}$', 'ababab', true],
    ['a??b', 'b', true],
    ['^a*?$', 'aaa', true],
    ['(a)(b)?(c)', 'ac', true],
    ['^a|b$', 'ax', true],
    ['^a|b$', 'xb', true],
    ['^a|b$', 'xbx', false],
    ['/\\x41\\u{42}/u', 'AB', true],
    ['/\\u{1F600}/u', '😀', true],
    ['\\cJ', '\n', true],
    ['[^\\]]', ']', false],
    ['[\\w-]+$', 'a-b', true],
    ['/\\P{L}/u', 'a', false],
    ['\\.', 'a', false],
    ['$^', '', true],
    ['/$/m', 'a', true],
    ['^$', '\n', false],
    ['/^$/m', '\n', true],
    ['\\b', '', false],
    ['\\B', '', true],
    ['\\bé', 'é', false],
    ['a$b', 'a\nb', false],
  ])('reads %j on %j: %j', (expression, text, expected) => {
    expect(matches(expression, text)).toBe(expected);
    const [, body, flags] = /^\/(.*)\/([dgimsuy]*)$/s.exec(expression) ?? ['', expression, ''];
    expect(new RegExp(body!, flags).test(text)).toBe(expected);
  });

  it('matches where one of several does', () => {
    const { anyMatches } = compileExpressions(['^a', 'b$'], 'x');
    expect(['ax', 'xb', 'xx'].map((text) => anyMatches(text))).toEqual([true, true, false]);
    expect(compileExpressions([], 'x').anyMatches('a')).toBe(false);
  });

  it('answers hostile text and expressions within its bound', () => {
    const text = 'a'.repeat(1024);
    for (const expression of ['(a*)*b', '(a|aa)+b', 'a*a*a*a*a*a*b', '(a|a?)+b', '(.*)(.*)(.*)(.*)x', '((a+)+)+b']) {
      expect(matches(expression, text)).toBe(false);
    }
  });

  it('agrees with the platform’s engine', () => {
    const piece = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '(a|b)', '(?:ab)', 'a*', 'b+', '(a|)?', '^', '$', '\\b', '|', '(ab)*', 'a{2}', 'b{1,2}', '\\w', '\\n'); // prettier-ignore
    const expression = fc.array(piece, { maxLength: 6 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(expression, fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n'), maxLength: 8 }), (body, text) => {
        expect(matches(body, text)).toBe(new RegExp(body).test(text));
      }),
      { numRuns: 2000 },
    );
  });
});
