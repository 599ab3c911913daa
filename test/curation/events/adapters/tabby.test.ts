import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adapt } from '../../../../curation/events/adapters.ts';
import { adaptedRow, hasShared, SHARED } from '../source.ts';

const ts = 1777886000123;
const line = (event: object, user: unknown = 'u1') => ({ user, ts, event });
const row = (event: object, user?: unknown) => adaptedRow(line(event, user), 'tabby');
const completion = {
  completion_id: 'cmpl-1',
  language: 'python',
  prompt: '<PRE> x <SUF>y <MID>',
  segments: {
    prefix: 'def fib(n):\n',
    suffix: '\n',
    git_url: 'https://github.com/acme/calc.git',
    filepath: 'src/fib.py',
    clipboard: 'SECRET',
    declarations: [
      { filepath: 'src/util.py', body: 'def memo(f): ...' },
      { filepath: 'file:///usr/lib/os.py', body: 'os' },
      { body: 'lost' },
    ],
  },
  choices: [
    { index: 0, text: 'a' },
    { index: 1, text: 'b' },
  ],
  user_agent: 'Node.js/v20 tabby-agent/1.7 vscode/1.100.0',
};

describe('Tabby', () => {
  it('gives an event for each choice, and the prompt with the first', () => {
    const { events } = row({ completion });
    const common = {
      id: 'd'.repeat(64),
      type: 'generated',
      time: ts,
      requestId: 'cmpl-1',
      user: { id: 'u1' },
      client: { ide: 'vscode', ideVersion: '1.100.0', extension: 'tabby', extensionVersion: '1.7' },
      repository: { url: 'https://github.com/acme/calc.git' },
      document: { path: 'src/fib.py', language: 'python' },
    };
    expect(events).toEqual([
      {
        ...common,
        suggestionId: 'cmpl-1#0',
        choiceIndex: 0,
        completion: { raw: 'a' },
        prompt: {
          prefix: { raw: 'def fib(n):\n' },
          suffix: { raw: '\n' },
          context: [
            { path: 'src/util.py', text: { raw: 'def memo(f): ...' } },
            { path: 'file:///usr/lib/os.py', text: { raw: 'os' } },
            { text: { raw: 'lost' }, unsourced: true },
            { text: { raw: 'SECRET' }, unsourced: true },
          ],
        },
      },
      { ...common, suggestionId: 'cmpl-1#1', choiceIndex: 1, completion: { raw: 'b' } },
    ]);
  });

  it.each<[object, object]>([
    [
      { view: { completion_id: 'c', choice_index: 0, view_id: 'v' } },
      { type: 'shown', suggestionId: 'c#0', requestId: 'c' },
    ],
    [
      { select: { completion_id: 'c', choice_index: 1, elapsed: 2115 } },
      { type: 'accepted', suggestionId: 'c#1', displayedMs: 2115 },
    ],
    [{ select: { completion_id: 'c', choice_index: 0, kind: 'line' } }, { type: 'partially_accepted' }],
    [{ dismiss: { completion_id: 'c', choice_index: 0, elapsed: 903 } }, { type: 'rejected', displayedMs: 903 }],
  ])('%j', (event, expected) => {
    const { events, ...rest } = row(event);
    expect(rest).toEqual({});
    expect(events).toMatchObject([expected]);
    expect(events[0]).not.toHaveProperty('acceptedLength');
  });

  it('has the user on the record or, in v1, within the completion', () => {
    expect(row({ completion: { ...completion, user: 'u2' } }, null).events[0]?.user).toEqual({ id: 'u2' });
    expect(row({ completion: { ...completion, user: 'u2' } }, 'u1').events[0]?.user).toEqual({ id: 'u1' });
    expect(row({ completion }, '').events[0]?.user).toEqual({});
  });

  it.each<[string, object]>([
    [
      '<PRE> # Path: b.py\n# q\nx = <SUF>y <MID>',
      { prefix: { raw: 'x =' }, suffix: { raw: 'y' }, context: [{ path: 'b.py', text: { raw: 'q\n' } }] },
    ],
    ['<fim_prefix>x<fim_suffix>y<fim_middle>', { prefix: { raw: 'x' }, suffix: { raw: 'y' } }],
    ['<|fim_prefix|>x<|fim_suffix|>y<|fim_middle|>', { prefix: { raw: 'x' }, suffix: { raw: 'y' } }],
    ['<｜fim▁begin｜>x<｜fim▁hole｜>y<｜fim▁end｜>', { prefix: { raw: 'x' }, suffix: { raw: 'y' } }],
    ['[SUFFIX]y[PREFIX]x', { prefix: { raw: 'x' }, suffix: { raw: 'y' } }],
    [
      '<fim_prefix>x<fim_suffix>y<fim_suffix>z<fim_middle>',
      { prefix: { raw: '<fim_prefix>x<fim_suffix>y<fim_suffix>z<fim_middle>' } },
    ],
    ['<fim_prefix>x', { prefix: { raw: '<fim_prefix>x' } }],
    ['plain', { prefix: { raw: 'plain' }, context: [] }],
  ])('takes the rendered prompt %s apart where there are no segments', (prompt, expected) => {
    expect(row({ completion: { ...completion, segments: null, prompt } }).events[0]?.prompt).toMatchObject(expected);
  });

  it('passes over what is no feedback', () => {
    expect(row({ chat_completion: { completion_id: 'c' } })).toMatchObject({ reason: 'not_feedback' });
    expect(row({ constructor: {} })).toMatchObject({ reason: 'not_feedback' });
    expect(row({ completion: { ...completion, choices: [] } })).toMatchObject({ reason: 'not_feedback' });
  });

  it.each<[string, Record<string, unknown>, string, string]>([
    ['no time', { user: 'u', event: { view: {} } }, 'schema', 'tabby.ts'],
    ['a time in text', { ...line({}), ts: '2026-05-01T10:00:00Z' }, 'schema', 'tabby.ts'],
    ['a time in seconds', { ...line({ view: {} }), ts: 1777886000 }, 'timestamp_out_of_range', 'tabby.ts'],
    ['no event', { ts }, 'schema', 'tabby.event'],
    ['an empty event', line({}), 'schema', 'tabby.event'],
    ['two events in one', line({ view: {}, select: {} }), 'schema', 'tabby.event'],
    ['an event that is a list', line({ view: [] }), 'schema', 'tabby.event.view'],
    ['a user that is an object', line({ view: { completion_id: 'c' } }, {}), 'schema', 'tabby.user'],
    ['no completion', line({ view: { choice_index: 0 } }), 'schema', 'tabby.event.view.completion_id'],
    [
      'a choice in text',
      line({ view: { completion_id: 'c', choice_index: '0' } }),
      'schema',
      'tabby.event.view.choice_index',
    ],
    ['a negative choice', line({ view: { completion_id: 'c', choice_index: -1 } }), 'schema', 'choiceIndex'],
    [
      'a negative time on display',
      line({ dismiss: { completion_id: 'c', elapsed: -1 } }),
      'negative_duration',
      'displayedMs',
    ],
    [
      'an unknown kind of select',
      line({ select: { completion_id: 'c', kind: 'word' } }),
      'schema',
      'tabby.event.select.kind',
    ],
    [
      'choices that are no objects',
      line({ completion: { ...completion, choices: ['a'] } }),
      'schema',
      'tabby.event.completion.choices[0]',
    ],
    [
      'one choice twice',
      line({
        completion: {
          ...completion,
          choices: [
            { index: 1, text: 'a' },
            { index: 1, text: 'b' },
          ],
        },
      }),
      'schema',
      'tabby.event.completion.choices[1].index',
    ],
    [
      'a great many choices',
      line({ completion: { ...completion, choices: Array.from({ length: 65 }, (_, index) => ({ index, text: '' })) } }),
      'schema',
      'tabby.event.completion.choices',
    ],
    [
      'a declaration that is a text',
      line({ completion: { ...completion, segments: { declarations: ['x'] } } }),
      'schema',
      'tabby.event.completion.segments.declarations[0]',
    ],
    [
      'a prefix that is a number',
      line({ completion: { ...completion, segments: { prefix: 1 } } }),
      'schema',
      'tabby.event.completion.segments.prefix',
    ],
  ])('%s is refused', (_name, record, reason, rule) => {
    expect(adaptedRow(record, 'tabby')).toEqual({ reason, rule, events: [] });
  });

  it('does not name what it does not know', () => {
    expect(adapt('tabby', line({ SECRET: { x: 1 } }), 'd', { roots: [] })).toEqual({
      kind: 'reason',
      reason: 'not_feedback',
      rule: 'tabby.event: a kind that is no feedback',
      about: { id: 'd', userId: 'u1', time: new Date(ts).toISOString() },
    });
  });
});

describe.skipIf(!hasShared)('the examples of its schema', () => {
  it('are read, v1 and v2', () => {
    const examples = JSON.parse(readFileSync(join(SHARED, 'conformance/event_examples.json'), 'utf8')) as {
      tabby_v2_lines: { lines: Record<string, unknown>[] };
      tabby_v1_line: { line: Record<string, unknown> };
    };
    const types = [...examples.tabby_v2_lines.lines, examples.tabby_v1_line.line].map((record) => {
      const { events, ...rest } = adaptedRow(record, 'tabby');
      expect(rest).toEqual({});
      return [events[0]?.type, events[0]?.user.id];
    });
    expect(types).toEqual([
      ['generated', 'u1@example.com'],
      ['shown', 'u1@example.com'],
      ['partially_accepted', 'u1@example.com'],
      ['rejected', undefined],
      ['generated', 'u1'],
    ]);
  });
});
