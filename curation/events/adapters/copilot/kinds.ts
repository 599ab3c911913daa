/** What each kind of Copilot's events says of a suggestion, in canonical fields. */
import { isObject } from '../fields.ts';
import { isUnreadable, type CopilotEvent, type Unreadable } from './event.ts';
import { promptOf } from './prompt.ts';

/** Canonical fields; null where the event says nothing of what a user did. */
export type Said = Record<string, unknown> | Unreadable | null;

/** Horizons are given in seconds, at most 600; where they were turned into milliseconds the least is 15,000. */
const LEAST_MILLISECONDS = 10_000;

export const KINDS: ReadonlyMap<string, (event: CopilotEvent) => Said> = new Map<string, (event: CopilotEvent) => Said>(
  [
    ['engine.prompt', generated],
    ['engine.completion', completed],
    ['ghostText.issued', silent],
    ['ghostText.produced', silent],
    ['ghostText.empty', silent],
    ['ghostText.failed', silent],
    ['ghostText.canceled', () => ({ type: 'ignored', reason: 'cancelled' })],
    ['ghostText.shown', (event) => ({ type: 'shown', latencyMs: event.measure('timeSinceIssuedMs') })],
    ['ghostText.shownFromCache', () => ({ type: 'shown' })],
    ['ghostText.accepted', accepted],
    ['ghostText.rejected', rejected],
    // The client names no cause: the user may have typed on, moved away or pressed a key, and only the last is a reject.
    ['ghostText.dismissed', (event) => ({ type: 'ignored', displayedMs: event.measure('timeSinceDisplayedMs') })],
    ['ghostText.stillInCode', retained],
    ['ghostText.capturedAfterAccepted', captured],
    ['ghostText.capturedAfterRejected', captured],
    ['provideInlineEdit', inlineEdit],
    ['reportInlineEditSurvivalRate', inlineEditSurvived],
  ],
);

/** Kinds that join on `opportunityId` rather than on the request. */
export const INLINE_EDITS: ReadonlySet<string> = new Set(['provideInlineEdit', 'reportInlineEditSurvivalRate']);

function silent(): Said {
  return null;
}

function generated(event: CopilotEvent): Said {
  const prompt = promptOf(event);
  return isUnreadable(prompt) ? prompt : { type: 'generated', ...prompt };
}

function completed(event: CopilotEvent): Said {
  const completion = event.jsonText('completionTextJson');
  return isUnreadable(completion) ? completion : { type: 'generated', completion: completion.text };
}

function accepted(event: CopilotEvent): Said {
  const displayedMs = event.measure('timeSinceDisplayedMs');
  if (!isPartial(event)) return { type: 'accepted', displayedMs };
  return { type: 'partially_accepted', displayedMs, acceptedLength: event.measure('compCharLen') };
}

/** The remainder of a partly accepted suggestion goes away after each partial accept: that says nothing against the suggestion. */
function rejected(event: CopilotEvent): Said {
  const displayedMs = event.measure('timeSinceDisplayedMs');
  return isPartial(event) ? { type: 'ignored', reason: 'superseded', displayedMs } : { type: 'rejected', displayedMs };
}

function isPartial(event: CopilotEvent): boolean {
  const type = event.properties.filled('compType');
  if (type !== undefined && type !== 'partial' && type !== 'full') event.properties.refuse('compType');
  return type === 'partial';
}

function retained(event: CopilotEvent): Said {
  return {
    type: 'retained',
    afterSeconds: secondsOf(event.measure('timeout')),
    editDistance: clipped(event.measure('relativeLexEditDistance')),
    branchChanged: event.truth('didBranchChange'),
  };
}

/** The captured text begins where the suggestion was put; a termination of -1 means that no end of its block was found. */
function captured(event: CopilotEvent): Said {
  const code = event.jsonText('capturedCodeJson');
  if (isUnreadable(code)) return code;
  const end = event.measure('terminationOffsetInCapturedCode');
  return {
    type: 'captured',
    capturedCode: code.text,
    capturedFrom: code.text === undefined ? undefined : 0,
    capturedTo: code.text === undefined || end === undefined || end < 0 ? undefined : Math.min(end, code.text.length),
    afterSeconds: secondsOf(event.measure('timeout')),
    branchChanged: event.truth('didBranchChange'),
  };
}

const ACCEPTANCE: ReadonlyMap<string, string> = new Map([
  ['accepted', 'accepted'],
  ['rejected', 'rejected'],
  ['notAccepted', 'ignored'],
]);

/** An edit that was never shown tells nothing, whatever it is said to have become. */
function inlineEdit(event: CopilotEvent): Said {
  const type = ACCEPTANCE.get(event.properties.needed('acceptance')) ?? event.properties.refuse('acceptance');
  const workspaceRepositories = repositoriesOf(event);
  if (event.truth('isShown') === false && type !== 'accepted') return null;
  const superseded = type === 'ignored' && event.properties.filled('supersededByOpportunityId') !== undefined;
  return {
    type,
    reason: superseded ? 'superseded' : undefined,
    typingDisagreed: event.truth('userTypingDisagreed'),
    displayedMs: event.measure('timeSinceDisplayedMs'),
    ...(workspaceRepositories ? { workspaceRepositories } : {}),
  };
}

/** Survival is what is left of the edit, so that distance is its complement. */
function inlineEditSurvived(event: CopilotEvent): Said {
  const left = event.measure('survivalRateFourGram');
  const after = event.measure('timeDelayMs');
  return {
    type: 'retained',
    afterSeconds: after === undefined ? undefined : after / 1000,
    editDistance: left === undefined ? undefined : 1 - clipped(left)!,
    branchChanged: event.truth('didBranchChange'),
  };
}

/** A list, or the JSON of one, as property bags hold it. */
function repositoriesOf(event: CopilotEvent): string[] | undefined {
  const { properties } = event;
  if (!properties.has('repositoryUrls')) return undefined;
  const given = properties.value('repositoryUrls');
  let list: unknown = given;
  if (typeof given === 'string') {
    const parsed = event.json('repositoryUrls');
    list = parsed?.ok ? parsed.value : undefined;
  }
  if (isObject(list) || !Array.isArray(list) || !list.every((url) => typeof url === 'string')) {
    return properties.refuse('repositoryUrls');
  }
  return list;
}

function secondsOf(timeout: number | undefined): number | undefined {
  return timeout !== undefined && timeout >= LEAST_MILLISECONDS ? timeout / 1000 : timeout;
}

function clipped(share: number | undefined): number | undefined {
  return share === undefined ? undefined : Math.min(1, Math.max(0, share));
}
