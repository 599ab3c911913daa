/** Why a segment or a user was judged so: every rule in its order, the one that decided, the facts it saw, and what would change it. */
import type { Reason, Verdict } from '../verdict.ts';
import { drop, outcomeOf, REASONS } from '../verdict.ts';
import type { ConsentFinding } from './consent.ts';
import type { ConsentState } from './facts.ts';
import { showInstant } from './facts/instant.ts';
import type { OriginFinding } from './origin.ts';
import type { RepositoryState } from './repository/state.ts';
import { statesAt } from './repository/state.ts';

export interface Step {
  rule: string;
  outcome: 'pass' | 'decided' | 'skipped';
  reason?: Reason;
  /** The line of policy or facts that decided. */
  source?: string;
  /** The facts that were looked at: state and since when. */
  facts?: string;
  /** What change would flip it. */
  flip?: string;
}

interface Link {
  rule: string;
  reasons: readonly Reason[];
  flip: string;
  /** Whether the step shows the repository's states. */
  shows?: 'repository' | 'remote';
}

const PATH_AS_WRITTEN = REASONS.slice(REASONS.indexOf('control_character'), REASONS.indexOf('path_too_long') + 1);

const ORIGIN_CHAIN: readonly Link[] = [
  {
    rule: 'path as written',
    reasons: PATH_AS_WRITTEN,
    flip: 'the producer writes the path relative to its repository, in plain form',
  },
  { rule: 'repository not erased', reasons: ['erased'], flip: 'nothing: an erasure is final' },
  {
    rule: 'repository named',
    reasons: ['no_repository'],
    flip: 'the event names the remote of its repository',
    shows: 'remote',
  },
  {
    rule: 'host known',
    reasons: ['unknown_host'],
    flip: 'repositories.hosts or hostAliases of the policy name exactly this host',
    shows: 'remote',
  },
  {
    rule: 'repository known at the event',
    reasons: ['unknown_repository'],
    flip: 'repositories.jsonl has a state of this name with a since at or before the event',
  },
  {
    rule: 'id and name agree',
    reasons: ['identity_mismatch'],
    flip: 'the facts give this id this name at the time of the event',
    shows: 'repository',
  },
  {
    rule: 'not deleted',
    reasons: ['repository_deleted'],
    flip: 'the facts have a later state that is not deleted',
    shows: 'repository',
  },
  {
    rule: 'public now',
    reasons: ['repository_private'],
    flip: 'the facts have a later state with visibility public',
    shows: 'repository',
  },
  {
    rule: 'public at the event',
    reasons: ['repository_was_private'],
    flip: 'nothing later: only an event after it became public can pass',
    shows: 'repository',
  },
  {
    rule: 'fork network public',
    reasons: ['private_network'],
    flip: 'every repository it was forked from is known, and public at the event and now',
    shows: 'repository',
  },
  {
    rule: 'owner not denied',
    reasons: ['owner_denied'],
    flip: 'repositories.owners.deny of the policy drops the owner',
  },
  {
    rule: 'owner not opted out',
    reasons: ['owner_opted_out'],
    flip: 'repositories.owners.optedOut of the policy drops the owner',
  },
  {
    rule: 'licence allowed',
    reasons: ['license_not_allowed'],
    flip: 'repositories.licenses.allow names the licence, or the facts give one that it names',
    shows: 'repository',
  },
  { rule: 'path resolvable', reasons: ['unresolvable_path'], flip: 'the event gives a path inside the repository' },
  { rule: 'one script a word', reasons: ['mixed_script_path'], flip: 'the path is spelled in letters of one script' },
  { rule: 'no symlink', reasons: ['symlink'], flip: 'the event gives the file that the link points to' },
  {
    rule: 'submodule public',
    reasons: ['submodule_private'],
    flip: 'the repository of the submodule passes every rule itself',
  },
  { rule: 'not vendored', reasons: ['vendored'], flip: 'ownership.vendored of the policy drops the pattern' },
  { rule: 'path not excluded', reasons: ['path_excluded'], flip: 'the pattern is dropped where it stands' },
  {
    rule: 'owners of the file not denied',
    reasons: ['codeowner_denied'],
    flip: 'CODEOWNERS names another owner, or ownership.deny drops this one',
  },
  { rule: 'every rule ran', reasons: ['rule_error'], flip: 'the rule that fails is mended' },
];

const CONSENT_CHAIN: readonly Link[] = [
  { rule: 'user known', reasons: ['unknown_user'], flip: 'consents.jsonl has a line of exactly this user id' },
  {
    rule: 'plan may train',
    reasons: ['plan_not_trainable'],
    flip: 'event and facts give a plan that consent.trainable names, at the event and now',
  },
  {
    rule: 'consent at the event',
    reasons: ['no_consent'],
    flip: 'nothing later: only an event after the user allowed training can pass',
  },
  { rule: 'consent now', reasons: ['consent_withdrawn'], flip: 'the user allows training again' },
  { rule: 'user not erased', reasons: ['erased'], flip: 'nothing: an erasure is final' },
  { rule: 'every rule ran', reasons: ['rule_error'], flip: 'the rule that fails is mended' },
];

/** The chain of one segment. Times in milliseconds since 1970-01-01 UTC. */
export function explainChain(finding: OriginFinding, time: number, now: number): Step[] {
  const states = finding.references.flatMap(({ repository }) => repository?.states ?? []);
  const remotes = finding.references.map(({ remote }) => (remote.ok ? remote.id : remote.reason));
  const repository = showStates(states, time, now);
  return chain(ORIGIN_CHAIN, finding.verdict, (link) =>
    link.shows === 'remote' ? remotes.join(', ') : link.shows === 'repository' ? repository : '',
  );
}

export function explainConsentChain({ verdict, used }: ConsentFinding): Step[] {
  const facts = used.map(showConsent).join('; ');
  return chain(CONSENT_CHAIN, verdict, () => facts);
}

/** What decides of a record whose clock runs ahead. */
export const SKEWED = drop('clock_skew', 'later than --now by more than 24 hours');
/** What decides of a piece of context that no file name stands above. */
export const UNSOURCED = drop('unresolvable_path', 'the piece has no known source');

export function explainSkew(now: number): { verdict: Verdict; steps: Step[] } {
  const facts = `now is ${showInstant(now)}`;
  return only(SKEWED, 'not from the future', facts, 'the clock of the producer is set, or --now is a later time');
}

export function explainUnsourced(): { verdict: Verdict; steps: Step[] } {
  return only(UNSOURCED, 'source known', '', 'the prompt names the file that the piece is quoted from');
}

/** A chain of the one rule that decides before there is anything else to ask. */
function only(verdict: Verdict, rule: string, facts: string, flip: string): { verdict: Verdict; steps: Step[] } {
  const step: Step = { rule, outcome: 'decided', flip, ...(facts !== '' && { facts }) };
  return { verdict, steps: [verdict.keep ? step : { ...step, reason: verdict.reason, source: verdict.rule }] };
}

/** Rules before the one that decided passed, later ones were not asked. A path that is wrong as written is found before all others. */
function chain(links: readonly Link[], verdict: Verdict, factsOf: (link: Link) => string): Step[] {
  const decided = verdict.keep ? -1 : links.findIndex((link) => link.reasons.includes(verdict.reason));
  return links.map((link, index) => {
    const outcome = index === decided ? 'decided' : decided < 0 || index < decided ? 'pass' : 'skipped';
    const step: Step = { rule: link.rule, outcome };
    const facts = outcome === 'skipped' ? '' : factsOf(link);
    if (facts !== '') step.facts = facts;
    if (outcome === 'decided' && !verdict.keep) {
      step.reason = verdict.reason;
      step.source = verdict.rule;
      step.flip = outcomeOf(verdict.reason) === 'rejected' ? `${link.flip} (${verdict.reason})` : link.flip;
    }
    return step;
  });
}

function showStates(states: readonly RepositoryState[], time: number, now: number): string {
  const sorted = [...new Set(states)].sort((a, b) => a.since - b.since);
  const show = (state: RepositoryState): string => {
    const network = state.forkOf === undefined ? '' : `, fork of ${state.forkOf}`;
    const license = state.license === undefined ? '' : `, ${state.license}`;
    const what = state.deleted ? 'deleted' : state.visibility;
    return `${state.owner}/${state.name} (${state.id}) ${what} since ${showInstant(state.since)}${network}${license} [${state.source}]`;
  };
  const inForce = (label: string, at: number): string[] => {
    const found = sorted.filter((state) =>
      statesAt(
        sorted.filter(({ id }) => id === state.id),
        at,
      ).includes(state),
    );
    return found.length > 0 ? [`${label}: ${found.map(show).join(', ')}`] : [];
  };
  return [...inForce('at the event', time), ...inForce('now', now)].join('; ');
}

function showConsent(state: ConsentState): string {
  return `plan ${state.plan}, training ${state.training} since ${showInstant(state.since)} [${state.source}]`;
}
