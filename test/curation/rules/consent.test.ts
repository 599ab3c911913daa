import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../curation/events/event.ts';
import { buildFacts, withErasures } from '../../../curation/rules/facts.ts';
import { compileRules } from '../../../curation/rules/judge.ts';
import { consentLine, EVENT_TIME, NOW, policyOf, reasonOf, rulesOf } from './world.ts';

const since = '2026-05-02T00:00:00Z';
const judge = (consents: string[], userId: string | undefined = 'u1', plan?: Plan) =>
  reasonOf(rulesOf({ consents }).judgeConsent(userId, plan, EVENT_TIME));

describe('judgeConsent', () => {
  it.each([
    ['allowed all along', [consentLine()], 'keep'],
    ['never heard of', [], 'unknown_user'],
    ['somebody else', [consentLine({ userId: 'u2' })], 'unknown_user'],
    ['denied', [consentLine({ training: 'denied' })], 'no_consent'],
    ['allowed only since', [consentLine({ training: 'denied' }), consentLine({ since })], 'no_consent'],
    ['first heard of after the event', [consentLine({ since })], 'no_consent'],
    ['withdrawn since', [consentLine(), consentLine({ since, training: 'denied' })], 'consent_withdrawn'],
    [
      'withdrawn after now',
      [consentLine(), consentLine({ since: '2026-06-01T00:00:00Z', training: 'denied' })],
      'keep',
    ],
    [
      'withdrawn and given again',
      [consentLine(), consentLine({ since, training: 'denied' }), consentLine({ since: '2026-05-03T00:00:00Z' })],
      'keep',
    ],
    ['both at one moment', [consentLine(), consentLine({ training: 'denied' })], 'no_consent'],
    ['a business seat', [consentLine({ plan: 'business' })], 'plan_not_trainable'],
    ['a business seat since', [consentLine(), consentLine({ since, plan: 'business' })], 'plan_not_trainable'],
    [
      'a business seat until then',
      [consentLine({ plan: 'enterprise' }), consentLine({ since: '2026-01-01T00:00:00Z' })],
      'keep',
    ],
    ['a student who also denied', [consentLine({ plan: 'student', training: 'denied' })], 'plan_not_trainable'],
  ])('%s', (_name, consents, expected) => {
    expect(judge(consents)).toBe(expected);
  });

  it('knows no user without an id, and takes no device for one', () => {
    expect(judge([consentLine()], '')).toBe('unknown_user');
    expect(reasonOf(rulesOf().judgeConsent(undefined, 'pro', EVENT_TIME))).toBe('unknown_user');
    const device = {
      id: 'e',
      type: 'shown' as const,
      time: EVENT_TIME,
      suggestionId: 's',
      user: { deviceId: 'u1' },
      client: {},
      document: {},
    };
    expect(reasonOf(rulesOf().judgeEvent(device).verdict)).toBe('unknown_user');
  });

  it('takes the stricter plan of event and facts', () => {
    expect(judge([consentLine({ plan: 'free' })], 'u1', 'pro')).toBe('keep');
    expect(judge([consentLine()], 'u1', 'business')).toBe('plan_not_trainable');
    expect(judge([consentLine({ plan: 'business' })], 'u1', 'pro')).toBe('plan_not_trainable');
  });

  it('never trains on plans that the terms leave out, whatever the policy says', () => {
    const world = (plan: Plan) => ({
      consents: [consentLine({ plan })],
      policy: (policy: ReturnType<typeof policyOf>) => void (policy.consent.trainable = [plan]),
    });
    for (const plan of ['student', 'teacher', 'business', 'enterprise'] as const) {
      expect(reasonOf(rulesOf(world(plan)).judgeConsent('u1', plan, EVENT_TIME))).toBe('plan_not_trainable');
    }
    expect(reasonOf(rulesOf(world('pro_plus')).judgeConsent('u1', 'pro_plus', EVENT_TIME))).toBe('keep');
  });

  it('lets only the very spelling of an id allow, and every spelling refuse', () => {
    const jane = consentLine({ userId: 'Jane.Doe@acme.com' });
    expect(judge([jane], 'Jane.Doe@acme.com')).toBe('keep');
    expect(judge([jane], 'jane.doe@acme.com')).toBe('unknown_user');
    const denied = consentLine({ userId: 'jane.doe@acme.com', training: 'denied' });
    expect(judge([jane, denied], 'Jane.Doe@acme.com')).toBe('no_consent');
    expect(
      judge([jane, consentLine({ userId: 'JANE.DOE@acme.com', plan: 'business', since })], 'Jane.Doe@acme.com'),
    ).toBe('plan_not_trainable');
    expect(judge([jane, consentLine({ userId: 'jane.doe@acme.com', since })], 'jane.doe@acme.com')).toBe('no_consent');
  });

  it('ends with an erasure, of the facts or of an index beside them', () => {
    const facts = buildFacts([
      { name: 'consents.jsonl', text: [consentLine(), consentLine({ userId: 'u2' })].join('\n') },
      { name: 'erasures.jsonl', text: '{"userId":"U1"}\n{"repository":"github.com/Acme/App"}' },
    ]);
    const rules = compileRules(policyOf(), facts, NOW);
    expect(reasonOf(rules.judgeConsent('u1', undefined, EVENT_TIME))).toBe('erased');
    expect(reasonOf(rules.judgeConsent('u2', undefined, EVENT_TIME))).toBe('keep');
    expect(
      reasonOf(rules.judgeOrigin({ repository: { url: 'https://github.com/acme/app' }, path: 'a' }, EVENT_TIME)),
    ).toBe('erased');
    const more = compileRules(
      policyOf(),
      withErasures(facts, (subject) => 'userId' in subject && subject.userId === 'u2'),
      NOW,
    );
    expect(reasonOf(more.judgeConsent('u2', undefined, EVENT_TIME))).toBe('erased');
    expect(reasonOf(more.judgeConsent('u1', undefined, EVENT_TIME))).toBe('erased');
  });

  it('counts a choice from its very moment, and every choice of one moment, in whatever order they stand', () => {
    const moment = new Date(EVENT_TIME).toISOString();
    const denied = consentLine({ since: moment, training: 'denied' });
    expect(judge([consentLine({ since: moment })])).toBe('keep');
    expect(judge([consentLine(), denied, consentLine({ since: moment })])).toBe('no_consent');
    expect(judge([consentLine(), consentLine({ since: moment }), denied])).toBe('no_consent');
    expect(judge([consentLine({ since: moment }), consentLine({ since: moment, plan: 'business' })])).toBe(
      'plan_not_trainable',
    );
  });

  it('asks for a choice at --now too, where the event is later', () => {
    const consents = [consentLine({ since: new Date(NOW + 1000).toISOString() })];
    expect(reasonOf(rulesOf({ consents }).judgeConsent('u1', undefined, NOW + 2000))).toBe('consent_withdrawn');
    expect(reasonOf(rulesOf({ consents, now: NOW + 1000 }).judgeConsent('u1', undefined, NOW + 2000))).toBe('keep');
  });

  it('tells an event that names nobody from one whose user the facts do not hold', () => {
    const by = (userId: string | undefined) => rulesOf().judgeConsent(userId, undefined, EVENT_TIME);
    for (const nobody of [undefined, '']) expect(by(nobody)).toMatchObject({ rule: 'the event names no user' });
    expect(by('u9')).toMatchObject({ rule: 'consents.jsonl names no such user' });
  });
});
