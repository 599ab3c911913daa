/** Signals of abuse, each over outcome rows by SQL, with its figures and times. A signal is a reason to look, not a finding. */
import type { Relational } from '../../relational.ts';
import { text } from '../disclosure/atoms.ts';
import type { AbuseThresholds } from './thresholds.ts';

export const SIGNALS = [
  ...(['acceptance', 'regularity', 'tireless', 'concurrent', 'clients', 'templates', 'secrets'] as const),
  ...(['repository', 'cluster'] as const),
] as const;
export type SignalName = (typeof SIGNALS)[number];

export interface Signal {
  signal: SignalName;
  weight: number;
  /** The figure, the threshold it passed, and of how many things it is a figure. */
  value: number;
  threshold: number;
  count: number;
  /** First and last time of what it was seen in, milliseconds since 1970-01-01 UTC. */
  from: number;
  to: number;
}

export interface Suspect {
  user: string;
  score: number;
  signals: Signal[];
}

interface Found {
  user: string;
  value: number;
  count: number;
  from: number;
  to: number;
}

/** Users from the policy's score on, by score, then pseudonym. @param source a query of outcome rows of abuse-investigation */
export async function findSuspects(db: Relational, source: string, thresholds: AbuseThresholds): Promise<Suspect[]> {
  await db.run(`CREATE TABLE seen AS SELECT * FROM (${source})`);
  const suspects = new Map<string, Suspect>();
  for (const [signal, weight, threshold, sql] of queriesOf(thresholds)) {
    for (const { user, value, count, from, to } of await db.rows<Found>(sql)) {
      const suspect = suspects.get(user) ?? { user, score: 0, signals: [] };
      suspects.set(user, suspect);
      suspect.score += weight;
      suspect.signals.push({ signal, weight, value, threshold, count, from, to });
    }
  }
  return [...suspects.values()]
    .filter(({ score }) => score >= thresholds.score)
    .sort((a, b) => b.score - a.score || (a.user < b.user ? -1 : 1));
}

const SPAN = 'min("time")::BIGINT AS "from", max("time")::BIGINT AS "to"';

/** Name, weight, threshold, and a query of (user, value, count, from, to). */
function queriesOf(t: AbuseThresholds): [SignalName, number, number, string][] {
  const known = t.clients.known.map(text).join(', ') || "''";
  return [
    [
      ...(['acceptance', t.acceptance.weight, t.acceptance.share] as const),
      `SELECT "user", sum(accepted)::DOUBLE / sum("read") AS value, sum("read")::BIGINT AS count, ${SPAN} FROM seen GROUP BY "user"
       HAVING sum("read") >= ${t.acceptance.impressions} AND sum(accepted)::DOUBLE / sum("read") >= ${t.acceptance.share} ORDER BY "user"`,
    ],
    [
      ...(['regularity', t.regularity.weight, t.regularity.variation] as const),
      // Pauses of half an hour or more are between sittings.
      `SELECT "user", stddev_pop(gap) / avg(gap) AS value, count(*)::BIGINT AS count, min(moment)::BIGINT AS "from", max(moment)::BIGINT AS "to" FROM (
         SELECT "user", "acceptedAt" AS moment, ("acceptedAt" - lag("acceptedAt") OVER (PARTITION BY "user" ORDER BY "acceptedAt"))::DOUBLE AS gap
         FROM seen WHERE accepted > 0) WHERE gap > 0 AND gap < 1800000 GROUP BY "user"
       HAVING count(*) >= ${t.regularity.accepts} AND stddev_pop(gap) / avg(gap) < ${t.regularity.variation} ORDER BY "user"`,
    ],
    [
      ...(['tireless', t.tireless.weight, t.tireless.hours] as const),
      `WITH steps AS (SELECT "user", "time", coalesce("time" - lag("time") OVER w > ${t.tireless.gapMinutes * 60_000}, true) AS fresh
         FROM seen WINDOW w AS (PARTITION BY "user" ORDER BY "time")),
       runs AS (SELECT "user", "time", count(*) FILTER (fresh) OVER (PARTITION BY "user" ORDER BY "time" ROWS UNBOUNDED PRECEDING) AS run FROM steps),
       lengths AS (SELECT "user", run, (max("time") - min("time")) / 3600000.0 AS hours, count(*) AS n, ${SPAN} FROM runs GROUP BY "user", run)
       SELECT "user", max(hours)::DOUBLE AS value, arg_max(n, hours)::BIGINT AS count, arg_max("from", hours) AS "from", arg_max("to", hours) AS "to"
       FROM lengths GROUP BY "user" HAVING max(hours) >= ${t.tireless.hours} ORDER BY "user"`,
    ],
    [
      ...(['concurrent', t.concurrent.weight, t.concurrent.slots] as const),
      `SELECT "user", count(*)::DOUBLE AS value, sum(n)::BIGINT AS count, min("from") AS "from", max("to") AS "to" FROM (
         SELECT "user", "time" // ${t.concurrent.slotMinutes * 60_000} AS slot, count(*) AS n, ${SPAN} FROM seen
         WHERE device <> '' AND device <> 'withheld' GROUP BY ALL HAVING count(DISTINCT device) > 1)
       GROUP BY "user" HAVING count(*) >= ${t.concurrent.slots} ORDER BY "user"`,
    ],
    [
      ...(['clients', t.clients.weight, t.clients.share] as const),
      `SELECT "user", avg((ide NOT IN (${known}))::INTEGER)::DOUBLE AS value, count(*)::BIGINT AS count, ${SPAN} FROM seen
       WHERE ide <> 'withheld' GROUP BY "user" HAVING count(*) >= ${t.clients.suggestions}
       AND avg((ide NOT IN (${known}))::INTEGER) >= ${t.clients.share} ORDER BY "user"`,
    ],
    [
      ...(['templates', t.templates.weight, t.templates.repeats] as const),
      `SELECT "user", max(n)::DOUBLE AS value, sum(n)::BIGINT AS count, min("from") AS "from", max("to") AS "to" FROM (
         SELECT "user", template, count(*) AS n, ${SPAN} FROM seen WHERE template <> '' AND template <> 'withheld' GROUP BY ALL)
       WHERE n >= ${t.templates.repeats} GROUP BY "user" ORDER BY "user"`,
    ],
    [
      ...(['secrets', t.secrets.weight, t.secrets.suggestions] as const),
      `SELECT "user", count(*)::DOUBLE AS value, sum(secrets)::BIGINT AS count, ${SPAN} FROM seen WHERE secrets > 0
       GROUP BY "user" HAVING count(*) >= ${t.secrets.suggestions} ORDER BY "user"`,
    ],
    dominance('repository', 'true', t),
    dominance('cluster', 'accepted > 0', t),
  ];
}

/** One user has most of what happened in a repository or of the accepts of one text, where others were there too. */
function dominance(
  column: 'repository' | 'cluster',
  where: string,
  { dominance: { weight, share, suggestions } }: AbuseThresholds,
): [SignalName, number, number, string] {
  return [
    column,
    weight,
    share,
    `WITH own AS (SELECT ${column} AS place, "user", count(*) AS n, ${SPAN} FROM seen
       WHERE ${where} AND ${column} <> '' AND ${column} <> 'withheld' GROUP BY ALL),
     shares AS (SELECT *, n / sum(n) OVER (PARTITION BY place) AS part, count(*) OVER (PARTITION BY place) AS users, sum(n) OVER (PARTITION BY place) AS whole FROM own)
     SELECT "user", max(part)::DOUBLE AS value, max(n)::BIGINT AS count, min("from") AS "from", max("to") AS "to" FROM shares
     WHERE users > 1 AND whole >= ${suggestions} AND part >= ${share} GROUP BY "user" ORDER BY "user"`,
  ];
}
