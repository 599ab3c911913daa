import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdaptedCandidate } from '../../../curation/events/candidate.ts';
import { toCanonical } from '../../../curation/events/canonical.ts';
import { EVENT_SCHEMA } from '../../../curation/events/schema.ts';

const base = {
  id: 'e1',
  type: 'accepted',
  time: '2026-05-01T10:00:00.000Z',
  suggestionId: 's1',
  user: { id: 'u1' },
};
const full = {
  ...base,
  requestId: 'r1',
  choiceIndex: 0,
  user: { id: 'u1', deviceId: 'd1', plan: 'pro' },
  client: { ide: 'vscode', ideVersion: '1.100.0', extension: 'copilot', extensionVersion: '1.31.0' },
  repository: { url: 'https://github.com/acme/app.git', id: 42 },
  workspaceRepositories: ['https://github.com/acme/app'],
  document: { path: 'src/a.ts', language: 'typescript', gitMode: '100644' },
  position: 1042,
  prompt: {
    prefix: 'a',
    suffix: 'b',
    context: [{ path: 'src/b.ts', repository: { url: 'u' }, text: 'c' }, { text: '' }],
  },
  completion: 'd',
  model: 'm',
  strategy: 'arm-b',
  latencyMs: 120,
  displayProbability: 0.9,
  displayedMs: 1830,
  acceptedLength: 12,
  typedShare: 0.8,
  typingDisagreed: true,
  reason: 'escape',
  capturedCode: 'e',
  capturedFrom: 0,
  capturedTo: 40,
  afterSeconds: 30,
  editDistance: 0.12,
  branchChanged: false,
};
const contentOf = (candidate: Record<string, unknown>) => {
  const valid = toCanonical(candidate);
  if (!valid.ok) throw new Error(`${valid.reason} ${valid.field}`);
  return valid.content;
};

describe('validation', () => {
  it('keeps every field of the format, texts behind the raw type', () => {
    const valid = toCanonical(full);
    const { prompt, completion, capturedCode, time, ...rest } = full;
    expect(valid).toMatchObject({
      ok: true,
      event: {
        ...rest,
        time: Date.parse(time),
        completion: { raw: completion },
        capturedCode: { raw: capturedCode },
        prompt: {
          prefix: { raw: prompt.prefix },
          suffix: { raw: prompt.suffix },
          context: [{ path: 'src/b.ts', repository: { url: 'u' }, text: { raw: 'c' } }, { text: { raw: '' } }],
        },
      },
    });
  });

  it('needs five fields and gives no others', () => {
    expect(toCanonical(base)).toMatchObject({
      ok: true,
      event: {
        id: 'e1',
        type: 'accepted',
        time: Date.UTC(2026, 4, 1, 10),
        suggestionId: 's1',
        user: { id: 'u1' },
        client: {},
        document: {},
      },
    });
    const valid = toCanonical(base);
    expect(valid.ok && Object.keys(valid.event).sort()).toEqual([
      'client',
      'document',
      'id',
      'suggestionId',
      'time',
      'type',
      'user',
    ]);
  });

  it.each(Object.keys(base))('without %s is no event', (field) => {
    for (const value of [undefined, null]) {
      expect(toCanonical({ ...base, [field]: value })).toEqual({ ok: false, reason: 'schema', field });
    }
  });

  it.each(Object.keys(full).filter((field) => !(field in base)))('takes null for %s as absent', (field) => {
    expect(contentOf({ ...base, [field]: null })).toBe(contentOf(base));
    expect(contentOf(full)).not.toBe(contentOf({ ...full, [field]: null }));
  });

  it('drops unknown fields and nulls at every depth', () => {
    const noisy = {
      ...base,
      unknown: { a: [1] },
      user: { id: 'u1', plan: null, email: 'x' },
      document: { path: null, extra: 1 },
      repository: { url: null, id: null },
    };
    expect(contentOf(noisy)).toBe(contentOf(base));
  });

  it.each<[string, unknown, string, string?]>([
    ['time', 1777629600000, 'timestamp_not_rfc3339'],
    ['time', '2026-02-30T00:00:00Z', 'invalid_date'],
    ['time', '2014-05-01T10:00:00Z', 'timestamp_out_of_range'],
    ['latencyMs', -1, 'negative_duration'],
    ['displayedMs', -0.001, 'negative_duration'],
    ['afterSeconds', -30, 'negative_duration'],
    ['type', 'maybe', 'schema'],
    ['type', 1, 'schema'],
    ['id', 7, 'schema'],
    ['id', '', 'schema'],
    ['suggestionId', '', 'schema'],
    ['requestId', 3, 'schema'],
    ['user', 'u1', 'schema'],
    ['user', {}, 'schema', 'user.id'],
    ['user', { id: '' }, 'schema', 'user.id'],
    ['user', { id: null }, 'schema', 'user.id'],
    ['user', { id: 'u', plan: 'platinum' }, 'schema', 'user.plan'],
    ['choiceIndex', -1, 'schema'],
    ['choiceIndex', 0.5, 'schema'],
    ['position', -5, 'schema'],
    ['position', '12', 'schema'],
    ['latencyMs', '120', 'schema'],
    ['acceptedLength', 1.5, 'schema'],
    ['displayProbability', 1.01, 'schema'],
    ['typedShare', -0.1, 'schema'],
    ['editDistance', 2, 'schema'],
    ['branchChanged', 1, 'schema'],
    ['reason', 'bored', 'schema'],
    ['completion', ['x'], 'schema'],
    ['workspaceRepositories', 'https://x/y/z', 'schema'],
    ['workspaceRepositories', [null], 'schema', 'workspaceRepositories[0]'],
    ['workspaceRepositories', Array.from({ length: 1001 }, () => 'u'), 'schema'],
    ['repository', 'https://x/y/z', 'schema'],
    ['repository', { id: '42' }, 'schema', 'repository.id'],
    ['repository', { id: 1e300 }, 'schema', 'repository.id'],
    ['document', { path: ['a'] }, 'schema', 'document.path'],
    ['document', { gitMode: 'rwx' }, 'schema', 'document.gitMode'],
    ['prompt', 'text', 'schema'],
    ['prompt', { context: {} }, 'schema', 'prompt.context'],
    ['prompt', { context: [null] }, 'schema', 'prompt.context[0]'],
    ['prompt', { context: [{ text: 'a' }, { path: 'b' }] }, 'schema', 'prompt.context[1].text'],
    ['prompt', { context: [{ text: null }] }, 'schema', 'prompt.context[0].text'],
    ['prompt', { context: Array.from({ length: 10_001 }, () => ({ text: '' })) }, 'schema', 'prompt.context'],
  ])('%s = %o is %s', (field, value, reason, at = field) => {
    expect(toCanonical({ ...base, [field]: value })).toEqual({ ok: false, reason, field: at });
  });

  it('names the first reason in the order of the contract', () => {
    const all = { ...base, type: 'maybe', latencyMs: -1, time: 'yesterday' };
    expect(toCanonical(all)).toMatchObject({ reason: 'timestamp_not_rfc3339' });
    expect(toCanonical({ ...all, time: base.time })).toMatchObject({ reason: 'negative_duration' });
    expect(toCanonical({ ...all, time: base.time, latencyMs: 1 })).toMatchObject({ reason: 'schema' });
  });

  it('takes a missing user and a piece without a source from adapters alone', () => {
    const fields = { ...base, user: {}, prompt: { context: [{ text: 'c', unsourced: true }] } };
    expect(toCanonical(fields)).toMatchObject({ ok: false, field: 'user.id' });
    const valid = toCanonical(new AdaptedCandidate(fields));
    expect(valid.ok && valid.event.user).toEqual({});
    expect(valid.ok && valid.event.prompt?.context).toEqual([{ text: { raw: 'c' }, unsourced: true }]);
    const produced = toCanonical({ ...fields, user: base.user });
    expect(produced.ok && produced.event.prompt?.context).toEqual([{ text: { raw: 'c' } }]);
  });
});

describe('content', () => {
  it('is the same however a record is spelt', () => {
    const shuffled = Object.fromEntries(Object.entries(full).reverse());
    expect(contentOf(shuffled)).toBe(contentOf(full));
    expect(contentOf({ ...full, time: '2026-05-01T12:00:00+02:00' })).toBe(contentOf(full));
    expect(contentOf({ ...full, choiceIndex: -0, capturedFrom: -0 })).toBe(contentOf(full));
  });

  it('writes -0 as 0 into the event', () => {
    const valid = toCanonical({ ...base, latencyMs: -0 });
    expect(valid.ok && Object.is(valid.event.latencyMs, 0)).toBe(true);
  });

  it('differs wherever texts differ, also where only their borders do', () => {
    const text = fc.option(fc.string({ maxLength: 3 }), { nil: undefined });
    const texts = fc.record({ prefix: text, suffix: text, completion: text, piece: text, capturedCode: text });
    const candidate = ({ prefix, suffix, completion, piece, capturedCode }: Record<string, string | undefined>) => ({
      ...base,
      completion,
      capturedCode,
      prompt: { prefix, suffix, context: piece === undefined ? [] : [{ text: piece }] },
    });
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        expect(contentOf(candidate(a)) === contentOf(candidate(b))).toBe(
          JSON.stringify(candidate(a)) === JSON.stringify(candidate(b)),
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe('the published schema', () => {
  it('is the one that validates', () => {
    const path = join(import.meta.dirname, '../../../config/schemas/event.schema.json');
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(EVENT_SCHEMA);
  });

  it('describes every field to producers', () => {
    const undescribed: string[] = [];
    const walk = (schema: object, path: string) => {
      if (!('description' in schema)) undescribed.push(path);
      const { properties = {}, items } = schema as { properties?: Record<string, object>; items?: object };
      for (const [name, property] of Object.entries(properties)) walk(property, `${path}.${name}`);
      if (items && 'properties' in items)
        for (const [name, property] of Object.entries(items.properties as Record<string, object>))
          walk(property, `${path}[].${name}`);
    };
    walk(EVENT_SCHEMA, 'event');
    expect(undescribed).toEqual([]);
  });
});
