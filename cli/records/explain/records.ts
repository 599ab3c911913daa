/** Records read again from their sources, each with the chain of every segment. */
import { createHash } from 'node:crypto';
import type { PlannedSource } from '../../../activities/plan/pinned.ts';
import type { Policy } from '../../../config/policy.ts';
import { adapt } from '../../../curation/events/adapters.ts';
import { toCanonical } from '../../../curation/events/canonical.ts';
import type { CanonicalEvent } from '../../../curation/events/event.ts';
import { parseRecord } from '../../../curation/events/parse.ts';
import { RecordReader, type SourceRecord } from '../../../curation/events/records.ts';
import { takesRecord, type RulePolicy, type Rules } from '../../../curation/rules/judge.ts';
import { decode, StreamFault } from '../../../storage/decode.ts';
import { openStore } from '../../../storage/objects.ts';
import type { ExplainedSegment } from './print.ts';

/** By what records are judged: a stage, or what a finished run kept. */
export interface Judgement {
  policy: Policy;
  rules: Rules;
}

export interface ReadRecord {
  source: string;
  line: number;
  /** None where it cannot be read. */
  events: CanonicalEvent[];
}

/** Every record of the sources, in their order. */
export async function* recordsOf(
  sources: readonly PlannedSource[],
  { policy }: Pick<Judgement, 'policy'>,
): AsyncGenerator<ReadRecord> {
  for (const source of sources) {
    const read = (record: SourceRecord | { line: number; reason: string }): ReadRecord => ({
      ...{ source: source.name, line: record.line },
      events: eventsOf(record, source, policy),
    });
    const reader = new RecordReader();
    try {
      for await (const chunk of decode(openStore(source.store).read(source.key)))
        for (const record of reader.push(chunk)) yield read(record);
      for (const record of reader.end()) yield read(record);
    } catch (error) {
      // What a broken stream held before it broke is not used: its one row says so.
      if (!(error instanceof StreamFault)) throw error;
    }
  }
}

function eventsOf(
  record: SourceRecord | { line: number; reason: string },
  { format }: PlannedSource,
  { adapters }: Policy,
): CanonicalEvent[] {
  const parsed = 'bytes' in record ? parseRecord(record.bytes, record.final) : null;
  if (!parsed?.ok || !('bytes' in record)) return [];
  const digest = createHash('sha256').update(record.bytes).digest('hex');
  const adapted = adapt(format, parsed.value, digest, adapters);
  const valid = adapted.kind === 'events' ? adapted.candidates.map((candidate) => toCanonical(candidate)) : [];
  return valid.flatMap((result) => (result.ok ? [result.event] : []));
}

/** The segments of a record, and what becomes of each. */
export function explainRecord(
  { events }: ReadRecord,
  { rules, policy }: Judgement,
  documents: RequestDocuments,
): ExplainedSegment[] {
  return events
    .flatMap((event) => rules.explainEvent(event, documents.of(event)))
    .map((chain) => ({ ...chain, outcome: outcomeIn(chain, policy.rules) }));
}

/** A piece of context goes alone, unless the policy says that the record goes with it. */
function outcomeIn(
  { segment, verdict }: Omit<ExplainedSegment, 'outcome'>,
  policy: RulePolicy,
): ExplainedSegment['outcome'] {
  if (verdict.keep) return 'kept';
  if (!segment.startsWith('context')) return 'out';
  return takesRecord(verdict.reason, policy) ? 'out' : 'stripped';
}

/** The documents that records name for their requests: text without a path of its own is theirs. */
export class RequestDocuments {
  readonly #requests = new Map<string, string>();
  readonly #documents = new Map<string, { path: string; gitMode?: string }[]>();

  add(event: CanonicalEvent, { rules }: Pick<Judgement, 'rules'>): void {
    if (event.requestId !== undefined && !this.#requests.has(event.suggestionId))
      this.#requests.set(event.suggestionId, event.requestId);
    const { resolvedPath } = rules.judgeEvent(event);
    if (resolvedPath === undefined) return;
    const key = event.requestId ?? event.suggestionId;
    const known = this.#documents.get(key) ?? [];
    if (known.some(({ path, gitMode }) => path === resolvedPath && gitMode === event.document.gitMode)) return;
    const { gitMode } = event.document;
    this.#documents.set(key, [...known, { path: resolvedPath, ...(gitMode !== undefined && { gitMode }) }]);
  }

  of({ requestId, suggestionId }: CanonicalEvent): { path: string; gitMode?: string }[] {
    const request = requestId ?? this.#requests.get(suggestionId) ?? suggestionId;
    return [
      ...(this.#documents.get(request) ?? []),
      ...(request === suggestionId ? [] : (this.#documents.get(suggestionId) ?? [])),
    ];
  }
}
