import fc from 'fast-check';
import { braceExpand } from 'minimatch';
import { describe, expect, it } from 'vitest';
import {
  checkPattern,
  expandBraces,
  MAX_EXPANSIONS,
  PatternError,
} from '../../../../../curation/rules/path/pattern/brace.ts';

describe('the bounds of a pattern', () => {
  it.each([
    ['**/{a,b', 'unclosed brace'],
    ['{a,{b,c}', 'unclosed brace'],
    ['', 'empty'],
    ['  ', 'empty'],
    ['a'.repeat(4097), 'longer than 4096 characters'],
    ['{1..1000000}', 'braces stand for more than 1000 patterns'],
    ['{a,b}'.repeat(25), 'braces stand for more than 1000 patterns'],
    ['{1..40}{1..40}', 'braces stand for more than 1000 patterns'],
    ['{{1..400},{1..400},{1..400}}', 'braces stand for more than 1000 patterns'],
    ['{-600..600}', 'braces stand for more than 1000 patterns'],
    ['{1..99999999999999999999}', 'braces stand for more than 1000 patterns'],
    ['{a'.repeat(9) + '}'.repeat(9), 'braces nested deeper than 8'],
    ['{a}'.repeat(65), 'more than 64 brace groups'],
    ['**/'.repeat(65), 'more than 64 "**"'],
    ['+(a|'.repeat(5) + ')'.repeat(5), 'extglobs nested deeper than 4'],
    ['@(a)'.repeat(33), 'more than 32 extglobs'],
    ['a\0b', 'NUL character'],
  ])('refuse %j', (pattern, problem) => {
    expect(() => checkPattern(pattern, 'policy.yaml:12 paths.exclude')).toThrow(PatternError);
    expect(() => checkPattern(pattern, 'policy.yaml:12 paths.exclude')).toThrow(/^policy\.yaml:12 paths\.exclude: "/);
    expect(() => checkPattern(pattern, 'x')).toThrow(`is not a valid glob (${problem})`);
  });

  it('let pass what is within them', () => {
    for (const pattern of [
      '{a,b}',
      '{1..1000}',
      '{a..z}{0..9}',
      '{1..100000..1000}',
      '\\{a',
      'a}',
      '{}',
      'x{a}y',
      '{{a,b},c}',
    ]) {
      expect(() => checkPattern(pattern, 'x'), pattern).not.toThrow();
    }
  });

  it.each([
    ['{1..1000}', '{1..1001}'],
    ['{-499..500}', '{-500..500}'],
    ['{1000..1}', '{1001..1}'],
    ['{1..9999..10}', '{1..10001..10}'],
    ['{1..9999..-10}', '{10001..1..-10}'],
    ['{1..1000..0}', '{1..1001..0}'],
    ['{a..y}{1..40}', '{a..z}{1..40}'],
    ['{y..a}{1..40}', '{z..a}{1..40}'],
    ['{a..y..2}{1..76}', '{a..y..2}{1..77}'],
    ['{Z..a}{1..125}', '{Z..b}{1..125}'],
    ['{{1..400},{1..600}}', '{{1..400},{1..600},x}'],
    ['{a{1..400},b{1..600}}', '{a{1..400},b{1..601}}'],
    ['x{1..10}y{1..10}z{1..10}', 'x{1..10}y{1..10}z{1..11}'],
    ['{{1..10}{1..10},x}{1..9}', '{{1..10}{1..10},x}{1..10}'],
    ['{a,b}{c,d}\\{e,f}{1..250}', '{a,b}{c,d}{e,f}{1..250}'],
    ['{a}'.repeat(64), '{a}'.repeat(65)],
    ['{a'.repeat(8) + '}'.repeat(8), '{a'.repeat(9) + '}'.repeat(9)],
    ['a'.repeat(4096), 'a'.repeat(4097)],
    ['**/'.repeat(64), '**/'.repeat(65)],
    ['@(a)'.repeat(32), '@(a)'.repeat(33)],
    ['+(a|'.repeat(4) + ')'.repeat(4), '+(a|'.repeat(5) + ')'.repeat(5)],
    ['?(*(+(@(a))))!(b)', '?(*(+(@(!(a)))))'],
    ['@(a/'.repeat(9), '@(a'.repeat(9)],
    ['@(a)'.repeat(9), '@(a\\)'.repeat(9)],
    ['\\@(a'.repeat(9), '@(a'.repeat(9)],
    ['a)@(b)', '@('.repeat(5)],
  ])('lie between %j and %j', (within, over) => {
    expect(() => checkPattern(within, 'x')).not.toThrow();
    expect(expandBraces(within, 'x')).toEqual(within.includes('{') ? braceExpand(within) : [within]);
    expect(() => checkPattern(over, 'x')).toThrow(PatternError);
  });

  it('are told with no more than the first 80 characters', () => {
    expect(() => checkPattern(`{${'a'.repeat(79)}`, 'p:1')).toThrow(`p:1: "{${'a'.repeat(79)}" is`);
    expect(() => checkPattern(`{${'a'.repeat(80)}`, 'p:1')).toThrow(`p:1: "{${'a'.repeat(79)}…" is`);
  });

  it('leave a pattern without braces as it is', () => {
    expect(expandBraces('a\\*', 'x')).toEqual(['a\\*']);
    expect(() => expandBraces('{1..1001}', 'p:1')).toThrow(
      'p:1: "{1..1001}" is not a valid glob (braces stand for more than 1000 patterns)',
    );
  });

  it('never cut an expansion short', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      ',',
      'a',
      'b',
      '1..3',
      '{a,b}',
      '{1..20}',
      '{a..e..2}',
      '\\',
      '$',
      '/',
      '{x}',
    );
    const pattern = fc.array(piece, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(pattern, (text) => {
        try {
          checkPattern(text, 'x');
        } catch {
          return;
        }
        const whole = braceExpand(text);
        if (whole.length > MAX_EXPANSIONS) expect(() => expandBraces(text, 'x')).toThrow(PatternError);
        else expect(expandBraces(text, 'x')).toEqual(text.includes('{') ? whole : [text]);
      }),
      { numRuns: 1000 },
    );
  });
});
