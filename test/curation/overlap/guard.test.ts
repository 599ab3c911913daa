import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { Boilerplate, repositoryHash } from '../../../curation/overlap/boilerplate.ts';
import { FingerprintFilter } from '../../../curation/overlap/filter.ts';
import { fingerprintKey, fingerprintsOf, K, SHORTEST } from '../../../curation/overlap/fingerprint.ts';
import { guard, overlaps, repeatsPiece } from '../../../curation/overlap/guard.ts';
import { lex } from '../../../curation/overlap/lexer.ts';
import { packageSources } from './sources.ts';

const key = fingerprintKey(new Uint8Array(32).fill(3));

function filterOf(texts: string[]): FingerprintFilter {
  const filter = FingerprintFilter.sized(texts.reduce((sum, text) => sum + text.length / 3, 100));
  for (const text of texts) fingerprintsOf(text, key, (hi, lo) => filter.add(hi, lo));
  return filter;
}
const asks = (filter: FingerprintFilter) => (hi: number, lo: number) => filter.has(hi, lo);

/** Source tokens by TypeScript's own scanner; null where a slash or a template makes them ambiguous. */
function tokensOf(code: string): string[] | null {
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, true, ts.LanguageVariant.Standard, code);
  const tokens: string[] = [];
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    const text = scanner.getTokenText();
    if (kind === ts.SyntaxKind.SlashToken || kind === ts.SyntaxKind.Unknown || /[`\n\\#]/.test(text)) return null;
    tokens.push(text);
  }
  return tokens;
}

const GAPS = [
  ' ', '\n', '  \t', '\r\n\t\t', '\n\n      ', ' /* moved here */ ', ' // taken from elsewhere\n', '\n/*\n * a box\n */\n', '\n# a note\n',
  ' /* a */ /* b */\n', '\n    // one\n    // two\n',
]; // prettier-ignore

/** Runs of `size` tokens out of real sources, spread over them. */
function samples(size: number, many: number): string[][] {
  const pool = ['acorn', 'semver', 'yaml', 'commander', 'fastify', 'pino', 'smol-toml', 'ajv'].flatMap((name) =>
    packageSources(name, 12),
  );
  const found: string[][] = [];
  for (let at = 0; found.length < many && at < many * 40; at++) {
    const lines = pool[at % pool.length]!.split('\n');
    const from = (at * 7919) % Math.max(1, lines.length - 30);
    const tokens = tokensOf(lines.slice(from, from + 30).join('\n'));
    if (tokens !== null && tokens.length >= size) found.push(tokens.slice(0, size));
  }
  return found;
}

/** Whether a copy in another layout, with comments between its tokens, is found in a completion among other code. */
function isCaught(tokens: string[], filter: FingerprintFilter): boolean {
  let turn = 0;
  const copy = tokens.map((token) => token + GAPS[(turn = (turn * 5 + 3 + token.length) % GAPS.length)]!).join('');
  const parts = { prefix: 'const unrelated = 1;\n', completion: copy, suffix: '\nother();\n' };
  return guard(parts, key, asks(filter)).touchesCompletion;
}

describe('the guard', () => {
  it('finds every planted copy of 20 lexemes or more, whatever white space, comments and line breaks were made of it', () => {
    const planted = samples(60, 400).filter((tokens) => lex(tokens.join(' ')).count >= K);
    expect(planted.length).toBeGreaterThan(300);
    const filter = filterOf(planted.map((tokens) => tokens.join(' ')));
    expect(planted.filter((tokens) => !isCaught(tokens, filter))).toEqual([]);
  });

  it.each([8, 10, 13, 16, 19])(
    'finds every copy of a whole private text of about %i tokens, whatever was made of it',
    (size) => {
      const planted = samples(size, 200).filter(
        // A comma at the end does not count, and blanks round `--` make a comment of it in other languages.
        (tokens) => lex(tokens.join(' ')).count >= SHORTEST && tokens.at(-1) !== ',' && !tokens.includes('--'),
      );
      expect(planted.length).toBeGreaterThan(100);
      expect(planted.some((tokens) => lex(tokens.join(' ')).count < K)).toBe(true);
      const filter = filterOf(planted.map((tokens) => tokens.join(' ')));
      expect(planted.filter((tokens) => !isCaught(tokens, filter))).toEqual([]);
    },
  );

  it('finds copies that a printer laid out anew', () => {
    const private_ = packageSources('semver', 12);
    const filter = filterOf(private_);
    const printer = ts.createPrinter({ removeComments: true });
    for (const text of private_) {
      const file = ts.createSourceFile('renamed.js', text, ts.ScriptTarget.Latest, false, ts.ScriptKind.JS);
      const completion = printer.printFile(file);
      expect(guard({ prefix: '', completion, suffix: '' }, key, asks(filter)).touchesCompletion).toBe(true);
    }
  });

  it('finds a copy of just 20 lexemes that runs over the borders of prefix, completion and suffix', () => {
    const code = Array.from({ length: 20 }, (_, i) => `word${i}`).join(' ');
    const filter = filterOf([code]);
    for (let from = 0; from < code.length; from += 3) {
      for (let to = from + 1; to <= code.length; to += 11) {
        const parts = {
          prefix: `a\n${code.slice(0, from)}`,
          completion: code.slice(from, to),
          suffix: `${code.slice(to)}\nb`,
        };
        expect(guard(parts, key, asks(filter)).touchesCompletion).toBe(true);
      }
    }
    const short = code.replace(/ word19$/, '');
    expect(guard({ prefix: '', completion: short, suffix: '' }, key, asks(filter)).touchesCompletion).toBe(false);
  });

  it('takes the lines out of the prompt that hold private code and keeps the others and the completion', () => {
    const secret = 'const secret = deriveKey(master, salt, rounds);\nreturn seal(secret, nonce, body.slice(4, 9));\n';
    const filter = filterOf([secret]);
    const verdict = guard(
      {
        prefix: `import a from 'a';\n${secret}const mine = `,
        completion: 'a(1);',
        suffix: `\nexport { mine };\n  ${secret}done();\n`,
      },
      key,
      asks(filter),
    );
    expect(verdict).toEqual({
      touchesCompletion: false,
      prefix: `import a from 'a';\nconst mine = `,
      suffix: '\nexport { mine };\ndone();\n',
      stripped: 4,
    });
  });

  it('finds a short private text of 8 to 19 lexemes in a completion, and none below 8', () => {
    for (const size of [7, 8, 12, 19]) {
      const text = Array.from({ length: size }, (_, i) => `piece${i}`).join(' ');
      const filter = filterOf([text]);
      const parts = { prefix: 'x = (', completion: `f(${text.replaceAll(' ', '\n')})`, suffix: ')' };
      expect(guard(parts, key, asks(filter)).touchesCompletion).toBe(size >= 8);
    }
  });

  it('finds a short private text that ends in a comma, whatever follows it', () => {
    for (const size of [9, 14, 19, 20]) {
      const text = `${Array.from({ length: size - 1 }, (_, i) => `piece${i}`).join(' ')},`;
      for (const after of [')', ' more', ''])
        expect(
          guard({ prefix: 'f(', completion: `${text}${after}`, suffix: '' }, key, asks(filterOf([text])))
            .touchesCompletion,
        ).toBe(true);
    }
  });

  it('is not misled by a comment that a prefix leaves open', () => {
    const secret = samples(60, 1)[0]!.join(' ');
    const filter = filterOf([secret]);
    for (const prefix of ['x = 1; /* ', 'a <!-- ', '// ']) {
      expect(guard({ prefix, completion: secret, suffix: ' */ --> */' }, key, asks(filter)).touchesCompletion).toBe(
        true,
      );
      const after = guard(
        { prefix: `${secret}\n`, completion: '/* ', suffix: `\n${secret}\n*/ end` },
        key,
        asks(filter),
      );
      expect(overlaps(after.prefix + after.suffix, key, asks(filter))).toEqual([]);
    }
  });

  it('changes nothing in its own result, for any mix of private and public lines', () => {
    const secret = Array.from({ length: 12 }, (_, i) => `const value${i} = read(${i}, table${i});`);
    const filter = filterOf([secret.join('\n')]);
    const line = fc.oneof(
      fc.constantFrom(...secret),
      fc.constantFrom('open();', '', '/* odd', 'shut(); */', 'let q = "'),
    );
    const text = fc.array(line, { maxLength: 30 }).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (prefix, suffix) => {
        const once = guard({ prefix, completion: '\nmine(1);\n', suffix }, key, asks(filter));
        if (once.touchesCompletion) return;
        const again = guard(
          { prefix: once.prefix, completion: '\nmine(1);\n', suffix: once.suffix },
          key,
          asks(filter),
        );
        expect(again).toEqual({ touchesCompletion: false, prefix: once.prefix, suffix: once.suffix, stripped: 0 });
        expect(overlaps(once.prefix, key, asks(filter))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('drops under one in a hundred of unrelated snippets of 65 lexemes', () => {
    const theirs = ['yaml', 'fastify', 'webpack', 'rxjs', 'lmdb', 'semver', 'pino', 'avvio'].flatMap((name) =>
      packageSources(name, 40),
    );
    const filter = filterOf(theirs);
    const ours = [
      'acorn',
      'commander',
      'smol-toml',
      'minimatch',
      'listr2',
      'eslint',
      'js-yaml',
      'espree',
      'postcss',
      'readable-stream',
    ].flatMap((name) => packageSources(name, 25));
    let all = 0;
    let dropped = 0;
    for (const text of ours) {
      const { starts, ends, count } = lex(text);
      for (let first = 0; first + 65 <= count; first += 195) {
        all++;
        const completion = text.slice(starts[first], ends[first + 64]);
        if (guard({ prefix: '', completion, suffix: '' }, key, asks(filter)).touchesCompletion) dropped++;
      }
    }
    expect(all).toBeGreaterThan(1000);
    expect(dropped / all).toBeLessThan(0.01);
  });
});

describe('boilerplate', () => {
  const licence = Array.from({ length: 30 }, (_, i) => `lex${i}`).join(' ');
  const filter = filterOf([licence]);
  const noted = (repositories: string[]): Boilerplate => {
    const table = new Boilerplate(asks(filter));
    for (const repository of repositories) {
      fingerprintsOf(`other ${licence} text`, key, (hi, lo) => table.note(hi, lo, repositoryHash(repository)));
    }
    return table;
  };
  const dropped = (table: Boilerplate): boolean =>
    guard({ prefix: '', completion: licence, suffix: '' }, key, asks(filter), (hi, lo) => table.isPublic(hi, lo))
      .touchesCompletion;

  it('is what stands in three public repositories, not in two, nor three times in one', () => {
    expect(dropped(noted(['a', 'b', 'c']))).toBe(false);
    expect(dropped(noted(['a', 'b']))).toBe(true);
    expect(dropped(noted(['a', 'a', 'b', 'b', 'a']))).toBe(true);
  });

  it('is most of what compilers write at the head of files', () => {
    const theirs = filterOf(
      ['piscina', 'protobufjs', '@temporalio/worker', 'long', '@grpc/grpc-js', 'fast-uri'].flatMap((name) =>
        packageSources(name),
      ),
    );
    const packages = ['rxjs', '@typescript-eslint/eslint-plugin', '@typescript-eslint/utils', 'typescript-eslint', 'schema-utils', '@webassemblyjs/ast', 'esquery', 'cliui', 'escalade', 'heap-js', 'terser', 'enhanced-resolve', 'tapable', 'flatted', 'json5', 'keyv', 'source-map']; // prettier-ignore
    const table = new Boilerplate(asks(theirs));
    for (const name of packages)
      for (const text of packageSources(name))
        fingerprintsOf(text, key, (hi, lo) => table.note(hi, lo, repositoryHash(name)));
    const isPublic = (hi: number, lo: number) => table.isPublic(hi, lo);
    const counts = { all: 0, strict: 0, lenient: 0 };
    for (const text of packages.flatMap((name) => packageSources(name))) {
      const { starts, ends, count } = lex(text);
      for (let first = 0; first + 65 <= count; first += 195) {
        const parts = { prefix: '', completion: text.slice(starts[first], ends[first + 64]), suffix: '' };
        counts.all++;
        if (guard(parts, key, asks(theirs)).touchesCompletion) counts.strict++;
        if (guard(parts, key, asks(theirs), isPublic).touchesCompletion) counts.lenient++;
      }
    }
    expect(counts.all).toBeGreaterThan(1000);
    expect(counts.lenient).toBeLessThan(counts.strict / 2);
    expect(counts.lenient / counts.all).toBeLessThan(0.02);
  });

  it('notes only what is private', () => {
    expect(noted(['a']).size).toBe(11);
  });

  it('is the same bytes whatever the order and the parts', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 8 }), fc.nat(8), (repositories, cut) => {
        const whole = noted(repositories);
        const parts = noted(repositories.slice(cut).reverse());
        parts.merge(Boilerplate.fromBytes(noted(repositories.slice(0, cut)).toBytes(), asks(filter)));
        expect(parts.toBytes()).toEqual(whole.toBytes());
        expect(dropped(parts)).toBe(new Set(repositories).size < 3);
      }),
      { numRuns: 50 },
    );
  });

  it('refuses bytes of another threshold or cut ones', () => {
    const bytes = noted(['a']).toBytes();
    expect(() => Boilerplate.fromBytes(bytes, asks(filter), 4)).toThrow(/build it again/);
    expect(() => Boilerplate.fromBytes(bytes.subarray(4), asks(filter))).toThrow(/build it again/);
  });
});

describe('a completion that repeats a piece of its prompt', () => {
  const names = (from: number, count: number): string =>
    Array.from({ length: count }, (_, i) => `n${from + i}`).join(' ');

  it.each([
    ['shares 20 lexemes', `a b ${names(5, 20)} c`, `x ${names(0, 60)}`, true],
    [
      'shares 19 lexemes',
      `a b ${names(5, 19)} c`,
      `x ${names(0, 60)}`.replace('n4 ', 'm ').replace('n24 ', 'm '),
      false,
    ],
    ['holds a piece of 8', `a ${names(0, 8)} b`, names(0, 8), true],
    ['stands in a piece with its 8', names(3, 8), names(0, 30), true],
    ['has 7 lexemes', names(3, 7), names(0, 30), false],
    ['meets a piece of 7', `a ${names(0, 7)} b`, names(0, 7), false],
    ['holds all but one of a piece of 12', `a ${names(0, 11)} b`, names(0, 12), false],
    [
      'differs in layout and comments only',
      `/* c */ ${names(0, 25).replaceAll(' ', '\n  ')}`,
      `// d\n${names(0, 25)}`,
      true,
    ],
    ['is empty', '', names(0, 30), false],
  ])('%s', (_, completion, piece, expected) => expect(repeatsPiece(completion, piece)).toBe(expected));
});
