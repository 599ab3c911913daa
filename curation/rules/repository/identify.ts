/** Which repository of the facts a remote means at a moment, and in which span of time that answer stays the same. */
import type { Facts } from '../facts.ts';
import type { Remote } from './remote.ts';
import { repositoryId } from './remote.ts';
import type { RepositoryState } from './state.ts';
import { lastAt, statesAt } from './state.ts';

export type KnownRemote = Extract<Remote, { ok: true }>;

/** A span of event times, `from` included and `until` not. Every history that is looked at narrows it. */
export class Span {
  from = -Infinity;
  until = Infinity;

  /** The states in force at `time`; the span shrinks to the times at which they are the ones. */
  at(states: readonly RepositoryState[], time: number): RepositoryState[] {
    const last = lastAt(states, time);
    if (last >= 0) this.from = Math.max(this.from, states[last]!.since);
    const next = states[last + 1];
    if (next) this.until = Math.min(this.until, next.since);
    return statesAt(states, time);
  }

  holds(time: number): boolean {
    return time >= this.from && time < this.until;
  }
}

/** One repository with its states in force at the event and now. */
export interface Resolved {
  numericId: number;
  then: RepositoryState[];
  now: RepositoryState[];
}

export type Identified =
  { ok: true; resolved: Resolved[] } | { ok: false; reason: 'unknown_repository' | 'identity_mismatch'; rule: string };

/**
 * The repositories that bore the remote's name at the event. With a numeric id, the one that bears both; where the facts say that the
 * name was another's or that the id had another name, `identity_mismatch`. A name that nobody bore then is unknown, though somebody
 * may have borne it before or since: a host's redirect from an old name ends as soon as the name is taken anew.
 * Several only where the facts contradict themselves; each of them must pass then. A deleted repository gives its name up.
 */
export function identify(
  remote: KnownRemote,
  numericId: number | undefined,
  facts: Facts,
  time: number,
  now: number,
  span: Span,
): Identified {
  const ever = facts.repositoriesByName(remote.id);
  const named: Resolved[] = [];
  for (const id of ever) {
    const history = facts.history(remote.host, id);
    const then = span.at(history, time);
    if (then.some((state) => bears(state, remote))) named.push({ numericId: id, then, now: statesAt(history, now) });
  }
  if (numericId !== undefined) {
    const both = named.find((candidate) => candidate.numericId === numericId);
    if (both) return { ok: true, resolved: [both] };
    const own = span.at(facts.history(remote.host, numericId), time);
    const other = named[0]?.then[0] ?? own[0];
    if (other) return { ok: false, reason: 'identity_mismatch', rule: other.source };
  } else if (named.length > 0) {
    const live = named.filter(({ then }) => !then.every((state) => state.deleted));
    return { ok: true, resolved: live.length > 0 ? live : named };
  }
  const rule =
    ever.length > 0
      ? 'repositories.jsonl: no repository bore that name at the event'
      : 'repositories.jsonl names no such repository';
  return { ok: false, reason: 'unknown_repository', rule };
}

function bears(state: RepositoryState, remote: KnownRemote): boolean {
  return state.name === remote.name && state.owner === remote.owner;
}

/** The names of a repository that rules may be written for: as the event spells it, at the event, and now. */
export function namesOf(remote: KnownRemote, resolved: readonly Resolved[]): ReturnType<typeof repositoryId>[] {
  const names = new Set([remote.id]);
  for (const { then, now } of resolved) {
    for (const state of [...then, ...now]) names.add(repositoryId(state.host, state.owner, state.name));
  }
  return [...names];
}
