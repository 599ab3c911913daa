/** All rules, applied to every piece of text of an event by where that piece came from. */
import type { CanonicalEvent, ContextPiece, Plan, RepositoryReference } from '../events/event.ts';
import type { RawText } from '../text.ts';
import type { Reason, Verdict } from '../verdict.ts';
import { drop, KEEP, outcomeOf } from '../verdict.ts';
import type { ConsentPolicy } from './consent.ts';
import { compileConsent } from './consent.ts';
import type { Step } from './explain.ts';
import { explainChain, explainConsentChain, explainSkew, explainUnsourced, SKEWED, UNSOURCED } from './explain.ts';
import type { Facts } from './facts.ts';
import type { Origin, OriginFinding } from './origin.ts';
import { compileOrigin, distinctReferences, referencesOf } from './origin.ts';
import type { ExclusionRule } from './path/exclusion.ts';
import type { RepoPath } from './path/path.ts';
import type { Sourced } from './repository/owner.ts';
import { submoduleAt } from './repository/submodule.ts';
import type { RepositoryIdentity, RepositoryPolicy } from './repository/visibility.ts';
import { strictest } from './repository/visibility.ts';

export type { Step } from './explain.ts';
export type { Origin } from './origin.ts';
export type { Sourced } from './repository/owner.ts';

export interface RulePolicy {
  consent: ConsentPolicy;
  repositories: RepositoryPolicy;
  ownership: { deny: Sourced[]; vendored: Sourced[] };
  paths: { exclude: ExclusionRule[] };
  /** What becomes of the record when a context piece may not be used. */
  whenPieceGoes: 'strip' | 'exclude';
  /** What becomes of the record when a context piece is private: the completion may repeat it. */
  whenContextPrivate: 'strip' | 'exclude';
}

export interface EventJudgement {
  /** The record's: the first reason of clock, consent and document, and of context pieces where the policy says so. */
  verdict: Verdict;
  /** The record carries text but names no document path: its origin is judged without, and the path comes with its request. */
  pathPending: boolean;
  /** Of prefix, suffix, completion and captured code; keep for a record without text. */
  document: Verdict;
  /** One for each context piece, in order. */
  context: Verdict[];
  /** What the context demands of the record: verdicts of pieces that take it along under the policy. */
  demands: Verdict[];
  /** The document's path, normalised, where it could be. */
  resolvedPath?: RepoPath;
  /** The document's repository, where the facts know it. */
  repository?: RepositoryIdentity;
}

/** One segment of a record with the chain of rules that judged it. */
export interface SegmentChain {
  /** `time`, `consent`, `document` (prefix, suffix, completion, captured code), or `context[0]` and so on. */
  segment: string;
  /** Whose text it is, as far as the record says: the path as written, the repositories without credentials. */
  path?: string;
  repositories: string[];
  verdict: Verdict;
  steps: Step[];
}

export interface Rules {
  /** `time`, here and below: milliseconds since 1970-01-01 UTC of the event. */
  judgeConsent(userId: string | undefined, plan: Plan | undefined, time: number): Verdict;
  /** One segment. Without a path it is `unresolvable_path`. */
  judgeOrigin(origin: Origin, time: number): Verdict;
  /** A repository alone, whatever lies in it. */
  judgeRepository(reference: RepositoryReference, time: number): Verdict;
  judgeEvent(event: CanonicalEvent): EventJudgement;
  /** Every rule in the order in which they decide, for one segment; the reasons are those of `judgeOrigin`. */
  explainOrigin(origin: Origin, time: number): Step[];
  explainConsent(userId: string | undefined, plan: Plan | undefined, time: number): Step[];
  /**
   * The chain of every segment of a record: its clock where that decides, its user, and its text by origin. `documents`: those that
   * other records of its request name, for text that names none.
   */
  explainEvent(event: CanonicalEvent, documents?: readonly { path: string; gitMode?: string }[]): SegmentChain[];
  /** What is found of an origin: the verdict with the normalised path and the repository, e.g. for a record whose path came later. */
  findOrigin(origin: Origin, time: number): { verdict: Verdict; path?: RepoPath; identity?: RepositoryIdentity };
  /** Every name (`host/owner/name`) and id (`host#id`) of the repositories that an origin may belong to, submodules too. */
  repositoriesOf(origin: Origin, time: number): string[];
}

const DAY = 86_400_000;
/** Submodules inside submodules are followed this deep, as in judging. */
const MAX_SUBMODULES = 8;
/** An event may be this much later than now. */
export const CLOCK_TOLERANCE = DAY;

/** The one reason that does not make a piece private: its text is open to all, only not wanted. */
const NOT_PRIVATE: Reason = 'vendored';

/**
 * Compiles the policy and binds it to the facts as they stand at `now` (milliseconds since 1970-01-01 UTC). No method throws for any
 * event: a rule that fails gives `rule_error`. @throws PatternError for a pattern of the policy that cannot be used
 */
export function compileRules(policy: RulePolicy, facts: Facts, now: number): Rules {
  const consent = compileConsent(policy.consent, facts, now);
  const origins = compileOrigin(policy, facts, now);

  const judgeConsent: Rules['judgeConsent'] = (userId, plan, time) => {
    try {
      return consent(userId, plan, time).verdict;
    } catch {
      // The error may quote the user's id: only that a rule failed goes on.
      return drop('rule_error', 'consent');
    }
  };

  const judgePiece = (piece: ContextPiece, around: readonly RepositoryReference[], event: CanonicalEvent): Verdict => {
    if (piece.unsourced === true) return UNSOURCED;
    const own = piece.repository && referencesOf({ repository: piece.repository });
    const origin: Origin = piece.path === undefined ? {} : { path: piece.path };
    return origins.judge(own?.length ? own : around, origin, event.time).verdict;
  };

  return {
    judgeConsent,
    judgeOrigin: (origin, time) => origins.judge(referencesOf(origin), origin, time).verdict,
    judgeRepository: (reference, time) => origins.judge([reference], {}, time, true).verdict,
    findOrigin: (origin, time) => origins.judge(referencesOf(origin), origin, time),
    repositoriesOf(origin, time) {
      const found: string[] = [];
      const visit = (from: Origin, depth: number): void => {
        const path = from.path === undefined ? undefined : origins.normalise(from.path);
        for (const { repository } of origins.judge(referencesOf(from), from, time, true).references) {
          found.push(...(repository?.names ?? []));
          for (const state of repository?.states ?? []) {
            found.push(`${state.host}#${state.id}`);
            const inside = path?.ok && depth < MAX_SUBMODULES ? submoduleAt(state, path.path) : null;
            if (inside) visit({ repository: { url: inside.url }, path: inside.rest }, depth + 1);
          }
        }
      };
      visit(origin, 0);
      return found;
    },
    judgeEvent(event) {
      const skew = event.time > now + CLOCK_TOLERANCE ? SKEWED : KEEP;
      const user = judgeConsent(event.user.id, event.user.plan, event.time);
      if (!carriesText(event)) {
        const verdict = skew.keep ? user : skew;
        return { verdict, pathPending: false, document: KEEP, context: [], demands: [] };
      }
      const pathPending = event.document.path === undefined;
      const origin = documentOrigin(event);
      const references = referencesOf(origin);
      const document = origins.judge(references, origin, event.time, pathPending);
      const around = contextReferences(references, event.workspaceRepositories);
      const context = (event.prompt?.context ?? []).map((piece) => judgePiece(piece, around, event));
      const demands = contextDemands(context, policy);
      return {
        verdict: strictest([document.verdict, skew, user, ...demands]),
        pathPending,
        document: document.verdict,
        context,
        demands,
        ...(document.path !== undefined && { resolvedPath: document.path }),
        ...(document.identity && { repository: document.identity }),
      };
    },
    explainOrigin(origin, time) {
      const finding: OriginFinding = origins.judge(referencesOf(origin), origin, time);
      return explainChain(finding, time, now);
    },
    explainConsent: (userId, plan, time) => explainConsentChain(consent(userId, plan, time)),
    explainEvent(event, documents = []) {
      const user = consent(event.user.id, event.user.plan, event.time);
      const segments: SegmentChain[] = [];
      if (event.time > now + CLOCK_TOLERANCE) segments.push({ segment: 'time', repositories: [], ...explainSkew(now) });
      const steps = explainConsentChain(user);
      segments.push({ segment: 'consent', repositories: [], verdict: user.verdict, steps });
      if (!carriesText(event)) return segments;
      const written = documentOrigin(event);
      const references = referencesOf(written);
      const explain = (segment: string, around: readonly RepositoryReference[], origin: Origin): SegmentChain => {
        const finding = origins.judge(around, origin, event.time);
        return {
          segment,
          ...(origin.path !== undefined && { path: origin.path }),
          repositories: finding.references.flatMap(({ remote }) => (remote.ok ? [remote.id] : [])),
          verdict: finding.verdict,
          steps: explainChain(finding, event.time, now),
        };
      };
      const places = written.path === undefined && documents.length > 0 ? documents : [{}];
      for (const place of places) segments.push(explain('document', references, { ...written, ...place }));
      const around = contextReferences(references, event.workspaceRepositories);
      for (const [index, piece] of (event.prompt?.context ?? []).entries()) {
        const segment = `context[${index}]`;
        const own = piece.repository && referencesOf({ repository: piece.repository });
        segments.push(
          piece.unsourced === true
            ? { segment, repositories: [], ...explainUnsourced() }
            : explain(segment, own?.length ? own : around, piece.path === undefined ? {} : { path: piece.path }),
        );
      }
      return segments;
    },
  };
}

function carriesText(event: CanonicalEvent): boolean {
  const { prompt } = event;
  return (
    has(event.completion) ||
    has(event.capturedCode) ||
    (prompt !== undefined && (has(prompt.prefix) || has(prompt.suffix) || prompt.context.length > 0))
  );
}

function has(text: RawText | undefined): boolean {
  return text !== undefined && text.raw !== '';
}

function documentOrigin(event: CanonicalEvent): Origin {
  const origin: Origin = {};
  if (event.repository) origin.repository = event.repository;
  if (event.workspaceRepositories) origin.workspaceRepositories = event.workspaceRepositories;
  if (event.document.path !== undefined) origin.path = event.document.path;
  if (event.document.gitMode !== undefined) origin.gitMode = event.document.gitMode;
  return origin;
}

/** A piece that names no repository may come from the document's or from any folder that was open: each of them must pass. */
function contextReferences(
  references: readonly RepositoryReference[],
  workspace: readonly string[] | undefined,
): readonly RepositoryReference[] {
  if (!workspace || workspace.length === 0) return references;
  const others = workspace.filter((url) => url.trim() !== '').map((url) => ({ url }));
  return distinctReferences([...references, ...others]);
}

/** Whether a record goes with a piece of its context that goes for this reason. */
export function takesRecord(reason: Reason, policy: Pick<RulePolicy, 'whenPieceGoes' | 'whenContextPrivate'>): boolean {
  return policy.whenPieceGoes === 'exclude' || (policy.whenContextPrivate === 'exclude' && reason !== NOT_PRIVATE);
}

/** What the pieces demand of the record. A path that would reject a record only excludes it where it is a piece's. */
function contextDemands(context: readonly Verdict[], policy: RulePolicy): Verdict[] {
  const demands: Verdict[] = [];
  for (const verdict of context) {
    if (verdict.keep || !takesRecord(verdict.reason, policy)) continue;
    const reason = outcomeOf(verdict.reason) === 'rejected' ? 'unresolvable_path' : verdict.reason;
    demands.push(drop(reason, `context piece: ${verdict.rule}`));
  }
  return demands;
}
