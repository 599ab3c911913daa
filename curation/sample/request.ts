/** Requests of the sample: who asks for a completion where, with which prompt, and what the model answers. */
import type { Person, People } from './people.ts';
import { PRIVATE_MARK } from './code/names.ts';
import { after, before, findPlace, quote, typed, type Place } from './code/excerpt.ts';
import { personalLine, secretLine } from './planted.ts';
import type { Random } from './random.ts';
import { GROUPS, type Fate, type SampleFile, type SampleRepository, type World } from './world.ts';

export interface SamplePiece {
  path: string;
  repository?: { url: string; id?: number };
  text: string;
}

/** What the user does with a suggestion in the end. */
export type Decision = 'accept' | 'refuse' | 'supersede';

export interface Request {
  time: number;
  person: Person;
  repository?: { url: string; id?: number };
  workspaceRepositories?: string[];
  document: { path: string; language: string; gitMode: string };
  position: number;
  prefix: string;
  suffix: string;
  context: SamplePiece[];
  completion: string;
  /** What the user has typed at the place in the end. */
  truth: string;
  decision: Decision;
}

/** How often suggestions are made in repositories of each fate. */
const FATE_WEIGHTS: [Fate, number][] = [
  ['public', 77],
  ['private', 13],
  ['flipped', 1.5],
  ['opened', 1],
  ['internal', 1],
  ['deleted', 0.5],
  ['renamed', 1.5],
  ['private_fork', 0.5],
  ['unknown', 1.5],
  ['foreign', 1],
  ['none', 1.5],
];

const DENIED_SHARE = 0.025;
const SECRET_SHARE = 0.02;
const PERSONAL_SHARE = 0.02;
/** Of requests with context: pieces of a private neighbour, and of a file that a rule takes out. */
const PRIVATE_PIECE_SHARE = 0.05;
const DENIED_PIECE_SHARE = 0.03;
const REPEAT_SHARE = 0.01;
const SUPERSEDED_SHARE = 0.04;

const REMEMBERED = 64;

/** Makes requests one after the other; of what it made it remembers only a few, to ask them again for other users. */
export class Requests {
  readonly #world: World;
  readonly #people: People;
  readonly #random: Random;
  readonly #recent: Request[] = [];

  constructor(world: World, people: People, random: Random) {
    this.#world = world;
    this.#people = people;
    this.#random = random;
  }

  next(time: number): Request {
    const random = this.#random;
    const person = this.#people.pick(random, time);
    const decision = this.#decide(person);
    if (this.#recent.length === REMEMBERED && random.chance(REPEAT_SHARE)) {
      return { ...random.pick(this.#recent), time, person, decision };
    }
    const request = this.#ask(time, person, decision);
    if (request.completion.length > 20) this.#remember(request);
    return request;
  }

  #remember(request: Request): void {
    if (this.#recent.length < REMEMBERED) this.#recent.push(request);
    else this.#recent[this.#random.below(REMEMBERED)] = request;
  }

  #decide(person: Person): Decision {
    if (this.#random.chance(SUPERSEDED_SHARE)) return 'supersede';
    return this.#random.chance(person.acceptance) ? 'accept' : 'refuse';
  }

  #ask(time: number, person: Person, decision: Decision): Request {
    const random = this.#random;
    const group = random.weighted(GROUPS);
    const fate = random.weighted(FATE_WEIGHTS);
    const siblings = this.#world.files(fate, group, person.habit + random.below(2));
    const denied = siblings[0]!.repository.denied;
    const file = denied.length > 0 && random.chance(DENIED_SHARE) ? random.pick(denied) : random.pick(siblings);
    const place = findPlace(random, file, ...this.#size(decision));
    const truth = typed(place);
    const repository = referenceOf(file.repository, time, this.#world, random);
    const request: Request = {
      time,
      person,
      ...(repository && { repository }),
      document: { path: file.path, language: file.language, gitMode: '100644' },
      position: place.from,
      prefix: this.#plant(before(place, 300 + random.below(1200)), file.language),
      suffix: after(place, random.below(600)),
      context: [],
      completion: decision === 'accept' ? truth : this.#guess(place, siblings),
      truth,
      decision,
    };
    if (random.chance(0.5)) this.#quoteNeighbours(request, siblings, denied, group);
    return request;
  }

  /** Characters shown: lognormal with median 40 where accepted and 22 where not; 84% of one line, the longer ones of more. */
  #size(decision: Decision): [length: number, manyLines: boolean] {
    const random = this.#random;
    const drawn = decision === 'accept' ? random.lognormal(3.69, 1.15) : random.lognormal(3.09, 1.23);
    const length = Math.min(2000, Math.max(1, Math.round(drawn)));
    const manyLines = random.chance(length < 30 ? 0.01 : length < 75 ? 0.1 : 0.55);
    return [length, manyLines];
  }

  /** What the model answered where it was not taken: mostly something that stands elsewhere. */
  #guess(place: Place, siblings: SampleFile[]): string {
    const random = this.#random;
    const truth = typed(place);
    if (random.chance(0.15)) return truth;
    const space = truth.indexOf(' ', 3) + 1;
    // Half of them begin as the truth does and then go astray.
    const head = random.chance(0.5) && space > 0 && space < truth.length ? truth.slice(0, space) : '';
    const wanted = Math.max(1, truth.length - head.length);
    const elsewhere = typed(findPlace(random, random.pick(siblings), wanted, truth.includes('\n')));
    return head + elsewhere === '' ? truth : head + elsewhere;
  }

  /** Now and then a line with a secret or with personal data stands in the prefix. */
  #plant(prefix: string, language: string): string {
    const random = this.#random;
    const draw = random.unit();
    if (draw >= SECRET_SHARE + PERSONAL_SHARE) return prefix;
    const line = draw < SECRET_SHARE ? secretLine(random, language) : personalLine(random, language);
    const at = prefix.lastIndexOf('\n', Math.floor(prefix.length / 2)) + 1;
    return `${prefix.slice(0, at)}${line}\n${prefix.slice(at)}`;
  }

  #quoteNeighbours(
    request: Request,
    siblings: SampleFile[],
    denied: SampleFile[],
    group: (typeof GROUPS)[number][0],
  ): void {
    const random = this.#random;
    const quoted = new Set([random.pick(siblings), random.pick(siblings)]);
    for (const file of quoted) request.context.push(piece(random, file));
    if (denied.length > 0 && random.chance(DENIED_PIECE_SHARE))
      request.context.push(piece(random, random.pick(denied)));
    if (random.chance(PRIVATE_PIECE_SHARE)) this.#quotePrivate(request, group);
  }

  /** A second root of the workspace is private: its code is quoted, and sometimes the answer repeats it. */
  #quotePrivate(request: Request, group: (typeof GROUPS)[number][0]): void {
    const random = this.#random;
    const neighbour = random.pick(this.#world.files('private', group, request.person.habit));
    const url = urlOf(neighbour.repository, random);
    const id = neighbour.repository.id;
    request.context.push({ ...piece(random, neighbour), repository: { url, id } });
    request.workspaceRepositories = [...(request.repository ? [request.repository.url] : []), url];
    if (!random.chance(0.2)) return;
    const last = request.context.at(-1)!.text;
    if (last.includes(PRIVATE_MARK)) request.completion = request.truth = last;
  }
}

function piece(random: Random, file: SampleFile): SamplePiece {
  return { path: file.path, text: quote(random, file, 4 + random.below(8), 600) };
}

/** How a client names the repository of a file; undefined where there is none. */
function referenceOf(
  repository: SampleRepository,
  time: number,
  world: World,
  random: Random,
): { url: string; id?: number } | undefined {
  if (repository.fate === 'none') return undefined;
  const renamed = repository.fate === 'renamed' && time >= world.flip;
  const url = urlOf(renamed ? { ...repository, name: newNameOf(repository) } : repository, random);
  return repository.fate !== 'foreign' && random.chance(0.3) ? { url, id: repository.id } : { url };
}

export function newNameOf(repository: SampleRepository): string {
  return `${repository.name}-next`;
}

function urlOf(repository: SampleRepository, random: Random): string {
  const host = repository.fate === 'foreign' ? 'git.corp.test' : 'github.com';
  const path = `${repository.owner}/${repository.name}`;
  const draw = random.below(10);
  if (draw < 5) return `https://${host}/${path}.git`;
  if (draw < 8) return `https://${host}/${path}`;
  return draw < 9 ? `git@${host}:${path}.git` : `ssh://git@${host}/${path}.git`;
}
