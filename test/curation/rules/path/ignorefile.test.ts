import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileIgnoreFile } from '../../../../curation/rules/path/ignorefile.ts';
import { PatternError } from '../../../../curation/rules/path/exclusion.ts';
import type { RepoPath } from '../../../../curation/rules/path/path.ts';

function ignored(
  text: string,
  path: string,
  kind: 'copilotignore' | 'aiexclude' = 'copilotignore',
  folder = '',
): boolean {
  return compileIgnoreFile(text, kind, `.${kind}`, folder).match(path as RepoPath) !== null;
}

describe('an ignore file', () => {
  it.each([
    ['foo', 'foo', true],
    ['foo', 'a/foo/b', true],
    ['foo', 'afoo', false],
    ['/foo', 'a/foo', false],
    ['/foo', 'foo/b', true],
    ['foo/', 'foo', false],
    ['foo/', 'a/foo/b', true],
    ['a/b', 'a/b/c', true],
    ['a/b', 'x/a/b', false],
    ['**/a/b', 'x/a/b', true],
    ['a/**', 'a', false],
    ['a/**', 'a/b/c', true],
    ['a/**/b', 'a/b', true],
    ['*.key', 'x/y.KEY', true],
    ['/*.key', 'x/y.key', false],
    ['a?b', 'acb', true],
    ['a?b', 'a/b', false],
    ['[a-c].ts', 'b.ts', true],
    ['[!a-c].ts', 'b.ts', false],
    ['/pages/[id]/', 'pages/[id]/x', true],
    ['# comment', '# comment', false],
    ['\\#a', '#a', true],
    ['\\!a', '!a', true],
    ['a  ', 'a', true],
    ['a\\ ', 'a ', true],
    ['{a,b}', 'a', false],
    ['{a,b}', '{a,b}', true],
    ['privé', 'PRIVÉ/x', true],
    ['stra?e', 'straße', true],
    ['a\r', 'a', true],
    ['/', 'a', false],
    ['', 'a', false],
  ])('%j ignores %j: %j', (text, path, expected) => {
    expect(ignored(text, path)).toBe(expected);
  });

  it('lets the last line that matches decide, and takes nothing back from within an ignored folder', () => {
    expect(ignored('*.ts\n!keep.ts', 'a/keep.ts')).toBe(false);
    expect(ignored('*.ts\n!keep.ts\nkeep.ts', 'a/keep.ts')).toBe(true);
    expect(ignored('/a/\n!/a/keep.ts', 'a/keep.ts')).toBe(true);
    expect(ignored('/a/*\n!/a/keep.ts', 'a/keep.ts')).toBe(false);
    expect(ignored('/*\n!/src\n', 'src/a.ts')).toBe(false);
    expect(ignored('/*\n!/src\n', 'lib/a.ts')).toBe(true);
  });

  it('takes back only what is written exactly', () => {
    expect(ignored('*.ts\n!keep.ts', 'KEEP.ts')).toBe(true);
  });

  it('rules over what lies beneath its folder', () => {
    expect(ignored('/a', 'sub/a', 'copilotignore', 'sub')).toBe(true);
    expect(ignored('/a', 'SUB/a', 'copilotignore', 'sub/')).toBe(true);
    expect(ignored('/a', 'a', 'copilotignore', 'sub')).toBe(false);
    expect(ignored('sub', 'sub/x', 'copilotignore', 'sub')).toBe(false);
    expect(ignored('', 'sub/x', 'aiexclude', 'sub')).toBe(true);
    expect(ignored('', 'sub', 'aiexclude', 'sub')).toBe(false);
    expect(ignored('', 'subway/x', 'aiexclude', 'sub')).toBe(false);
  });

  it('names the line that decided', () => {
    expect(
      compileIgnoreFile('# x\n\n*.key\n', 'aiexclude', 'sub/.aiexclude', 'sub').match('sub/a.key' as RepoPath),
    ).toEqual({
      source: 'sub/.aiexclude:3',
      pattern: '*.key',
    });
  });

  it('.aiexclude knows no negation, and blocks everything where it has no pattern', () => {
    expect(ignored('*.ts\n!keep.ts', 'keep.ts', 'aiexclude')).toBe(true);
    expect(ignored('!a', '!a', 'aiexclude')).toBe(true);
    for (const empty of ['', '\n', '# only a comment\n', ' \r\n']) {
      expect(ignored(empty, 'any/thing', 'aiexclude')).toBe(true);
      expect(ignored(empty, 'any/thing', 'copilotignore')).toBe(false);
    }
    expect(ignored('/x', 'y', 'aiexclude')).toBe(false);
  });

  it('is refused where a line is too long to be a pattern', () => {
    expect(() => ignored(`ok\n${'a'.repeat(5000)}`, 'a')).toThrow(PatternError);
    expect(() => ignored(`ok\n${'a'.repeat(5000)}`, 'a')).toThrow(/^\.copilotignore:2: /);
  });

  it.each<[string, string, { source: string; pattern: string } | null]>([
    ['\uFEFFa\nb', 'a', { source: 'f:1', pattern: 'a' }],
    ['a\n\uFEFFb', 'b', null],
    ['a\nb\n', 'x/b/c', { source: 'f:2', pattern: 'b' }],
    ['a\n*', 'a', { source: 'f:2', pattern: '*' }],
    ['a/\nx', 'a/x', { source: 'f:1', pattern: 'a/' }],
    ['b \t ', 'b', { source: 'f:1', pattern: 'b' }],
    [' b', 'b', null],
    ['b\\ ', 'b', null],
    ['b\\ ', 'b ', { source: 'f:1', pattern: 'b\\ ' }],
    ['b\\ \t', 'b ', { source: 'f:1', pattern: 'b\\ ' }],
    ['b\\\\ ', 'b\\', { source: 'f:1', pattern: 'b\\\\' }],
    ['!', '!', null],
    ['!/', 'a', null],
    ['*.ts\n!a.ts', 'a.ts', null],
    ['*.ts\n!a.ts', 'b.ts', { source: 'f:1', pattern: '*.ts' }],
    ['*\n![ab]', 'a', null],
    ['*\n![ab]', '[ab]', { source: 'f:1', pattern: '*' }],
    ['*\n!stra?e', 'straße', null],
    ['*\n!a?e', 'ae', { source: 'f:1', pattern: '*' }],
    ['a/b/', 'a/b/c', { source: 'f:1', pattern: 'a/b/' }],
    ['a/b/', 'a/b', null],
    ['a//b', 'a/b', { source: 'f:1', pattern: 'a//b' }],
    ['/a//', 'a/b', { source: 'f:1', pattern: '/a//' }],
    ['/a//', 'x/a/b', null],
    ['x?y', 'xßy', { source: 'f:1', pattern: 'x?y' }],
    ['x[a-z]y', 'xSy', { source: 'f:1', pattern: 'x[a-z]y' }],
    ['❤\uFE0F', '❤', { source: 'f:1', pattern: '❤\uFE0F' }],
    ['e\u0301', 'é', { source: 'f:1', pattern: 'e\u0301' }],
  ])('%j on %j: %j', (text, path, expected) => {
    expect(compileIgnoreFile(text, 'copilotignore', 'f', '').match(path as RepoPath)).toEqual(expected);
  });

  it('says that the whole file decided where it has no pattern', () => {
    const match = (folder: string, path: string) =>
      compileIgnoreFile('# none\n', 'aiexclude', 'f', folder).match(path as RepoPath);
    expect(match('', 'a')).toEqual({ source: 'f:1', pattern: '' });
    expect(match('/Sub/dir/', 'sub/DIR/a')).toEqual({ source: 'f:1', pattern: '' });
    expect(match('sub/dir', 'sub/a')).toBeNull();
  });

  it('takes a line of 4,096 characters and no longer one', () => {
    expect(ignored('a'.repeat(4096), 'a'.repeat(4096))).toBe(true);
    expect(() => ignored('a'.repeat(4097), 'a')).toThrow('(longer than 4096 characters)');
  });

  it('is never undone by a further line that takes out', () => {
    const line = fc.array(fc.constantFrom('a', 'b', '*', '/', '**', '?', '[ab]', '!'), { minLength: 1, maxLength: 5 }).map((parts) => parts.join('')); // prettier-ignore
    const path = fc
      .array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('/'));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), line, path, (lines, further, name) => {
        fc.pre(!further.startsWith('!') && ignored(lines.join('\n'), name));
        expect(ignored([...lines, further].join('\n'), name)).toBe(true);
        expect(ignored(lines.join('\r\n'), name.toUpperCase()) || lines.some((one) => one.startsWith('!'))).toBe(true);
      }),
      { numRuns: 500, maxSkipsPerRun: 1000 },
    );
  });
});
