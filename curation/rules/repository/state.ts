/** What is known of one repository from a moment on, and the history that states and webhook deliveries fold into. */

export const VISIBILITIES = ['public', 'private', 'internal'] as const;
export type Visibility = (typeof VISIBILITIES)[number];

/** One state, in force from `since` (milliseconds since 1970-01-01 UTC) until the next one. */
export interface RepositoryState {
  host: string;
  /** Numeric id that the host gave; it outlives names. */
  id: number;
  /** Lower case, as in a RepositoryId. */
  owner: string;
  name: string;
  visibility: Visibility;
  since: number;
  /** Id of the repository it was forked from, on the same host; `unknown`: a fork whose parent no fact names. */
  forkOf?: number | 'unknown';
  /** SPDX expression. */
  license?: string;
  deleted: boolean;
  /** Folder inside the repository to the remote or `host/owner/name` of the submodule that lies there. */
  submodules?: Record<string, string>;
  /** File and line, e.g. `repositories.jsonl:7`. */
  source: string;
}

/** A webhook delivery: what its payload says of the repository; what a payload never carries comes from the state before. */
export interface RepositoryDelivery {
  host: string;
  id: number;
  owner: string;
  name: string;
  visibility: Visibility;
  /** When it was delivered; the payload holds no time of the change. */
  since: number;
  action: string;
  /** Tells a repeated delivery of one event from a second event: the delivery's id, or a digest of the payload. */
  event: string;
  /** Whether `event` is an id that the host gave. */
  identified: boolean;
  fork?: boolean;
  license?: string;
  source: string;
}

export type RepositoryFact =
  { kind: 'state'; state: RepositoryState } | { kind: 'delivery'; delivery: RepositoryDelivery };

/**
 * Folds the facts of one repository into its states, by `since`. The order of the facts and repeated lines make no difference; two
 * facts of the same moment that say different things both stand, and all of them must pass.
 *
 * A line of `repositories.jsonl` is a whole state. A delivery changes the state before it, and never for the better by accident:
 * - only `publicized` and `created` make a repository more visible; any other payload that says `public` after `private` is a late one;
 * - `publicized` means that it was private until then: an earlier state that said otherwise is not believed;
 * - a deletion ends only by `created` or by a whole state;
 * - the same event delivered again counts at its first delivery. Where deliveries carry no id, equal payloads are taken for one event,
 *   save those that restrict: they count each time, since a second privatisation may look like the first;
 * - a fork whose parent no state names has an unknown parent.
 */
export function foldHistory(facts: readonly RepositoryFact[]): RepositoryState[] {
  if (facts.length === 1 && facts[0]!.kind === 'state') return [facts[0]!.state];
  const entries = distinct(facts);
  const parent = knownParent(entries);
  const states: RepositoryState[] = [];
  for (const fact of entries) {
    if (fact.kind === 'state') {
      states.push(fact.state);
      continue;
    }
    const before = statesAt(states, fact.delivery.since);
    if (fact.delivery.action === 'publicized') {
      for (const state of before) {
        if (state.visibility !== 'public' || state.deleted || state.since === fact.delivery.since) continue;
        states[states.indexOf(state)] = { ...state, visibility: 'private', source: fact.delivery.source };
      }
    }
    states.push(apply(strictest(before), fact.delivery, parent));
  }
  return states;
}

/** Index of the last state whose `since` is at or before the time; -1 where none is. States are sorted by `since`. */
export function lastAt(states: readonly RepositoryState[], time: number): number {
  let low = 0;
  let high = states.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (states[middle]!.since <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The states in force at a time: none before the first, more than one where several facts name the same moment. */
export function statesAt(states: readonly RepositoryState[], time: number): RepositoryState[] {
  const last = lastAt(states, time);
  if (last < 0) return [];
  let first = last;
  while (first > 0 && states[first - 1]!.since === states[last]!.since) first--;
  return states.slice(first, last + 1);
}

const WIDENING = new Set(['publicized', 'created']);

function apply(
  before: RepositoryState | undefined,
  delivery: RepositoryDelivery,
  parent: number | undefined,
): RepositoryState {
  const widens = WIDENING.has(delivery.action);
  const state: RepositoryState = {
    host: delivery.host,
    id: delivery.id,
    owner: delivery.owner,
    name: delivery.name,
    visibility: before && !widens && before.visibility !== 'public' ? before.visibility : delivery.visibility,
    since: delivery.since,
    deleted: delivery.action === 'deleted' || (before?.deleted === true && delivery.action !== 'created'),
    source: delivery.source,
  };
  const forkOf =
    delivery.fork === false ? undefined : (before?.forkOf ?? (delivery.fork ? (parent ?? 'unknown') : undefined));
  if (forkOf !== undefined) state.forkOf = forkOf;
  const license = delivery.license ?? before?.license;
  if (license !== undefined) state.license = license;
  if (before?.submodules) state.submodules = before.submodules;
  return state;
}

function strictest(states: readonly RepositoryState[]): RepositoryState | undefined {
  return states.find((state) => state.deleted) ?? states.find((state) => state.visibility !== 'public') ?? states[0];
}

function knownParent(facts: readonly RepositoryFact[]): number | undefined {
  const parents = new Set<number>();
  for (const fact of facts) {
    if (fact.kind === 'state' && typeof fact.state.forkOf === 'number') parents.add(fact.state.forkOf);
  }
  return parents.size === 1 ? [...parents][0] : undefined;
}

function restricts(delivery: RepositoryDelivery): boolean {
  return delivery.visibility !== 'public' || delivery.action === 'deleted';
}

/** Sorted by time and content; repeated lines and repeated deliveries once, at the place and time they first stood. */
function distinct(facts: readonly RepositoryFact[]): RepositoryFact[] {
  const keyed = facts.map((fact) => ({ fact, since: sinceOf(fact), content: contentOf(fact), source: sourceOf(fact) }));
  keyed.sort((a, b) => a.since - b.since || compare(a.content, b.content) || compareSources(a.source, b.source));
  const seen = new Set<string>();
  const delivered = new Set<string>();
  const kept: RepositoryFact[] = [];
  for (const { fact, since, content } of keyed) {
    const key = `${since} ${content}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (fact.kind === 'delivery') {
      const again = delivered.has(fact.delivery.event);
      delivered.add(fact.delivery.event);
      if (again && (fact.delivery.identified || !restricts(fact.delivery))) continue;
    }
    kept.push(fact);
  }
  return kept;
}

function sinceOf(fact: RepositoryFact): number {
  return fact.kind === 'state' ? fact.state.since : fact.delivery.since;
}

function sourceOf(fact: RepositoryFact): string {
  return fact.kind === 'state' ? fact.state.source : fact.delivery.source;
}

/** Whole states sort before deliveries of the same moment, so that those change them. */
function contentOf(fact: RepositoryFact): string {
  if (fact.kind === 'delivery') return `1${fact.delivery.event} ${fact.delivery.action}`;
  const { submodules, source: _source, ...rest } = fact.state;
  return `0${JSON.stringify(Object.entries(rest).sort())}${JSON.stringify(Object.entries(submodules ?? {}).sort())}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** By file, then by line as a number. */
function compareSources(a: string, b: string): number {
  return a.length - b.length || compare(a, b);
}
