/** Suggestions across midnights: made, and looked for in the ledgers of windows. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { precedence, REASONS } from '../../../curation/verdict.ts';
import { filesUnder } from '../../command.ts';
import type { Site } from './site.ts';

/** Lines by the UTC day of their event; those without one are left out. */
export function byDay(lines: string[]): Map<string, string[]> {
  const days = new Map<string, string[]>();
  for (const line of lines) {
    const day = /"time":"(2026-\d\d-\d\d)T/.exec(line)?.[1];
    if (day) days.set(day, [...(days.get(day) ?? []), line]);
  }
  return days;
}

/** Events of some suggestions moved so that the first is half a second before midnight, in New York or in UTC, and others are after it. */
export function acrossMidnights(lines: string[], first: string, second: string): string[] {
  const times = new Map<string, number[]>();
  for (const line of lines) {
    const { suggestion, time } = placeOf(line);
    if (suggestion !== undefined && !Number.isNaN(time))
      times.set(suggestion, [...(times.get(suggestion) ?? []), time]);
  }
  const midnights = [Date.parse(`${second}T04:00:00Z`), Date.parse(`${second}T00:00:00Z`)];
  const moves = new Map<string, number>();
  for (const [suggestion, all] of times) {
    const [begin, end] = [Math.min(...all), Math.max(...all)];
    const isOfDay = [first, second].includes(new Date(begin).toISOString().slice(0, 10));
    if (moves.size < 40 && isOfDay && end - begin > 1_000 && end - begin < 15 * 60_000)
      moves.set(suggestion, midnights[moves.size % 2]! - 500 - begin);
  }
  return lines.map((line) => {
    const { suggestion, time } = placeOf(line);
    const by = moves.get(suggestion ?? '');
    return by === undefined ? line : line.replace(/"time":"[^"]+"/, `"time":"${new Date(time + by).toISOString()}"`);
  });
}

function placeOf(line: string): { suggestion: string | undefined; time: number } {
  const text = (field: string) => new RegExp(`"${field}":"([^"]+)"`).exec(line)?.[1];
  return { suggestion: text('suggestionId'), time: Date.parse(text('time') ?? '') };
}

/** Reasons that come before those of a suggestion. */
const NOT_COUNTED: readonly string[] = REASONS.slice(0, precedence('outside_window') + 1);

interface Row {
  source: string;
  line: number;
  outcome: string;
  reason: string;
}

/** The day in New York of a moment, four hours behind UTC in May. */
const dayThere = (time: number) => new Date(time - 4 * 3_600_000).toISOString().slice(0, 10);

/** The ledger of the run that issued a version: rows by file and line. */
async function ledgerOf(site: Site, version: string): Promise<Map<string, Row>> {
  const runs = readdirSync(site.path('out/runs'));
  const run = runs.find((name) => site.text(`out/runs/${name}/run.json`).includes(`"version": "${version}"`))!;
  const { stdout } = await site.start(['ledger', run, '--json', '--keys', site.keys, '--out', 'out']).ended;
  const rows = stdout.split('\n').flatMap((line) => (line ? [JSON.parse(line) as Row] : []));
  return new Map(rows.map((row) => [`${row.source.slice(site.path('days').length)}:${row.line}`, row]));
}

/**
 * Records that do not count in the window of their suggestion's first event, or count in another. Computed from the events alone; some
 * suggestions must lie across the end of a window, some in the folders of two days. A prompt may serve a suggestion of another window.
 */
export async function wrongWindows(site: Site, days: readonly string[], versions: string[]): Promise<string[]> {
  const all: { place: string; suggestion: string; time: number; folder: string; isPrompt: boolean }[] = [];
  for (const file of filesUnder(site.path('days')))
    for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
      const { suggestion, time } = placeOf(line);
      const place = `${file.slice(site.path('days').length)}:${index + 1}`;
      if (suggestion === undefined || Number.isNaN(time)) continue;
      const isPrompt = line.includes('"type":"generated"');
      all.push({ place, suggestion, time, folder: basename(dirname(file)), isPrompt });
    }
  const begun = new Map<string, { time: number; folder: string }>();
  for (const { suggestion, time, folder } of all)
    if (time < (begun.get(suggestion)?.time ?? Infinity)) begun.set(suggestion, { time, folder });
  const events = all.filter(({ isPrompt }) => !isPrompt);
  const windowOf = ({ suggestion }: { suggestion: string }) => dayThere(begun.get(suggestion)!.time);
  const across = events.filter((event) => dayThere(event.time) !== windowOf(event));
  const apart = events.filter(({ suggestion, folder }) => begun.get(suggestion)!.folder !== folder);
  console.log(
    `${across.length} events after the end of their suggestion's window, ${apart.length} in the folder of another day`,
  );
  if (across.length < 5 || apart.length < 5) return ['too few suggestions lie across midnights'];
  const ledgers = await Promise.all(versions.map((version) => ledgerOf(site, version)));
  return events.flatMap((event) =>
    ledgers.flatMap((ledger, index) => {
      const reason = ledger.get(event.place)?.reason ?? 'no row';
      // What is refused for its bytes, or stands there twice, is so in every window.
      const isOut = reason === 'no row' || NOT_COUNTED.includes(reason);
      const isIn = reason !== 'no row' && reason !== 'outside_window';
      const isRight = days[index] === windowOf(event) ? isIn : isOut;
      return isRight ? [] : [`${event.place} in the window of ${days[index]}: ${reason}`];
    }),
  );
}
