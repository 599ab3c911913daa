import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayAt, dayPlus, quarterOf, touches, windowOfDay, windowText } from '../../../curation/events/window.ts';

const HOUR = 3_600_000;

describe('the window of a day', () => {
  it.each([
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z', 23],
    ['2026-10-25', 'Europe/Berlin', '2026-10-24T22:00:00.000Z', 25],
    ['2026-05-01', 'UTC', '2026-05-01T00:00:00.000Z', 24],
    ['2026-05-01', 'Asia/Kathmandu', '2026-04-30T18:15:00.000Z', 24],
    ['2026-05-01', 'Pacific/Kiritimati', '2026-04-30T10:00:00.000Z', 24],
    // Midnight does not exist on this day: clocks go from 23:59:59 to 01:00.
    ['2025-09-07', 'America/Santiago', '2025-09-07T04:00:00.000Z', 23],
  ])('%s in %s begins at %s and has %i hours', (day, zone, begin, hours) => {
    const { from, to } = windowOfDay(day, zone);
    expect([new Date(from).toISOString(), (to - from) / HOUR]).toEqual([begin, hours]);
  });

  it('leaves no moment out and takes none twice', () => {
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata');
    const times = fc.integer({ min: Date.UTC(2015, 0, 2), max: Date.UTC(2099, 11, 30) });
    fc.assert(
      fc.property(times, zones, (time, zone) => {
        const day = dayAt(time, zone);
        const { from, to } = windowOfDay(day, zone);
        expect(from <= time && time < to).toBe(true);
        expect(windowOfDay(dayPlus(day, 1), zone).from).toBe(to);
      }),
      { numRuns: 60 },
    );
  });

  it('is called by its first and last day', () => {
    expect(windowText(windowOfDay('2026-02-28', 'UTC'))).toBe('2026-02-28/2026-02-28');
    expect(windowText(null)).toBe('all');
  });

  it('is touched by every quarter of an hour with a moment in it or within the margin, and by none that lies further off', () => {
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'Australia/Lord_Howe');
    const margins = fc.constantFrom(0, HOUR / 4, HOUR);
    const offsets = fc.integer({ min: -3 * HOUR, max: 3 * HOUR });
    fc.assert(
      fc.property(zones, margins, offsets, fc.boolean(), (zone, margin, offset, isEnd) => {
        const window = windowOfDay('2026-05-01', zone);
        const time = (isEnd ? window.to : window.from) + offset;
        const isNear = time >= window.from - margin && time < window.to + margin;
        expect(touches([quarterOf(time)], window, margin)).toBe(isNear);
        expect(touches([0, quarterOf(time)], window, margin)).toBe(isNear);
      }),
    );
    expect(touches([], windowOfDay('2026-05-01', 'UTC'), HOUR)).toBe(false);
  });
});
