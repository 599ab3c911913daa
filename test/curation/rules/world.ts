/** A small world for the tests of rules: facts, a policy and events, of which each test changes what it is about. */
import type { CanonicalEvent, ContextPiece } from '../../../curation/events/event.ts';
import { buildFacts } from '../../../curation/rules/facts.ts';
import type { RulePolicy, Rules } from '../../../curation/rules/judge.ts';
import { compileRules } from '../../../curation/rules/judge.ts';
import { raw } from '../../../curation/text.ts';
import type { Verdict } from '../../../curation/verdict.ts';

export const NOW = Date.parse('2026-05-10T00:00:00Z');
export const EVENT_TIME = Date.parse('2026-05-01T10:00:00Z');

export const sourced = (...values: string[]) =>
  values.map((value, index) => ({ value, source: `policy.yaml:${index + 1}` }));

export function repositoryLine(fields: Record<string, unknown> = {}): string {
  const state = {
    host: 'github.com',
    id: 42,
    owner: 'acme',
    name: 'app',
    visibility: 'public',
    since: '2020-01-01T00:00:00Z',
  };
  return JSON.stringify({ ...state, ...fields });
}

export function consentLine(fields: Record<string, unknown> = {}): string {
  return JSON.stringify({ userId: 'u1', plan: 'pro', training: 'allowed', since: '2020-01-01T00:00:00Z', ...fields });
}

export interface World {
  repositories?: string[];
  webhooks?: string[];
  consents?: string[];
  files?: { name: string; text: string }[];
  policy?: (policy: RulePolicy) => void;
  now?: number;
}

export function policyOf(change?: (policy: RulePolicy) => void): RulePolicy {
  const policy: RulePolicy = {
    consent: { trainable: ['free', 'pro', 'pro_plus'], whenUnknown: 'exclude', source: 'policy.yaml:3 consent' },
    repositories: {
      hosts: ['github.com'],
      hostAliases: {},
      visibility: 'public',
      owners: { deny: [], optedOut: [] },
      licenses: { allow: 'any' },
      source: 'policy.yaml:4 repositories',
    },
    ownership: { deny: sourced('@acme/legal'), vendored: sourced('third_party/**') },
    paths: { exclude: [{ repository: '*', pattern: '**/.env*', source: 'policy.yaml:7 paths.exclude["*"][0]' }] },
    whenPieceGoes: 'strip',
    whenContextPrivate: 'strip',
  };
  change?.(policy);
  return policy;
}

export function rulesOf({
  repositories = [],
  webhooks = [],
  consents = [consentLine()],
  files = [],
  policy,
  now = NOW,
}: World = {}): Rules {
  const facts = buildFacts([
    { name: 'repositories.jsonl', text: [repositoryLine(), ...repositories].join('\n') },
    { name: 'repository-webhooks.jsonl', text: webhooks.join('\n') },
    { name: 'consents.jsonl', text: consents.join('\n') },
    ...files,
  ]);
  return compileRules(policyOf(policy), facts, now);
}

export function eventOf(fields: Partial<CanonicalEvent> = {}): CanonicalEvent {
  return {
    id: 'e1',
    type: 'accepted',
    time: EVENT_TIME,
    suggestionId: 's1',
    user: { id: 'u1' },
    client: {},
    repository: { url: 'https://github.com/acme/app' },
    document: { path: 'src/a.ts' },
    prompt: { prefix: raw('// a\n'), suffix: raw('\n'), context: [] },
    completion: raw('const a = 1;'),
    ...fields,
  };
}

export const piece = (fields: Partial<ContextPiece> = {}): ContextPiece => ({
  path: 'src/b.ts',
  text: raw('const b = 2;'),
  ...fields,
});

export const reasonOf = (verdict: Verdict): string => (verdict.keep ? 'keep' : verdict.reason);
