import { describe, expect, it } from 'vitest';
import { adapt } from '../../../../curation/events/adapters.ts';
import { adaptedRow } from '../source.ts';
import { common, eventOf, row, telemetry, time } from './copilot-telemetry.ts';

describe('Copilot telemetry', () => {
  it('says who, where and in what', () => {
    expect(
      eventOf('copilot/ghostText.shown', {}, { timeSinceIssuedMs: 366, promptEndPos: 247, timeSinceDisplayedMs: 3 }),
    ).toEqual({
      id: 'd'.repeat(64),
      type: 'shown',
      time: Date.parse(time),
      suggestionId: 'r1#0',
      requestId: 'r1',
      choiceIndex: 0,
      user: { id: 't1', plan: 'pro' },
      client: { ide: 'vscode', ideVersion: '1.70.0', extension: 'copilot', extensionVersion: '1.31.0' },
      repository: { url: 'https://github.com/acme/app.git' },
      document: { language: 'python' },
      position: 247,
      latencyMs: 366,
    });
  });

  it('is the same with prefixed names, and with dots or underscores', () => {
    const { copilot_trackingId: user, common_extversion: version, ...others } = common;
    const dotted = {
      name: 'ghostText_shown',
      time,
      properties: { ...others, 'copilot.trackingId': user, 'common.extversion': version },
    };
    const plain = eventOf('ghostText.shown');
    expect(eventOf('copilot/ghostText.shown')).toEqual(plain);
    expect(adaptedRow(dotted, 'copilot').events[0]).toEqual(plain);
  });

  it.each<[string, object, object, object]>([
    [
      'ghostText.accepted',
      { compType: 'full' },
      { timeSinceDisplayedMs: 3450, compCharLen: 58 },
      { type: 'accepted', displayedMs: 3450 },
    ],
    [
      'ghostText.accepted',
      { compType: 'partial' },
      { compCharLen: 12 },
      { type: 'partially_accepted', acceptedLength: 12 },
    ],
    ['ghostText.rejected', {}, { timeSinceDisplayedMs: 900 }, { type: 'rejected', displayedMs: 900 }],
    ['ghostText.rejected', { compType: 'partial' }, { compCharLen: 7 }, { type: 'ignored', reason: 'superseded' }],
    ['ghostText.dismissed', {}, { timeSinceDisplayedMs: 900 }, { type: 'ignored', displayedMs: 900 }],
    ['ghostText.canceled', {}, {}, { type: 'ignored', reason: 'cancelled' }],
    ['ghostText.shownFromCache', {}, {}, { type: 'shown' }],
    [
      'ghostText.stillInCode',
      {},
      { timeout: 30, relativeLexEditDistance: 0.25, didBranchChange: 1 },
      { type: 'retained', afterSeconds: 30, editDistance: 0.25, branchChanged: true },
    ],
    [
      'ghostText.stillInCode',
      {},
      { timeout: 600000, relativeLexEditDistance: 3 },
      { afterSeconds: 600, editDistance: 1 },
    ],
    [
      'ghostText.stillInCode',
      { timeout: '15', relativeLexEditDistance: '-0.5' },
      {},
      { afterSeconds: 15, editDistance: 0 },
    ],
    ['engine.completion', { completionTextJson: '"x = 1"' }, {}, { type: 'generated', completion: { raw: 'x = 1' } }],
    [
      'provideInlineEdit',
      { opportunityId: 'o1', acceptance: 'accepted' },
      { isShown: 1 },
      { type: 'accepted', suggestionId: 'o1#0' },
    ],
    ['provideInlineEdit', { opportunityId: 'o1', acceptance: 'rejected', isShown: 'true' }, {}, { type: 'rejected' }],
    [
      'provideInlineEdit',
      { acceptance: 'notAccepted' },
      { userTypingDisagreed: 1 },
      { type: 'ignored', suggestionId: 'r1#0', typingDisagreed: true },
    ],
    [
      'provideInlineEdit',
      { acceptance: 'notAccepted', supersededByOpportunityId: 'o2' },
      {},
      { type: 'ignored', reason: 'superseded' },
    ],
    [
      'provideInlineEdit',
      { acceptance: 'accepted', repositoryUrls: '["https://github.com/a/b"]' },
      {},
      { workspaceRepositories: ['https://github.com/a/b'] },
    ],
    [
      'provideInlineEdit',
      { acceptance: 'accepted', repositoryUrls: ['u', 'v'] },
      {},
      { workspaceRepositories: ['u', 'v'] },
    ],
    [
      'reportInlineEditSurvivalRate',
      { opportunityId: 'o1' },
      { survivalRateFourGram: 0.75, timeDelayMs: 30000, didBranchChange: 0 },
      { type: 'retained', suggestionId: 'o1#0', afterSeconds: 30, editDistance: 0.25, branchChanged: false },
    ],
  ])('%s %o %o', (name, properties, measurements, expected) => {
    expect(eventOf(name, properties, measurements)).toMatchObject(expected);
  });

  it.each<[string, object?, object?]>([
    ['ghostText.issued'],
    ['ghostText.produced'],
    ['ghostText.empty'],
    ['ghostText.failed'],
    ['engine.messages'],
    ['constructor'],
    ['__proto__'],
    ['conversation.message'],
    ['ghostText.issued', { headerRequestId: undefined }],
    ['provideInlineEdit', { acceptance: 'notAccepted' }, { isShown: 0 }],
  ])('%s is no feedback', (name, properties, measurements) => {
    expect(row(name, properties, measurements)).toMatchObject({ reason: 'not_feedback', events: [] });
  });

  it('is refused for its time before it is passed over as no feedback', () => {
    expect(adaptedRow({ ...telemetry('ghostText.issued'), time: '2026-02-30T00:00:00Z' }, 'copilot')).toMatchObject({
      reason: 'invalid_date',
    });
    expect(adaptedRow({ ...telemetry('ghostText.shown'), time: 5 }, 'copilot')).toMatchObject({
      reason: 'timestamp_not_rfc3339',
    });
    expect(adaptedRow({ ...telemetry('ghostText.shown'), time: undefined }, 'copilot')).toMatchObject({
      reason: 'schema',
      rule: 'copilot.time',
    });
  });

  it('joins by the original choice where there is one', () => {
    expect(eventOf('ghostText.shown', { choiceIndex: '1', originalChoiceIndex: '2' }).suggestionId).toBe('r1#2');
    expect(eventOf('ghostText.shown', { choiceIndex: undefined }, { choiceIndex: 1 }).suggestionId).toBe('r1#1');
    expect(eventOf('ghostText.shown', { choiceIndex: undefined }).suggestionId).toBe('r1#0');
  });

  it.each([
    ['individual', 'pro'],
    ['individual_pro', 'pro_plus'],
    ['free', 'free'],
    ['free_limited_copilot', 'free'],
    ['free_educational_quota', 'student'],
    ['teacher', 'teacher'],
    ['copilot_for_business_seat_quota', 'business'],
    ['copilot_enterprise_seat', 'enterprise'],
    ['monthly_subscriber_quota', 'pro'],
    ['plus_monthly_subscriber_quota', 'pro_plus'],
    ['gold', undefined],
  ])('knows the plan of %s', (sku, plan) => {
    expect(eventOf('ghostText.shown', { sku }).user.plan).toBe(plan);
  });

  it('has no user, no repository where the client had none', () => {
    const event = eventOf('ghostText.shown', { copilot_trackingId: '', gitRepoInformation: 'pending' });
    expect(event.user).toEqual({ plan: 'pro' });
    expect(event).not.toHaveProperty('repository');
  });

  it('names both repositories where the remote and its parts differ, so that the stricter decides', () => {
    for (const gitRepoUrl of [
      'https://github.com/acme/other.git',
      'https://github.com/acme/xapp',
      'https://github.com/x-acme/app',
    ]) {
      const event = eventOf('ghostText.shown', { gitRepoUrl });
      expect(event).not.toHaveProperty('repository');
      expect(event.workspaceRepositories).toEqual([gitRepoUrl, 'https://github.com/acme/app']);
    }
    for (const gitRepoUrl of ['git@github.com:Acme/App.git', 'https://github.com/acme/app/', undefined]) {
      expect(eventOf('ghostText.shown', { gitRepoUrl })).toHaveProperty('repository');
    }
  });

  it('gives the captured code and where it ends, and leaves the hypothetical prompt', () => {
    const properties = { capturedCodeJson: '"return 1;\\n}"', hypotheticalPromptJson: '{"prefix":"SECRET"}' };
    const event = eventOf('ghostText.capturedAfterRejected', properties, {
      timeout: 30,
      terminationOffsetInCapturedCode: 9,
    });
    expect(event).toMatchObject({
      type: 'captured',
      capturedCode: { raw: 'return 1;\n}' },
      capturedFrom: 0,
      capturedTo: 9,
      afterSeconds: 30,
    });
    expect(JSON.stringify(event)).not.toContain('SECRET');
    const open = eventOf('ghostText.capturedAfterAccepted', properties, { terminationOffsetInCapturedCode: -1 });
    expect(open).not.toHaveProperty('capturedTo');
  });
});

describe('records of other shapes', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['no properties', { name: 'ghostText.shown', time }, 'copilot.properties'],
    ['a list of properties', { name: 'ghostText.shown', time, properties: [] }, 'copilot.properties'],
    ['a list of measurements', telemetry('ghostText.shown', {}, [1]), 'copilot.measurements'],
    ['a number for a name', { ...telemetry(''), name: 5 }, 'copilot.name'],
    ['no name', { ...telemetry(''), name: null }, 'copilot.name'],
    ['no request', telemetry('ghostText.shown', { headerRequestId: '' }), 'copilot.properties.headerRequestId'],
    [
      'a request that is a number',
      telemetry('ghostText.shown', { headerRequestId: 5 }),
      'copilot.properties.headerRequestId',
    ],
    [
      'a user that is a list',
      telemetry('ghostText.shown', { copilot_trackingId: ['u'] }),
      'copilot.properties.copilot_trackingId',
    ],
    [
      'a choice that is a word',
      telemetry('ghostText.shown', { choiceIndex: 'first' }),
      'copilot.properties.choiceIndex',
    ],
    [
      'a measurement that is an object',
      telemetry('ghostText.shown', {}, { timeSinceIssuedMs: {} }),
      'copilot.measurements.timeSinceIssuedMs',
    ],
    [
      'a measurement that is a word',
      telemetry('ghostText.stillInCode', {}, { timeout: 'soon' }),
      'copilot.measurements.timeout',
    ],
    [
      'a branch that is a number',
      telemetry('ghostText.stillInCode', {}, { didBranchChange: 7 }),
      'copilot.measurements.didBranchChange',
    ],
    [
      'a kind of completion that is unknown',
      telemetry('ghostText.rejected', { compType: 'half' }),
      'copilot.properties.compType',
    ],
    [
      'an unknown acceptance',
      telemetry('provideInlineEdit', { acceptance: 'perhaps' }),
      'copilot.properties.acceptance',
    ],
    [
      'repositories that are no list',
      telemetry('provideInlineEdit', { acceptance: 'accepted', repositoryUrls: '{"a":1}' }),
      'copilot.properties.repositoryUrls',
    ],
    [
      'repositories that are no texts',
      telemetry('provideInlineEdit', { acceptance: 'accepted', repositoryUrls: [1] }),
      'copilot.properties.repositoryUrls',
    ],
    [
      'a completion that is no text',
      telemetry('engine.completion', { completionTextJson: '{"a":1}' }),
      'copilot.properties.completionTextJson',
    ],
    ['a fraction of a choice', telemetry('ghostText.shown', { choiceIndex: '0.5' }), 'choiceIndex'],
  ])('%s is named', (_name, record, rule) => {
    expect(adaptedRow(record, 'copilot')).toEqual({ reason: 'schema', rule, events: [] });
  });

  it('refuses durations below zero', () => {
    expect(row('ghostText.accepted', {}, { timeSinceDisplayedMs: -1 })).toMatchObject({ reason: 'negative_duration' });
  });

  it('says what is known of a record that becomes no event', () => {
    expect(adapt('copilot', telemetry('ghostText.issued'), 'digest', { roots: [] })).toMatchObject({
      about: { id: 'digest', userId: 't1', time, suggestionId: 'r1#0' },
    });
  });
});
