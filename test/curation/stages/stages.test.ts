import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accepted, code, curate } from './engine.ts';

const later = (seconds: number) => new Date(Date.parse('2026-05-01T10:00:00Z') + seconds * 1000).toISOString();
const bare = (event: Record<string, unknown>, given: Record<string, unknown>) => ({
  ...{
    id: `${String(event['id'])}-${String(given['type'])}`,
    suggestionId: event['suggestionId'],
    user: event['user'],
    time: later(10),
  },
  ...given,
});

describe('what a record without text becomes', () => {
  it('takes the outcome of its suggestion', () => {
    const event = accepted({ repository: { url: 'https://github.com/acme/secret' } });
    const retained = bare(event, { type: 'retained', afterSeconds: 30, editDistance: 0 });
    const { row } = curate([[event, retained]]);
    expect(row(String(retained.id))).toMatchObject({ outcome: 'excluded', reason: 'repository_private' });
  });

  it('is no_text where no record of the suggestion has any', () => {
    const { row } = curate([[{ ...accepted({ id: 'a' }), prompt: null, completion: null }]]);
    expect(row('a').reason).toBe('no_text');
  });

  it('is no_outcome where nothing says what the user did', () => {
    expect(curate([[accepted({ id: 'a', type: 'shown' })]]).row('a').reason).toBe('no_outcome');
  });
});

describe('the day of a row', () => {
  it('is the UTC day of its event, whatever zone it was written in', () => {
    const event = accepted({ id: 'a', time: '2026-05-01T01:00:00+05:00' });
    expect(curate([[event]]).row('a').day).toBe('2026-04-30');
  });

  it('is told of refused records too, as long as their time can be read', () => {
    const { rows } = curate([
      [
        '{"id": "cut',
        accepted({ id: 'b', type: 'nonsense' }),
        accepted({ id: 'c', document: { path: '../x' } }),
        accepted({ id: 'd', time: 'May' }),
      ],
    ]);
    expect(rows.map(({ event, reason, day }) => [event, reason, day])).toEqual([
      [null, 'invalid_json', null],
      ['b', 'schema', '2026-05-01'],
      ['c', 'path_escapes_root', '2026-05-01'],
      ['d', 'timestamp_not_rfc3339', null],
    ]);
  });
});

describe('the user of a suggestion', () => {
  it('is inherited by records of a source that names none', () => {
    const line = (event: object, user?: string) => ({
      ts: 1777630000000,
      ...(user === undefined ? { user: null } : { user }),
      event,
    });
    const completion = {
      completion: {
        ...{ completion_id: 'c', language: 'typescript', prompt: '' },
        segments: { prefix: '// p\n', suffix: '', git_url: 'https://github.com/acme/app', filepath: 'src/a.ts' },
        choices: [{ index: 0, text: code(1) }],
      },
    };
    const select = { select: { completion_id: 'c', choice_index: 0 } };
    const known = curate([[line(completion, 'u1'), line(select)]], { format: 'tabby' });
    expect(known.rows.map(({ outcome }) => outcome)).toEqual(['kept', 'kept']);
    const nobody = curate([[line(completion), line(select)]], { format: 'tabby' });
    expect(nobody.rows.map(({ reason }) => reason)).toEqual(['unknown_user', 'unknown_user']);
  });

  it('may share a suggestion id with another user without sharing the suggestion', () => {
    const events = [
      accepted({ id: 'a', suggestionId: 's' }),
      accepted({ id: 'b', suggestionId: 's', user: { id: 'u3' } }),
    ];
    const { row, examples } = curate([events]);
    expect(row('a').outcome).toBe('kept');
    expect(row('b').reason).toBe('no_consent');
    expect(examples).toHaveLength(1);
  });
});

describe('records that come twice', () => {
  it('count once where they say the same, whatever their spelling', () => {
    const event = accepted({ id: 'a' });
    const respelled = JSON.stringify(Object.fromEntries(Object.entries(event).reverse()));
    const { rows } = curate([[event], [respelled]]);
    expect(rows.map(({ source, reason }) => [source, reason]).sort()).toEqual([
      ['source-0', expect.stringMatching(/^accepted/)],
      ['source-1', 'duplicate'],
    ]);
  });

  it('are all out where they contradict each other', () => {
    const event = accepted({ id: 'a' });
    const { rows } = curate([[event, { ...event, completion: 'other();' }]]);
    expect(rows.map(({ reason, outcome }) => [reason, outcome])).toEqual([
      ['id_conflict', 'rejected'],
      ['id_conflict', 'rejected'],
    ]);
  });
});

describe('a prompt that serves several suggestions of its request', () => {
  const request = (choices: string[]): Record<string, unknown>[] => [
    { ...accepted({ id: 'p', type: 'generated', suggestionId: 'r-prompt', requestId: 'r' }), completion: null },
    ...choices.map((type, index) => ({
      ...accepted({ id: `c${index}`, type, suggestionId: `r-${index}`, requestId: 'r', displayedMs: 100 }),
      prompt: null,
    })),
  ];

  it('is kept where one of them is, and is the prompt of each', () => {
    const { row, examples } = curate([request(['accepted', 'rejected'])]);
    expect([row('p').outcome, row('c0').outcome, row('c1').reason]).toEqual(['kept', 'kept', 'not_read']);
    expect(examples[0]!.prefix).toContain('// prompt');
  });

  it('is out where none of them is kept', () => {
    expect(curate([request(['rejected'])]).row('p').outcome).toBe('excluded');
  });

  it('is judged for each of them: a prompt in a denied file takes its choices along', () => {
    const [prompt, choice] = request(['accepted']);
    const denied = { ...prompt, document: { path: '.env.local' } };
    for (const sources of [[[denied, choice]], [[choice], [denied]], [[denied], [choice]]]) {
      expect(curate(sources).row('c0')).toMatchObject({ outcome: 'excluded', reason: 'path_excluded' });
    }
  });
});

describe('text that names no document of its own', () => {
  const prompt = (path: string) => ({
    ...accepted({ id: 'p', type: 'generated', suggestionId: 's', requestId: 'r', document: { path } }),
    completion: null,
  });
  const completion = {
    ...accepted({ id: 'c', suggestionId: 's', requestId: 'r', document: { language: 'typescript' } }),
    prompt: null,
  };

  it('belongs to the document of its request, in whichever shard and order that comes', () => {
    for (const sources of [
      [[prompt('src/a.ts'), completion]],
      [[completion, prompt('src/a.ts')]],
      [[completion], [prompt('src/a.ts')]],
    ]) {
      expect(curate(sources).row('c').outcome).toBe('kept');
    }
    for (const sources of [
      [[prompt('.env'), completion]],
      [[completion, prompt('.env')]],
      [[completion], [prompt('.env')]],
    ]) {
      expect(curate(sources).row('c').reason).toBe('path_excluded');
    }
  });

  it('is unresolvable where its request names none', () => {
    expect(curate([[completion]]).row('c').reason).toBe('unresolvable_path');
  });

  it('is not written before its document is known, where the shard knows it', () => {
    const { records } = curate([[completion, prompt('.env')]]);
    expect(JSON.stringify(records)).not.toContain('function');
  });
});

describe('the path of an example', () => {
  const pathOf = (path: string) =>
    curate([[accepted({ document: { path, language: 'typescript' } })]]).examples[0]?.path;

  it('is that of its document, without who is named in it', () => {
    expect(pathOf('src/a.ts')).toBe('src/a.ts');
    expect(pathOf('home/jsmith/app/a.ts')).toBe('home/<USER>/app/a.ts');
    expect(pathOf('keys/AKIAIOSFODNN7EXAMPLZ/a.ts')).toBe('keys/<KEY>/a.ts');
  });
});

describe('private code', () => {
  const quote = (text: string, repository = 'https://github.com/acme/secret') => ({
    prompt: {
      prefix: '// public\n',
      suffix: '',
      context: [{ path: 'lib/k.ts', repository: { url: repository }, text }],
    },
  });

  it('quoted in a public prompt goes, and the rest stays', () => {
    const { examples, row } = curate([[accepted({ id: 'a', ...quote(code(5)) })]]);
    expect(row('a').outcome).toBe('kept');
    expect(examples[0]!.context).toEqual([]);
    expect(JSON.stringify(examples)).not.toContain(code(5).slice(9, 20));
  });

  it('quoted in a prompt takes a completion along that repeats it', () => {
    const repeated = curate([[accepted({ id: 'a', ...quote(code(5)), completion: code(5) })]]);
    expect(repeated.row('a').reason).toBe('private_overlap');
    expect(repeated.examples).toEqual([]);
  });

  it('takes every completion along under whenContextPrivate: exclude', () => {
    const policy = 'segments: {whenContextPrivate: exclude}\n';
    expect(curate([[accepted({ id: 'a', ...quote(code(5)) })]], { policy }).row('a').reason).toBe('repository_private');
    expect(
      curate([[accepted({ id: 'a', ...quote(code(5), 'https://github.com/acme/other') })]], { policy }).row('a')
        .outcome,
    ).toBe('kept');
  });

  it('of another record is not let through by a public one, whichever comes first', () => {
    const secret = accepted({ id: 'p', repository: { url: 'https://github.com/acme/secret' }, completion: code(6) });
    const copy = accepted({ id: 'a', completion: code(6).replaceAll('\n', '\n\n   ') });
    for (const sources of [[[secret, copy]], [[copy], [secret]]])
      expect(curate(sources).row('a').reason).toBe('private_overlap');
    expect(curate([[secret, copy]], { guard: false }).row('a').outcome).toBe('kept');
  });

  it('in a record that is rejected for its path still guards the others', () => {
    const secret = accepted({
      id: 'p',
      repository: { url: 'https://github.com/acme/secret' },
      document: { path: '/home/x/a.ts' },
      completion: code(6),
    });
    const { row } = curate([[secret, accepted({ id: 'a', completion: code(6) })]]);
    expect([row('p').reason, row('a').reason]).toEqual(['absolute_path', 'private_overlap']);
  });

  it('quoted in a record that is rejected for its path, or under a path that is none, still guards the others', () => {
    const copy = accepted({ id: 'a', completion: code(7) });
    const quoting = accepted({ id: 'p', ...quote(code(7)), document: { path: '/home/x/a.ts' } });
    expect(curate([[quoting, copy]]).row('a').reason).toBe('private_overlap');
    const [piece] = quote(code(7)).prompt.context;
    const nowhere = { ...quote(''), prompt: { ...quote('').prompt, context: [{ ...piece, path: '../../k.ts' }] } };
    expect(curate([[accepted({ id: 'p', ...nowhere }), copy]]).row('a').reason).toBe('private_overlap');
  });

  it('that a document of another shard makes private still guards the others', () => {
    const text = { ...accepted({ id: 'c', suggestionId: 's', requestId: 'r', document: {} }), completion: code(8) };
    const elsewhere = accepted({ id: 'a', completion: code(8).replaceAll('  ', '\t') });
    const document = {
      ...accepted({ id: 'p', type: 'shown', suggestionId: 't', requestId: 'r' }),
      document: { path: '.env' },
    };
    for (const sources of [
      [[text, document, elsewhere]],
      [[elsewhere], [text], [document]],
      [[document], [elsewhere, text]],
    ])
      expect(curate(sources).row('a').reason).toBe('private_overlap');
    const open = { ...document, document: { path: 'src/b.ts' } };
    expect(curate([[text], [open], [elsewhere]]).row('a').outcome).toBe('kept');
  });

  it('leaves no fingerprint where only consent is missing', () => {
    expect(curate([[accepted({ user: { id: 'u3' } })]]).fingerprints).toBe(0);
  });
});

describe('text that is no example', () => {
  it.each([
    ['only white space', { completion: ' \n\t' }, 'empty'],
    ['a bidirectional override', { completion: 'if (a) {\u202e } // \u2066' }, 'bidi_control_in_code'],
    ['sentinel text', { completion: 'x = "<fim_middle>";' }, 'sentinel_text'],
  ])('%s', (_, given, reason) => {
    expect(curate([[accepted({ id: 'a', ...given })]]).row('a').reason).toBe(reason);
  });

  it('redaction that covers most of it', () => {
    const token = `ghp_${'aB3dE6gH9kM2nP5qR8tU1vW4xY7zA0bC3dE6'}`;
    expect(curate([[accepted({ id: 'a', completion: `t="${token}"` })]]).row('a').reason).toBe('redaction_covered');
  });
});

describe('a secret that straddles records', () => {
  it('is cut out of both sides', () => {
    const token = `ghp_${'aB3dE6gH9kM2nP5qR8tU1vW4xY7zA0bC3dE6'}`;
    const prompt = {
      ...accepted({ id: 'p', type: 'generated', suggestionId: 's', requestId: 'r' }),
      completion: null,
      prompt: { prefix: `const token = '${token.slice(0, 20)}`, suffix: '\n', context: [] },
    };
    const completion = {
      ...accepted({ id: 'c', suggestionId: 's', requestId: 'r', completion: `${token.slice(20)}';\n${code(9)}` }),
      prompt: null,
    };
    const { examples } = curate([[prompt, completion]]);
    const text = JSON.stringify(examples);
    for (let at = 0; at + 8 <= token.length; at++) expect(text).not.toContain(token.slice(at, at + 8));
    expect(examples).toHaveLength(1);
  });
});

describe('the window', () => {
  it('takes suggestions by their first event', () => {
    const event = accepted({ id: 'a', time: '2026-05-01T23:59:59Z' });
    const check = bare(event, { type: 'retained', time: '2026-05-02T00:00:30Z', afterSeconds: 30, editDistance: 0 });
    const day = (text: string) => ({ from: Date.parse(text), to: Date.parse(text) + 86_400_000 });
    expect(curate([[event, check]], { window: day('2026-05-01') }).rows.map(({ outcome }) => outcome)).toEqual([
      'kept',
      'kept',
    ]);
    expect(curate([[event, check]], { window: day('2026-05-02') }).rows.map(({ reason }) => reason)).toEqual([
      'outside_window',
      'outside_window',
    ]);
  });
});

describe('laws', () => {
  const arbitraryEvents = fc.array(
    fc.record({
      suggestion: fc.integer({ min: 0, max: 5 }),
      user: fc.constantFrom('u1', 'u2', 'u3'),
      type: fc.constantFrom('shown', 'accepted', 'rejected', 'retained', 'generated'),
      repository: fc.constantFrom('app', 'secret', 'other', 'never'),
      text: fc.boolean(),
      requested: fc.boolean(),
      completion: fc.integer({ min: 0, max: 6 }),
      path: fc.constantFrom('src/a.ts', '.env', '../x', undefined),
    }),
    { minLength: 1, maxLength: 25 },
  );
  const build = (specs: typeof arbitraryEvents extends fc.Arbitrary<infer T> ? T : never) =>
    specs.map((spec, index) => ({
      ...{
        id: `e${index % 20}`,
        type: spec.type,
        time: later(index),
        suggestionId: `s${spec.suggestion}`,
        user: { id: spec.user },
      },
      ...(spec.requested ? { requestId: `r${spec.suggestion % 3}` } : {}),
      repository: { url: `https://github.com/acme/${spec.repository}` },
      document: spec.path === undefined ? {} : { path: spec.path },
      ...(spec.text
        ? { prompt: { prefix: `// ${spec.suggestion}\n`, suffix: '', context: [] }, completion: code(spec.completion) }
        : {}),
      ...(spec.type === 'retained' ? { afterSeconds: 30, editDistance: 0 } : {}),
    }));
  const byEvent = (rows: { event: string | null; outcome: string; reason: string; label: string | null }[]) =>
    rows.map(({ event, outcome, reason, label }) => JSON.stringify([event, outcome, reason, label])).sort();

  it('gives every record one row', () => {
    fc.assert(
      fc.property(arbitraryEvents, (specs) => {
        const { rows } = curate([build(specs)]);
        expect(new Set(rows.map(({ line }) => line)).size).toBe(specs.length);
        expect(rows.length).toBe(specs.length);
      }),
      { numRuns: 150 },
    );
  });

  it('does not depend on how records lie in shards, nor on their order', () => {
    fc.assert(
      fc.property(
        arbitraryEvents,
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.nat()),
        (specs, shards, choice) => {
          const events = build(specs);
          const apart: object[][] = Array.from({ length: shards }, () => []);
          for (const event of events) apart[choice.next().value! % shards]!.push(event);
          apart.forEach((shard) => shard.reverse());
          const together = curate([events]);
          const split = curate(apart);
          expect(byEvent(split.rows)).toEqual(byEvent(together.rows));
          const texts = ({ examples }: typeof together) => examples.map((example) => JSON.stringify(example)).sort();
          expect(texts(split)).toEqual(texts(together));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('never lets a record of a private repository into an example', () => {
    fc.assert(
      fc.property(arbitraryEvents, (specs) => {
        const events = build(specs);
        const { rows } = curate([events]);
        for (const row of rows) {
          const spec = specs[row.line! - 1]!;
          if (spec.text && (spec.repository === 'secret' || spec.repository === 'never'))
            expect(row.outcome).not.toBe('kept');
        }
      }),
      { numRuns: 150 },
    );
  });
});
