/** Whose records a purpose may use: plans are named by its policy, and whether the choice about training binds it. */
import type { Plan } from '../../events/event.ts';
import type { ConsentState, Facts } from '../../rules/facts.ts';
import { inForce } from '../../rules/consent.ts';
import { drop, KEEP, type Reason, type Verdict } from '../../verdict.ts';

export interface PurposeConsent {
  plans: readonly Plan[];
  /** `required`: only users who allow training, at the event and now. */
  training: 'ignored' | 'required';
  /** Where it stands, e.g. `policy.yaml:3 consent`. */
  source: string;
}

/** Why an event that says its user's plan may not be used; also asked of events that leave the user to others of their suggestion. */
export function plannedOut(
  consent: PurposeConsent,
  plan: Plan | undefined,
): { reason: Reason; rule: string } | undefined {
  if (plan === undefined || consent.plans.includes(plan)) return undefined;
  return { reason: 'plan_not_allowed', rule: `${consent.source}: plan ${plan} of the event` };
}

/**
 * A user whom the facts do not name, or whose plan is not known at the event or now, is out: unknown is private. Of several plans in force
 * (the event's, the facts' then and now, those of ids that differ by letter case) every one must be allowed.
 */
export function judgePurposeConsent(
  consent: PurposeConsent,
  facts: Facts,
  now: number,
  user: { id?: string; plan?: Plan },
  time: number,
): Verdict {
  const { id, plan } = user;
  if (id === undefined || id === '') return drop('unknown_user', 'the event names no user');
  const planned = plannedOut(consent, plan);
  if (planned) return drop(planned.reason, planned.rule);
  const states = facts.consents(id);
  if (!states.some((state) => state.userId === id)) return drop('unknown_user', 'consents.jsonl names no such user');
  const then = inForce(states, time);
  const today = inForce(states, now);
  const barred = [...then, ...today].find((state) => !consent.plans.includes(state.plan));
  if (barred) return drop('plan_not_allowed', `${barred.source} plan ${barred.plan}`);
  const own = (state: ConsentState): boolean => state.userId === id;
  if (!today.some(own)) return drop('unknown_user', 'consents.jsonl: nothing is known of the user at --now');
  if (consent.training === 'required') {
    const refused = then.find((state) => state.training !== 'allowed');
    if (refused || !then.some(own)) return drop('no_consent', refused?.source ?? 'consents.jsonl: no choice was known');
    const withdrawn = today.find((state) => state.training !== 'allowed');
    if (withdrawn) return drop('consent_withdrawn', withdrawn.source);
  }
  if (facts.erased({ userId: id })) return drop('erased', 'erasures: the user');
  return KEEP;
}
