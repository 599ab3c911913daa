/** RFC 3339 date-times of fact lines as milliseconds since 1970-01-01 UTC. */

const SHAPE = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const MINUTE = 60_000;

/** Null for what RFC 3339 section 5.6 does not allow, for days no month has, and for leap seconds; fractions are cut to milliseconds. */
export function parseInstant(text: string): number | null {
  const part = SHAPE.exec(text);
  if (!part) return null;
  const [year, month, day, hour, minute, second] = part.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month < 1 || month > 12 || day < 1 || day > DAYS[month - 1]! + (leap ? 1 : 0)) return null;
  if (hour > 23 || minute > 59 || second > 59) return null;
  const milliseconds = part[7] ? Number(part[7].slice(0, 3).padEnd(3, '0')) : 0;
  const at = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds);
  // Date.UTC reads the years 0 to 99 as 1900 to 1999.
  if (year < 100) return null;
  if (!part[8]) return at;
  const [hours, minutes] = [Number(part[9]), Number(part[10])];
  if (hours > 23 || minutes > 59) return null;
  return at - (part[8] === '-' ? -1 : 1) * (hours * 60 + minutes) * MINUTE;
}

/** `2026-05-01T10:00:00.000Z`, for people. */
export function showInstant(at: number): string {
  return new Date(at).toISOString();
}
