/** Measures selection on made-up metadata of any number of rows, made by the database itself: time and peak memory under a limit. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_SELECTION, select } from '../../curation/selection/select.ts';
import { openRelational } from '../../storage/relational.ts';

/** One row in so many is long enough to have near-duplicates; the other texts are short, as most completions are. */
const LONG_EVERY = 20;
/** Of the long ones, one in so many has the signature of another but for two bands. */
const COPY_EVERY = 10;

/**
 * The select stage over `rows` rows in `memory`, with what was planted to be taken out. Time is the clock's and the processor's; memory is the most
 * that this process ever held, so that it says something where nothing else ran before.
 */
export async function benchRows(rows: number, memory: string): Promise<Record<string, number | string>[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'garner-rows-'));
  try {
    const file = join(scratch, 'metadata.parquet');
    await makeRows(rows, file, scratch);
    const started = performance.now();
    const spent = process.cpuUsage();
    const db = await openRelational({ scratch, memory, threads: 2 });
    try {
      const policy = {
        ...DEFAULT_SELECTION,
        balance: { perLanguage: 0, perLabel: Math.floor(rows / 2), maxNegativesPerPositive: 0.5 },
      };
      const result = await select(
        { files: [file] },
        policy,
        new Uint8Array(32),
        db,
        join(scratch, 'decisions.parquet'),
      );
      const { user, system } = process.cpuUsage(spent);
      const planted = Math.floor(Math.ceil(rows / LONG_EVERY) / COPY_EVERY);
      const name = `select, ${rows} rows in ${memory} and two threads`;
      return [
        { what: `${name}: seconds`, value: Math.round((performance.now() - started) / 1000), 'of processor': Math.round((user + system) / 1e6) }, // prettier-ignore
        { what: `${name}: peak memory of the process, MB`, value: Math.round(process.resourceUsage().maxRSS / 1024) },
        { what: `${name}: metadata, MB`, value: Math.round(statSync(file).size / 1e6) },
        {
          what: `${name}: near-duplicates found of those planted`,
          value: result.counts['near_duplicate'] ?? 0,
          planted,
        },
        { what: `${name}: kept, components`, value: result.counts['kept']!, components: result.components },
      ];
    } finally {
      await db.close();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Ids are hashes as in a run; a signature is 14 bands of 32 bytes, of which a copy shares twelve. */
async function makeRows(rows: number, file: string, scratch: string): Promise<void> {
  const db = await openRelational({ scratch, memory: '1GB', threads: 2 });
  const long = `i % ${LONG_EVERY} = 0`;
  const origin = `CASE WHEN (i // ${LONG_EVERY}) % ${COPY_EVERY} = ${COPY_EVERY - 1} THEN i - ${LONG_EVERY} ELSE i END`;
  const band = (at: number): string => `unhex(sha256('${at}/' || ${at < 12 ? 'origin' : 'i'}))`;
  const signature = `to_base64(${Array.from({ length: 14 }, (_, at) => band(at)).join(' || ')})`;
  const short = `to_base64(unhex(repeat('00', 448)))`;
  try {
    await db.run(`COPY (SELECT md5('e' || i) AS example, i % 3 > 0 AS label, 1000::INTEGER AS weight, 'accepted_censored' AS reason, i AS time,
        md5('u' || i % ${Math.max(1, Math.floor(rows / 40))}) AS contributor, md5('r' || i % ${Math.max(1, Math.floor(rows / 100))}) AS repository,
        md5('f' || i % ${Math.max(1, Math.floor(rows / 100))}) AS family, md5('c' || i) AS content, md5('s' || i) AS snippet,
        CASE WHEN ${long} THEN 60 ELSE 8 END::INTEGER AS lexemes, CASE WHEN ${long} THEN ${signature} ELSE ${short} END AS signature,
        'typescript' AS language, false AS contaminated, 300::BIGINT AS bytes
      FROM (SELECT i, ${origin} AS origin FROM range(${rows}) t(i)))
      TO '${file}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)`);
  } finally {
    await db.close();
  }
}
