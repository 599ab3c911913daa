/** Joins the events of one suggestion into one lifecycle: what was displayed, what became of it, what was left later. */
import type { EventType } from '../events/event.ts';
import type { Capture } from './capture.ts';
import { captureOf } from './capture.ts';

/** One event of a suggestion, its text reduced to what labels need. Times are milliseconds since 1970-01-01 UTC. */
export interface LifecycleEvent {
  type: EventType;
  time: number;
  id: string;
  displayedMs?: number;
  /** UTF-16 units of the completion taken so far: cumulative. */
  acceptedLength?: number;
  typedShare?: number;
  typingDisagreed?: boolean;
  reason?: 'superseded' | 'focus_lost' | 'cancelled' | 'escape';
  afterSeconds?: number;
  editDistance?: number;
  branchChanged?: boolean;
  displayProbability?: number;
  /** Redacted; `capturedFrom` and `capturedTo` are UTF-16 offsets into it. */
  capturedCode?: string;
  capturedFrom?: number;
  capturedTo?: number;
  position?: number;
  completionLength?: number;
  strategy?: string;
  latencyMs?: number;
}

/** How much of an accepted completion had changed `afterSeconds` after the accept. */
export interface RetentionCheck {
  afterSeconds: number;
  /** In [0,1]; 0 untouched, 1 gone. */
  editDistance: number;
}

/** `none`: no event says what the user did. `accepted_partly` stands whatever is said of the remainder. */
export type SuggestionOutcome = 'accepted' | 'accepted_partly' | 'rejected' | 'ignored' | 'none';

/** One suggestion from first to last event. Absent fields were never said. */
export interface Lifecycle {
  outcome: SuggestionOutcome;
  /** Why it was rejected or ignored, where the deciding event says so. */
  outcomeReason?: LifecycleEvent['reason'];
  outcomeTime?: number;
  firstTime: number;
  firstShown?: number;
  /** How often it was shown; re-shows count. */
  impressions: number;
  /** Summed over the impressions whose display time is known; absent where none is. */
  displayedMs?: number;
  /** UTF-16 units; absent where a partial accept did not say how much was taken. */
  acceptedLength?: number;
  typedShare?: number;
  typingDisagreed?: boolean;
  /** By afterSeconds, one each; checks across a change of branch are left out. */
  checks: RetentionCheck[];
  /** Every check fell into a change of branch, and one of them found the text gone. */
  goneWithBranch: boolean;
  displayProbability?: number;
  capture?: Capture;
  position?: number;
  strategy?: string;
  latencyMs?: number;
}

/** Order of events of one moment: the way of a suggestion. */
const RANK: Record<EventType, number> = {
  generated: 0,
  shown: 1,
  rejected: 2,
  ignored: 3,
  partially_accepted: 4,
  accepted: 5,
  captured: 6,
  retained: 7,
};

/** A distance from here on means that nothing of the text is left (Cody's full deletion is difference 1). */
const GONE = 1;

/**
 * Joins events, in any order, of one suggestion.
 * Doubles (same id) count once. Each `shown` opens an impression; the outcome of the last impression that has one decides, save that an
 * accept is not undone by a reject or silence that follows it within the same impression (a timer's, or the remainder's of a partial
 * accept), and a partial accept not at all. A late accept of an impression that was rejected stands.
 * @param events at least one; an empty list gives outcome `none`
 * @param completion the text that was suggested
 */
export function summarise(events: LifecycleEvent[], completion: { readonly length: number }): Lifecycle {
  const ordered = inOrder(events);
  const life: Lifecycle = {
    outcome: 'none',
    firstTime: ordered[0]?.time ?? 0,
    impressions: 0,
    checks: [],
    goneWithBranch: false,
  };
  const display = new DisplayTime();
  const retention = new Retention();
  let taken: number | undefined;
  let acceptTime: number | undefined;
  for (const event of ordered) {
    carry(life, event);
    display.see(event);
    switch (event.type) {
      case 'generated':
        break;
      case 'shown':
        life.impressions++;
        life.firstShown ??= event.time;
        break;
      case 'accepted':
        acceptTime ??= event.time;
        decide(life, event, 'accepted');
        break;
      case 'partially_accepted':
        if (event.acceptedLength === 0) break;
        acceptTime ??= event.time;
        if (event.acceptedLength !== undefined) taken = Math.max(taken ?? 0, event.acceptedLength);
        if (life.outcome !== 'accepted') decide(life, event, 'accepted_partly');
        break;
      case 'rejected':
      case 'ignored':
        if (mayUndo(life.outcome, display.outcomesSinceShown)) decide(life, event, event.type);
        break;
      case 'captured':
        life.capture = captureOf(event) ?? life.capture;
        break;
      case 'retained':
        retention.see(event, acceptTime);
        break;
    }
    display.after(event);
  }
  settleAccepted(life, taken, completion.length);
  const displayed = display.total();
  if (displayed !== undefined) life.displayedMs = displayed;
  life.checks = retention.checks();
  life.goneWithBranch = retention.goneWithBranch();
  return life;
}

/** By time, then the way of a suggestion, then id; events of one id count once, and a tie of ids is broken by content. */
function inOrder(events: LifecycleEvent[]): LifecycleEvent[] {
  const sorted = [...events].sort(
    (a, b) => a.time - b.time || RANK[a.type] - RANK[b.type] || compare(a.id, b.id) || compare(content(a), content(b)),
  );
  const seen = new Set<string>();
  return sorted.filter((event) => {
    if (seen.has(event.id)) return false;
    seen.add(event.id);
    return true;
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function content(event: LifecycleEvent): string {
  return JSON.stringify(event, Object.keys(event).sort());
}

/** Facts that any event may state: the last word counts, of latency and position the first. */
function carry(life: Lifecycle, event: LifecycleEvent): void {
  if (event.typedShare !== undefined) life.typedShare = event.typedShare;
  if (event.typingDisagreed !== undefined) life.typingDisagreed = event.typingDisagreed;
  if (event.displayProbability !== undefined) life.displayProbability = event.displayProbability;
  if (event.strategy !== undefined) life.strategy ??= event.strategy;
  if (event.latencyMs !== undefined) life.latencyMs ??= event.latencyMs;
  if (event.position !== undefined) life.position ??= event.position;
}

function decide(life: Lifecycle, event: LifecycleEvent, outcome: SuggestionOutcome): void {
  life.outcome = outcome;
  life.outcomeTime = event.time;
  if (event.reason === undefined) delete life.outcomeReason;
  else life.outcomeReason = event.reason;
}

function mayUndo(outcome: SuggestionOutcome, outcomesSinceShown: number): boolean {
  if (outcome === 'accepted_partly') return false;
  return outcome !== 'accepted' || outcomesSinceShown === 0;
}

/** A partial accept that has reached the end of the completion took the whole of it. */
function settleAccepted(life: Lifecycle, taken: number | undefined, length: number): void {
  if (life.outcome === 'accepted_partly' && taken !== undefined && taken >= length) life.outcome = 'accepted';
  if (life.outcome === 'accepted') life.acceptedLength = length;
  else if (life.outcome === 'accepted_partly' && taken !== undefined) life.acceptedLength = taken;
}

const OUTCOMES: ReadonlySet<EventType> = new Set(['accepted', 'partially_accepted', 'rejected', 'ignored']);

/**
 * Display time, impression by impression: what an event of the impression says (the most, where several do), else its first outcome
 * minus its show. An impression that only a further show ends has no known time.
 */
class DisplayTime {
  /** Outcome events since the last show, before the event at hand. */
  outcomesSinceShown = 0;
  #sum: number | undefined;
  #shown: number | undefined;
  #said: number | undefined;
  #derived: number | undefined;

  see(event: LifecycleEvent): void {
    if (event.type === 'shown') {
      this.#close();
      this.#shown = event.time;
      this.outcomesSinceShown = 0;
    }
    if (event.displayedMs !== undefined) this.#said = Math.max(this.#said ?? 0, event.displayedMs);
    if (OUTCOMES.has(event.type) && this.#shown !== undefined) this.#derived ??= event.time - this.#shown;
  }

  after(event: LifecycleEvent): void {
    if (OUTCOMES.has(event.type)) this.outcomesSinceShown++;
  }

  total(): number | undefined {
    this.#close();
    return this.#sum;
  }

  #close(): void {
    const displayed = this.#said ?? this.#derived;
    if (displayed !== undefined) this.#sum = (this.#sum ?? 0) + displayed;
    this.#shown = this.#said = this.#derived = undefined;
  }
}

/** Retention checks by horizon; a check that arrives twice for one horizon counts as the later says. */
class Retention {
  readonly #byHorizon = new Map<number, number>();
  #branchGone = false;

  see(event: LifecycleEvent, acceptTime: number | undefined): void {
    if (event.editDistance === undefined) return;
    if (event.branchChanged === true) {
      if (event.editDistance >= GONE) this.#branchGone = true;
      return;
    }
    const horizon =
      event.afterSeconds ?? (acceptTime === undefined ? undefined : Math.round((event.time - acceptTime) / 1000));
    if (horizon !== undefined) this.#byHorizon.set(horizon, event.editDistance);
  }

  checks(): RetentionCheck[] {
    return [...this.#byHorizon]
      .map(([afterSeconds, editDistance]) => ({ afterSeconds, editDistance }))
      .sort((a, b) => a.afterSeconds - b.afterSeconds);
  }

  goneWithBranch(): boolean {
    return this.#branchGone && this.#byHorizon.size === 0;
  }
}
