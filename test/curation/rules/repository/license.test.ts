import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileLicenses } from '../../../../curation/rules/repository/license.ts';

describe('compileLicenses', () => {
  const allowed = compileLicenses([
    'MIT',
    'Apache-2.0',
    'gpl-2.0-only',
    'LGPL-3.0+',
    'AGPL-3.0-only WITH My-exception',
  ]);

  it.each([
    ['MIT', true],
    ['mit', true],
    ['(MIT)', true],
    ['MIT OR GPL-3.0-only', true],
    ['GPL-3.0-only OR MIT', true],
    ['GPL-3.0-only or MIT', true],
    ['MIT AND Apache-2.0', true],
    ['MIT AND GPL-3.0-only', false],
    ['MIT AND GPL-3.0-only OR Apache-2.0', true],
    ['MIT AND (GPL-3.0-only OR Apache-2.0)', true],
    ['MIT OR GPL-3.0-only AND BSD-3-Clause', true],
    ['(MIT OR GPL-3.0-only) AND BSD-3-Clause', false],
    ['Apache-2.0 WITH LLVM-exception', true],
    ['Apache-2.0 WITH AdditionRef-no-use', false],
    ['AGPL-3.0-only WITH My-exception', true],
    ['AGPL-3.0-only WITH Other-exception', false],
    ['AGPL-3.0-only', false],
    ['GPL-2.0', true],
    ['GPL-2.0+', true],
    ['GPL-2.0-or-later', true],
    ['LGPL-3.0-or-later', true],
    ['LGPL-3.0-only', false],
    ['MIT+', true],
    ['Apache-1.1+', false],
    ['LicenseRef-MIT', false],
    ['', false],
    ['MIT OR', false],
    ['OR MIT', false],
    ['MIT MIT', false],
    ['MIT Or Apache-2.0', false],
    ['(MIT', false],
    ['MIT)', false],
    ['()', false],
    ['MIT WITH', false],
    ['MIT/Apache-2.0', false],
    ['NOASSERTION', false],
    ['NONE', false],
    ['MIT OR NONE', false],
    [`${'('.repeat(32)}MIT${')'.repeat(32)}`, true],
    [`${'('.repeat(33)}MIT${')'.repeat(33)}`, false],
    [`MIT${' OR MIT'.repeat(1000)}`, false],
    [undefined, false],
  ])('%j: %s', (expression, expected) => {
    expect(allowed(expression)).toBe(expected);
  });

  it('agrees with the truth table of OR and AND however the terms are nested', () => {
    interface Term {
      text: string;
      value: boolean;
    }
    const { term } = fc.letrec<{ term: Term }>((tie) => ({
      term: fc.oneof(
        { maxDepth: 4 },
        fc.boolean().map((value) => ({ text: value ? 'MIT' : 'ISC', value })),
        fc.tuple(tie('term'), fc.constantFrom('AND', 'OR'), tie('term')).map(([left, word, right]) => ({
          text: `(${left.text} ${word} ${right.text})`,
          value: word === 'AND' ? left.value && right.value : left.value || right.value,
        })),
      ),
    }));
    fc.assert(
      fc.property(term, ({ text, value }) => {
        expect(allowed(text)).toBe(value);
      }),
    );
  });
});
