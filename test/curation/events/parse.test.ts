import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEmbedded, parseRecord } from '../../../curation/events/parse.ts';

const reasonOf = (bytes: Buffer | string, final = false) => {
  const parsed = parseRecord(typeof bytes === 'string' ? Buffer.from(bytes) : bytes, final);
  return parsed.ok ? undefined : parsed.reason;
};
const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;

describe('bytes of a record', () => {
  it.each<[string, Buffer | string, string | undefined]>([
    ['an object', '{"a":{"b":[1,"x",null,true]}}', undefined],
    ['an empty object', '{}', undefined],
    ['the deepest that is allowed', nested(64), undefined],
    ['one deeper', nested(65), 'too_deep'],
    ['brackets in strings', `{"a":"${'['.repeat(100)}"}`, undefined],
    ['brackets behind an escaped quote', `{"a":"\\"${'['.repeat(100)}"}`, undefined],
    ['brackets behind an escaped backslash', `{"a":"\\\\",${'"b":['.repeat(100)}`, 'too_deep'],
    [
      'brackets behind a long string with escapes at its end',
      `{"a":"${'x'.repeat(40)}\\\\\\"${'['.repeat(99)}"}`,
      undefined,
    ],
    [
      'brackets behind a long string of escaped backslashes',
      `{"a":"${'\\\\'.repeat(40)}",${'"b":['.repeat(100)}`,
      'too_deep',
    ],
    ['depth is decided before JSON', `${'['.repeat(2_000_000)}`, 'too_deep'],
    [
      'UTF-8 is decided before depth',
      Buffer.concat([Buffer.from([0xff]), Buffer.from('['.repeat(99))]),
      'invalid_utf8',
    ],
    ['an overlong form', Buffer.from([0x22, 0xc0, 0xaf, 0x22]), 'invalid_utf8'],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'invalid_utf8'],
    ['a torn character', Buffer.from('{"a":"é').subarray(0, -1), 'invalid_utf8'],
    ['over 8 MiB', Buffer.alloc((8 << 20) + 1, 0xff), 'record_too_large'],
    ['no JSON', '{a:1}', 'invalid_json'],
    ['NaN', '{"a":NaN}', 'invalid_json'],
    ['a trailing comma', '{"a":1,}', 'invalid_json'],
    ['a comment', '{"a":1}//', 'invalid_json'],
    ['two values', '{"a":1}{"a":2}', 'invalid_json'],
    ['a raw control character', '{"a":"\u0001"}', 'invalid_json'],
    ['a NUL', '{"a":1}\0', 'invalid_json'],
    ['a byte-order mark within the file', '\ufeff{"a":1}', 'invalid_json'],
    ['JSON is decided before doubled names', '{"a":1,"a":2', 'invalid_json'],
    ['a doubled name', '{"a":1,"a":1}', 'duplicate_key'],
    ['a doubled name, spelt in two ways', '{"a":1,"\\u0061":2}', 'duplicate_key'],
    ['a doubled name far inside', '{"a":[{"b":{"c":1,"c":2}}]}', 'duplicate_key'],
    ['one name in two objects', '{"a":{"b":1},"c":{"b":1}}', undefined],
    ['colons in strings', '{"a":":::","b:":":\\":"}', undefined],
    ['a doubled name in a list', '[{"a":1,"a":2}]', 'duplicate_key'],
    ['a doubled __proto__', '{"__proto__":1,"__proto__":2}', 'duplicate_key'],
    ['__proto__', '{"__proto__":{"isPublic":true}}', 'forbidden_key'],
    ['constructor, escaped', '{"\\u0063onstructor":1}', 'forbidden_key'],
    ['prototype far inside', '{"a":[[{"prototype":null}]]}', 'forbidden_key'],
    ['a forbidden name in a list', '[{"constructor":1}]', 'forbidden_key'],
    ['__proto__ as a value', '{"a":"__proto__"}', undefined],
    ['a list', '[]', 'not_an_object'],
    ['null', 'null', 'not_an_object'],
    ['a string', '"{}"', 'not_an_object'],
    ['a number', '1e999', 'not_an_object'],
    ['half a pair', '{"a":"\\ud800"}', 'lone_surrogate'],
    ['the other half', '{"a":"\\uDC00x"}', 'lone_surrogate'],
    ['halves in the wrong order', '{"a":"\\udc00\\ud800"}', 'lone_surrogate'],
    ['half a pair in a name', '{"\\uD800":1}', 'lone_surrogate'],
    ['half a pair in a list', '{"a":[["\\ud83d"]]}', 'lone_surrogate'],
    ['half a pair behind many other escapes', `{"a":"${'\\u0041'.repeat(1000)}\\ud800"}`, 'lone_surrogate'],
    ['a pair', '{"a":"\\ud83d\\ude00"}', undefined],
    ['an escaped backslash before ud800', '{"a":"\\\\ud800"}', undefined],
    ['half a pair is decided before infinity', '{"b":1e999,"a":"\\ud800"}', 'lone_surrogate'],
    ['infinity', '{"a":[1e999]}', 'not_finite'],
    ['less than infinity', '{"a":-1e999}', 'not_finite'],
    ['nearly zero', '{"a":1e-999}', undefined],
  ])('%s', (_name, bytes, reason) => {
    expect(reasonOf(bytes)).toBe(reason);
  });

  it('calls the last line torn where it has no line feed and is not JSON', () => {
    expect(reasonOf('{"a":1', true)).toBe('truncated_record');
    expect(reasonOf('nonsense', true)).toBe('truncated_record');
    expect(reasonOf('{"a":1}', true)).toBeUndefined();
    expect(reasonOf('[1]', true)).toBe('not_an_object');
    expect(reasonOf('['.repeat(100), true)).toBe('too_deep');
  });

  it('never says what stands in the record', () => {
    for (const text of ['{"SECRETKEY": SECRETVALUE}', '{"SECRETKEY":1,"SECRETKEY":"SECRETVALUE"}', '["SECRETVALUE"]']) {
      const parsed = parseRecord(Buffer.from(text), false);
      expect(parsed.ok ? '' : parsed.detail).toMatch(/^(?!.*SECRET).+$/);
    }
  });

  it('leaves the prototype of all objects alone', () => {
    expect(reasonOf('{"__proto__":{"polluted":1}}')).toBe('forbidden_key');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('takes whatever JSON.stringify writes of objects, and gives it back', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ stringUnit: 'grapheme', maxDepth: 5 })),
        (value) => {
          const names = new Set<string>();
          JSON.stringify(value, (key: string, inner: unknown) => (names.add(key), inner));
          fc.pre(!['__proto__', 'constructor', 'prototype'].some((name) => names.has(name)));
          const text = JSON.stringify(value);
          expect(parseRecord(Buffer.from(text), false)).toEqual({ ok: true, value: JSON.parse(text) as unknown });
        },
      ),
    );
  });

  it('agrees with JSON.parse on what is JSON', () => {
    const token = fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', '\\"', 'a', '1', 'null', ' ', '"k":');
    fc.assert(
      fc.property(fc.array(token, { maxLength: 12 }), (tokens) => {
        const text = `{${tokens.join('')}}`;
        let json = true;
        try {
          JSON.parse(text);
        } catch {
          json = false;
        }
        expect(reasonOf(text) !== 'invalid_json').toBe(json);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('JSON within a record', () => {
  it('may be any value, under the same guards', () => {
    expect(parseEmbedded('"text"')).toEqual({ ok: true, value: 'text' });
    expect(parseEmbedded('[1')).toMatchObject({ reason: 'invalid_json' });
    expect(parseEmbedded('['.repeat(65))).toMatchObject({ reason: 'too_deep' });
    expect(parseEmbedded('{"a":1,"a":2}')).toMatchObject({ reason: 'duplicate_key' });
    expect(parseEmbedded('"\\ud800"')).toMatchObject({ reason: 'lone_surrogate' });
    expect(parseEmbedded('[1e999]')).toMatchObject({ reason: 'not_finite' });
    expect(parseEmbedded('[{"__proto__":1}]')).toMatchObject({ reason: 'forbidden_key' });
  });
});
