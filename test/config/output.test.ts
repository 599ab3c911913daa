/** Columns beside those of the formats are named together with who may see them. */
import { describe, expect, it } from 'vitest';
import { fieldsOf } from '../../config/policy/output.ts';
import { parsePolicy } from '../../config/policy.ts';

const policy = (output: string, purpose = 'model-improvement') =>
  parsePolicy('policy.yaml', `version: 1\npurpose: ${purpose}\n${purpose === 'model-improvement' ? '' : 'consent: {plans: [pro], training: ignored}\n'}output: {name: x, ${output}}\n`); // prettier-ignore

describe('output.fields', () => {
  it('are in the order of their columns, and none by default', () => {
    const { output } = policy(
      'audience: [copilot-team], fields: {license: [copilot-team], path: [copilot-team], user: [copilot-team]}',
    );
    expect(fieldsOf(output)).toEqual(['user', 'path', 'license']);
    expect(fieldsOf(policy('audience: [copilot-team]').output)).toEqual([]);
  });

  it('are refused where somebody of the audience may not see them', () => {
    const output = 'audience: [copilot-team, cloud-partner], fields: {user: [copilot-team]}';
    expect(() => policy(output)).toThrow(/policy\.yaml:3 output\.fields\.user.*not for cloud-partner/);
  });

  it.each(['fields: {email: [copilot-team]}', 'fields: {user: []}', 'fields: {}', 'fields: {user: [everybody]}'])(
    'are refused as %s',
    (fields) => {
      expect(() => policy(`audience: [copilot-team], ${fields}`)).toThrow(/policy\.yaml:3 output\.fields/);
    },
  );

  it('are refused for a purpose that publishes no rows of suggestions', () => {
    const output = 'audience: [copilot-team], fields: {user: [copilot-team]}';
    expect(() => policy(output, 'product-evaluation')).toThrow(/output\.fields.*product-evaluation/);
  });
});
