/** How a window of time is called: in search attributes, summaries and lists. */

/** `2026-05-01/2026-05-31`, both days within; `all` where there is none. `from` (included) and `to` (excluded) in milliseconds since 1970-01-01 UTC. */
export function windowText(window: { from: number; to: number } | null): string {
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  return window ? `${day(window.from)}/${day(window.to - 1)}` : 'all';
}

/** `YYYY-MM-DD`. */
export type Day = string;
const DAY_MS = 86_400_000;
const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** The day of the calendar, `YYYY-MM-DD`, that a moment lies in at a place. */
export function dayAt(time: number, timeZone: string): Day {
  let format = FORMATS.get(timeZone);
  // The Swedish form of a date is the ISO one.
  format ??= new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  FORMATS.set(timeZone, format);
  return format.format(time);
}

/** `days` later, or earlier where negative. */
export function dayPlus(day: Day, days: number): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The moments a day begins and ends at a place, where it may have 23 or 25 hours. */
export function windowOfDay(day: Day, timeZone: string): { from: number; to: number } {
  return { from: beginOf(day, timeZone), to: beginOf(dayPlus(day, 1), timeZone) };
}

/** The first moment of a day: zones lie within a day of UTC and change by minutes. */
function beginOf(day: Day, timeZone: string): number {
  const utc = Date.parse(`${day}T00:00:00Z`);
  let [before, after] = [utc - DAY_MS, utc + DAY_MS];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dayAt(middle, timeZone) < day) before = middle;
    else after = middle;
  }
  return after;
}

/** A quarter of an hour, numbered since 1970-01-01 UTC. The days of every time zone begin with one. */
export type Quarter = number;
const QUARTER_MS = 900_000;

/** The quarter that a moment, in milliseconds since 1970-01-01 UTC, lies in. */
export function quarterOf(time: number): Quarter {
  return Math.floor(time / QUARTER_MS);
}

/** Whether a quarter lies, in whole or in part, in the window or within `margin` milliseconds of it. */
export function touches(
  quarters: readonly Quarter[],
  { from, to }: { from: number; to: number },
  margin: number,
): boolean {
  const [first, last] = [quarterOf(from - margin), quarterOf(to + margin - 1)];
  return quarters.some((quarter) => quarter >= first && quarter <= last);
}
