/** How a window of time is called: in search attributes, summaries and lists. */

/** `2026-05-01/2026-05-31`, both days within; `all` where there is none. `from` (included) and `to` (excluded) in milliseconds since 1970-01-01 UTC. */
export function windowText(window: { from: number; to: number } | null): string {
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  return window ? `${day(window.from)}/${day(window.to - 1)}` : 'all';
}
