import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { precedence, REASONS } from '../../../../curation/verdict.ts';
import { MAX_PATH_BYTES, normalisePath } from '../../../../curation/rules/path/path.ts';

function resultOf(path: string): string {
  const result = normalisePath(path);
  return result.ok ? result.path : `!${result.reason}`;
}

describe('normalisePath', () => {
  it.each([
    ['src/a.ts', 'src/a.ts'],
    ['src\\sub\\a.ts', 'src/sub/a.ts'],
    ['./src//a.ts', 'src/a.ts'],
    ['src/./b/../a.ts', 'src/a.ts'],
    ['public/docs/../../private/billing/x.ts', 'private/billing/x.ts'],
    ['src/', 'src'],
    ['private./x.ts ', 'private/x.ts'],
    ['private . ./x.ts', 'private/x.ts'],
    ['.. ./x', '!path_escapes_root'],
    ['a/.. /b', 'b'],
    ['a/. /b', 'a/b'],
    ['a/ /b', 'a/b'],
    ['a/.../b', '!path_escapes_root'],
    ['a/. ./b', '!path_escapes_root'],
    ['.env', '.env'],
    [' leading', ' leading'],
    ['a.ts:stream', 'a.ts'],
    ['a.ts::$DATA', 'a.ts'],
    ['private::$INDEX_ALLOCATION/x.ts', '!unresolvable_path'],
    ['src/private::$INDEX_ALLOCATION/x.ts', 'src/private/x.ts'],
    ['src/private:$I30:$INDEX_ALLOCATION/x.ts', 'src/private/x.ts'],
    ['..:x/y', '!path_escapes_root'],
    ['cafe\u0301.ts', 'café.ts'],
    ['❤\uFE0F.md', '❤.md'],
    ['src/[id]/{a,b}*.ts', 'src/[id]/{a,b}*.ts'],
    ['aux.ts', 'aux.ts'],
    ['~$report.docx', '~$report.docx'],
    ['notes~', 'notes~'],
    ['50%/a.ts', '50%/a.ts'],
    ['src/%41.ts', 'src/%41.ts'],
    ['to be continued….md', 'to be continued….md'],
  ])('turns %j into %j', (path, expected) => {
    expect(resultOf(path)).toBe(expected);
  });

  it.each([
    ['control_character', ['a\0b', 'a\nb', 'a\x7fb', 'a\x85b', 'a\u2028b', 'a\ud800b', 'a\x1b[31m']],
    ['bidi_control', ['a\u202eb', 'a\u200fb', 'a\u2066b', 'a\u061cb']],
    ['format_character', ['a\u200bb', 'a\u00adb', 'a\ufeffb', 'a\ufe0fb', 'a\u{e0041}b', 'a\u{e0100}', 'a\u3164b', 'a\u2060b', 'a\u034fb', 'a\ufffdb']],
    ['separator_lookalike', ['a／b', 'a⁄b', 'a∕b', 'a⧸b', 'a∖b', 'a＼b', 'a﹨b', 'a⧵b', '．env', 'a/‥/b', '…', '.…/a', 'a/…\\b']],
    ['percent_encoded_separator', ['a%2fb', 'a%2Fb', '%2e%2E/a', 'a%5Cb', '%252e', '%25252F', '%%32f', '%25%32%66', '%%35c', 'a%u002fb', 'a%c0%afb', '%E0%80%AF', '%' + '25'.repeat(500) + '2f']],
    ['unc_path', ['\\\\server\\share\\x', '//server/x', '\\\\?\\C:\\x', '/\\x', '  //x']],
    ['drive_path', ['C:', 'C:\\x', 'c:/x', 'c:x', ' D:\\x', '\u212A:/x']],
    ['absolute_path', ['/etc/passwd', '\\x', '/', '~/x', '~', '~\\x', 'a/../~/x', 'file:///c%3A/x', 'FILE:x', ' /x']],
    ['short_name', ['PRIVAT~1/x.ts', 'src/privat~1.ts', 'x/PR1A2B~1', 'PRIVA~12.TXT', 'a/PRIVAT~1:s', 'PRIVAT~1./x', 'PRIVAT~1/../x']],
    ['path_escapes_root', ['../x', 'a/../../x', '..', 'a\\..\\..\\x', 'a/../../a/x', '.. /x']],
    ['empty_path', ['', '.', './', ' ', 'a/..', './.', ':stream']],
    ['path_too_long', ['a'.repeat(MAX_PATH_BYTES + 1), 'é'.repeat(2049), '\u0958'.repeat(1000), 'a/'.repeat(3000) + 'b']],
    ['unresolvable_path', ['untitled:Untitled-1', 'vscode-notebook-cell:/a/b.ipynb#W0', 'git:/a/b.ts?x', 'http://a/b', 'com.example.fs://a/b', 'README:x']],
  ])('refuses with %s', (reason, paths) => {
    for (const path of paths) expect([path, resultOf(path)]).toEqual([path, `!${reason}`]);
  }); // prettier-ignore

  it('lets the first reason in the contract decide where several apply', () => {
    const causes: [string, string][] = [
      ['control_character', '\n'], ['bidi_control', '\u202e'], ['format_character', '\u200b'],
      ['separator_lookalike', '／'], ['percent_encoded_separator', '%2f'], ['short_name', '/PRIVAT~1'],
    ]; // prettier-ignore
    for (const [first, a] of causes) {
      for (const [second, b] of causes) {
        const expected = REASONS.indexOf(first as never) < REASONS.indexOf(second as never) ? first : second;
        expect(resultOf(`x${b}${a}`)).toBe(`!${expected}`);
        expect(resultOf(`../x${a}${b}`)).toBe(`!${expected}`);
      }
    }
    expect(resultOf('//server/PRIVAT~1')).toBe('!unc_path');
    expect(resultOf('C:/..')).toBe('!drive_path');
    expect(resultOf('/../x')).toBe('!absolute_path');
    expect(resultOf('git:x/PRIVAT~1')).toBe('!short_name');
  });

  it('never quotes the path in a detail', () => {
    for (const path of ['/home/jane/x', 'C:\\jane', 'jane/../../x', '\\\\jane\\x', 'jane:x', 'JANE~1']) {
      expect(JSON.stringify(normalisePath(path)).toLowerCase()).not.toContain('jane');
    }
  });

  it('names a mix of scripts in one word, not names of one script', () => {
    const mixed = (path: string): boolean | undefined => {
      const result = normalisePath(path);
      return result.ok ? result.mixedScript : undefined;
    };
    for (const path of [
      'рrivate/x.ts',
      'src/pаyment.ts',
      'ρrivate',
      'Ⲣrivate',
      'a/b/сonfig.yml',
      'ᏢAY.ts',
      'テストtest.ts',
    ]) {
      expect([path, mixed(path)]).toEqual([path, true]);
    }
    for (const path of ['привет.ts', 'модуль_test.ts', 'src/日本語のテスト.md', '한국어漢字.ts', 'naïve/café.ts', 'ελληνικά/a.ts', 'شرح.md', 'ㄅㄆ注音.md', 'µm.ts', 'テスト1.ts', 'ーテスト.ts']) {
      expect([path, mixed(path)]).toEqual([path, false]);
    } // prettier-ignore
  });

  it('takes long hostile input without losing its way', () => {
    for (const unit of ['%25', '…', '../', ' ', '.', '~1', 'a:', '\u0301', '%', '\\', 'е', '/…']) {
      expect(normalisePath(unit.repeat(50_000)).ok).toBe(false);
    }
  });

  const pieces = fc.constantFrom(
    '/', '\\', '.', '..', ' ', 'a', 'B', 'é', 'e\u0301', ':', '%', '2', 'f', '~', '1', '~1', 'ß', 'İ', 'р', '日', 'C:', '❤', '\uFE0F',
    '\u0338', '↔', '\u00a0', 'K', '...', 'file:', '．', 'node_modules', '$', '{', '*', '\u0958', '\u212a',
  ); // prettier-ignore
  const messy = fc.array(pieces, { maxLength: 14 }).map((parts) => parts.join(''));

  it('is idempotent', () => {
    fc.assert(
      fc.property(fc.oneof(messy, fc.string({ unit: 'grapheme', maxLength: 20 })), (path) => {
        const once = normalisePath(path);
        if (once.ok) expect(normalisePath(once.path)).toEqual(once);
      }),
      { numRuns: 1500 },
    );
  });

  it('returns only clean relative paths, or a reason of the contract about paths', () => {
    fc.assert(
      fc.property(fc.oneof(messy, fc.string({ unit: 'grapheme', maxLength: 12 })), (path) => {
        const result = normalisePath(path);
        if (!result.ok) {
          const rank = precedence(result.reason);
          const rejected = rank >= precedence('control_character') && rank <= precedence('path_too_long');
          expect(rejected || result.reason === 'unresolvable_path').toBe(true);
          return;
        }
        expect(result.path).not.toMatch(/[\\:]|^[/~]\/|^\/|\/$|\/\/|(^|\/)\.{1,2}(\/|$)|[. ](\/|$)/);
        expect(result.path).toBe(result.path.normalize('NFC'));
      }),
      { numRuns: 1500 },
    );
  });
});
