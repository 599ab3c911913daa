/** The part of a policy that says how long what was written is kept. It decides nothing about what a dataset holds, so it is no part of the policy's digest. */

/** Days after the last day of what was kept; null where a policy sets no end. */
export interface RetentionPolicy {
  /** Raw events: the windows of the addresses that a retention run is given. */
  raw: number | null;
  /** What a run staged that never ended: days since its last write. */
  staging: number | null;
  /** Ledgers and records of runs. */
  ledgers: number | null;
  datasets: number | null;
}

export type RetentionGiven = Partial<Record<keyof RetentionPolicy, string>>;

/** Ages as the schema has let them through: `30d`. */
export function retentionPolicy(given: RetentionGiven = {}): RetentionPolicy {
  const days = (age: string | undefined) => (age === undefined ? null : Number(age.slice(0, -1)));
  return {
    raw: days(given.raw),
    staging: days(given.staging),
    ledgers: days(given.ledgers),
    datasets: days(given.datasets),
  };
}
