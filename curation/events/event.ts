/** The canonical event, `garner.event/1`: one thing that happened to one suggestion. Field meanings and units as in config/schemas/event.schema.json. */
import type { RawText } from '../text.ts';

export const EVENT_TYPES = [
  'generated',
  'shown',
  'accepted',
  'partially_accepted',
  'rejected',
  'ignored',
  'captured',
  'retained',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export const PLANS = ['free', 'pro', 'pro_plus', 'student', 'teacher', 'business', 'enterprise'] as const;
export type Plan = (typeof PLANS)[number];

/** A remote as the event names it: a URL in any form, a numeric id of the host, or both. */
export interface RepositoryReference {
  url?: string;
  id?: number;
}

/** Text quoted from another place than the open document. */
export interface ContextPiece {
  path?: string;
  repository?: RepositoryReference;
  text: RawText;
  /** Adapters set it where the piece is known to have no origin (a clipboard): it is stripped. */
  unsourced?: boolean;
}

export interface Prompt {
  prefix?: RawText;
  suffix?: RawText;
  context: ContextPiece[];
}

/** Absent fields are absent, never null. Times are milliseconds since 1970-01-01 UTC. */
export interface CanonicalEvent {
  id: string;
  type: EventType;
  time: number;
  suggestionId: string;
  requestId?: string;
  choiceIndex?: number;
  user: { id?: string; deviceId?: string; plan?: Plan };
  client: { ide?: string; ideVersion?: string; extension?: string; extensionVersion?: string };
  repository?: RepositoryReference;
  workspaceRepositories?: string[];
  document: { path?: string; language?: string; gitMode?: string };
  position?: number;
  prompt?: Prompt;
  completion?: RawText;
  model?: string;
  strategy?: string;
  latencyMs?: number;
  displayProbability?: number;
  displayedMs?: number;
  acceptedLength?: number;
  typedShare?: number;
  typingDisagreed?: boolean;
  reason?: 'superseded' | 'focus_lost' | 'cancelled' | 'escape';
  capturedCode?: RawText;
  capturedFrom?: number;
  capturedTo?: number;
  afterSeconds?: number;
  editDistance?: number;
  branchChanged?: boolean;
}
