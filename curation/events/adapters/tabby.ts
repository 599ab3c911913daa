/** Tabby's event log, v1 and v2: completion, view, select, dismiss. */
import { AdaptedCandidate } from '../candidate.ts';
import { timeFromMs } from '../rfc3339.ts';
import { malformed, noFeedback, type About, type Adapted } from './adapted.ts';
import { FieldReader, isObject } from './fields.ts';
import { splitFim } from './fim.ts';
import { clientOf } from './place.ts';
import { takeQuotes, type Quote } from './quotes.ts';

/** Servers answer with one choice, or a handful; each becomes an event. */
const MOST_CHOICES = 64;

/** @param recordDigest sha256 of the record's bytes, hex */
export function adaptTabby(record: Record<string, unknown>, recordDigest: string): Adapted {
  const top = new FieldReader(record);
  const about: About = { id: recordDigest };
  const ms = top.number('ts') ?? top.refuse('ts');
  const event = top.object('event') ?? top.refuse('event');
  if (ms === undefined || event === undefined) return malformed(`tabby.${top.fault ?? 'event'}`, about);
  const made = timeFromMs(ms);
  if (!made.ok) return { kind: 'reason', reason: made.reason, rule: 'tabby.ts', about };
  about.time = made.time;
  const kinds = Object.keys(record['event'] as object);
  if (kinds.length !== 1) return malformed('tabby.event', about);
  const kind = kinds[0]!;
  const body = event.object(kind) ?? event.refuse(kind === 'completion' || OUTCOMES.has(kind) ? kind : '*');
  // In v1 the user stands within the completion.
  const user = top.filled('user') ?? (kind === 'completion' ? body?.filled('user') : undefined);
  if (user !== undefined) about.userId = user;
  const says = kind === 'completion' ? completion : OUTCOMES.get(kind);
  if (!says) return noFeedback('tabby.event: a kind that is no feedback', about);
  if (body === undefined) return malformed(`tabby.${top.fault}`, about);

  const request = body.needed('completion_id');
  const candidates = says(body).map(({ choice, ...said }) => ({
    id: recordDigest,
    time: made.time,
    suggestionId: `${request}#${choice}`,
    requestId: request,
    choiceIndex: choice,
    user: { id: user },
    client: clientOf(body.filled('user_agent'), 'tabby'),
    ...said,
  }));
  if (top.fault !== undefined) return malformed(`tabby.${top.fault}`, about);
  if (candidates.length === 0) return noFeedback('tabby.completion: no choices', about);
  if (candidates.length === 1) about.suggestionId = candidates[0]!.suggestionId;
  return { kind: 'events', candidates: candidates.map((candidate) => new AdaptedCandidate(candidate)) };
}

export function isTabby(record: Record<string, unknown>): boolean {
  return 'ts' in record && isObject(record['event']);
}

type Said = Record<string, unknown> & { choice: number };

const OUTCOMES: ReadonlyMap<string, (body: FieldReader) => Said[]> = new Map([
  ['view', (body: FieldReader) => [{ type: 'shown', ...choiceOf(body) }]],
  ['select', selected],
  ['dismiss', (body: FieldReader) => [{ type: 'rejected', displayedMs: body.number('elapsed'), ...choiceOf(body) }]],
]);

/** `kind: "line"` takes the first line only: a partial accept whose length the log does not say. */
function selected(body: FieldReader): Said[] {
  const kind = body.filled('kind');
  if (kind !== undefined && kind !== 'line') body.refuse('kind');
  const type = kind === 'line' ? 'partially_accepted' : 'accepted';
  return [{ type, displayedMs: body.number('elapsed'), ...choiceOf(body) }];
}

function choiceOf(body: FieldReader): { choice: number } {
  return { choice: body.number('choice_index') ?? 0 };
}

/** One event for each choice. The prompt stands on the first alone: it serves every suggestion of the request. */
function completion(body: FieldReader): Said[] {
  const segments = body.object('segments');
  const choices = body.objects('choices');
  if (choices.length > MOST_CHOICES) body.refuse('choices');
  const prompt = segments ? promptOf(segments) : renderedPromptOf(body.text('prompt'));
  const url = segments?.filled('git_url');
  const about = {
    type: 'generated',
    repository: url === undefined ? undefined : { url },
    document: { path: segments?.text('filepath'), language: body.text('language') },
  };
  const seen = new Set<number>();
  return choices.map((choice, index) => {
    const number = choice.number('index') ?? index;
    if (seen.has(number)) choice.refuse('index');
    seen.add(number);
    return { ...about, choice: number, completion: choice.text('text'), ...(index === 0 ? { prompt } : {}) };
  });
}

/** The clipboard comes from anywhere. A declaration without a repository of its own belongs to the document's. */
function promptOf(segments: FieldReader): Record<string, unknown> {
  const context: Quote[] = [];
  const clipboard = segments.filled('clipboard');
  for (const declaration of segments.objects('declarations')) context.push(snippetOf(declaration, 'body'));
  for (const changed of segments.objects('relevant_snippets_from_changed_files'))
    context.push(snippetOf(changed, 'content', 'body'));
  if (clipboard !== undefined) context.push({ text: clipboard, unsourced: true });
  return { prefix: segments.text('prefix'), suffix: segments.text('suffix'), context };
}

function snippetOf(snippet: FieldReader, ...names: string[]): Quote {
  const path = snippet.filled('filepath');
  const text = names.map((name) => snippet.text(name)).find((found) => found !== undefined) ?? '';
  return path === undefined ? { text, unsourced: true } : { path, text };
}

/** Without segments only the model's input is there: the document between sentinels, quotes of other files as comments before it. */
function renderedPromptOf(rendered: string | undefined): Record<string, unknown> | undefined {
  if (rendered === undefined) return undefined;
  const { prefix, suffix } = splitFim(rendered);
  const unquoted = takeQuotes(prefix, 'none');
  return { prefix: unquoted.prefix, suffix, context: unquoted.quotes };
}
