/** What admit hands to assemble of one event: judged, redacted, pseudonymous; one JSON line in a sealed bucket. */
import type { CanonicalEvent, EventType, Plan, RepositoryReference } from '../events/event.ts';
import type { RedactedText } from '../text.ts';
import type { Reason } from '../verdict.ts';

export interface AdmittedText {
  prefix?: RedactedText;
  suffix?: RedactedText;
  completion?: RedactedText;
  captured?: RedactedText;
  context?: { path: RedactedText; text: RedactedText }[];
}

/** Keyed hashes (hex) of the repository a record's document lies in. */
export interface OriginKeys {
  repository: string;
  family: string;
  /** SPDX id or expression, where the facts give one. */
  license?: string;
}

export interface AdmittedRecord {
  /** Index of the source in the plan, and the line in it. */
  source: number;
  line: number;
  event: string;
  type: EventType;
  /** Milliseconds since 1970-01-01 UTC. */
  time: number;
  suggestion: string;
  request?: string;
  /** Pseudonyms. */
  user?: string;
  device?: string;
  /** Keyed hash of the whole canonical event, to tell a repeated record from a contradicting one. */
  content: string;
  /** Consent of a record without a user, judged once the suggestion's user is known. */
  plan?: Plan;
  /** What the facts say of the user's plan at the event, for a record that is to be measured and names none. */
  knownPlan?: Plan;
  out?: { reason: Reason; rule: string };
  /** Share of the completion that redaction covered, where above 0. */
  covered?: number;
  /** The text's origin but for the path, which another record of the request names. */
  pending?: { repository?: RepositoryReference; workspaceRepositories?: string[]; gitMode?: string };
  /** The document that this record names for its request. */
  document?: { path: string; gitMode?: string };
  /** UTF-16 units of the completion before redaction. */
  completionLength?: number;
  hasText: boolean;
  /** Keyed hashes by which erasure finds what this record gives. */
  erasure?: string[];
  text?: AdmittedText;
  origin?: OriginKeys;
  language?: string;
  model?: string;
  strategy?: string;
  position?: number;
  ide?: string;
  latencyMs?: number;
  displayProbability?: number;
  displayedMs?: number;
  acceptedLength?: number;
  typedShare?: number;
  typingDisagreed?: boolean;
  reason?: 'superseded' | 'focus_lost' | 'cancelled' | 'escape';
  capturedFrom?: number;
  capturedTo?: number;
  afterSeconds?: number;
  editDistance?: number;
  branchChanged?: boolean;
}

/** The part of a record that is the event's own. One literal of one shape: absent fields are undefined, and no JSON. */
export function recordOf(
  event: CanonicalEvent,
  { source, line, content, hasText }: Pick<AdmittedRecord, 'source' | 'line' | 'content' | 'hasText'>,
): AdmittedRecord {
  const fields = {
    source,
    line,
    event: event.id,
    type: event.type,
    time: event.time,
    suggestion: event.suggestionId,
    request: event.requestId,
    content,
    hasText,
    plan: event.user.plan,
    language: event.document.language,
    model: event.model,
    strategy: event.strategy,
    position: event.position,
    ide: event.client.ide,
    latencyMs: event.latencyMs,
    displayProbability: event.displayProbability,
    displayedMs: event.displayedMs,
    acceptedLength: event.acceptedLength,
    typedShare: event.typedShare,
    typingDisagreed: event.typingDisagreed,
    reason: event.reason,
    capturedFrom: event.capturedFrom,
    capturedTo: event.capturedTo,
    afterSeconds: event.afterSeconds,
    editDistance: event.editDistance,
    branchChanged: event.branchChanged,
    completionLength: event.completion?.raw.length,
  };
  return fields as AdmittedRecord;
}
