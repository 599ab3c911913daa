/** The files of a facts folder: which there may be, and what each of their lines must hold. */
import { PLANS } from '../../events/event.ts';
import { checkExclusionFile } from './exclusion.ts';
import type { FactEntry } from './entry.ts';
import { factKey, packConsent, packDelivery, packFile, packState } from './entry.ts';
import { FactRecord, FactsError } from './record.ts';
import type { CodeownersFile, ConsentState, FactFile, IgnoreFile } from './fact.ts';
import { DELIVERY_FIELDS, readDelivery } from '../repository/delivery.ts';
import type { RepositoryId } from '../repository/remote.ts';
import { hasTwoLevels, lower, parseRepositoryId, repositoryId } from '../repository/remote.ts';
import type { RepositoryState } from '../repository/state.ts';
import { VISIBILITIES } from '../repository/state.ts';

export type Keep = (entry: FactEntry) => void;

const STATE_FIELDS = 'host id owner name visibility since forkOf license deleted submodules'.split(' ');
const CONSENT_FIELDS = 'userId plan training since'.split(' ');
const HOST = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

const LINES: Record<string, (file: string, line: number, text: string, keep: Keep) => void> = {
  'repositories.jsonl': repositoryLine,
  'repository-webhooks.jsonl': webhookLine,
  'consents.jsonl': consentLine,
  'teams.jsonl': teamLine,
  'erasures.jsonl': erasureLine,
};

/**
 * What a file of the facts folder is, by its name relative to it: `lines` (one JSON object a line), `file` (read whole), or `none`
 * (no facts: hidden files, notes).
 * @throws FactsError for a name that looks like facts but would not be read
 */
export function factKind(name: string): 'lines' | 'file' | 'none' {
  if (Object.hasOwn(LINES, name)) return 'lines';
  const folder = name.split('/', 1)[0]!;
  if (name.includes('/') && Object.hasOwn(FILES, folder)) return 'file';
  if (/\.(jsonl|ya?ml)(\.[a-z0-9]+)?$/i.test(name) || /(^|\/)CODEOWNERS$/i.test(name)) {
    throw new FactsError(name, 0, '', `is no facts file: name it ${Object.keys(LINES).join(', ')}, or move it away`);
  }
  return 'none';
}

/** The entries of one line of a `lines` file; blank lines have none, and false comes back. `line` counts from 1. */
export function lineEntries(name: string, line: number, text: string, keep: Keep): boolean {
  if (text.trim() === '') return false;
  LINES[name]!(name, line, text, keep);
  return true;
}

/** The entries of a `file`. */
export function fileEntries(name: string, text: string, keep: Keep): void {
  FILES[name.split('/', 1)[0]!]!(name, text, keep);
}

/** The entries of a whole file of either kind. */
export function entriesOf(name: string, text: string, keep: Keep): void {
  const kind = factKind(name);
  if (kind === 'file') fileEntries(name, text, keep);
  if (kind !== 'lines') return;
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  let line = 0;
  for (let start = 0; start < body.length;) {
    const end = body.indexOf('\n', start);
    lineEntries(name, ++line, body.slice(start, end < 0 ? body.length : end), keep);
    start = end < 0 ? body.length : end + 1;
  }
}

function hostOf(record: FactRecord): string {
  const host = record.text('host').toLowerCase();
  return HOST.test(host) ? host : record.fail('host', 'is not a host name such as github.com');
}

function namePart(record: FactRecord, field: string, slashes: boolean): string {
  const part = lower(record.text(field));
  const bad = part.split('/').some((piece) => piece === '' || piece === '.' || piece === '..');
  if (bad || /[\s\\#?:@%]/.test(part.replaceAll(' ', '')) || (!slashes && part.includes('/'))) {
    return record.fail(field, `is not the ${field} of a repository`);
  }
  return part;
}

function repositoryLine(file: string, line: number, text: string, keep: Keep): void {
  const record = FactRecord.parse(file, line, text, STATE_FIELDS);
  const state: RepositoryState = {
    host: hostOf(record),
    id: record.id('id'),
    owner: namePart(record, 'owner', true),
    name: namePart(record, 'name', false),
    visibility: record.choice('visibility', VISIBILITIES),
    since: record.instant('since'),
    deleted: record.optionalFlag('deleted') ?? false,
    source: '',
  };
  const forkOf = record.optionalId('forkOf');
  if (forkOf !== undefined) state.forkOf = forkOf;
  const license = record.optionalText('license');
  if (license !== undefined) state.license = license;
  const submodules = record.optionalStrings('submodules');
  if (submodules !== undefined) state.submodules = submodules;
  keep({ key: factKey.repository(state.host, state.id), value: packState(state, line) });
  keep({ key: factKey.name(repositoryId(state.host, state.owner, state.name)), value: String(state.id) });
}

function webhookLine(file: string, line: number, text: string, keep: Keep): void {
  const delivery = readDelivery(FactRecord.parse(file, line, text, DELIVERY_FIELDS));
  keep({ key: factKey.repository(delivery.host, delivery.id), value: packDelivery(delivery, line) });
  keep({ key: factKey.name(repositoryId(delivery.host, delivery.owner, delivery.name)), value: String(delivery.id) });
}

function consentLine(file: string, line: number, text: string, keep: Keep): void {
  const record = FactRecord.parse(file, line, text, CONSENT_FIELDS);
  const state: ConsentState = {
    userId: record.text('userId'),
    plan: record.choice('plan', PLANS),
    training: record.choice('training', ['allowed', 'denied'] as const),
    since: record.instant('since'),
    source: '',
  };
  keep({ key: factKey.user(state.userId), value: packConsent(state, line) });
}

/** `{"team":"@acme/legal","parent":"@acme/all"}`: what is denied to the parent is denied to the team. */
function teamLine(file: string, line: number, text: string, keep: Keep): void {
  const record = FactRecord.parse(file, line, text, ['team', 'parent']);
  const edge = [teamName(record, 'team'), teamName(record, 'parent')];
  keep({ key: factKey.teams, value: JSON.stringify(edge) });
}

function teamName(record: FactRecord, field: string): string {
  const team = lower(record.text(field));
  return /^@[^\s@]+$/.test(team) ? team : record.fail(field, 'is not a team such as @acme/legal');
}

/** `{"userId":"u1"}` or `{"repository":"github.com/acme/app"}`: nothing of them may be used, whatever else is said. */
function erasureLine(file: string, line: number, text: string, keep: Keep): void {
  const record = FactRecord.parse(file, line, text, ['userId', 'repository']);
  const userId = record.optionalText('userId');
  const name = record.optionalText('repository');
  if (userId === undefined && name === undefined) record.fail('userId', 'is missing, and so is repository');
  if (userId !== undefined) keep({ key: factKey.erasedUser(userId), value: String(line) });
  if (name === undefined) return;
  const parsed = parseRepositoryId(name);
  if (parsed === null) return record.fail('repository', 'is not host/owner/name');
  keep({ key: factKey.erasedRepository(parsed.id), value: String(line) });
}

const FILES: Record<string, (name: string, text: string, keep: Keep) => void> = {
  codeowners(name, text, keep) {
    const id = repositoryOf(name, /\/CODEOWNERS$/, 'codeowners/<host>/<owner>/<name>/CODEOWNERS');
    const dialect = id.slice(0, id.indexOf('/')).includes('gitlab') ? 'gitlab' : 'github';
    const file: CodeownersFile = { text, source: name, dialect };
    keep({ key: factKey.codeowners(id), value: packFile(file) });
  },
  exclusions(name, text, keep) {
    const id = repositoryOf(name, /\.ya?ml$/, 'exclusions/<host>/<owner>/<name>.yaml');
    const file: FactFile = { text, source: name };
    checkExclusionFile(file, id);
    keep({ key: factKey.exclusions(id), value: packFile(file) });
  },
  ignorefiles(name, text, keep) {
    const kind = name.endsWith('/.aiexclude') ? 'aiexclude' : 'copilotignore';
    const shape = 'ignorefiles/<host>/<owner>/<name>/[<folder>/].copilotignore or .aiexclude';
    const { id, rest } = placeOf(name, /\/\.(aiexclude|copilotignore)$/, shape);
    const file: IgnoreFile = { text, source: name, kind, folder: rest };
    keep({ key: factKey.ignoreFiles(id), value: packFile(file) });
  },
};

/** The repository that a file's path names, where the file belongs to it as a whole. */
function repositoryOf(name: string, ending: RegExp, shape: string): RepositoryId {
  const { id, rest } = placeOf(name, ending, shape);
  if (rest !== '') throw new FactsError(name, 0, '', `is not at ${shape}`);
  return id;
}

/**
 * The repository that a file's path names, and the folder inside it. On hosts with groups inside groups all folders are the name,
 * and a folder inside the repository follows a `-`, as in those hosts' own addresses.
 */
function placeOf(name: string, ending: RegExp, shape: string): { id: RepositoryId; rest: string } {
  const [, ...parts] = name.replace(ending, '').split('/');
  const dash = parts.indexOf('-');
  const levels = hasTwoLevels(parts[0]?.toLowerCase() ?? '') ? 3 : dash < 0 ? parts.length : dash;
  const parsed = parseRepositoryId(parts.slice(0, levels).join('/'));
  if (!ending.test(name) || parsed === null) throw new FactsError(name, 0, '', `is not at ${shape}`);
  const rest = parts.slice(levels);
  return { id: parsed.id, rest: (rest[0] === '-' ? rest.slice(1) : rest).join('/') };
}
