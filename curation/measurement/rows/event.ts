/** One event as a measurement keeps it, between admit and join: no text, no path, no repository; one JSON line in a sealed bucket. */
import type { EventType, Plan } from '../../events/event.ts';
import type { Reason } from '../../verdict.ts';
import type { Label, Pseudonym } from './field.ts';
import type { Framework, Shape, TextSize } from './text.ts';

export interface OutcomeEvent extends TextSize {
  /** Index of the source in the plan, and the line in it. */
  source: number;
  line: number;
  /** As the ledger names it. */
  event: string;
  type: EventType;
  time: number;
  /** Keyed hash. */
  suggestion: Pseudonym;
  user?: Pseudonym;
  /** Keyed hash of the whole event, to tell a repeated record from a contradicting one. */
  content: string;
  out?: { reason: Reason; rule: string };
  plan?: Plan;
  /** What the facts say of the user's plan at the event, where the event names none. */
  knownPlan?: Plan;
  ide?: Label;
  extensionVersion?: Label;
  language?: Label;
  model?: Label;
  strategy?: Label;
  latencyMs?: number;
  displayedMs?: number;
  acceptedLength?: number;
  typedShare?: number;
  reason?: 'superseded' | 'focus_lost' | 'cancelled' | 'escape';
  afterSeconds?: number;
  editDistance?: number;
  branchChanged?: boolean;
  /** Of related-products. */
  framework?: Framework;
  shape?: Shape;
  /** Of abuse-investigation. */
  device?: Pseudonym;
  repository?: Pseudonym;
  template?: Pseudonym;
  cluster?: Pseudonym;
  secrets?: number;
}
