/** The plan by which an evaluation tells figures apart: the event's word, or what the facts knew at the event. */
import { describe, expect, it } from 'vitest';
import { loadBuiltinRules } from '../../../config/redaction.ts';
import { MeasureAdmission } from '../../../curation/measurement/rows/admission.ts';
import type { OutcomeEvent } from '../../../curation/measurement/rows/event.ts';
import { MEASURED_PURPOSES, type MeasuredPurpose } from '../../../curation/measurement/rows/field.ts';
import { joinOutcomes } from '../../../curation/measurement/rows/join.ts';
import { createRedactor } from '../../../curation/redaction/redactor.ts';
import { PLANS } from '../../../curation/events/event.ts';
import { planAt } from '../../../curation/rules/consent.ts';
import { buildFacts } from '../../../curation/rules/facts.ts';
import { consentLine, EVENT_TIME, NOW, rulesOf } from '../rules/world.ts';

const redactor = createRedactor(loadBuiltinRules());
const since = '2026-05-02T00:00:00Z';
const factsOf = (...consents: string[]) => buildFacts([{ name: 'consents.jsonl', text: consents.join('\n') }]);

/** The plan of the one suggestion whose events say these plans, in this order. */
function planOf(said: (string | undefined)[], consents: string[], purpose: MeasuredPurpose = 'product-evaluation') {
  const events: OutcomeEvent[] = [];
  const key = new Uint8Array(32).fill(1);
  const admission = new MeasureAdmission(
    {
      ...{ purpose, facts: factsOf(...consents), rules: rulesOf({ consents }), redactor, adapter: { roots: [] }, now: NOW },
      ...{ joinKey: key, pseudonymKey: key, buckets: 1, hosts: { hosts: ['github.com'], hostAliases: {} } },
      consent: { plans: PLANS, training: 'ignored', source: 'p.yaml:3' },
    },
    { row: ({ reason }) => expect(reason).toBe('none'), event: (_, event) => events.push(event), admitted: () => undefined },
  ); // prettier-ignore
  said.forEach((plan, at) => {
    const time = new Date(EVENT_TIME + at * 1000).toISOString();
    const event = { id: `e${at}`, type: 'shown', time, suggestionId: 's1', user: { id: 'u1', ...(plan && { plan }) } };
    admission.record({ line: at + 1, bytes: Buffer.from(JSON.stringify(event)), final: false });
  });
  const settings = { purpose, sources: ['a'], window: null, readMs: 750, retainedDistance: 0.33 };
  return joinOutcomes(events, settings).outcomes[0]?.row.plan;
}

describe('the plan of a suggestion', () => {
  it('is what its event says, whatever the facts know', () => expect(planOf(['free'], [consentLine()])).toBe('free'));

  it('is what any of its events says, before what the facts know of an earlier one', () =>
    expect(planOf([undefined, 'free'], [consentLine()])).toBe('free'));

  it('is what the facts knew at the event, where no event says one', () => {
    expect(planOf([undefined], [consentLine({ plan: 'free' }), consentLine({ since, plan: 'pro' })])).toBe('free');
    expect(planOf([undefined], [consentLine({ plan: 'business' })])).toBe('business');
  });

  it('is unknown where the facts knew none yet, or two at once', () => {
    expect(planOf([undefined], [consentLine({ since })])).toBe('unknown');
    expect(planOf([undefined], [consentLine({ plan: 'free' }), consentLine({ plan: 'pro' })])).toBe('unknown');
  });

  it.each(MEASURED_PURPOSES.filter((purpose) => purpose !== 'product-evaluation'))('is not looked up for %s', (purpose) =>
    expect(planOf([undefined], [consentLine()], purpose)).toBe('unknown'),
  ); // prettier-ignore

  it('is of the very spelling of the user', () => {
    const facts = factsOf(consentLine({ userId: 'U1', plan: 'student' }), consentLine({ plan: 'free' }));
    expect(planAt(facts, 'u1', EVENT_TIME)).toBe('free');
    expect(planAt(facts, 'u2', EVENT_TIME)).toBeUndefined();
  });
});
