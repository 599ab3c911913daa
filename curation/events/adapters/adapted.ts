/** What an adapter is told, and what it makes of a record. */
import type { Reason } from '../../verdict.ts';

export interface AdapterOptions {
  /** Policy `adapters.continue.host`: the host of remotes that Continue logs without one. */
  continueHost?: string;
  /** Policy `paths.roots`: folders, as absolute paths or `file:` URIs, below which a path is relative to its repository. */
  roots: string[];
}

/** What is known of a record that becomes no event. */
export interface About {
  id?: string;
  userId?: string;
  time?: string;
  suggestionId?: string;
}

/**
 * Candidates still have to pass `toCanonical`. All candidates of a record share its requestId; the record has one outcome.
 * `rule` names the field or kind that decided, never a value of the record.
 */
export type Adapted =
  | { kind: 'events'; candidates: Record<string, unknown>[] }
  | { kind: 'reason'; reason: Reason; rule: string; about: About };

/** The answer for a record one of whose fields has the wrong shape. */
export function malformed(rule: string, about: About): Adapted {
  return { kind: 'reason', reason: 'schema', rule, about };
}

/** The answer for a record that says nothing of what a user did with a suggestion. */
export function noFeedback(rule: string, about: About): Adapted {
  return { kind: 'reason', reason: 'not_feedback', rule, about };
}

/** The answer for a record whose time is absent or no text. */
export function timeless(time: unknown, rule: string, about: About): Adapted {
  const absent = time === undefined || time === null;
  return { kind: 'reason', reason: absent ? 'schema' : 'timestamp_not_rfc3339', rule, about };
}
