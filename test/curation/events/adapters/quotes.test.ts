import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quotesOfEntry, splitAtOwnHeader, takeQuotes } from '../../../../curation/events/adapters/quotes.ts';

describe('quotes in a prefix', () => {
  it.each([
    ['#', ''],
    ['//', ''],
    ['--', ''],
    [';', ''],
    [';;', ''],
    ['%', ''],
    ['<!--', ' -->'],
    ['/*', ' */'],
    ['(*', ' *)'],
    ["'", ''],
    ['REM', ''],
  ])('are found in comments of %s', (start, end) => {
    const comment = (text: string) => `${start} ${text}${end}\n`;
    const prefix =
      comment('Path: src/a.x') +
      comment('Compare this snippet from lib/b.x:') +
      comment('secret one') +
      comment('  indented') +
      'own line\n';
    expect(takeQuotes(prefix, 'first')).toEqual({
      documentPath: 'src/a.x',
      prefix: 'own line\n',
      quotes: [{ path: 'lib/b.x', text: 'secret one\n  indented\n' }],
    });
  });

  it('cuts only the line of the first header, where a marker of the language may stand before it', () => {
    expect(takeQuotes('#!/usr/bin/env python3\n# Path: a.py\n# my comment\nx = ', 'first')).toEqual({
      documentPath: 'a.py',
      prefix: '#!/usr/bin/env python3\n# my comment\nx = ',
      quotes: [],
    });
  });

  it('end where the comments end, or where the next begins', () => {
    const prefix =
      '// Compare this snippet from one.ts:\n// 1\n//\n// 1b\n// Compare this function from two.ts:\n// 2\n// Path: three.ts\nfour();\n// five\n';
    expect(takeQuotes(prefix, 'first')).toEqual({
      documentPath: 'three.ts',
      prefix: 'four();\n// five\n',
      quotes: [
        { path: 'one.ts', text: '1\n\n1b\n' },
        { path: 'two.ts', text: '2\n' },
      ],
    });
  });

  it('of which no path is told have no source', () => {
    expect(takeQuotes('// Compare this snippet:\n// x\nmine', 'none').quotes).toEqual([
      { text: 'x\n', unsourced: true },
    ]);
  });

  it('have no source where they are recent edits, whatever stands in them, up to where those end', () => {
    const edits =
      '// File: keys.ts\n// --- a/file:///w/keys.ts\n// +const SECRET = 1;\n//  // Path: public.ts\n//  Path: public.ts\n// -SECRET\n';
    const prefix = `// Path: a.ts\n// These are recently edited files. Do not suggest code that has been deleted.\n${edits}// End of recent edits\n// mine\nf();`;
    const taken = takeQuotes(prefix, 'first');
    expect(taken).toMatchObject({ documentPath: 'a.ts', prefix: '// mine\nf();', quotes: [{ unsourced: true }] });
    expect(taken.quotes[0]).not.toHaveProperty('path');
    expect(taken.quotes[0]!.text).toContain('SECRET');
    const headless = takeQuotes(prefix.slice(prefix.indexOf('\n') + 1), 'first');
    expect(headless).toMatchObject({ prefix: '// mine\nf();', quotes: [{ unsourced: true }] });
    expect(headless).not.toHaveProperty('documentPath');
    expect(takeQuotes(`// These are recently edited files.\n${edits}f();`, 'none').prefix).toBe('f();');
  });

  it('have no source where they are related information', () => {
    expect(
      takeQuotes('// Path: a.ts\n// Consider this related information:\n// runtime: SECRET\nconst a = 1', 'first'),
    ).toEqual({
      documentPath: 'a.ts',
      prefix: 'const a = 1',
      quotes: [{ text: 'runtime: SECRET\n', unsourced: true }],
    });
  });

  it('take the text under a further header up to the next, where it is no comment', () => {
    const prefix =
      '// Path: a.ts\na();\n// Path: secret.ts\nconst secret = 1;\n\nmore();\n// Compare this class from c.ts:\n// c\nlast();';
    expect(takeQuotes(prefix, 'first')).toEqual({
      documentPath: 'a.ts',
      prefix: 'a();\nlast();',
      quotes: [
        { path: 'secret.ts', text: 'const secret = 1;\n\nmore();\n' },
        { path: 'c.ts', text: 'c\n' },
      ],
    });
  });

  it('are not seen in the program itself', () => {
    for (const text of [
      'Path: a.ts\n',
      '  # Path: a.py\n',
      'const s = "// Path: a.ts";\n',
      '// Pathology: a\n',
      '# Path:\n',
      '// compare the two\n',
    ]) {
      expect(takeQuotes(text, 'first')).toEqual({ prefix: text, quotes: [] });
    }
  });

  it('are found with any line end, and at the end of the prefix', () => {
    expect(takeQuotes('# Path: a.py\r\n# Compare this snippet from b.py:\r\n# x\r\ny\r\n', 'first')).toEqual({
      documentPath: 'a.py',
      prefix: 'y\r\n',
      quotes: [{ path: 'b.py', text: 'x\r\n' }],
    });
    expect(takeQuotes('# Path: a.py', 'first')).toEqual({ documentPath: 'a.py', prefix: '', quotes: [] });
    expect(takeQuotes('# Compare this snippet from b.py:', 'none')).toEqual({
      prefix: '',
      quotes: [{ path: 'b.py', text: '' }],
    });
  });

  it('keep comment signs that belong to the quoted code', () => {
    expect(takeQuotes('// Compare this snippet from b.ts:\n// // Path: c.ts\n//   // d\n', 'none').quotes).toEqual([
      { path: 'b.ts', text: '// Path: c.ts\n  // d\n' },
    ]);
  });

  it('never leave a quoted line in the prefix, whatever lies around it', () => {
    const own = fc.array(fc.constantFrom('code();', '', '// own', '  x', '}'), { maxLength: 4 });
    const quoted = fc.array(fc.constantFrom('CANARY', 'CANARY();', '  CANARY', '// CANARY'), {
      minLength: 1,
      maxLength: 4,
    });
    const quote = fc.tuple(
      fc.constantFrom('Compare this snippet from q.ts:', 'Compare these functions from q.ts:', 'Path: q.ts'),
      quoted,
    );
    fc.assert(
      fc.property(own, fc.array(quote, { maxLength: 3 }), own, (before, quotes, after) => {
        const lines = ['// Path: own.ts', ...before];
        for (const [header, body] of quotes) lines.push(`// ${header}`, ...body.map((line) => `// ${line}`));
        const prefix = [...lines, ...after].join('\n');
        const taken = takeQuotes(prefix, 'first');
        expect(taken.documentPath).toBe('own.ts');
        expect(taken.prefix).not.toContain('CANARY');
        expect(taken.quotes.map(({ path }) => path)).toEqual(quotes.map(() => 'q.ts'));
      }),
    );
  });
});

describe('context entries', () => {
  it('are quotes as a whole, commented or not', () => {
    expect(quotesOfEntry('Compare this snippet from b.ts:\nx\n  y')).toEqual({
      quotes: [{ path: 'b.ts', text: 'x\n  y' }],
    });
    expect(quotesOfEntry('// Path: b.ts\n// x\n// y')).toEqual({ quotes: [{ path: 'b.ts', text: 'x\ny' }] });
    expect(quotesOfEntry('// Path: b.ts\ny();\n// x')).toEqual({ quotes: [{ path: 'b.ts', text: 'y();\n// x' }] });
    expect(quotesOfEntry('\n# Compare this snippet from b.py:\n# 1\n# Compare this snippet from c.py:\n# 2\n')).toEqual(
      {
        quotes: [
          { path: 'b.py', text: '1\n' },
          { path: 'c.py', text: '2\n' },
        ],
      },
    );
  });

  it('without a header have no source', () => {
    expect(
      quotesOfEntry('These are recently edited files.\nFile: b.ts\n Path: c.ts\n+x\nEnd of recent edits'),
    ).toMatchObject({
      quotes: [{ unsourced: true }],
    });
    expect(quotesOfEntry('function x() {}')).toEqual({ quotes: [{ text: 'function x() {}', unsourced: true }] });
    expect(quotesOfEntry('x\n// Path: b.ts\n// y')).toEqual({
      quotes: [{ text: 'x\n// Path: b.ts\n// y', unsourced: true }],
    });
    expect(quotesOfEntry(' \n')).toEqual({ quotes: [] });
  });

  it('that are a header alone name the document', () => {
    expect(quotesOfEntry('Path: src/a.ts')).toEqual({ documentPath: 'src/a.ts', quotes: [] });
    expect(quotesOfEntry('// Path: src/a.ts\n')).toEqual({ documentPath: 'src/a.ts', quotes: [] });
  });
});

describe('the last header of its own', () => {
  it('parts what is quoted from the document, by the tail of the path', () => {
    const prefix = '// Path: x/other.ts\n// o\n// diff\n// Path: src/a.ts\nmine\n';
    expect(splitAtOwnHeader(prefix, 'lib/src/a.ts')).toEqual({
      before: '// Path: x/other.ts\n// o\n// diff\n',
      after: 'mine\n',
    });
    expect(splitAtOwnHeader(prefix, 'file:///c%3A/lib/src/a.ts')).toMatchObject({ after: 'mine\n' });
    expect(splitAtOwnHeader(prefix, 'lib/b.ts')).toBeNull();
    expect(splitAtOwnHeader('mine', 'a.ts')).toBeNull();
  });
});
