/** Facts as entries of a key-value store: how each kind is keyed and packed, and how it is read back. */
import type { Plan } from '../../events/event.ts';
import { PLANS } from '../../events/event.ts';
import type { ConsentState, FactFile } from './fact.ts';
import type { RepositoryId } from '../repository/remote.ts';
import type { RepositoryDelivery, RepositoryFact, RepositoryState, Visibility } from '../repository/state.ts';
import { VISIBILITIES } from '../repository/state.ts';

/** Several entries may bear one key. Values hold no line feed. */
export interface FactEntry {
  key: string;
  value: string;
}

/** The key under which each kind of fact is found. */
export const factKey = {
  repository: (host: string, id: number): string => `r${host}#${id}`,
  name: (id: RepositoryId): string => `n${id}`,
  user: (userId: string): string => `u${foldUser(userId)}`,
  codeowners: (id: RepositoryId): string => `c${id}`,
  exclusions: (id: RepositoryId): string => `x${id}`,
  ignoreFiles: (id: RepositoryId): string => `i${id}`,
  teams: 't',
  erasedUser: (userId: string): string => `e@${foldUser(userId)}`,
  erasedRepository: (id: RepositoryId): string => `e/${id}`,
};

/** Ids that differ only by letter case meet under one key; `judgeConsent` says what becomes of them. */
export function foldUser(userId: string): string {
  return userId.normalize('NFC').toLowerCase();
}

const REPOSITORIES = 'repositories.jsonl';
const WEBHOOKS = 'repository-webhooks.jsonl';
const CONSENTS = 'consents.jsonl';

type PackedState = [
  kind: 0,
  since: number,
  visibility: number,
  owner: string,
  name: string,
  forkOf: number | null,
  license: string | null,
  deleted: number,
  submodules: Record<string, string> | null,
  line: number,
];
type PackedDelivery = [
  kind: 1,
  since: number,
  visibility: number,
  owner: string,
  name: string,
  action: string,
  event: string,
  identified: number,
  fork: number | null,
  license: string | null,
  line: number,
];
type PackedConsent = [userId: string, plan: number, allowed: number, since: number, line: number];

export function packState(state: RepositoryState, line: number): string {
  const packed: PackedState = [
    0,
    state.since,
    VISIBILITIES.indexOf(state.visibility),
    state.owner,
    state.name,
    typeof state.forkOf === 'number' ? state.forkOf : null,
    state.license ?? null,
    state.deleted ? 1 : 0,
    state.submodules ?? null,
    line,
  ];
  return JSON.stringify(packed);
}

export function packDelivery(delivery: RepositoryDelivery, line: number): string {
  const packed: PackedDelivery = [
    1,
    delivery.since,
    VISIBILITIES.indexOf(delivery.visibility),
    delivery.owner,
    delivery.name,
    delivery.action,
    delivery.event,
    delivery.identified ? 1 : 0,
    delivery.fork === undefined ? null : delivery.fork ? 1 : 0,
    delivery.license ?? null,
    line,
  ];
  return JSON.stringify(packed);
}

export function unpackRepository(host: string, id: number, value: string): RepositoryFact {
  const packed = JSON.parse(value) as PackedState | PackedDelivery;
  const visibility: Visibility = VISIBILITIES[packed[2]]!;
  if (packed[0] === 0) {
    const [, since, , owner, name, forkOf, license, deleted, submodules, line] = packed;
    const state: RepositoryState = {
      host,
      id,
      owner,
      name,
      visibility,
      since,
      deleted: deleted === 1,
      source: `${REPOSITORIES}:${line}`,
    };
    if (forkOf !== null) state.forkOf = forkOf;
    if (license !== null) state.license = license;
    if (submodules !== null) state.submodules = submodules;
    return { kind: 'state', state };
  }
  const [, since, , owner, name, action, event, identified, fork, license, line] = packed;
  const source = `${WEBHOOKS}:${line}`;
  const delivery: RepositoryDelivery = {
    ...{ host, id, owner, name, visibility, since, action, event, source },
    identified: identified === 1,
  };
  if (fork !== null) delivery.fork = fork === 1;
  if (license !== null) delivery.license = license;
  return { kind: 'delivery', delivery };
}

export function packConsent(state: ConsentState, line: number): string {
  const allowed = state.training === 'allowed' ? 1 : 0;
  const packed: PackedConsent = [state.userId, PLANS.indexOf(state.plan), allowed, state.since, line];
  return JSON.stringify(packed);
}

export function unpackConsent(value: string): ConsentState {
  const [userId, plan, allowed, since, line] = JSON.parse(value) as PackedConsent;
  const known: Plan = PLANS[plan]!;
  return { userId, plan: known, training: allowed === 1 ? 'allowed' : 'denied', since, source: `${CONSENTS}:${line}` };
}

export function packFile(file: FactFile): string {
  return JSON.stringify(file);
}

export function unpackFile<T extends FactFile>(value: string): T {
  return JSON.parse(value) as T;
}

/** An edge of `teams.jsonl`: child and parent. */
export function unpackTeam(value: string): [string, string] {
  return JSON.parse(value) as [string, string];
}
