/** From a candidate, written by a producer or made by an adapter, to a canonical event that needs no further checks of shape. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { raw } from '../text.ts';
import type { Reason } from '../verdict.ts';
import { AdaptedCandidate } from './candidate.ts';
import type { CanonicalEvent, EventType, Plan, RepositoryReference } from './event.ts';
import { parseTime } from './rfc3339.ts';
import { EVENT_SCHEMA } from './schema.ts';

/**
 * `content`: two records say the same exactly where their contents are equal. It is the JSON of all known fields in one order, numbers and
 * times normalised, absent fields absent, with each text's length in its place, then the texts one after another: text is most of an event,
 * and escaping it would cost more than parsing the record. It holds user text.
 * `field`: which field is wrong, such as `prompt.context[2].text`; never its value.
 */
export type Validated =
  { ok: true; event: CanonicalEvent; content: string } | { ok: false; reason: Reason; field: string };

// The time is parsed before the schema is asked, by stricter rules than a format's.
const ajv = new Ajv({ allowUnionTypes: true, formats: { 'date-time': true } });
const validProduced: ValidateFunction = ajv.compile(EVENT_SCHEMA);
const validAdapted: ValidateFunction = ajv.compile(withoutUser());

const DURATIONS = ['displayedMs', 'latencyMs', 'afterSeconds'] as const;

/**
 * Reasons in the contract's order: timestamp_not_rfc3339, invalid_date, timestamp_out_of_range, negative_duration, schema. A time that is
 * absent or null is a required field that is missing: schema. Unknown fields are dropped.
 */
export function toCanonical(candidate: Record<string, unknown>): Validated {
  let at = 0;
  if (candidate['time'] !== undefined && candidate['time'] !== null) {
    const time = parseTime(candidate['time']);
    if (!time.ok) return { ok: false, reason: time.reason, field: 'time' };
    at = time.at;
  }
  for (const field of DURATIONS) {
    const value = candidate[field];
    if (typeof value === 'number' && value < 0) return { ok: false, reason: 'negative_duration', field };
  }
  const adapted = candidate instanceof AdaptedCandidate;
  const valid = adapted ? validAdapted : validProduced;
  if (!valid(candidate)) return { ok: false, reason: 'schema', field: fieldOf(valid.errors) };
  const texts: string[] = [];
  const outline = outlineOf(candidate as unknown as Fields, at, adapted, texts);
  return { ok: true, event: eventOf(outline, texts), content: JSON.stringify(outline) + texts.join('') };
}

type Optional<T> = T | null | undefined;

/** What the schema guarantees, nulls included. */
interface Fields {
  id: string;
  type: EventType;
  suggestionId: string;
  user?: Optional<{ id?: Optional<string>; deviceId?: Optional<string>; plan?: Optional<Plan> }>;
  client?: Optional<Record<'ide' | 'ideVersion' | 'extension' | 'extensionVersion', Optional<string>>>;
  repository?: Optional<RepositoryFields>;
  workspaceRepositories?: Optional<string[]>;
  document?: Optional<Record<'path' | 'language' | 'gitMode', Optional<string>>>;
  prompt?: Optional<{ prefix?: Optional<string>; suffix?: Optional<string>; context?: Optional<PieceFields[]> }>;
  completion?: Optional<string>;
  requestId?: Optional<string>;
  model?: Optional<string>;
  strategy?: Optional<string>;
  reason?: Optional<NonNullable<CanonicalEvent['reason']>>;
  capturedCode?: Optional<string>;
  choiceIndex?: Optional<number>;
  position?: Optional<number>;
  latencyMs?: Optional<number>;
  displayProbability?: Optional<number>;
  displayedMs?: Optional<number>;
  acceptedLength?: Optional<number>;
  typedShare?: Optional<number>;
  capturedFrom?: Optional<number>;
  capturedTo?: Optional<number>;
  afterSeconds?: Optional<number>;
  editDistance?: Optional<number>;
  typingDisagreed?: Optional<boolean>;
  branchChanged?: Optional<boolean>;
}
interface RepositoryFields {
  url?: Optional<string>;
  id?: Optional<number>;
}
interface PieceFields {
  path?: Optional<string>;
  repository?: Optional<RepositoryFields>;
  text: string;
  unsourced?: unknown;
}

/** The event in the order of `content`, its texts moved to `texts` and their lengths left behind; absent fields are undefined. */
function outlineOf(fields: Fields, at: number, adapted: boolean, texts: string[]) {
  const { user, client, document } = fields;
  return {
    id: fields.id,
    type: fields.type,
    time: at,
    suggestionId: fields.suggestionId,
    requestId: fields.requestId ?? undefined,
    choiceIndex: number(fields.choiceIndex),
    user: { id: user?.id ?? undefined, deviceId: user?.deviceId ?? undefined, plan: user?.plan ?? undefined },
    client: {
      ide: client?.ide ?? undefined,
      ideVersion: client?.ideVersion ?? undefined,
      extension: client?.extension ?? undefined,
      extensionVersion: client?.extensionVersion ?? undefined,
    },
    repository: repositoryOf(fields.repository),
    workspaceRepositories: fields.workspaceRepositories ?? undefined,
    document: {
      path: document?.path ?? undefined,
      language: document?.language ?? undefined,
      gitMode: document?.gitMode ?? undefined,
    },
    position: number(fields.position),
    prompt: promptOf(fields.prompt, adapted, texts),
    completion: moved(fields.completion, texts),
    model: fields.model ?? undefined,
    strategy: fields.strategy ?? undefined,
    latencyMs: number(fields.latencyMs),
    displayProbability: number(fields.displayProbability),
    displayedMs: number(fields.displayedMs),
    acceptedLength: number(fields.acceptedLength),
    typedShare: number(fields.typedShare),
    typingDisagreed: fields.typingDisagreed ?? undefined,
    reason: fields.reason ?? undefined,
    capturedCode: moved(fields.capturedCode, texts),
    capturedFrom: number(fields.capturedFrom),
    capturedTo: number(fields.capturedTo),
    afterSeconds: number(fields.afterSeconds),
    editDistance: number(fields.editDistance),
    branchChanged: fields.branchChanged ?? undefined,
  };
}

type Outline = ReturnType<typeof outlineOf>;

function promptOf(prompt: Fields['prompt'], adapted: boolean, texts: string[]) {
  if (!prompt) return undefined;
  return {
    prefix: moved(prompt.prefix, texts),
    suffix: moved(prompt.suffix, texts),
    context: (prompt.context ?? []).map((piece) => ({
      path: piece.path ?? undefined,
      repository: repositoryOf(piece.repository),
      text: moved(piece.text, texts)!,
      unsourced: adapted && piece.unsourced === true ? true : undefined,
    })),
  };
}

function moved(text: Optional<string>, texts: string[]): number | undefined {
  if (text === null || text === undefined) return undefined;
  texts.push(text);
  return text.length;
}

/** A reference that names nothing is none. */
function repositoryOf(repository: Optional<RepositoryFields>): RepositoryReference | undefined {
  if (!repository) return undefined;
  const url = repository.url ?? undefined;
  const id = number(repository.id);
  if (url === undefined && id === undefined) return undefined;
  return { ...(url === undefined ? {} : { url }), ...(id === undefined ? {} : { id }) };
}

/** -0 is 0. */
function number(value: Optional<number>): number | undefined {
  return value === null || value === undefined ? undefined : value === 0 ? 0 : value;
}

/** Takes the texts back in the order in which they were moved. */
function eventOf(outline: Outline, texts: readonly string[]): CanonicalEvent {
  const event = present(outline);
  event['user'] = present(outline.user);
  event['client'] = present(outline.client);
  event['document'] = present(outline.document);
  let next = 0;
  const text = (length: number | undefined) => (length === undefined ? undefined : raw(texts[next++]!));
  if (outline.prompt) {
    const { prefix, suffix, context } = outline.prompt;
    event['prompt'] = present({
      prefix: text(prefix),
      suffix: text(suffix),
      context: context.map((piece) => present({ ...piece, text: text(piece.text) })),
    });
  }
  if (outline.completion !== undefined) event['completion'] = text(outline.completion);
  if (outline.capturedCode !== undefined) event['capturedCode'] = text(outline.capturedCode);
  return event as unknown as CanonicalEvent;
}

function present(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const field in fields) if (fields[field] !== undefined) kept[field] = fields[field];
  return kept;
}

/** `/prompt/context/2/text` → `prompt.context[2].text`. Only names of the schema and indexes can stand in it. */
function fieldOf(errors: ErrorObject[] | null | undefined): string {
  const error = errors?.[0];
  if (!error) return 'event';
  const missing = error.keyword === 'required' ? `/${String(error.params['missingProperty'])}` : '';
  const field = `${error.instancePath}${missing}`
    .slice(1)
    .replace(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.');
  return field || 'event';
}

/** Sources of other formats may leave the user to another record of the suggestion. */
function withoutUser(): object {
  const { user } = EVENT_SCHEMA.properties;
  return {
    ...EVENT_SCHEMA,
    $id: `${EVENT_SCHEMA.$id}:adapted`,
    required: EVENT_SCHEMA.required.filter((field) => field !== 'user'),
    properties: {
      ...EVENT_SCHEMA.properties,
      user: {
        type: ['object', 'null'],
        properties: { ...user.properties, id: { type: ['string', 'null'], minLength: 1 } },
      },
    },
  };
}
