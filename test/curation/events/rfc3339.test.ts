import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTime, timeFromMs } from '../../../curation/events/rfc3339.ts';

describe('times of events', () => {
  it.each([
    ['2026-05-01T10:00:00.000Z', Date.UTC(2026, 4, 1, 10)],
    ['2026-05-01t10:00:00z', Date.UTC(2026, 4, 1, 10)],
    ['2026-05-01T12:00:00+02:00', Date.UTC(2026, 4, 1, 10)],
    ['2026-05-01T00:30:00.5-09:30', Date.UTC(2026, 4, 1, 10, 0, 0, 500)],
    ['2026-05-01T10:00:00.123456789Z', Date.UTC(2026, 4, 1, 10, 0, 0, 123)],
    ['2026-05-01T10:00:00-00:00', Date.UTC(2026, 4, 1, 10)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2015-01-01T00:00:00Z', Date.UTC(2015, 0, 1)],
    ['2100-12-31T23:59:59.999Z', Date.UTC(2101, 0, 1) - 1],
  ])('takes %s', (text, at) => {
    expect(parseTime(text)).toEqual({ ok: true, at });
  });

  it.each([
    [1777629600000, 'timestamp_not_rfc3339'],
    [true, 'timestamp_not_rfc3339'],
    [['2026-05-01T10:00:00Z'], 'timestamp_not_rfc3339'],
    ['', 'timestamp_not_rfc3339'],
    ['2026-05-01', 'timestamp_not_rfc3339'],
    ['2026-05-01T10:00:00', 'timestamp_not_rfc3339'],
    ['2026-05-01 10:00:00Z', 'timestamp_not_rfc3339'],
    ['2026-05-01T10:00Z', 'timestamp_not_rfc3339'],
    ['2026-05-01T10:00:00+0200', 'timestamp_not_rfc3339'],
    [' 2026-05-01T10:00:00Z', 'timestamp_not_rfc3339'],
    ['2026-05-01T10:00:00Z\n', 'timestamp_not_rfc3339'],
    ['+002026-05-01T10:00:00Z', 'timestamp_not_rfc3339'],
    ['٢٠٢٦-05-01T10:00:00Z', 'timestamp_not_rfc3339'],
    [`2026-05-01T10:00:00.${'0'.repeat(1e6)}Z`, 'timestamp_not_rfc3339'],
    ['2026-02-30T10:00:00Z', 'invalid_date'],
    ['2025-02-29T10:00:00Z', 'invalid_date'],
    ['2100-02-29T10:00:00Z', 'invalid_date'],
    ['2026-13-01T10:00:00Z', 'invalid_date'],
    ['2026-00-01T10:00:00Z', 'invalid_date'],
    ['2026-05-00T10:00:00Z', 'invalid_date'],
    ['2026-05-01T24:00:00Z', 'invalid_date'],
    ['2026-05-01T10:60:00Z', 'invalid_date'],
    ['2016-12-31T23:59:60Z', 'invalid_date'],
    ['2026-05-01T10:00:00+24:00', 'invalid_date'],
    ['2014-12-31T23:59:59.999Z', 'timestamp_out_of_range'],
    ['2101-01-01T00:00:00Z', 'timestamp_out_of_range'],
    ['2015-01-01T00:00:00+00:01', 'timestamp_out_of_range'],
    ['0050-01-01T00:00:00Z', 'timestamp_out_of_range'],
  ])('refuses %s as %s', (time, reason) => {
    expect(parseTime(time)).toEqual({ ok: false, reason });
  });

  it('reads back every instant that a clock of milliseconds can write', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2015, 0, 1), max: Date.UTC(2101, 0, 1) - 1 }), (at) => {
        expect(timeFromMs(at)).toEqual({ ok: true, time: new Date(at).toISOString() });
        expect(parseTime(new Date(at).toISOString())).toEqual({ ok: true, at });
      }),
    );
  });

  it.each([NaN, Infinity, -1, 1714814400, 8.64e15, 1e300])('refuses %s milliseconds', (ms) => {
    expect(timeFromMs(ms)).toEqual({ ok: false, reason: 'timestamp_out_of_range' });
  });
});
