/** Reads events of test data that stands beside the project. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode, StreamFault } from '../../../storage/decode.ts';
import { adapt, type FormatName } from '../../../curation/events/adapters.ts';
import { toCanonical } from '../../../curation/events/canonical.ts';
import { parseRecord } from '../../../curation/events/parse.ts';
import { RecordReader } from '../../../curation/events/records.ts';
import type { CanonicalEvent } from '../../../curation/events/event.ts';

export const SHARED = join(import.meta.dirname, '../../../../shared');
export const hasShared = existsSync(SHARED);
if (!hasShared) console.warn('SKIPPED: the shared test data is not beside the project');

export interface Row {
  line: number | null;
  reason?: string;
  rule?: string;
  events: CanonicalEvent[];
}

/** What becomes of each record of a file up to and with validation. */
export async function rowsOf(path: string, format: FormatName): Promise<Row[]> {
  const rows: Row[] = [];
  const reader = new RecordReader();
  try {
    for await (const piece of decode(once(readFileSync(path))))
      rows.push(...reader.push(piece).map((record) => rowOf(record, format)));
    rows.push(...reader.end().map((record) => rowOf(record, format)));
  } catch (error) {
    if (!(error instanceof StreamFault)) throw error;
    return [{ line: null, reason: error.reason, events: [] }];
  }
  return rows;
}

export function rowOf(record: ReturnType<RecordReader['push']>[number], format: FormatName): Row {
  const { line } = record;
  if ('reason' in record) return { line, reason: record.reason, events: [] };
  const parsed = parseRecord(record.bytes, record.final);
  if (!parsed.ok) return { line, reason: parsed.reason, rule: parsed.detail, events: [] };
  return { line, ...adaptedRow(parsed.value, format) };
}

export function adaptedRow(
  record: Record<string, unknown>,
  format: FormatName,
  options = { roots: [] as string[] },
): Omit<Row, 'line'> {
  const adapted = adapt(format, record, 'd'.repeat(64), options);
  if (adapted.kind === 'reason') return { reason: adapted.reason, rule: adapted.rule, events: [] };
  const events: CanonicalEvent[] = [];
  for (const candidate of adapted.candidates) {
    const valid = toCanonical(candidate);
    if (!valid.ok) return { reason: valid.reason, rule: valid.field, events: [] };
    events.push(valid.event);
  }
  return { events };
}

export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

export function filesIn(folder: string): string[] {
  return readdirSync(join(SHARED, folder)).sort();
}
