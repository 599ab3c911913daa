/** Who may read what: the people named in access.yaml, by audience and time, and the age keys that data is sealed to. */
import { isMap, isSeq, parseDocument } from 'yaml';
import { ConfigError, readYaml, type Path } from '../../config/document.ts';
import { AUDIENCES, type Audience } from '../../config/policy.ts';
import { keyBytes } from '../age/bech32.ts';

/** One grant. `from` is included, `until` is not; both in milliseconds since 1970, `until` Infinity where the grant has no end. */
export interface Grant {
  name: string;
  group: Audience;
  affiliation: Affiliation;
  team: string;
  /** `age1…` */
  recipient: string;
  from: number;
  until: number;
}
export type Affiliation = (typeof AFFILIATIONS)[number];
/** A grant as it is written in the file: times as RFC 3339 or `YYYY-MM-DD`, which is midnight UTC. */
export type GrantText = Omit<Grant, 'from' | 'until'> & { from: string; until?: string };

export interface AccessList {
  readonly file: string;
  readonly people: readonly Grant[];
  /** The grants that hold at a time for any of the audiences. */
  grantsAt(audiences: readonly Audience[], at: number | string): Grant[];
  /** Their recipients, each once, sorted. Empty where nobody may read: then nothing may be sealed. */
  recipientsOf(audiences: readonly Audience[], at: number | string): string[];
}

const AFFILIATIONS = ['employee', 'contractor'] as const;
/** What a team works on; `teams` in the file says it for teams of other names. */
const WORKS_ON = ['assistant', 'cloud', 'other'] as const;
type WorksOn = (typeof WORKS_ON)[number];

/** What each audience asks of its people, by the terms of use. No `worksOn` means that any team will do. */
const DEMANDS: Record<Audience, { affiliation: readonly Affiliation[]; worksOn?: readonly WorksOn[] }> = {
  'copilot-team': { affiliation: AFFILIATIONS },
  'platform-health': { affiliation: AFFILIATIONS },
  'cloud-partner': { affiliation: AFFILIATIONS, worksOn: ['cloud', 'assistant'] },
  'model-partner': { affiliation: ['employee'], worksOn: ['assistant'] },
};
const FIELDS = ['name', 'group', 'affiliation', 'team', 'recipient', 'from', 'until'];
const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z)?$/;

/** Reads an access file. @throws ConfigError that names file, line and field */
export function loadAccess(file: string): AccessList {
  return readAccess(file);
}

/** As `loadAccess`, for text at hand; `file` is named in errors. */
export function parseAccess(file: string, text: string): AccessList {
  return readAccess(file, text);
}

/** Adds a grant to the text of an access file, its comments kept. @throws ConfigError when the result would not be valid */
export function grantIn(file: string, text: string, grant: GrantText): string {
  const document = parseDocument(text);
  if (!document.has('version')) document.set('version', 1);
  if (isSeq(document.get('people', true))) document.addIn(['people'], document.createNode(grant));
  else document.set('people', document.createNode([grant]));
  return checked(file, document.toString({ lineWidth: 0 }));
}

/**
 * Ends every grant of a person (of one group, where given) at a time; grants that begin later are removed.
 * What was sealed to them stays readable to them until it is sealed again.
 * @throws ConfigError when that person has no grant to end
 */
export function revokeIn(file: string, text: string, name: string, at: string, group?: Audience): string {
  const ends = parseTime(at) ?? fault(file, 'until', TIME_FORM);
  const document = parseDocument(text);
  const people = document.get('people', true);
  let ended = 0;
  if (isSeq(people)) {
    const { people: grants } = parseAccess(file, text);
    for (let index = grants.length - 1; index >= 0; index--) {
      const grant = grants[index]!;
      if (grant.name !== name || (group !== undefined && grant.group !== group) || grant.until <= ends) continue;
      ended++;
      const node = people.items[index];
      if (grant.from >= ends) people.items.splice(index, 1);
      else if (isMap(node)) node.set('until', at);
    }
  }
  if (ended === 0) fault(file, 'people', `"${name}" has no grant that holds then`);
  return checked(file, document.toString({ lineWidth: 0 }));
}

const TIME_FORM = 'must be a time: 2026-05-01 or 2026-05-01T10:00:00Z';

function readAccess(file: string, text?: string): AccessList {
  const yaml = readYaml(file, text);
  const fail = (path: Path, problem: string): never => {
    throw new ConfigError(file, yaml.line(path), yaml.source(path).split(' ').slice(1).join(' '), problem);
  };
  const { version, people = [], teams = {}, ...rest } = record(yaml.value, [], fail);
  if (version !== 1) fail(['version'], 'must be 1');
  for (const name of Object.keys(rest))
    fail([name], 'is no field of an access file: known are version, teams and people');
  const works = teamsOf(record(teams, ['teams'], fail), fail);
  if (!Array.isArray(people)) return fail(['people'], 'must be a list');
  const grants = people.map((person: unknown, index) =>
    grantOf(record(person, ['people', index], fail), index, works, fail),
  );
  const owners = new Map<string, string>();
  grants.forEach(({ recipient, name }, index) => {
    const owner = owners.get(recipient);
    if (owner !== undefined && owner !== name)
      fail(['people', index, 'recipient'], `is the key of "${owner}": one key, one person`);
    owners.set(recipient, name);
  });
  return new People(file, grants);
}

class People implements AccessList {
  readonly file: string;
  readonly people: readonly Grant[];

  constructor(file: string, people: readonly Grant[]) {
    this.file = file;
    this.people = people;
  }

  grantsAt(audiences: readonly Audience[], at: number | string): Grant[] {
    const time = typeof at === 'number' ? at : Date.parse(at);
    // No comparison holds with NaN: a time that is none lets nobody in.
    return this.people.filter(({ group, from, until }) => audiences.includes(group) && from <= time && time < until);
  }

  recipientsOf(audiences: readonly Audience[], at: number | string): string[] {
    return [...new Set(this.grantsAt(audiences, at).map(({ recipient }) => recipient))].sort();
  }
}

type Fail = (path: Path, problem: string) => never;

function grantOf(person: Record<string, unknown>, index: number, works: Map<string, WorksOn>, fail: Fail): Grant {
  const path = (field: string): Path => ['people', index, field];
  for (const field of Object.keys(person)) {
    if (!FIELDS.includes(field)) fail(path(field), `is no field of a person: known are ${FIELDS.join(', ')}`);
  }
  const text = (field: string): string => {
    const value = person[field];
    return typeof value === 'string' && value.trim() !== '' ? value : fail(path(field), 'must be given, as text');
  };
  const time = (field: string): number => {
    const value = person[field];
    return (typeof value === 'string' ? parseTime(value) : null) ?? fail(path(field), TIME_FORM);
  };
  const group = oneOf(AUDIENCES, text('group')) ?? fail(path('group'), `must be one of ${AUDIENCES.join(', ')}`);
  const affiliation =
    oneOf(AFFILIATIONS, text('affiliation')) ?? fail(path('affiliation'), `must be one of ${AFFILIATIONS.join(', ')}`);
  const [name, team, recipient] = [text('name'), text('team'), text('recipient')];
  const { affiliation: affiliations, worksOn } = DEMANDS[group];
  if (!affiliations.includes(affiliation)) {
    fail(path('affiliation'), `${group} is for ${affiliations.join(' and ')}s alone`);
  }
  if (worksOn !== undefined && !worksOn.includes(works.get(team) ?? 'other')) {
    fail(path('team'), `${group} is for people who work on ${worksOn.join(' or ')}: say so of "${team}" under teams`);
  }
  try {
    keyBytes(recipient, 'age');
  } catch (error) {
    fail(path('recipient'), (error as Error).message);
  }
  const from = time('from');
  const until = person['until'] === undefined || person['until'] === null ? Infinity : time('until');
  if (until < from) fail(path('until'), 'is before from');
  return { name, group, affiliation, team, recipient, from, until };
}

function teamsOf(teams: Record<string, unknown>, fail: Fail): Map<string, WorksOn> {
  const works = new Map<string, WorksOn>(WORKS_ON.map((name) => [name, name]));
  for (const [team, value] of Object.entries(teams)) {
    works.set(team, oneOf(WORKS_ON, value) ?? fail(['teams', team], `must be one of ${WORKS_ON.join(', ')}`));
  }
  return works;
}

/** Milliseconds since 1970; null for a text that is no time, or a day that is in no calendar. */
function parseTime(text: string): number | null {
  if (!TIME.test(text)) return null;
  const time = Date.parse(text);
  // JavaScript takes 30 February as 2 March.
  return Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text.slice(0, 10) ? null : time;
}

function oneOf<T extends string>(known: readonly T[], value: unknown): T | undefined {
  return known.find((one) => one === value);
}

function record(value: unknown, path: Path, fail: Fail): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(path, 'must be a mapping');
  return value as Record<string, unknown>;
}

function fault(file: string, field: string, problem: string): never {
  throw new ConfigError(file, undefined, field, problem);
}

function checked(file: string, text: string): string {
  parseAccess(file, text);
  return text;
}
