/** From a record of any known format to candidates for canonical events; and which format a source is in. */
import { firstReason } from '../verdict.ts';
import type { AdapterOptions, Adapted } from './adapters/adapted.ts';
import { adaptContinue, isContinue } from './adapters/continue.ts';
import { adaptCopilot, isCopilot } from './adapters/copilot.ts';
import { adaptGarner, isGarner } from './adapters/garner.ts';
import { adaptTabby, isTabby } from './adapters/tabby.ts';
import { parseTime } from './rfc3339.ts';

export type { About, AdapterOptions, Adapted } from './adapters/adapted.ts';

export type FormatName = 'garner' | 'copilot' | 'continue' | 'tabby';

/**
 * @param recordDigest sha256 of the record's bytes in hex: the id of events whose source has none
 */
export function adapt(
  format: FormatName,
  record: Record<string, unknown>,
  recordDigest: string,
  options: AdapterOptions,
): Adapted {
  const adapted = adaptAs(format, record, recordDigest, options);
  if (adapted.kind === 'events' || adapted.about.time === undefined) return adapted;
  // A wrong time comes before most of what an adapter can find.
  const time = parseTime(adapted.about.time);
  if (time.ok || firstReason(adapted.reason, time.reason) === adapted.reason) return adapted;
  return { ...adapted, reason: time.reason, rule: `${format}.time` };
}

function adaptAs(
  format: FormatName,
  record: Record<string, unknown>,
  recordDigest: string,
  options: AdapterOptions,
): Adapted {
  switch (format) {
    case 'garner':
      return adaptGarner(record);
    case 'copilot':
      return adaptCopilot(record, recordDigest);
    case 'continue':
      return adaptContinue(record, recordDigest, options);
    case 'tabby':
      return adaptTabby(record, recordDigest);
  }
}

const KINDS: readonly (readonly [FormatName, (record: Record<string, unknown>) => boolean])[] = [
  ['tabby', isTabby],
  ['copilot', isCopilot],
  ['garner', isGarner],
  ['continue', isContinue],
];

/**
 * The format of a source by its first records. Records of no known format are passed over.
 * @returns null where none is known, or where the records are of several formats
 */
export function detectFormat(first: Record<string, unknown>[]): FormatName | null {
  let format: FormatName | null = null;
  for (const record of first) {
    const found = KINDS.find(([, fits]) => fits(record))?.[0];
    if (found === undefined || found === format) continue;
    if (format !== null) return null;
    format = found;
  }
  return format;
}
