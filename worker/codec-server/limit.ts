/** How often somebody may ask: a bucket of tokens for each, that fills at a steady rate (RFC 2697 in spirit). */

export class RateLimit {
  readonly #perMinute: number;
  readonly #buckets = new Map<string, { left: number; at: number }>();

  /** @param perMinute requests a minute, and as many at once */
  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Takes one of `who`'s requests; false where none is left. `now` in milliseconds, never falling. */
  take(who: string, now: number): boolean {
    const bucket = this.#buckets.get(who) ?? { left: this.#perMinute, at: now };
    bucket.left = Math.min(this.#perMinute, bucket.left + ((now - bucket.at) / 60_000) * this.#perMinute);
    bucket.at = now;
    this.#buckets.set(who, bucket);
    if (bucket.left < 1) return false;
    bucket.left--;
    return true;
  }
}
