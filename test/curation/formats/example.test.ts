/** Rows of each format: what they hold, what they never hold, and that templates can be taken apart again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FORMAT_NAMES, formatOf, hasSentinel, SENTINELS, type FormatName } from '../../../curation/formats/example.ts';
import { FIM_TEMPLATES, renderFim } from '../../../curation/formats/fim.ts';
import { contextBlock, pathLine, promptOf } from '../../../curation/formats/prompt.ts';
import { example, redacted } from './sample.ts';

const pair = {
  chosen: redacted('add(2, 1)'),
  rejected: redacted('add(1, 2)'),
  reason: 'accepted_rewritten',
  weight: 500,
};
const positive = example({ pair });
const negative = example({ label: 'negative', reason: 'rejected_explicit' });

describe.each(FORMAT_NAMES.map((name) => [name] as const))('format %s', (name) => {
  const format = formatOf(name);
  const [row] = format.rows(positive);

  it('has exactly its columns, in their order', () => {
    expect(Object.keys(row!)).toEqual(format.columns.map((column) => column.name));
    expect(new Set(Object.keys(row!)).size).toBe(format.columns.length);
  });

  it('has values of the types that its columns declare', () => {
    for (const { name, type } of format.columns) {
      const value = row![name];
      if (type === 'BOOLEAN') expect(typeof value).toBe('boolean');
      else if (type === 'DOUBLE') expect(typeof value).toBe('number');
      else if (type === 'TIMESTAMP') expect(value).toBe('2026-05-01T10:00:00.000');
      else if (type === 'VARCHAR') expect(typeof value).toBe('string');
      else expect(typeof value).toBe('object');
    }
  });

  it('is ordered by columns that it has, one row an example', () => {
    for (const column of format.order) expect(Object.keys(row!)).toContain(column);
    expect(format.order).toContain('id');
    expect(format.rows(positive)).toHaveLength(1);
  });

  it('carries weight, reason, language, model, strategy, split and component', () => {
    const { language, model, strategy, split, component } = positive;
    const [weight, reason] = name === 'dpo' || name === 'openai' ? [0.5, pair.reason] : [0.7, positive.reason];
    expect(row).toMatchObject({ id: 'x1', weight, reason, language, model, strategy, split, component });
  });

  it('marks every column that holds code, and no other', () => {
    const texts = format.columns.filter((column) => column.code).map((column) => column.name);
    const words = [positive.prefix, positive.suffix, positive.completion, pair.chosen, pair.rejected, 'src/add.ts'];
    for (const [column, value] of Object.entries(row!)) {
      const holds = words.some((word) => JSON.stringify(value).includes(JSON.stringify(word).slice(1, -1)));
      if (holds) expect(texts).toContain(column);
    }
    expect(texts).not.toContain('id');
    expect(texts.length).toBeGreaterThan(2);
  });

  it('has no end-of-text token and no field beyond its columns, whatever the example brings along', () => {
    const loaded = Object.assign(example({ pair }), { user: 'u1', path: 'src/secret-name.ts', repository: 'acme/app' });
    expect(format.rows(loaded)).toEqual(format.rows(positive));
    expect(JSON.stringify(row)).not.toMatch(/endoftext|<\/s>|<EOT>/);
  });
});

describe('which examples a format takes', () => {
  const counts = (name: FormatName) => [positive, negative].map((one) => formatOf(name).rows(one).length);
  it('takes both labels for kto, positives for sft and fim, pairs for dpo and openai', () => {
    expect(counts('kto')).toEqual([1, 1]);
    expect(counts('sft')).toEqual([1, 0]);
    expect(counts('fim')).toEqual([1, 0]);
    expect(counts('dpo')).toEqual([1, 0]);
    expect(counts('openai')).toEqual([1, 0]);
    expect(formatOf('dpo').rows(example())).toEqual([]);
  });

  it('labels kto rows by a real boolean', () => {
    expect([positive, negative].map((one) => formatOf('kto').rows(one)[0]!['label'])).toEqual([true, false]);
  });

  it('prefers the chosen to the rejected code', () => {
    expect(formatOf('dpo').rows(positive)[0]).toMatchObject({ chosen: pair.chosen, rejected: pair.rejected });
    expect(formatOf('openai').rows(positive)[0]).toMatchObject({
      input: { messages: [{ role: 'user', content: promptOf(positive) }] },
      preferred_output: [{ role: 'assistant', content: pair.chosen }],
      non_preferred_output: [{ role: 'assistant', content: pair.rejected }],
    });
  });
});

describe('the prompt', () => {
  it('quotes each context piece under its path, then the prefix, and nothing of the suffix', () => {
    const context = [
      { path: 'src/a.ts', text: 'one\n' },
      { path: 'src/b.ts', text: 'two' },
      { path: 'src/empty.ts', text: '' },
    ];
    expect(promptOf({ context, prefix: 'pre', language: 'typescript' })).toBe(
      '// Path: src/a.ts\none\n// Path: src/b.ts\ntwo\npre',
    );
    expect(promptOf({ context: [], prefix: 'pre', language: 'go' })).toBe('pre');
  });

  it.each([
    ['python', '# Path: a/b'],
    ['Python', '# Path: a/b'],
    ['sql', '-- Path: a/b'],
    ['html', '<!-- Path: a/b -->'],
    ['css', '/* Path: a/b */'],
    ['clojure', '; Path: a/b'],
    ['rust', '// Path: a/b'],
    ['a language nobody knows', '// Path: a/b'],
    ['constructor', '// Path: a/b'],
  ])('comments a path as %s does', (language, line) => {
    expect(pathLine('a/b', language)).toBe(line);
  });

  it('does not let a path leave its comment', () => {
    const languages = fc.constantFrom('python', 'html', 'css', 'ocaml', 'typescript', 'vim');
    const parts = fc.constantFrom('a', '/', '\n', '\r', '\u2028', '\v', '*/', '-->', '*)', '-', '>', '*', ')');
    fc.assert(
      fc.property(languages, fc.array(parts), (language, path) => {
        const line = pathLine(path.join(''), language);
        expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        const close = new Map([
          ['html', '-->'],
          ['css', '*/'],
          ['ocaml', '*)'],
        ]).get(language);
        if (close) expect(line.indexOf(close)).toBe(line.length - close.length);
      }),
    );
  });

  it('leaves context out of the text of fim, so that prefix, suffix and completion give it again', () => {
    const [row] = formatOf('fim', { fimTemplate: 'qwen2.5-coder' }).rows(positive);
    expect(row!['text']).toBe('<|fim_prefix|>const a = <|fim_suffix|>;\n<|fim_middle|>add(1, 2)');
    expect(row!['context']).toBe(contextBlock(positive.context, 'typescript'));
    expect(row!['template']).toBe('qwen2.5-coder');
  });
});

describe('fill-in-the-middle', () => {
  const parts = { prefix: 'P', suffix: 'S', completion: 'M' };
  it.each([
    ['starcoder', '<fim_prefix>P<fim_suffix>S<fim_middle>M'],
    ['qwen2.5-coder', '<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>M'],
    ['codellama', '<PRE> P <SUF>S <MID>M'],
    ['deepseek', '<｜fim▁begin｜>P<｜fim▁hole｜>S<｜fim▁end｜>M'],
    ['codestral', '[SUFFIX]S[PREFIX]PM'],
  ] as const)('renders the form of %s', (template, text) => {
    expect(renderFim(template, parts)).toBe(text);
    expect(formatOf('fim', { fimTemplate: template }).rows(positive)[0]!['text']).toBe(renderFim(template, positive));
  });

  it('uses no control token that is not on the list of sentinels', () => {
    for (const template of FIM_TEMPLATES) {
      const tokens = renderFim(template, { prefix: ' ', suffix: ' ', completion: ' ' }).split(/ +/).join('');
      expect(SENTINELS.reduce((left, sentinel) => left.replaceAll(sentinel, ''), tokens)).toBe('');
    }
  });

  it('finds every sentinel wherever it stands, and none in ordinary code', () => {
    for (const sentinel of SENTINELS) {
      expect(hasSentinel(sentinel)).toBe(true);
      expect(hasSentinel(`a <b> [c] ${sentinel} d`)).toBe(true);
      expect(hasSentinel(sentinel.slice(0, -1))).toBe(false);
    }
    expect(hasSentinel('<pre>x</pre> a[prefix] <|> <fim> <s>struck</s> List<T>[] [SUF FIX]')).toBe(false);
  });

  it('takes no example in which a sentinel stands, in any of its texts', () => {
    const sentinel = redacted('x<fim_middle>y');
    const context = [{ path: redacted('a'), text: sentinel }];
    for (const change of [{ prefix: sentinel }, { suffix: sentinel }, { completion: sentinel }, { context }])
      expect(formatOf('fim').rows(example(change))).toEqual([]);
  });

  it('says which templates there are', () => {
    expect(() => formatOf('fim', { fimTemplate: 'gpt' as never })).toThrow(/starcoder, qwen2\.5-coder/);
  });
});
