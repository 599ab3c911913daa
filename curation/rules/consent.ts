/** Whether a user's data may train, at the event and now. */
import type { Plan } from '../events/event.ts';
import type { Verdict } from '../verdict.ts';
import { drop, KEEP } from '../verdict.ts';
import { BoundedCache } from './cache.ts';
import type { ConsentState, Facts } from './facts.ts';

export interface ConsentPolicy {
  trainable: Plan[];
  whenUnknown: 'exclude';
  /** Where it stands, e.g. `policy.yaml:3 consent`. */
  source: string;
}

/** Plans whose data never trains, whatever a policy says (Copilot's terms since 2026-04-24). */
export const NEVER_TRAINABLE: ReadonlySet<Plan> = new Set(['student', 'teacher', 'business', 'enterprise']);

const CACHED_USERS = 1 << 16;

export interface ConsentFinding {
  verdict: Verdict;
  /** States in force at the event and now, of the user and of namesakes but for letter case. */
  used: ConsentState[];
}

/**
 * Judges users against the facts. `plan` is the event's; of it and the facts' plans, at the event and now, the strictest counts.
 *
 * An id is matched exactly: only a fact with this very spelling can allow anything. Where the facts also hold ids that differ from it
 * by letter case alone, they may be the same person (hosts tell names apart without regard to case), so a plan or refusal of any of
 * them binds all.
 */
export function compileConsent(
  policy: ConsentPolicy,
  facts: Facts,
  now: number,
): (userId: string | undefined, plan: Plan | undefined, time: number) => ConsentFinding {
  const trainable = new Set(policy.trainable.filter((plan) => !NEVER_TRAINABLE.has(plan)));
  const known = new BoundedCache<string, readonly ConsentState[]>(CACHED_USERS);
  const statesOf = (userId: string): readonly ConsentState[] => {
    let states = known.get(userId);
    if (states === undefined) {
      states = facts.consents(userId);
      known.set(userId, states);
    }
    return states;
  };

  return (userId, plan, time) => {
    if (userId === undefined || userId === '')
      return { verdict: drop('unknown_user', 'the event names no user'), used: [] };
    const states = statesOf(userId);
    if (!states.some((state) => state.userId === userId)) {
      return { verdict: drop('unknown_user', 'consents.jsonl names no such user'), used: [] };
    }
    const then = inForce(states, time);
    const today = inForce(states, now);
    const used = [...new Set([...then, ...today])];
    if (plan !== undefined && !trainable.has(plan)) {
      return { verdict: drop('plan_not_trainable', `${policy.source}: plan ${plan} of the event`), used };
    }
    const barred = used.find((state) => !trainable.has(state.plan));
    if (barred) return { verdict: drop('plan_not_trainable', `${barred.source} plan ${barred.plan}`), used };
    const own = (state: ConsentState): boolean => state.userId === userId;
    if (!then.some(own))
      return { verdict: drop('no_consent', 'consents.jsonl: no choice was known at the event'), used };
    const refused = then.find((state) => state.training !== 'allowed');
    if (refused) return { verdict: drop('no_consent', refused.source), used };
    if (!today.some(own))
      return { verdict: drop('consent_withdrawn', 'consents.jsonl: no choice is known at --now'), used };
    const withdrawn = today.find((state) => state.training !== 'allowed');
    if (withdrawn) return { verdict: drop('consent_withdrawn', withdrawn.source), used };
    if (facts.erased({ userId })) return { verdict: drop('erased', 'erasures: the user'), used };
    return { verdict: KEEP, used };
  };
}

/** The plan that the facts knew the user to have then; undefined where they knew none, or two for the same moment. */
export function planAt(facts: Pick<Facts, 'consents'>, userId: string, time: number): Plan | undefined {
  const own = facts.consents(userId).filter((state) => state.userId === userId);
  const plans = new Set(inForce(own, time).map(({ plan }) => plan));
  return plans.size === 1 ? [...plans][0] : undefined;
}

/** For each spelling of the id its last states at the time; several where they name the same moment. States are sorted by `since`. */
export function inForce(states: readonly ConsentState[], time: number): ConsentState[] {
  if (states.length === 1) return states[0]!.since <= time ? [states[0]!] : [];
  const last = new Map<string, ConsentState[]>();
  for (const state of states) {
    if (state.since > time) break;
    const before = last.get(state.userId);
    if (before && before[0]!.since === state.since) before.push(state);
    else last.set(state.userId, [state]);
  }
  return [...last.values()].flat();
}
