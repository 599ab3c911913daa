/** GitHub Copilot's completion telemetry. */
import { AdaptedCandidate } from '../candidate.ts';
import type { Plan } from '../event.ts';
import { malformed, noFeedback, timeless, type About, type Adapted } from './adapted.ts';
import { CopilotEvent, isUnreadable } from './copilot/event.ts';
import { INLINE_EDITS, KINDS } from './copilot/kinds.ts';
import { FieldReader } from './fields.ts';

/** Telemetry has no event ids: the record's digest is the id. @param recordDigest sha256 of the record's bytes, hex */
export function adaptCopilot(record: Record<string, unknown>, recordDigest: string): Adapted {
  const top = new FieldReader(record);
  const kind = kindOf(top.needed('name'));
  const properties = top.object('properties');
  const about: About = { id: recordDigest };
  const time = record['time'];
  if (typeof time !== 'string') return timeless(time, 'copilot.time', about);
  about.time = time;
  if (properties === undefined) return malformed(`copilot.${top.fault ?? 'properties'}`, about);
  const event = new CopilotEvent(properties, top.object('measurements') ?? new FieldReader({}));
  const user = properties.filled('copilot_trackingId');
  if (user !== undefined) about.userId = user;

  const says = KINDS.get(kind);
  if (top.fault !== undefined) return malformed(`copilot.${top.fault}`, about);
  if (!says) return noFeedback('copilot.name: a kind that is no feedback', about);
  const request = INLINE_EDITS.has(kind)
    ? (properties.filled('opportunityId') ?? properties.needed('headerRequestId'))
    : properties.filled('headerRequestId');
  const choice = event.measure('originalChoiceIndex') ?? event.measure('choiceIndex') ?? 0;
  if (request !== undefined) about.suggestionId = `${request}#${choice}`;
  const said = says(event);
  if (said === null && top.fault === undefined) return noFeedback(`copilot.${kind}`, about);
  properties.needed(INLINE_EDITS.has(kind) && properties.has('opportunityId') ? 'opportunityId' : 'headerRequestId');
  if (said !== null && isUnreadable(said)) {
    return { kind: 'reason', reason: said.reason, rule: `copilot.${said.rule}`, about };
  }
  const document = { language: properties.text('languageId') ?? properties.text('activeDocumentLanguageId') };
  const candidate = {
    id: recordDigest,
    time,
    suggestionId: about.suggestionId,
    requestId: request,
    choiceIndex: choice,
    user: {
      id: user,
      deviceId: properties.filled('common_vscodemachineid') ?? properties.filled('client_machineid'),
      plan: planOf(properties.filled('sku')),
    },
    client: clientOf(properties),
    position: event.measure('promptEndPos'),
    model: properties.filled('engineName') ?? properties.filled('modelId'),
    ...said,
    ...repositoryOf(properties, said?.['workspaceRepositories'] as string[] | undefined),
    document: { ...document, ...(said?.['document'] as object | undefined) },
  };
  if (top.fault !== undefined) return malformed(`copilot.${top.fault}`, about);
  return { kind: 'events', candidates: [new AdaptedCandidate(candidate)] };
}

export function isCopilot(record: Record<string, unknown>): boolean {
  const properties = record['properties'];
  return typeof record['name'] === 'string' && typeof properties === 'object' && properties !== null;
}

/** `copilot/ghostText.shown`, `ghostText.shown` and `ghostText_shown` are the same kind. */
function kindOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1).replace('_', '.');
}

/**
 * Skus as tokens and exports spell them. What smells of a plan that is never trained on is that plan; a sku that nothing is known of
 * says nothing, and the facts decide.
 */
function planOf(sku: string | undefined): Plan | undefined {
  if (sku === undefined) return undefined;
  const name = sku.toLowerCase();
  if (name.includes('enterprise')) return 'enterprise';
  if (name.includes('business') || name.includes('seat')) return 'business';
  if (name.includes('teacher') || name.includes('faculty')) return 'teacher';
  if (name.includes('student') || name.includes('edu')) return 'student';
  if (name === 'individual_pro' || name === 'pro_plus' || name.startsWith('plus_')) return 'pro_plus';
  if (name === 'individual' || name === 'pro' || /^(?:monthly|yearly)_subscriber(?:_quota)?$/.test(name)) return 'pro';
  return name === 'free' || name.startsWith('free_limited') ? 'free' : undefined;
}

/** `editor_version` is `vscode/1.70.0`; `common_extversion` the extension's version. */
function clientOf(properties: FieldReader): Record<string, string | undefined> {
  const [ide, ideVersion] = (properties.filled('editor_version') ?? '').split('/', 2);
  return {
    ide: ide ? ide.toLowerCase() : undefined,
    ideVersion,
    extension: 'copilot',
    extensionVersion: properties.filled('common_extversion'),
  };
}

/**
 * The document's repository, where the client had found it out. Where the remote and the owner and name beside it differ, both are named
 * as of the workspace, and the more restrictive decides.
 */
function repositoryOf(properties: FieldReader, workspace: string[] | undefined): Record<string, unknown> {
  const state = properties.filled('gitRepoInformation');
  const url = properties.filled('gitRepoUrl') ?? properties.filled('activeDocumentRepository');
  const host = properties.filled('gitRepoHost');
  const owner = properties.filled('gitRepoOwner');
  const name = properties.filled('gitRepoName');
  if (state !== undefined && state !== 'available') return {};
  const parts =
    owner === undefined || name === undefined ? undefined : `${host ? `https://${host}/` : ''}${owner}/${name}`;
  if (url === undefined) return parts === undefined ? {} : { repository: { url: parts } };
  const tail = `${owner}/${name}`.toLowerCase();
  const remote = withoutSuffix(url.toLowerCase());
  const agree = parts === undefined || (/[/:]/.test(remote.at(-tail.length - 1) ?? '/') && remote.endsWith(tail));
  return agree ? { repository: { url } } : { workspaceRepositories: [...(workspace ?? []), url, parts] };
}

/** Cut by hand: a pattern for the slashes at the end would try at each slash. */
function withoutSuffix(url: string): string {
  let end = url.length;
  while (end > 0 && url[end - 1] === '/') end--;
  return url.endsWith('.git', end) ? url.slice(0, end - 4) : url.slice(0, end);
}
