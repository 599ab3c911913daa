/** What a measurement takes over of a record that a curation admitted. */
import { describe, expect, it } from 'vitest';
import { narrowed } from '../../../curation/measurement/rows/narrow.ts';
import { MEASURED_PURPOSES } from '../../../curation/measurement/rows/field.ts';
import { KeyedHash } from '../../../curation/stages/keyed.ts';
import type { AdmittedRecord } from '../../../curation/stages/record.ts';
import type { Reason } from '../../../curation/verdict.ts';

const join = new KeyedHash(new Uint8Array(32).fill(7));
const consent = { plans: ['free', 'pro'], training: 'required', source: 'p.yaml:3' } as const;
const SECRETS = [
  'import torch',
  'SELECT',
  'lib/secret.py',
  'acme',
  'alphabet',
  'MIT',
  '0123456789abcdef',
  'sugg-1',
  'req-1',
  '// between',
];

/** Everything that a bucket can hold of a record. */
const whole = {
  ...{ source: 1, line: 7, event: 'e1', type: 'accepted', time: 1e12, suggestion: 'sugg-1', request: 'req-1', user: 'u'.repeat(32) },
  ...{ device: 'd'.repeat(32), content: 'c0', plan: 'pro', hasText: true, completionLength: 20, erasure: ['0123456789abcdef'] },
  ...{ pending: undefined, document: { path: 'lib/secret.py' }, origin: { repository: 'acme', family: 'alphabet', license: 'MIT' } },
  text: { prefix: 'import torch\n', suffix: '// between', completion: 'SELECT 1;\nSELECT 2;', captured: 'SELECT', context: [{ path: 'lib/secret.py', text: 'acme' }] },
  ...{ language: 'Python', model: '/home/acme/model', strategy: 'arm-a', ide: 'vscode', position: 12, displayProbability: 0.5 },
  ...{ latencyMs: 5, displayedMs: 900, acceptedLength: 20, capturedFrom: 0, capturedTo: 11, covered: 0.1, typingDisagreed: true },
} as unknown as AdmittedRecord; // prettier-ignore
const out = (reason: Reason) => ({ ...whole, out: { reason, rule: 'r' } });

describe.each(MEASURED_PURPOSES)('for %s', (purpose) => {
  it('holds no text, path, repository, device or name of a suggestion', () => {
    const said = JSON.stringify(narrowed(whole, purpose, consent, join));
    for (const secret of [...SECRETS, 'dddd']) expect(said).not.toContain(secret);
    expect(JSON.parse(said)).toMatchObject({ chars: 20, lines: 2, placeChars: 11, model: 'other', language: 'python' });
  });
});

describe('a record of a bucket', () => {
  it.each(['clock_skew', 'unknown_user', 'plan_not_trainable', 'no_consent', 'consent_withdrawn', 'erased'] as const)(
    'stays out for %s',
    (reason) => expect(narrowed(out(reason), 'product-evaluation', consent, join).out?.reason).toBe(reason),
  );

  it.each(['repository_private', 'path_excluded', 'no_text', 'abuse'] as const)('counts in spite of %s, which is about text', (reason) =>
    expect(narrowed(out(reason), 'product-evaluation', consent, join).out).toBeUndefined(),
  ); // prettier-ignore

  it('stays out where its event says a plan that the purpose may not use, though nobody is named', () => {
    const { user: _, ...nameless } = { ...whole, plan: 'business' } as AdmittedRecord;
    expect(narrowed(nameless, 'product-evaluation', consent, join).out?.reason).toBe('plan_not_allowed');
  });

  it('says what text is about only of text that is known to be public', () => {
    const about = (record: AdmittedRecord) => {
      const { framework, shape } = narrowed(record, 'related-products', consent, join);
      return [framework, shape];
    };
    expect(about(whole)).toEqual(['pytorch', 'block']);
    const { text: _, ...stripped } = out('repository_private');
    expect(about(stripped)).toEqual(['withheld', 'withheld']);
    expect(about({ ...whole, pending: {} })).toEqual(['withheld', 'withheld']);
    expect(narrowed(whole, 'product-evaluation', consent, join)).not.toHaveProperty('framework');
  });
});
