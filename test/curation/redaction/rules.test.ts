import { describe, expect, it } from 'vitest';
import { loadBuiltinRules } from '../../../config/redaction.ts';
import { createRedactor } from '../../../curation/redaction/redactor.ts';
import { expandExample } from '../../../curation/redaction/rules/rule.ts';
import type { JudgedText } from '../../../curation/text.ts';

const rules = loadBuiltinRules();
const redactor = createRedactor(rules);

describe('every built-in rule', () => {
  it('has an id of its own, a description and an example that it matches', () => {
    expect(new Set(rules.map((rule) => rule.id)).size).toBe(rules.length);
    for (const rule of rules) {
      expect(rule.description, rule.id).not.toBe('');
      expect(rule.examples.match.length + (rule.id === 'azure-key-marked' ? 1 : 0), rule.id).toBeGreaterThan(0);
    }
  });

  it.each(rules.flatMap((rule) => rule.examples.match.map((example) => [rule.id, example] as const)))(
    '%s finds %j',
    (id, example) => {
      const text = expandExample(example) as JudgedText;
      const { text: redacted, findings } = redactor.redactText(text);
      expect(findings.map((finding) => finding.rule)).toContain(id);
      for (const finding of findings)
        if (finding.end - finding.start >= 12) expect(redacted).not.toContain(text.slice(finding.start, finding.end));
    },
  );

  it.each(rules.flatMap((rule) => rule.examples.noMatch.map((example) => [rule.id, example] as const)))(
    '%s leaves %j',
    (id, example) => {
      const { findings } = redactor.redactText(expandExample(example) as JudgedText);
      expect(findings.map((finding) => finding.rule)).not.toContain(id);
    },
  );

  it('bounds every repetition of its expressions and nests none that is open', () => {
    for (const rule of rules)
      for (const pattern of rule.patterns) {
        const outside = pattern.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'c');
        expect(outside, rule.id).not.toMatch(/[*+](?!\?)|\{\d+,\}/);
      }
  });
});
