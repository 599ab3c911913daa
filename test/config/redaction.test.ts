import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../config/document.ts';
import { loadBuiltinRules, loadGitleaks, parseRules } from '../../config/redaction.ts';
import { translateRe2 } from '../../curation/redaction/rules/re2.ts';
import { createRedactor } from '../../curation/redaction/redactor.ts';
import type { JudgedText } from '../../curation/text.ts';

const gitleaks = join(import.meta.dirname, '../../../shared/data/gitleaks.toml');
const present = existsSync(gitleaks);
if (!present) console.warn(`skipped: ${gitleaks} is not there, rules of gitleaks are not tested as a whole`);

describe('rule files', () => {
  it.each([
    ['rules:\n  - id: a\n    keywords: [x]\n', 'f.yaml:2 pattern: is missing'],
    ['rules:\n  - id: a\n    keywords: [x]\n    pattern: "("\n', 'f.yaml:2 pattern: '],
    [
      'rules:\n  - id: a\n    keywords: [x]\n    pattern: x\n  - id: a\n    keywords: [x]\n    pattern: x\n',
      'f.yaml:5 id: "a" stands twice',
    ],
    [
      'rules:\n  - id: a\n    keywords: [x]\n    pattern: x\n    colour: red\n',
      'f.yaml:2 colour: is not a field of a rule',
    ],
    [
      'rules:\n  - id: a\n    keywords: [x]\n    pattern: x\n    validators: [nonsense]\n',
      'there is no validator "nonsense"',
    ],
    ['rules:\n  - id: a\n    kind: strange\n', 'f.yaml:2 kind: must be one of'],
    ['rules: {}\n', 'f.yaml:1 rules: must be a list'],
    ['rules:\n  - id: "a\n', 'f.yaml:'],
  ])('says where %j is wrong', (text, message) => {
    expect(() => parseRules(text, 'f.yaml')).toThrow(message);
  });

  it('hands out a list of its own each time', () => {
    loadBuiltinRules().pop();
    expect(loadBuiltinRules().length).toBeGreaterThan(100);
  });
});

describe('patterns of RE2', () => {
  it.each([
    ['(?i)abc', 'ABC', 'xyz'],
    ['a(?i:b)c', 'aBc', 'aBC'],
    ['a(?i)b', 'aB', 'AB'],
    ['\\Aab\\z', 'ab', 'ab\n'],
    ['^x$', 'x', 'x\n'],
    ['(?m)^b$', 'a\nb\nc', 'abc'],
    ['[[:alnum:]_]{3}', 'a_1', '-!-'],
    ['[^[:space:]]x', 'ax', ' x'],
    ['(?P<name>k)-(?:v)', 'k-v', 'kv'],
    ['(?s)a.b', 'a\nb', 'ab'],
    ['a.b', 'a-b', 'a\nb'],
    ['{a}', '{a}', 'a'],
    ['\\x60[\\x{41}-C]', '`B', '`D'],
    ['(?i)[a-c]x', 'BX', 'DX'],
    ['(?i:a(?-i:b))', 'Ab', 'AB'],
  ])('%s is carried over', (source, match, noMatch) => {
    const pattern = new RegExp(translateRe2(source));
    expect(pattern.test(match)).toBe(true);
    expect(pattern.test(noMatch)).toBe(false);
  });

  it.each(['\\pL', '(?=x)', '(a', 'a)', '[a', '[[:word2:]]'])('%s is refused with a reason', (source) => {
    expect(() => translateRe2(source)).toThrow(/./);
  });
});

describe('a gitleaks file', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'garner-rules-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const load = (text: string): ReturnType<typeof loadGitleaks> => {
    const file = join(folder, 'rules.toml');
    writeFileSync(file, text);
    return loadGitleaks(file);
  };

  it('keeps entropy, groups, keywords, stop words, targets and conditions, and lets nothing go for its path', () => {
    const { rules, byPath } = load(`
[allowlist]
paths = ['''^docs/''']
[[rules]]
id = "acme"
regex = '''acme-(\\w)-([a-z0-9]{12})'''
secretGroup = 2
entropy = 3
keywords = ["ACME-"]
[[rules.allowlists]]
stopwords = ["stopword"]
[[rules.allowlists]]
regexTarget = "line"
regexes = ['''template''']
[[rules.allowlists]]
condition = "AND"
regexTarget = "line"
regexes = ['''fixture''']
paths = ['''\\.test$''']
[[rules]]
id = "dotenv"
path = '''\\.env$'''
`);
    expect(byPath).toEqual(['dotenv']);
    const text = 'x acme-q-k3v9x2m8p1z7 y' as JudgedText;
    const found = (line: string): string[] =>
      createRedactor(rules)
        .redactText(line as JudgedText)
        .findings.map((finding) => line.slice(finding.start, finding.end));
    expect(found(text)).toEqual(['k3v9x2m8p1z7']);
    expect(found(`fixture ${text}`)).toEqual(['k3v9x2m8p1z7']);
    expect(found(`template ${text}`)).toEqual([]);
    expect(found('acme-q-aaaaaaaaaaaa')).toEqual([]);
    expect(found('acme-q-stopword1234')).toEqual([]);
    expect(found('A=1')).toEqual([]);
  });

  it.each(['KEY[0]', '[x]key', '[]'])('takes brackets in the keyword %s as they stand', (keyword) => {
    const { rules } = load(`[[rules]]\nid = "k"\nregex = '[a-z0-9]{12}'\nkeywords = ["${keyword}"]\n`);
    const { findings } = createRedactor(rules).redactText(`${keyword} = k3v9x2m8p1z7` as JudgedText);
    expect(findings.map(({ rule }) => rule)).toEqual(['k']);
  });

  it.each([
    ['[[rules]]\nid = "a"\nregex = \'a\'\n[[rules]]\nid = "odd"\nregex = \'\\pL+\'\n', ':4 odd: Unicode classes'],
    ["[[rules]]\nregex = 'a('\n", ':1 rule 1: '],
    ['[[rules]]\nid = "none"\n', ':1 none: has neither a regex nor a path'],
    [
      '[[rules]]\nid = "g"\nregex = \'a(b)\'\nsecretGroup = 2\n',
      ':1 g: secretGroup must be a whole number from 0 to 1',
    ],
    ['[[rules]]\nid = "c"\nregex = \'a\'\n[[rules.required]]\nid = "d"\n', ':1 c: composite rules'],
    ["[[rules]]\nid = \"l\"\nregex = 'a'\n[[rules.allowlists]]\nregexes = ['(']\n", ':1 l: '],
    ["[allowlist]\nregexes = ['(']\n[[rules]]\nid = \"l\"\nregex = 'a'\n", ' allowlist: '],
  ])('is refused with line and rule where one cannot be carried over: %j', (text, message) => {
    expect(() => load(text)).toThrow(ConfigError);
    expect(() => load(text)).toThrow(`rules.toml${message}`);
  });

  it('names file and line where it is no TOML, and the file where it cannot be read', () => {
    expect(() => load('a = 1\nb = = 2\n')).toThrow('rules.toml:2');
    expect(() => load('title = "x"\n')).toThrow('rules.toml: has no [[rules]]');
    expect(() => loadGitleaks(join(folder, 'missing.toml'))).toThrow(
      'missing.toml redaction.gitleaks: cannot be read (ENOENT)',
    );
  });

  describe.skipIf(!present)('with all rules of the project gitleaks', () => {
    it('carries all over that look at text', () => {
      const { rules, byPath } = loadGitleaks(gitleaks);
      expect(rules.length + byPath.length).toBe(222);
      expect(byPath).toEqual(['pkcs12-file']);
      const { findings } = createRedactor(rules).redactText(
        "const t = 'ghp_YTx5P3cgtqaNjyukLwykv2WRsi6zXGf4i29t';" as JudgedText,
      );
      expect(findings.map((finding) => finding.rule)).toContain('github-pat');
    });
  });
});
