/** The canonical format itself: one record is one event. */
import type { Adapted } from './adapted.ts';

export function adaptGarner(record: Record<string, unknown>): Adapted {
  return { kind: 'events', candidates: [record] };
}

/** Names that only a canonical event bears together. */
export function isGarner(record: Record<string, unknown>): boolean {
  return typeof record['type'] === 'string' && typeof record['suggestionId'] === 'string';
}
