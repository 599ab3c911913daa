import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adapt } from '../../../../curation/events/adapters.ts';
import { adaptedRow, hasShared, SHARED } from '../source.ts';

const base = {
  eventName: 'autocomplete',
  schema: '0.2.0',
  timestamp: '2026-05-04T09:12:33.120Z',
  userId: 'u1',
  userAgent: 'Visual Studio Code/1.100.0 (Continue/1.0.9)',
  accepted: true,
  time: 412,
  prefix: 'def add(a, b):\n    return ',
  suffix: '\n',
  prompt: '<fim_prefix>…',
  completion: 'a + b',
  modelProvider: 'mistral',
  modelName: 'codestral-latest',
  filepath: 'src/calc.py',
  gitRepo: 'https://github.com/acme/calc.git',
  completionId: 'c1',
};
const row = (fields: object, options?: { roots: string[]; continueHost?: string }) =>
  adaptedRow({ ...base, ...fields }, 'continue', options);
const eventOf = (fields: object, options?: { roots: string[]; continueHost?: string }) => {
  const { events, ...rest } = row(fields, options);
  expect(rest).toEqual({});
  expect(events).toHaveLength(1);
  return events[0]!;
};
const without = (...names: string[]) => Object.fromEntries(names.map((name) => [name, undefined]));

describe('Continue autocomplete', () => {
  it('becomes an event of the completion', () => {
    expect(eventOf({})).toEqual({
      id: 'd'.repeat(64),
      type: 'accepted',
      time: Date.parse(base.timestamp),
      suggestionId: 'c1',
      requestId: 'c1',
      user: { id: 'u1' },
      client: { ide: 'vscode', ideVersion: '1.100.0', extension: 'continue', extensionVersion: '1.0.9' },
      repository: { url: base.gitRepo },
      document: { path: 'src/calc.py' },
      prompt: { prefix: { raw: base.prefix }, suffix: { raw: '\n' }, context: [] },
      completion: { raw: 'a + b' },
      model: 'codestral-latest',
      latencyMs: 412,
    });
  });

  it('cannot tell Escape from the timer', () => {
    expect(eventOf({ accepted: false }).type).toBe('ignored');
    expect(eventOf(without('accepted')).type).toBe('shown');
  });

  it('keeps a later accept apart from the timer’s silence, under the same suggestion', () => {
    const outcomes = [false, true].map((accepted, index) =>
      adapt('continue', { ...base, accepted }, `digest${index}`, { roots: [] }),
    );
    expect(outcomes).toMatchObject([
      { candidates: [{ id: 'digest0', type: 'ignored', suggestionId: 'c1' }] },
      { candidates: [{ id: 'digest1', type: 'accepted', suggestionId: 'c1' }] },
    ]);
  });

  it('reads 0.1.0, which names neither kind nor user, and older 0.2.0 with createdAt', () => {
    const old = eventOf(without('eventName', 'schema', 'userId', 'userAgent'));
    expect(old).toMatchObject({ type: 'accepted', user: {}, client: { extension: 'continue' } });
    expect(eventOf({ ...without('timestamp'), createdAt: base.timestamp }).time).toBe(Date.parse(base.timestamp));
    expect(adaptedRow({ name: 'autocomplete', schema: '0.2.0', data: base }, 'continue').events[0]).toEqual(
      eventOf({}),
    );
  });

  it('has no user where the id is empty', () => {
    expect(eventOf({ userId: '' }).user).toEqual({});
  });

  it('has no text at level noCode', () => {
    const event = eventOf(without('prefix', 'suffix', 'prompt', 'completion'));
    expect(event).not.toHaveProperty('prompt');
    expect(event).not.toHaveProperty('completion');
    expect(event.document.path).toBe('src/calc.py');
  });

  it.each<[string, string[], string]>([
    ['file:///home/u/acme/calc.py', ['/home/u/acme'], 'calc.py'],
    ['file:///home/u/acme/calc.py', ['file:///home/u/acme/'], 'calc.py'],
    ['file://localhost/home/u/acme/calc.py', ['/home/u'], 'acme/calc.py'],
    ['file:/home/u/acme/calc.py', ['/home/u'], 'acme/calc.py'],
    ['file:///home/u/acme/a%20b/c%23.py', ['/home/u/acme'], 'a b/c#.py'],
    ['file:///home/u/acme/calc.py', ['/home/u', '/home/u/acme'], 'calc.py'],
    ['file:///c%3A/Users/u/acme/a.py', ['C:\\Users\\u\\acme'], 'a.py'],
    ['C:\\Users\\u\\acme\\src\\a.py', ['file:///c:/Users/u/acme'], 'src/a.py'],
    ['/home/u/acme/calc.py', ['/home/u/acme'], 'calc.py'],
    ['src/calc.py', ['/home/u/acme'], 'src/calc.py'],
    ['file:///home/u/acme/../secret/calc.py', ['/home/u/acme'], '../secret/calc.py'],
    ['file:///home/u/acme/calc.py', [], 'file:///home/u/acme/calc.py'],
    ['file:///home/u/acmex/calc.py', ['/home/u/acme'], 'file:///home/u/acmex/calc.py'],
    ['file:///home/u/acme/a%2Fb.py', ['/home/u/acme'], 'file:///home/u/acme/a%2Fb.py'],
    ['file:///home/u/acme/%25252e%25252e/b.py', ['/home/u/acme'], 'file:///home/u/acme/%25252e%25252e/b.py'],
    ['file:///home/u/acme/%ff.py', ['/home/u/acme'], 'file:///home/u/acme/%ff.py'],
    ['file://server/share/a.py', ['/share'], 'file://server/share/a.py'],
    ['vscode-remote://ssh/home/u/acme/a.py', ['/home/u/acme'], 'vscode-remote://ssh/home/u/acme/a.py'],
    ['untitled:Untitled-1', ['/'], 'untitled:Untitled-1'],
    ['/etc/passwd', ['/'], '/etc/passwd'],
    ['', ['/home'], ''],
  ])('%s below %j is %s', (filepath, roots, path) => {
    expect(eventOf({ filepath }, { roots }).document.path).toBe(path);
  });

  it.each<[string, string | undefined, string]>([
    ['acme/calc', undefined, 'acme/calc'],
    ['acme/calc', 'github.com', 'https://github.com/acme/calc'],
    ['group/sub/calc', 'gitlab.acme.dev', 'https://gitlab.acme.dev/group/sub/calc'],
    ['git@github.com:acme/calc.git', 'gitlab.com', 'git@github.com:acme/calc.git'],
    ['https://u:p@github.com/acme/calc', 'gitlab.com', 'https://u:p@github.com/acme/calc'],
    ['github.com/acme/calc', 'gitlab.com', 'github.com/acme/calc'],
    ['/srv/git/calc', 'gitlab.com', '/srv/git/calc'],
    ['calc', 'gitlab.com', 'calc'],
  ])('the remote %s with host %s is %s', (gitRepo, continueHost, url) => {
    expect(
      eventOf({ gitRepo }, continueHost === undefined ? undefined : { roots: [], continueHost }).repository,
    ).toEqual({ url });
  });
});

describe('what Continue puts before the document in its prefix', () => {
  it('is taken off where the document’s own header ends it, and has no source: only tails of paths are shown', () => {
    const prefix = '# Path: keys/secret.py\n# SECRET = 1\n#\n# diff of anything\n# Path: src/calc.py\n# mine\ndef f():';
    expect(eventOf({ prefix, filepath: 'lib/src/calc.py' }).prompt).toEqual({
      prefix: { raw: '# mine\ndef f():' },
      suffix: { raw: '\n' },
      context: [{ text: { raw: '# Path: keys/secret.py\n# SECRET = 1\n#\n# diff of anything\n' }, unsourced: true }],
    });
  });

  it('is taken off in the template of Codestral, which comments nothing', () => {
    const prefix = '+++++ keys/secret.py\nSECRET = 1\n\n+++++ src/calc.py\n[PREFIX]\ndef f():';
    expect(eventOf({ prefix }).prompt).toMatchObject({
      prefix: { raw: 'def f():' },
      context: [{ text: { raw: '+++++ keys/secret.py\nSECRET = 1\n\n' }, unsourced: true }],
    });
    expect(eventOf({ prefix: '+++++ src/calc.py\ndef f():' }).prompt).toMatchObject({
      prefix: { raw: 'def f():' },
      context: [],
    });
  });

  it('is taken off by its own headers where none is the document’s', () => {
    const prefix = '# Path: keys/secret.py\n# SECRET = 1\ndef f():';
    expect(eventOf({ prefix }).prompt).toMatchObject({
      prefix: { raw: 'def f():' },
      context: [{ text: { raw: 'SECRET = 1\n' }, unsourced: true }],
    });
  });
});

describe('other kinds of Continue', () => {
  it('edits: the instruction has no source', () => {
    const fields = {
      eventName: 'editOutcome',
      ...without('prefix', 'suffix', 'completionId', 'time'),
      prompt: 'tidy',
      previousCode: 'a',
      newCode: 'b',
      completion: 'c',
    };
    expect(eventOf(fields)).toMatchObject({
      type: 'accepted',
      suggestionId: 'd'.repeat(64),
      document: { path: 'src/calc.py' },
      prompt: { prefix: { raw: 'a' }, context: [{ text: { raw: 'tidy' }, unsourced: true }] },
      completion: { raw: 'c' },
    });
    expect(eventOf({ ...fields, accepted: false }).type).toBe('ignored');
    expect(row({ ...fields, ...without('accepted') })).toMatchObject({ reason: 'not_feedback' });
  });

  it('chat: a conversation belongs to no file', () => {
    const fields = {
      eventName: 'chatFeedback',
      ...without('filepath', 'gitRepo', 'prefix', 'suffix', 'accepted', 'time'),
    };
    const liked = eventOf({ ...fields, feedback: true });
    expect(liked).toMatchObject({ type: 'accepted', document: {}, prompt: { context: [{ unsourced: true }] } });
    expect(liked).not.toHaveProperty('repository');
    expect(eventOf({ ...fields, feedback: false }).type).toBe('rejected');
    expect(row(fields)).toMatchObject({ reason: 'not_feedback' });
  });

  it('next edits: a number for the time, a folder for the path, edits of any file', () => {
    const fields = {
      eventName: 'nextEditOutcome',
      timestamp: 1777886000123,
      ...without('prefix', 'suffix', 'filepath', 'time'),
      fileUri: 'file:///home/u/acme/src/a.py',
      workspaceDirUri: 'file:///home/u/acme',
      userEdits: 'diff of anything',
      originalEditableRange: 'old',
      elapsed: 90,
    };
    expect(eventOf(fields)).toMatchObject({
      type: 'accepted',
      time: 1777886000123,
      document: { path: 'src/a.py' },
      latencyMs: 90,
      prompt: { prefix: { raw: 'old' }, context: [{ text: { raw: 'diff of anything' }, unsourced: true }] },
    });
    expect(eventOf({ ...fields, ...without('accepted'), aborted: true })).toMatchObject({
      type: 'ignored',
      reason: 'cancelled',
    });
    expect(eventOf({ ...fields, accepted: false, aborted: false }).type).toBe('ignored');
    expect(row({ ...fields, timestamp: 1777886000 })).toMatchObject({ reason: 'timestamp_out_of_range' });
    expect(row({ ...fields, userEdits: [1] })).toMatchObject({ reason: 'schema', rule: 'continue.userEdits' });
  });

  it.each(['chatInteraction', 'tokensGenerated', 'toolUsage', 'quickEdit', 'constructor', 'anything'])(
    '%s is no feedback',
    (eventName) => {
      expect(row({ eventName })).toMatchObject({ reason: 'not_feedback' });
    },
  );

  it('is refused for its time before it is passed over', () => {
    expect(row({ eventName: 'toolUsage', timestamp: 'yesterday' })).toMatchObject({ reason: 'timestamp_not_rfc3339' });
  });
});

describe('records of other shapes', () => {
  it.each<[object, string, string]>([
    [without('timestamp'), 'schema', 'continue.timestamp'],
    [{ timestamp: 1777886000123 }, 'timestamp_not_rfc3339', 'continue.timestamp'],
    [{ timestamp: {} }, 'timestamp_not_rfc3339', 'continue.timestamp'],
    [without('completionId'), 'schema', 'continue.completionId'],
    [{ completionId: 5 }, 'schema', 'continue.completionId'],
    [{ accepted: 'true' }, 'schema', 'continue.accepted'],
    [{ filepath: ['a'] }, 'schema', 'continue.filepath'],
    [{ gitRepo: {} }, 'schema', 'continue.gitRepo'],
    [{ prefix: 1 }, 'schema', 'continue.prefix'],
    [{ time: '412' }, 'schema', 'continue.time'],
    [{ time: -1 }, 'negative_duration', 'latencyMs'],
    [{ userId: 9 }, 'schema', 'continue.userId'],
  ])('%j is %s', (fields, reason, rule) => {
    expect(row(fields)).toEqual({ reason, rule, events: [] });
  });
});

describe.skipIf(!hasShared)('the example of its schema', () => {
  it('is read', () => {
    const examples = JSON.parse(readFileSync(join(SHARED, 'conformance/event_examples.json'), 'utf8')) as {
      continue_autocomplete_0_2_0: { line: Record<string, unknown> };
    };
    const { events, ...rest } = adaptedRow(examples.continue_autocomplete_0_2_0.line, 'continue');
    expect(rest).toEqual({});
    expect(events).toMatchObject([
      {
        type: 'ignored',
        user: {},
        repository: { url: 'acme/calc' },
        document: { path: 'file:///home/u/acme/calc.py' },
      },
    ]);
  });
});
