/** Aggregates for related products: language × framework × shape × outcome, bounded per user, told from k users on, with noise where asked. */
import { createHmac } from 'node:crypto';
import type { Relational } from '../../relational.ts';

export interface ReleaseSettings {
  fields: readonly string[];
  minimumUsers: number;
  rowsPerCell: number;
  cellsPerUser: number;
  /** 0: exact counts of bounded contributions. */
  epsilon: number;
  delta: number;
}

export interface Aggregate {
  language: string;
  framework: string;
  shape: string;
  outcome: string;
  /** Suggestions, at most `rowsPerCell` of a user; rounded to whole ones where there is noise. */
  count: number;
}

export interface Release {
  cells: Aggregate[];
  /** Cells with suggestions that are not told; null where there is noise, which their number would not have. */
  withheld: number | null;
  /** Users a cell must have: k, and more where the noise could carry a small one over. */
  threshold: number;
  /** Noise added to counts of users and of suggestions; null where there is none. */
  noise: { epsilon: number; delta: number; usersScale: number; countScale: number; source: string } | null;
}

/** Where noise comes from, as the release says it. */
const NOISE_SOURCE = 'Laplace, from HMAC-SHA256 of the cell under a secret key of the measurement';

/**
 * Each user counts in at most `cellsPerUser` cells, chosen by a keyed hash, with at most `rowsPerCell` suggestions in each. With noise, half
 * of epsilon goes to the counts of users, which decide by threshold k + C/ε₁·ln(C/2δ) whether a cell is told (Korolova, Kenthapadi, Mishra
 * and Ntoulas, WWW 2009), half to the counts told. Without, a cell with fewer than k users is not told. No totals are: they would
 * give away what is not told.
 * @param key 32 bytes that nobody who sees the output has: choices and noise are the same for the same key
 */
export async function aggregate(
  db: Relational,
  source: string,
  settings: ReleaseSettings,
  key: Uint8Array,
): Promise<Release> {
  const { rowsPerCell, cellsPerUser, epsilon, delta, minimumUsers, fields } = settings;
  const value = (field: string) => (fields.includes(field) ? `"${field}"` : "'all'");
  const salt = createHmac('sha256', key).update('choose').digest('hex');
  const rows = await db.rows<{
    language: string;
    framework: string;
    shape: string;
    outcome: string;
    users: number;
    n: number;
  }>(
    `WITH told AS (SELECT "user", ${value('language')} AS language, ${value('framework')} AS framework, ${value('shape')} AS shape,
         CASE WHEN retained600 > 0 THEN 'retained' WHEN accepted > 0 THEN 'accepted' WHEN rejected > 0 THEN 'rejected' ELSE 'ignored' END AS outcome
       FROM (${source}) WHERE shown > 0),
     own AS (SELECT *, count(*) AS rows FROM told GROUP BY ALL),
     bounded AS (SELECT *, least(rows, ${rowsPerCell}) AS part FROM own
       QUALIFY row_number() OVER (PARTITION BY "user" ORDER BY sha256('${salt}' || "user" || language || '|' || framework || '|' || shape || '|' || outcome)) <= ${cellsPerUser})
     SELECT language, framework, shape, outcome, count(DISTINCT "user")::BIGINT AS users, sum(part)::BIGINT AS n
     FROM bounded GROUP BY ALL ORDER BY language, framework, shape, outcome`,
  );
  const noise =
    epsilon > 0
      ? {
          epsilon,
          delta,
          usersScale: cellsPerUser / (epsilon / 2),
          countScale: (cellsPerUser * rowsPerCell) / (epsilon / 2),
          source: NOISE_SOURCE,
        }
      : null;
  const threshold = noise ? minimumUsers + noise.usersScale * Math.log(cellsPerUser / (2 * delta)) : minimumUsers;
  const draw = laplaceOf(key);
  const cells = rows.flatMap(({ users, n, ...cell }) => {
    const name = Object.values(cell).join('|');
    const seen = noise ? users + draw(`users|${name}`, noise.usersScale) : users;
    if (users < minimumUsers || seen < threshold) return [];
    const count = noise ? Math.max(0, Math.round(n + draw(`count|${name}`, noise.countScale))) : n;
    return [{ ...cell, count }];
  });
  const withheld = noise ? null : rows.length - cells.length;
  return { cells, withheld, threshold: Math.round(threshold * 100) / 100, noise };
}

/** Laplace noise drawn from a keyed hash of its name: secret like the key, the same when asked again. */
export function laplaceOf(key: Uint8Array): (name: string, scale: number) => number {
  return (name, scale) => {
    const bytes = createHmac('sha256', key).update(`laplace|${name}`).digest();
    // 52 bits, never exactly 0 or 1.
    const unit = ((bytes.readUInt32BE(0) >>> 6) * 2 ** 26 + (bytes.readUInt32BE(4) >>> 6) + 0.5) / 2 ** 52;
    const centred = unit - 0.5;
    return -scale * Math.sign(centred) * Math.log(1 - 2 * Math.abs(centred));
  };
}
