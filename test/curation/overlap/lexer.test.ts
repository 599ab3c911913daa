import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { IN_LITERAL, lex, NUMBER } from '../../../curation/overlap/lexer.ts';

const words = (text: string): string[] => {
  const { starts, ends, count } = lex(text);
  return Array.from({ length: count }, (_, i) => text.slice(starts[i], ends[i]));
};
const joined = (text: string): string => words(text).join(' ');

describe('lexemes', () => {
  it.each([
    ['const a = b?.c ?? 1.5e3;', 'const a = b ?. c ?? 1.5e3 ;'],
    ['a?.5:1', 'a ? . 5 : 1'],
    ['x===y!==z&&=w', 'x === y !== z &&= w'],
    ['f(...args)', 'f ( ... args )'],
    ['vector<vector<int>> v', 'vector < vector < int > > v'],
    ['"two words"', '" two words "'],
    ['größe = 日本', 'größe = 日本'],
    ['[1, 2,\n]', '[ 1 , 2 ]'],
    ['a \\\n  + b', 'a + b'],
    ['x = "a\\"b" // c', 'x = " a \\" b "'],
  ])('cuts %j', (text, expected) => expect(joined(text)).toBe(expected));

  it.each([
    ['a // note', 'a'],
    ['a /* one\n two */ b', 'a b'],
    ['a # note here', 'a'],
    ['#!/bin/sh\nls', 'ls'],
    ['# note\nx', 'x'],
    ['#note of someone\nx', 'x'],
    ['SELECT 1 -- note', 'SELECT 1'],
    ['--[[ one\n two ]] x', 'x'],
    ['<p><!-- note\n --></p>', '< p > < / p >'],
    [';; note\n(f)', '( f )'],
    ['% note\nx', 'x'],
    ['return x // see there', 'return x'],
  ])('leaves out the comment of %j', (text, expected) => expect(joined(text)).toBe(expected));

  it.each([
    ['#include <a.h>', '# include < a . h >'],
    ['#[derive(Debug)]', '# [ derive ( Debug ) ]'],
    ['  #count = 0;', '# count = 0 ;'],
    ['color: #fff;', 'color : # fff ;'],
    ['n // 2', 'n / / 2'],
    ['(a // b)', '( a / / b )'],
    ['see https://x.org/a', 'see https : / / x . org / a'],
    ['"http://x.org" y', '" http : / / x . org " y'],
    ['cp src/*.ts x\nls */y', 'cp src / * . ts x ls * / y'],
    ['a /* never closed', 'a / * never closed'],
    ["it's // a note", "it ' s"],
    ['i--;', 'i -- ;'],
  ])('takes no code for a comment in %j', (text, expected) => expect(joined(text)).toBe(expected));

  it('marks numbers and what stands in literals', () => {
    const { kinds, count } = lex('a = "b 2" + 3');
    expect(Array.from(kinds.subarray(0, count), (kind) => [kind & 3, (kind & IN_LITERAL) !== 0])).toEqual([
      [1, false], [0, false], [0, true], [1, true], [NUMBER, true], [0, false], [0, false], [NUMBER, false],
    ]); // prettier-ignore
  });

  it('sees through zero-width characters', () => {
    expect(lex('sec\u200bret = 1').hashes.slice(0, 3)).toEqual(lex('secret = 1').hashes.slice(0, 3));
  });

  it('gives places that ascend, lie in the text and hold what was cut, for any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'ab1 \n\t"\'`/*#-<!>\\;%.,)]}=?é\u200b\ud800'), maxLength: 200 }),
        (text) => {
          const { starts, ends, count } = lex(text);
          let last = 0;
          for (let i = 0; i < count; i++) {
            expect(starts[i]).toBeGreaterThanOrEqual(last);
            expect(ends[i]).toBeGreaterThan(starts[i]!);
            last = ends[i]!;
          }
          expect(last).toBeLessThanOrEqual(text.length);
        },
      ),
    );
  });

  it('is linear where every character opens something', () => {
    const steps = (text: string): number => lex(text).count;
    for (const piece of ['"', '\\\'"', '/*', 'a/*', '<!--', '--[[', '# ', 'x//', '`\\']) {
      // Quadratic reading of a megabyte would run into the test's time limit.
      expect(steps(piece.repeat(1_000_000 / piece.length))).toBeGreaterThanOrEqual(0);
    }
  });
});
