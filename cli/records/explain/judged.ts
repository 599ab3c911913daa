/** Judges files of events in this process, without a server: the ledger row of every record, and the records again beside them. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Stage } from '../../../activities/run/stage.ts';
import type { CurateInput } from '../../../activities/types.ts';
import { judgeHere, storeSettings } from '../../../activities/whole.ts';
import { ConfigError } from '../../../config/document.ts';
import { BUILTIN_POLICY, parsePolicy } from '../../../config/policy.ts';
import { adapt } from '../../../curation/events/adapters.ts';
import { toCanonical } from '../../../curation/events/canonical.ts';
import type { CanonicalEvent } from '../../../curation/events/event.ts';
import { parseRecord } from '../../../curation/events/parse.ts';
import { RecordReader, type SourceRecord } from '../../../curation/events/records.ts';
import type { LedgerRow } from '../../../curation/stages/ledger.ts';
import { decode, StreamFault } from '../../../storage/decode.ts';
import { openStore } from '../../../storage/objects.ts';

export interface JudgeOptions {
  format: CurateInput['format'];
  facts?: string;
  policy?: string;
  /** Milliseconds since 1970-01-01 UTC. */
  now: number;
  keys?: string;
}

export interface JudgedFiles {
  stage: Stage;
  /** In the order of source and line. */
  rows: LedgerRow[];
}

/** Bytes of one shard: a file at hand is one. */
const SHARD_BYTES = 64 << 20;

/**
 * Judges files as a run would, under a folder of scratch that the caller removes. `name` tells apart several judgements under one
 * folder. @throws ConfigError, FactsError as a run does
 */
export async function judgeFiles(
  inputs: string[],
  name: string,
  options: JudgeOptions,
  scratch: string,
): Promise<JudgedFiles> {
  const out = join(scratch, 'out');
  const run = `run-${name}`;
  const file = options.policy ?? BUILTIN_POLICY;
  const text = readPolicy(file);
  const settings = { policy: { file, text }, access: null, local: true };
  const input: CurateInput = {
    ...{ run, out, inputs, format: options.format, facts: options.facts ?? null, window: null, plain: true },
    ...{ now: options.now, concurrency: 1, shardBytes: SHARD_BYTES, actor: userInfo().username },
    ...{ approval: 'automatic', purpose: parsePolicy(file, text).purpose, onFailure: 'fail' },
    settings: await storeSettings(out, run, settings, options.keys),
  };
  const judged = await judgeHere(input, { scratch, ...(options.keys === undefined ? {} : { keys: options.keys }) });
  const rows: LedgerRow[] = [];
  for (const ref of judged.settled.ledger) {
    for (const line of gunzipSync(await judged.stage.reader.read(ref, 0))
      .toString()
      .split('\n'))
      if (line !== '') rows.push(JSON.parse(line) as LedgerRow);
  }
  return { stage: judged.stage, rows };
}

/** The events of every record of the judged files, in the order of the plan; none for a record that cannot be read. */
export async function* recordsOf(
  stage: Stage,
): AsyncGenerator<{ source: string; line: number; events: CanonicalEvent[] }> {
  for (const source of stage.plan.sources) {
    const eventsOf = (record: SourceRecord | { line: number; reason: string }): CanonicalEvent[] => {
      const parsed = 'bytes' in record ? parseRecord(record.bytes, record.final) : null;
      if (!parsed?.ok || !('bytes' in record)) return [];
      const digest = createHash('sha256').update(record.bytes).digest('hex');
      const adapted = adapt(source.format, parsed.value, digest, stage.policy.adapters);
      const valid = adapted.kind === 'events' ? adapted.candidates.map((candidate) => toCanonical(candidate)) : [];
      return valid.flatMap((result) => (result.ok ? [result.event] : []));
    };
    const reader = new RecordReader();
    try {
      for await (const chunk of decode(openStore(source.store).read(source.key)))
        for (const record of reader.push(chunk))
          yield { source: source.name, line: record.line, events: eventsOf(record) };
      for (const record of reader.end()) yield { source: source.name, line: record.line, events: eventsOf(record) };
    } catch (error) {
      // What a broken stream held before it broke is not used: its one row says so.
      if (!(error instanceof StreamFault)) throw error;
    }
  }
}

/** The documents that records name for their requests: text without a path of its own is theirs. */
export class RequestDocuments {
  readonly #requests = new Map<string, string>();
  readonly #documents = new Map<string, { path: string; gitMode?: string }[]>();

  add(event: CanonicalEvent, stage: Stage): void {
    if (event.requestId !== undefined && !this.#requests.has(event.suggestionId))
      this.#requests.set(event.suggestionId, event.requestId);
    const { resolvedPath } = stage.rules.judgeEvent(event);
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

function readPolicy(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(file, undefined, '', `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
}
