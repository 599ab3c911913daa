/** Continue's development data, 0.1.0 and 0.2.0: autocomplete, edits and chat. */
import { AdaptedCandidate } from '../candidate.ts';
import { timeFromMs } from '../rfc3339.ts';
import { malformed, noFeedback, timeless, type About, type AdapterOptions, type Adapted } from './adapted.ts';
import { FieldReader, isObject } from './fields.ts';
import { clientOf, relativePath, remoteOf } from './place.ts';
import { splitAtOwnHeader, takeQuotes, type Quote } from './quotes.ts';

type Said = {
  type: string | undefined;
  reason?: string;
  prompt?: Record<string, unknown>;
  completion?: string;
  path?: string;
};

const KINDS: ReadonlyMap<string, (fields: FieldReader, roots: readonly string[]) => Said> = new Map([
  ['autocomplete', autocomplete],
  ['editOutcome', editOutcome],
  ['chatFeedback', chatFeedback],
  ['nextEditOutcome', nextEditOutcome],
]);

/** @param recordDigest sha256 of the record's bytes, hex: the id, since one completion logs several outcomes */
export function adaptContinue(record: Record<string, unknown>, recordDigest: string, options: AdapterOptions): Adapted {
  const { name, data } = unwrapped(record);
  const fields = new FieldReader(data);
  const about: About = { id: recordDigest };
  const user = fields.filled('userId');
  if (user !== undefined) about.userId = user;
  const suggestionId = fields.filled('completionId');
  if (suggestionId !== undefined) about.suggestionId = suggestionId;
  // Only next edits log their time as a number.
  let time: unknown = data['timestamp'] ?? data['createdAt'] ?? undefined;
  if (typeof time === 'number' && name === 'nextEditOutcome') {
    const made = timeFromMs(time);
    if (!made.ok) return { kind: 'reason', reason: made.reason, rule: 'continue.timestamp', about };
    time = made.time;
  }
  if (typeof time !== 'string') return timeless(time, 'continue.timestamp', about);
  about.time = time;

  const says = KINDS.get(name);
  if (!says) return noFeedback('continue.eventName: a kind that is no feedback', about);
  const workspace = fields.filled('workspaceDirUri');
  const said = says(fields, workspace === undefined ? options.roots : [workspace, ...options.roots]);
  const repository = fields.filled('gitRepo');
  const { path, type, ...rest } = said;
  const candidate = {
    id: recordDigest,
    type,
    time,
    suggestionId: name === 'autocomplete' ? fields.needed('completionId') : (suggestionId ?? recordDigest),
    requestId: suggestionId,
    user: { id: user },
    client: clientOf(fields.filled('userAgent'), 'continue'),
    repository: repository === undefined ? undefined : { url: remoteOf(repository, options.continueHost) },
    document: { path },
    model: fields.filled('modelName') ?? fields.filled('modelTitle'),
    latencyMs: name === 'nextEditOutcome' ? fields.number('elapsed') : fields.number('time'),
    ...rest,
  };
  if (fields.fault !== undefined) return malformed(`continue.${fields.fault}`, about);
  if (type === undefined) return noFeedback(`continue.${name}: no outcome`, about);
  return { kind: 'events', candidates: [new AdaptedCandidate(candidate)] };
}

export function isContinue(record: Record<string, unknown>): boolean {
  const { name, data } = unwrapped(record);
  return (
    name !== '' &&
    (typeof data['timestamp'] === 'string' || 'createdAt' in data || typeof data['timestamp'] === 'number')
  );
}

/** Files hold the event itself; what is posted to a collector is wrapped as `{name, data, schema}`. 0.1.0 files name no kind. */
function unwrapped(record: Record<string, unknown>): { name: string; data: Record<string, unknown> } {
  if (typeof record['name'] === 'string' && isObject(record['data']))
    return { name: record['name'], data: record['data'] };
  if (typeof record['eventName'] === 'string') return { name: record['eventName'], data: record };
  const old = typeof record['completionId'] === 'string' || ('accepted' in record && 'completion' in record);
  return { name: old ? 'autocomplete' : 'generatedTokens' in record ? 'tokensGenerated' : '', data: record };
}

/** `accepted: false` is logged by Escape and by the timer alike; a later accept of the same completion stands. */
function outcomeOf(accepted: boolean | undefined): string | undefined {
  return accepted === undefined ? undefined : accepted ? 'accepted' : 'ignored';
}

function autocomplete(fields: FieldReader, roots: readonly string[]): Said {
  const path = pathOf(fields.text('filepath'), roots);
  const prefix = fields.text('prefix');
  const suffix = fields.text('suffix');
  const completion = fields.text('completion');
  return {
    // Logged without an outcome, it was displayed at the least.
    type: outcomeOf(fields.flag('accepted')) ?? 'shown',
    ...(prefix === undefined && suffix === undefined ? {} : { prompt: { ...ownText(prefix ?? '', path), suffix } }),
    ...(completion === undefined ? {} : { completion }),
    ...(path === undefined ? {} : { path }),
  };
}

/** The instruction is text of nobody's file. */
function editOutcome(fields: FieldReader, roots: readonly string[]): Said {
  const path = pathOf(fields.text('filepath'), roots);
  const prefix = fields.text('previousCode');
  const completion = fields.text('completion') ?? fields.text('newCode');
  const context = unsourced(fields.text('prompt'));
  return {
    type: outcomeOf(fields.flag('accepted')),
    ...(prefix === undefined && context.length === 0 ? {} : { prompt: { prefix, context } }),
    ...(completion === undefined ? {} : { completion }),
    ...(path === undefined ? {} : { path }),
  };
}

/** A conversation belongs to no file: the rules find no origin for it. */
function chatFeedback(fields: FieldReader): Said {
  const feedback = fields.flag('feedback');
  const completion = fields.text('completion');
  const context = unsourced(fields.text('prompt'));
  return {
    type: feedback === undefined ? undefined : feedback ? 'accepted' : 'rejected',
    ...(context.length === 0 ? {} : { prompt: { context } }),
    ...(completion === undefined ? {} : { completion }),
  };
}

/** `userEdits` are differences of any file the user had been in. */
function nextEditOutcome(fields: FieldReader, roots: readonly string[]): Said {
  const path = pathOf(fields.text('fileUri') ?? fields.text('filepath'), roots);
  const prefix = fields.text('originalEditableRange');
  const completion = fields.text('completion');
  const context = [...unsourced(editsOf(fields)), ...unsourced(fields.text('userExcerpts'))];
  const aborted = fields.flag('aborted') === true;
  const accepted = fields.flag('accepted');
  return {
    type: aborted && accepted !== true ? 'ignored' : (outcomeOf(accepted) ?? 'shown'),
    ...(aborted && accepted !== true ? { reason: 'cancelled' } : {}),
    ...(prefix === undefined && context.length === 0 ? {} : { prompt: { prefix, context } }),
    ...(completion === undefined ? {} : { completion }),
    ...(path === undefined ? {} : { path }),
  };
}

/** A text, or a list of them. */
function editsOf(fields: FieldReader): string | undefined {
  const edits = fields.value('userEdits');
  if (!Array.isArray(edits)) return fields.text('userEdits');
  return edits.every((edit) => typeof edit === 'string') ? edits.join('\n') : fields.refuse('userEdits');
}

function pathOf(path: string | undefined, roots: readonly string[]): string | undefined {
  return path === undefined ? undefined : relativePath(path, roots);
}

function unsourced(text: string | undefined): Quote[] {
  return text === undefined || text === '' ? [] : [{ text, unsourced: true }];
}

/**
 * The logged prefix is the rendered one: snippets of other files stand before the document, each under a header with the last parts of
 * its path, which is too little to judge it by. The document's own header comes last: `// Path: …`, or `+++++ …` in Codestral's template.
 */
function ownText(prefix: string, path: string | undefined): { prefix: string; context: Quote[] } {
  const plus = afterLastPlus(prefix);
  if (plus) return { prefix: plus.after, context: unsourced(plus.before.trim() === '' ? '' : plus.before) };
  const own = path === undefined ? null : splitAtOwnHeader(prefix, path);
  if (own) return { prefix: own.after, context: unsourced(own.before.trim() === '' ? '' : own.before) };
  const { prefix: rest, quotes } = takeQuotes(prefix, 'none');
  return { prefix: rest, context: quotes.map(({ text }) => ({ text, unsourced: true })) };
}

const PLUS = '+++++ ';

function afterLastPlus(prefix: string): { before: string; after: string } | null {
  const at = prefix.startsWith(PLUS) && !prefix.includes(`\n${PLUS}`) ? 0 : prefix.lastIndexOf(`\n${PLUS}`) + 1;
  if (!prefix.startsWith(PLUS, at)) return null;
  const feed = prefix.indexOf('\n', at);
  const after = feed < 0 ? '' : prefix.slice(feed + 1).replace(/^\s*\[PREFIX\]\n/, '');
  return { before: prefix.slice(0, at), after };
}
