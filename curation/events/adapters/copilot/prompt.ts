/** The prompt of a Copilot request, taken apart into the document and what it quotes. */
import { isObject } from '../fields.ts';
import { quotesOfEntry, takeQuotes, type Quote } from '../quotes.ts';
import { isUnreadable, type CopilotEvent, type Unreadable } from './event.ts';

/**
 * `promptJson` holds `{prefix, context}`, or the prefix alone; `promptSuffixJson` the suffix. The document's path is that of the first
 * `Path:` header of the prefix, else of a context entry that is only such a header; where there is neither it stays absent, and with it
 * the origin of the text.
 */
export function promptOf(event: CopilotEvent): Record<string, unknown> | Unreadable {
  const parsed = event.json('promptJson');
  const suffix = event.jsonText('promptSuffixJson');
  if (isUnreadable(suffix)) return suffix;
  if (parsed === undefined && suffix.text === undefined) return {};
  if (parsed !== undefined && !parsed.ok) return { reason: parsed.reason, rule: 'properties.promptJson' };
  const parts = partsOf(parsed?.value);
  if (parts === null) return { reason: 'schema', rule: 'properties.promptJson' };

  const unquoted = takeQuotes(parts.prefix, 'first');
  let path = unquoted.documentPath;
  const context: Quote[] = [];
  for (const entry of parts.context) {
    const quoted = quotesOfEntry(entry);
    path ??= quoted.documentPath;
    context.push(...quoted.quotes);
  }
  context.push(...unquoted.quotes);
  return {
    ...(path === undefined ? {} : { document: { path } }),
    prompt: { prefix: unquoted.prefix, suffix: suffix.text, context },
  };
}

function partsOf(value: unknown): { prefix: string; context: string[] } | null {
  if (value === undefined || value === null) return { prefix: '', context: [] };
  if (typeof value === 'string') return { prefix: value, context: [] };
  if (!isObject(value)) return null;
  const prefix = value['prefix'] ?? '';
  const context = value['context'] ?? [];
  if (typeof prefix !== 'string' || !Array.isArray(context)) return null;
  return context.every((entry) => typeof entry === 'string') ? { prefix, context } : null;
}
