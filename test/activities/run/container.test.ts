import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineBuffer, linesHolding, linesOf } from '../../../activities/run/container.ts';

function bytesOf(values: readonly unknown[]): Buffer {
  const lines = new LineBuffer();
  for (const value of values) lines.push(value);
  return lines.bytes();
}

describe('lines of a part', () => {
  it('come back as they were given, those that hold a text alone where one is asked for, each once', () => {
    const values = fc.array(fc.oneof(fc.record({ keep: fc.boolean() }), fc.string(), fc.constant('"keep":false\n')));
    fc.assert(
      fc.property(values, fc.constantFrom('"keep":false', 'e', '}'), (given, held) => {
        const bytes = bytesOf(given);
        expect([...linesOf(bytes)]).toEqual(given);
        expect([...linesHolding(bytes, held)]).toEqual(given.filter((value) => JSON.stringify(value).includes(held)));
      }),
    );
  });
});
