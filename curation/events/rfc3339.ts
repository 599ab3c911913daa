/** Times of events: RFC 3339 date-times, told apart by what is wrong with them. */
import type { Reason } from '../verdict.ts';

export type ParsedTime = { ok: true; at: number } | { ok: false; reason: Reason };

/** The grammar of RFC 3339 section 5.6; the space that its note allows in place of `T` is not taken. */
const SHAPE = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const EARLIEST = Date.UTC(2015, 0, 1);
const LATEST = Date.UTC(2101, 0, 1) - 1;
/** A fraction may have any number of digits; nobody needs more than this, and a record must not carry a megabyte of them. */
const LONGEST = 64;

/**
 * Milliseconds since 1970-01-01 UTC; fractions are cut to milliseconds.
 * `timestamp_not_rfc3339`: no string, or not the grammar. `invalid_date`: a day, hour, leap second or offset that does not exist or is not
 * taken (`2026-02-30`, `24:00`, `:60`). `timestamp_out_of_range`: outside the UTC years 2015 to 2100.
 */
export function parseTime(time: unknown): ParsedTime {
  if (typeof time !== 'string' || time.length > LONGEST) return { ok: false, reason: 'timestamp_not_rfc3339' };
  const part = SHAPE.exec(time);
  if (!part) return { ok: false, reason: 'timestamp_not_rfc3339' };
  const year = Number(part[1]);
  const month = Number(part[2]);
  const day = Number(part[3]);
  const hour = Number(part[4]);
  const minute = Number(part[5]);
  const second = Number(part[6]);
  const offsetHour = part[8] === undefined ? 0 : Number(part[9]);
  const offsetMinute = part[8] === undefined ? 0 : Number(part[10]);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return { ok: false, reason: 'invalid_date' };
  if (hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) {
    return { ok: false, reason: 'invalid_date' };
  }
  // Date.UTC reads the years 0 to 99 as 1900 to 1999; both are out of range.
  const milliseconds = part[7] === undefined ? 0 : Number(part[7].slice(0, 3).padEnd(3, '0'));
  const offset = (part[8] === '-' ? -1 : 1) * (offsetHour * 60 + offsetMinute) * 60_000;
  const at = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds) - offset;
  return inRange(at) ? { ok: true, at } : { ok: false, reason: 'timestamp_out_of_range' };
}

/** A count of milliseconds since 1970 as an RFC 3339 time, or why it is none; for sources that log numbers. */
export function timeFromMs(ms: number): { ok: true; time: string } | { ok: false; reason: Reason } {
  return inRange(ms)
    ? { ok: true, time: new Date(Math.trunc(ms)).toISOString() }
    : { ok: false, reason: 'timestamp_out_of_range' };
}

function inRange(at: number): boolean {
  return at >= EARLIEST && at <= LATEST;
}

function daysIn(year: number, month: number): number {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return DAYS[month - 1]! + (leap ? 1 : 0);
}
