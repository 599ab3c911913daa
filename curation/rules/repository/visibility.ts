/** Whether a repository may be used: public at the event and now, with all it was forked from, by owner and licence. */
import type { Verdict } from '../../verdict.ts';
import { drop, firstReason, KEEP } from '../../verdict.ts';
import type { Facts } from '../facts.ts';
import type { KnownRemote, Resolved } from './identify.ts';
import { identify, namesOf, Span } from './identify.ts';
import { compileLicenses } from './license.ts';
import type { OwnerTest, Sourced } from './owner.ts';
import { compileOwners } from './owner.ts';
import type { HostPolicy, RepositoryId } from './remote.ts';
import type { RepositoryState } from './state.ts';
import { statesAt } from './state.ts';

export interface RepositoryPolicy extends HostPolicy {
  visibility: 'public';
  owners: { deny: Sourced[]; optedOut: Sourced[] };
  licenses: { allow: 'any' | string[] };
  /** Where it stands, e.g. `policy.yaml:4 repositories`. */
  source: string;
}

/** What is found of one remote, for every event time within the span. */
export interface RepositoryFinding {
  verdict: Verdict;
  /** The repository as the event names it, where the facts know it; after a contradiction of the facts the first of several. */
  identity?: RepositoryIdentity;
  /** Names under which rules may be written for it. */
  names: RepositoryId[];
  /** States in force at the event and now. */
  states: RepositoryState[];
  span: Span;
}

export interface RepositoryIdentity {
  id: RepositoryId;
  numericId: number;
  /** Root of its fork network now: `github.com#42`. */
  family: string;
  owner: string;
  /** SPDX id or expression at --now, where the facts give one. */
  license?: string;
}

/** A longer chain of forks is not followed: it counts as unknown. */
const MAX_NETWORK = 1000;

export type RepositoryJudge = (remote: KnownRemote, numericId: number | undefined, time: number) => RepositoryFinding;

/** Compiles the policy's owners and licences and binds the facts. `now` in milliseconds since 1970-01-01 UTC. */
export function compileRepository(policy: RepositoryPolicy, facts: Facts, now: number): RepositoryJudge {
  const denied = compileOwners(policy.owners.deny);
  const optedOut = compileOwners(policy.owners.optedOut);
  const allow = policy.licenses.allow;
  const licensed = allow === 'any' ? () => true : compileLicenses(allow);

  const judgeOne = ({ then, now: today }: Resolved, remote: KnownRemote, time: number, span: Span): Verdict => {
    if (today.length === 0) return drop('unknown_repository', 'repositories.jsonl: nothing is known of it at --now');
    const states = [...then, ...today];
    const deleted = states.find((state) => state.deleted);
    if (deleted) return drop('repository_deleted', deleted.source);
    const hidden = today.find((state) => state.visibility !== 'public');
    if (hidden) return drop('repository_private', hidden.source);
    const wasHidden = then.find((state) => state.visibility !== 'public');
    if (wasHidden) return drop('repository_was_private', wasHidden.source);
    return (
      judgeNetwork(states, facts, time, now, span) ??
      judgeOwner('owner_denied', denied, remote, states) ??
      judgeOwner('owner_opted_out', optedOut, remote, states) ??
      judgeLicense(states, licensed, policy.source) ??
      KEEP
    );
  };

  return (remote, numericId, time) => {
    const span = new Span();
    const identified = identify(remote, numericId, facts, time, now, span);
    const resolved = identified.ok ? identified.resolved : [];
    const names = namesOf(remote, resolved);
    const states = [...new Set(resolved.flatMap(({ then, now: today }) => [...then, ...today]))];
    const finding = { names, states, span };
    if (names.some((repository) => facts.erased({ repository }))) {
      return { ...finding, verdict: drop('erased', 'erasures: the repository') };
    }
    if (!identified.ok) return { ...finding, verdict: drop(identified.reason, identified.rule) };
    const verdict = strictest(identified.resolved.map((one) => judgeOne(one, remote, time, span)));
    const first = identified.resolved[0]!;
    const { id, owner, host } = remote;
    const family = `${host}#${familyOf(host, first.numericId, facts, now)}`;
    const license = first.now.at(-1)?.license;
    return {
      ...finding,
      verdict,
      identity: { id, numericId: first.numericId, family, owner, ...(license === undefined ? {} : { license }) },
    };
  };
}

/** Of several verdicts the one whose reason stands first in the order of precedence; keep only where all keep. */
export function strictest(verdicts: readonly Verdict[]): Verdict {
  let found: Verdict = KEEP;
  for (const verdict of verdicts) {
    if (verdict.keep) continue;
    if (
      found.keep ||
      (verdict.reason !== found.reason && firstReason(verdict.reason, found.reason) === verdict.reason)
    ) {
      found = verdict;
    }
  }
  return found;
}

/** Every repository above, by the forks known at the event and now, must be known and public at both; a circle ends where it closes. */
function judgeNetwork(
  states: readonly RepositoryState[],
  facts: Facts,
  time: number,
  now: number,
  span: Span,
): Verdict | null {
  if (states.every((state) => state.forkOf === undefined)) return null;
  const seen = new Set<number>();
  const open = [...states];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const parent = state.forkOf;
    if (parent === undefined) continue;
    if (parent === 'unknown') return drop('private_network', `${state.source}: a fork whose parent is unknown`);
    if (seen.has(parent)) continue;
    seen.add(parent);
    const history = facts.history(state.host, parent);
    const then = span.at(history, time);
    const today = statesAt(history, now);
    if (then.length === 0 || today.length === 0 || seen.size > MAX_NETWORK) {
      return drop('private_network', `${state.source}: forkOf names a repository that is unknown`);
    }
    const hidden = [...today, ...then].find((ancestor) => ancestor.visibility !== 'public' || ancestor.deleted);
    if (hidden) return drop('private_network', hidden.source);
    open.push(...then, ...today);
  }
  return null;
}

function judgeOwner(
  reason: 'owner_denied' | 'owner_opted_out',
  test: OwnerTest,
  remote: KnownRemote,
  states: readonly RepositoryState[],
): Verdict | null {
  for (const owner of new Set([remote.owner, ...states.map((state) => state.owner)])) {
    const found = test(remote.host, owner);
    if (found) return drop(reason, `${found.source} ${JSON.stringify(found.value)}`);
  }
  return null;
}

function judgeLicense(
  states: readonly RepositoryState[],
  licensed: (expression: string | undefined) => boolean,
  source: string,
): Verdict | null {
  const bad = states.find((state) => !licensed(state.license));
  return bad ? drop('license_not_allowed', `${source}.licenses.allow: ${bad.source} license`) : null;
}

/** The id at the root of the forks known now; of a circle its smallest id, so that all its members agree. */
function familyOf(host: string, numericId: number, facts: Facts, now: number): number {
  const chain = [numericId];
  for (;;) {
    const parents = statesAt(facts.history(host, chain[chain.length - 1]!), now)
      .map((state) => state.forkOf)
      .filter((parent) => typeof parent === 'number');
    if (parents.length === 0 || chain.length > MAX_NETWORK) return chain[chain.length - 1]!;
    const parent = Math.min(...parents);
    const circle = chain.indexOf(parent);
    if (circle >= 0) return Math.min(...chain.slice(circle));
    chain.push(parent);
  }
}
