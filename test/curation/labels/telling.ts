/** Lifecycles told briefly, for the tests of labels. */
import fc from 'fast-check';
import { EVENT_TYPES, type EventType } from '../../../curation/events/event.ts';
import { labelSuggestion, type Label } from '../../../curation/labels/label.ts';
import { summarise, type LifecycleEvent } from '../../../curation/labels/lifecycle.ts';
import { DEFAULT_RUBRIC, type LabelRubric } from '../../../curation/labels/rubric.ts';

/** Twenty characters. */
export const COMPLETION = 'return items.length;';

export type Told = [label: Label['label'], weight: number, reason: string, span?: number];

export function at(type: EventType, time: number, more: Partial<LifecycleEvent> = {}): LifecycleEvent {
  return { type, time, id: `${type}@${time}`, ...more };
}

export function label(
  events: LifecycleEvent[],
  completion: string = COMPLETION,
  rubric: LabelRubric = DEFAULT_RUBRIC,
): Told {
  const given = labelSuggestion(summarise(events, completion), completion, rubric);
  const told: Told = [given.label, given.weight, given.reason];
  if (given.span !== undefined) told.push(given.span);
  return told;
}

const anyEvent: fc.Arbitrary<LifecycleEvent> = fc.record(
  {
    type: fc.constantFrom(...EVENT_TYPES),
    time: fc.integer({ min: 0, max: 5 }).map((step) => step * 400),
    id: fc.integer({ min: 0, max: 30 }).map(String),
    displayedMs: fc.integer({ min: 0, max: 2000 }),
    acceptedLength: fc.integer({ min: 0, max: 40 }),
    typedShare: fc.constantFrom(0, 0.5, 0.9),
    typingDisagreed: fc.boolean(),
    reason: fc.constantFrom('superseded', 'focus_lost', 'cancelled', 'escape'),
    afterSeconds: fc.constantFrom(15, 30, 120, 300, 600),
    editDistance: fc.constantFrom(0, 0.33, 0.4, 0.5, 0.7, 1),
    branchChanged: fc.boolean(),
    displayProbability: fc.constantFrom(0, 0.05, 0.5, 1),
    capturedCode: fc.constantFrom('', COMPLETION, 'other()'),
    capturedFrom: fc.integer({ min: -1, max: 5 }),
  },
  { requiredKeys: ['type', 'time', 'id'] },
);

export const anyEvents = fc.array(anyEvent, { maxLength: 12 });
