/** The file that declares an experiment, against its published schema. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../config/experiment.ts';
import { MEASURES } from '../../curation/measurement/evaluation/measures.ts';

const GOOD = `version: 1
name: bolder
arms:
  - { name: control, strategies: [default] }
  - { name: bold, strategies: [arm-a], share: 2 }
control: control
primary: { measure: acceptance_rate, better: higher, effect: 0.05 }
guardrails: [{ measure: latency_mean, better: lower }]
start: 2026-04-20
end: 2026-04-27
`;

describe('an experiment', () => {
  it('is read with its defaults', () => {
    expect(parseExperiment('e.yaml', GOOD)).toMatchObject({
      ...{ name: 'bolder', control: 'control', horizon: 'fixed', alpha: 0.05, preDays: 0, plannedUsers: 1000 },
      ...{ start: Date.UTC(2026, 3, 20), end: Date.UTC(2026, 3, 27), primary: { effect: 0.05 } },
      arms: [
        { name: 'control', strategies: ['default'], share: 1 },
        { name: 'bold', strategies: ['arm-a'], share: 2 },
      ],
    });
  });

  it.each([
    ['version: 1', 'version: 2', 'e.yaml:1 version: must be 1'],
    ['name: bolder', 'name: /etc/passwd', 'e.yaml:2 name: must match'],
    ['[arm-a]', '[]', 'e.yaml:5 arms[1].strategies: must NOT have fewer than 1 items'],
    ['[arm-a]', '[Default]', 'e.yaml:5 arms[1].strategies[0]: belongs to arm control already: arms may not overlap'],
    ['name: bold,', 'name: control,', 'e.yaml:5 arms[1].name: stands twice'],
    ['share: 2', 'share: 0', 'e.yaml:5 arms[1].share: must be > 0'],
    ['control: control', 'control: other', 'e.yaml:6 control: is no arm: arms are control, bold'],
    ['primary:', 'secondary:', 'e.yaml:1: lacks primary'],
    ['measure: acceptance_rate', 'measure: lines', 'e.yaml:7 primary.measure: must be one of acceptance_rate'],
    ['better: higher', 'better: up', 'e.yaml:7 primary.better: must be one of higher, lower'],
    [', effect: 0.05', '', 'e.yaml:7 primary: lacks effect'],
    ['better: lower }]', 'better: lower, effect: 1 }]', 'e.yaml:8 guardrails[0].effect: is no field'],
    ['start: 2026-04-20', 'start: 2026-02-30', 'e.yaml:9 start: is no day of the calendar'],
    ['start: 2026-04-20', 'start: tomorrow', 'e.yaml:9 start: must match'],
    ['end: 2026-04-27', 'end: 2026-04-20', 'e.yaml:10 end: must be after start'],
    ['end: 2026-04-27', 'end: 2026-04-27\nhorizon: soon', 'e.yaml:11 horizon: must be one of fixed, always-valid'],
  ])('with %s turned into %s is refused by line and field', (from, to, expected) => {
    expect(() => parseExperiment('e.yaml', GOOD.replace(from, to))).toThrow(expected);
  });

  it('may name every measure there is, and no other', () => {
    const schema = readFileSync(join(import.meta.dirname, '../../config/schemas/experiment.schema.json'), 'utf8');
    const { definitions } = JSON.parse(schema) as { definitions: { measure: { enum: string[] } } };
    expect(definitions.measure.enum).toEqual(MEASURES.map(({ name }) => name));
  });
});
