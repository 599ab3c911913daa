/** The canonical format itself: one record is one event. What its prefix quotes of other files becomes context, as in other formats. */
import type { Adapted } from './adapted.ts';
import { isObject } from './fields.ts';
import { takeQuotesBeside } from './quotes.ts';

export function adaptGarner(record: Record<string, unknown>): Adapted {
  const { prompt, document } = record;
  if (!isObject(prompt) || typeof prompt['prefix'] !== 'string') return { kind: 'events', candidates: [record] };
  const known = isObject(document) && typeof document['path'] === 'string' ? document['path'] : undefined;
  const { prefix, quotes } = takeQuotesBeside(prompt['prefix'], known);
  if (quotes.length === 0) return { kind: 'events', candidates: [{ ...record, prompt: { ...prompt, prefix } }] };
  const context: unknown = prompt['context'] ?? [];
  // A list of another shape is refused as it stands.
  if (!Array.isArray(context)) return { kind: 'events', candidates: [record] };
  // Without a path nobody knows where a quote is from, and the rules let none of it through.
  const pieces = quotes.map(({ path, text }) => (path === undefined ? { text } : { path, text }));
  return {
    kind: 'events',
    candidates: [{ ...record, prompt: { ...prompt, prefix, context: [...(context as unknown[]), ...pieces] } }],
  };
}

/** Names that only a canonical event bears together. */
export function isGarner(record: Record<string, unknown>): boolean {
  return typeof record['type'] === 'string' && typeof record['suggestionId'] === 'string';
}
