/** What the knobs of selection would do is shown, and nothing is written. */
import { existsSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SelectionEffect } from '../../../activities/curate/effect.ts';
import { workplace } from '../../command.ts';

const place = workplace('select');
const policy = place.path('policy.yaml');
const input = ['--input', place.path('sample', 'events'), '--facts', place.path('sample', 'facts')];
const select = (...more: string[]) =>
  place.garner('select', ...input, '--now', '2026-05-10T00:00:00Z', '--policy', policy, ...more);

beforeAll(() => {
  writeFileSync(
    policy,
    'version: 1\npurpose: model-improvement\noutput: {name: x, audience: [copilot-team]}\n' +
      'selection: {bounds: {perUser: 2, perRepository: 2}, balance: {perLanguage: 3, maxNegativesPerPositive: 0.5}}\n',
  );
  place.garner('generate', '--events', '600', '--seed', '7', '--out', place.path('sample'));
});
afterAll(() => place.remove());

describe('garner select --dry-run', () => {
  it('shows each knob in its turn and alone, adding up to what is kept', () => {
    const { status, stdout, stderr } = select('--dry-run', '--json');
    expect([status, stderr]).toEqual([0, '']);
    const { knobs, counts } = JSON.parse(stdout) as SelectionEffect;
    expect(knobs[0]!.before).toBe(counts['examples']);
    knobs.slice(1).forEach((knob, at) => expect(knob.before).toBe(knobs[at]!.after));
    expect(knobs.at(-1)!.after).toBe(counts['kept']);
    const out = (rule: string) => knobs.find((knob) => knob.rule === `selection.${rule}`)!;
    expect(out('bounds.perRepository').alone).toBeGreaterThan(out('bounds.perRepository').out);
    expect(out('balance.perLanguage').setting).toBe('3');
    expect(knobs.reduce((sum, knob) => sum + knob.out, 0)).toBe(counts['examples']! - counts['kept']!);
    expect(existsSync(place.path('garner-out'))).toBe(false);
  });

  it('publishes nothing without being told that it is a try', () => {
    expect(select().status).toBe(2);
  });
});
