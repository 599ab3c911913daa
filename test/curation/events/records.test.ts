import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordReader } from '../../../curation/events/records.ts';

type Shape = { line: number; text?: string; final?: boolean; reason?: string };

function read(bytes: Buffer, cuts: number[] = [], options?: { firstLine?: number; maxRecordBytes?: number }): Shape[] {
  const reader = new RecordReader(options);
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const records = edges
    .slice(1)
    .flatMap((edge, index) => reader.push(new Uint8Array(bytes.subarray(edges[index], edge))));
  return [...records, ...reader.end()].map((record) =>
    'reason' in record ? record : { line: record.line, text: record.bytes.toString('latin1'), final: record.final },
  );
}

describe('records of a source', () => {
  it('numbers lines from 1 and passes over blank ones', () => {
    expect(read(Buffer.from('{"a":1}\n\n \t\r\n{"b":2}\r\n'))).toEqual([
      { line: 1, text: '{"a":1}', final: false },
      { line: 4, text: '{"b":2}', final: false },
    ]);
  });

  it('says which line has no line feed, and only of the last', () => {
    expect(read(Buffer.from('1\n2'))).toEqual([
      { line: 1, text: '1', final: false },
      { line: 2, text: '2', final: true },
    ]);
    expect(read(Buffer.from('1\n  '))).toEqual([{ line: 1, text: '1', final: false }]);
    expect(read(Buffer.alloc(0))).toEqual([]);
  });

  it('cuts a byte-order mark at the start of the file, there alone', () => {
    expect(read(Buffer.from('\ufeff{}\n\ufeff{}\n'))).toEqual([
      { line: 1, text: '{}', final: false },
      { line: 2, text: '\xef\xbb\xbf{}', final: false },
    ]);
    expect(read(Buffer.from('\ufeff\n'))).toEqual([]);
    expect(read(Buffer.from('\ufeff{}\n'), [], { firstLine: 9 })[0]).toEqual({
      line: 9,
      text: '\xef\xbb\xbf{}',
      final: false,
    });
  });

  it('takes off one carriage return, and none from a line that has no line feed', () => {
    expect(read(Buffer.from('1\r\r\n2\r')).map(({ text }) => text)).toEqual(['1\r', '2\r']);
  });

  it('reports a record over the bound by its line and goes on behind it', () => {
    const bytes = Buffer.from(`${'x'.repeat(10)}\n${'y'.repeat(11)}\r\nz\n${'w'.repeat(11)}`);
    for (const cuts of [[], [3, 15, 20], Array.from({ length: bytes.length }, (_, at) => at)]) {
      expect(read(bytes, cuts, { maxRecordBytes: 10 })).toEqual([
        { line: 1, text: 'x'.repeat(10), final: false },
        { line: 2, reason: 'record_too_large' },
        { line: 3, text: 'z', final: false },
        { line: 4, reason: 'record_too_large' },
      ]);
    }
  });

  it('takes a record of exactly 8 MiB and refuses one more byte', () => {
    const exact = Buffer.concat([Buffer.from('\ufeff'), Buffer.alloc(8 << 20, 0x61), Buffer.from('\r\n')]);
    expect(read(exact, [1, 2, 1 << 20])[0]?.text?.length).toBe(8 << 20);
    expect(read(Buffer.alloc((8 << 20) + 1, 0x61), [5])).toEqual([{ line: 1, reason: 'record_too_large' }]);
  });

  it('keeps no more than one record of a line that never ends', () => {
    const reader = new RecordReader({ maxRecordBytes: 1 << 20 });
    const chunk = Buffer.alloc(1 << 20, 0x61);
    const before = process.memoryUsage().arrayBuffers;
    for (let pushed = 0; pushed < 512; pushed++) expect(reader.push(chunk)).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
    expect(reader.end()).toEqual([{ line: 1, reason: 'record_too_large' }]);
  });

  it('gives the same records however the bytes are cut into chunks', () => {
    const byte = fc.constantFrom(0x0a, 0x0d, 0x20, 0x7b, 0x7d, 0xef, 0xbb, 0xbf, 0x61);
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 60 }), fc.array(fc.nat(60), { maxLength: 12 }), (bytes, cuts) => {
        const buffer = Buffer.from(bytes);
        expect(read(buffer, cuts, { maxRecordBytes: 12 })).toEqual(read(buffer, [], { maxRecordBytes: 12 }));
      }),
    );
  });

  it('loses no byte: records, line ends and blank lines make up the source', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z{} ]{0,20}$/), { minLength: 1, maxLength: 20 }), (lines) => {
        const records = read(Buffer.from(lines.join('\n')));
        const expected = lines.map((text, index) => ({ line: index + 1, text, final: index === lines.length - 1 }));
        expect(records).toEqual(expected.filter(({ text }) => text.trim() !== ''));
      }),
    );
  });
});
