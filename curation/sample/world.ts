/** The repositories of the sample and their files: public ones from installed packages, invented ones of every fate. */
import { INVENTED_LANGUAGES, inventFile, type InventedLanguage } from './code/printers.ts';
import { PRIVATE_MARK, repositoryName } from './code/names.ts';
import { environmentFile, pemFile } from './planted.ts';
import { Random } from './random.ts';

/** A text file of an installed package; `repository` is `github.com/owner/name`. */
export interface SourceFile {
  package: string;
  version: string;
  license: string;
  repository: string;
  path: string;
  text: string;
}

export interface SampleOptions {
  /** How many events: at least 1. */
  events: number;
  seed: number;
  /** Milliseconds since 1970-01-01 UTC; every event lies in the two weeks before. */
  now: number;
  sources: readonly SourceFile[];
}

export const DAY = 86_400_000;
/** Events begin this long before now; repositories that change do so in the middle. */
export const WINDOW = 14 * DAY;

/** What becomes of a repository: in the facts, or by being no repository that facts can speak of. */
export const FATES = ['public', 'private', 'flipped', 'opened', 'internal', 'deleted', 'renamed', 'private_fork', 'unknown', 'foreign', 'none'] as const; // prettier-ignore
export type Fate = (typeof FATES)[number];

export interface SampleFile {
  repository: SampleRepository;
  path: string;
  language: string;
  text: string;
  /** Offsets where lines begin. */
  lines: Uint32Array;
}

export interface SampleRepository {
  fate: Fate;
  id: number;
  owner: string;
  name: string;
  license: string;
  files: SampleFile[];
  /** Files that a path rule, a code owner or the content exclusion takes out. */
  denied: SampleFile[];
}

/** Groups of languages and how often suggestions are made in them. */
export const GROUPS = [
  ['web', 35],
  ['python', 30],
  ['java', 10],
  ['go', 8],
  ['native', 7],
  ['other', 10],
] as const;
export type Group = (typeof GROUPS)[number][0];

const GROUP_OF: Record<string, Group> = {
  typescript: 'web',
  javascript: 'web',
  python: 'python',
  java: 'java',
  go: 'go',
  c: 'native',
  cpp: 'native',
};

const LANGUAGE_OF: Record<string, string> = {
  ts: 'typescript', mts: 'typescript', cts: 'typescript', js: 'javascript', mjs: 'javascript', cjs: 'javascript',
  json: 'json', md: 'markdown', py: 'python', java: 'java', go: 'go', cpp: 'cpp', rs: 'rust',
}; // prettier-ignore

/** Ids from here on belong to no repository of the host yet. */
const FIRST_ID = 4_000_000_000;

export class World {
  readonly repositories: SampleRepository[] = [];
  readonly start: number;
  readonly flip: number;
  readonly #pools = new Map<string, SampleFile[][]>();

  constructor(options: SampleOptions) {
    this.start = options.now - WINDOW;
    this.flip = options.now - WINDOW / 2;
    this.#addPackages(options.sources);
    const random = new Random(options.seed, 'world');
    // More events need more code, or most would be the same text again.
    const each = Math.min(40, Math.max(3, Math.round(options.events / 4000)));
    for (const language of INVENTED_LANGUAGES) {
      for (let index = 0; index < each; index++) this.#invent(random, language, 'public');
      for (let index = 0; index < each; index++) this.#invent(random, language, 'private');
      for (const fate of FATES) if (fate !== 'public' && fate !== 'private') this.#invent(random, language, fate);
    }
    for (const repository of this.repositories) this.#pool(repository);
  }

  /** Files of one repository of this fate and group, and so few of them that a user meets the same again. */
  files(fate: Fate, group: Group, habit: number): SampleFile[] {
    const pools = this.#pools.get(`${fate} ${group}`)!;
    return pools[habit % pools.length]!;
  }

  #pool(repository: SampleRepository): void {
    const byGroup = new Map<Group, SampleFile[]>();
    for (const file of repository.files) {
      const group = GROUP_OF[file.language] ?? 'other';
      byGroup.set(group, [...(byGroup.get(group) ?? []), file]);
    }
    for (const [group, files] of byGroup) {
      const key = `${repository.fate} ${group}`;
      const pools = this.#pools.get(key);
      if (pools === undefined) this.#pools.set(key, [files]);
      else pools.push(files);
    }
  }

  #add(fate: Fate, owner: string, name: string, license: string): SampleRepository {
    const id = FIRST_ID + this.repositories.length;
    const repository: SampleRepository = { fate, id, owner, name, license, files: [], denied: [] };
    this.repositories.push(repository);
    return repository;
  }

  #addPackages(sources: readonly SourceFile[]): void {
    const known = new Map<string, SampleRepository>();
    const paths = new Set<string>();
    for (const source of sources) {
      const [, owner, name] = source.repository.toLowerCase().split('/');
      if (!owner || !name || paths.has(`${source.repository} ${source.path}`)) continue;
      if (source.text.includes(PRIVATE_MARK)) continue;
      paths.add(`${source.repository} ${source.path}`);
      const key = `${owner}/${name}`;
      const repository = known.get(key) ?? this.#add('public', owner, name, source.license);
      known.set(key, repository);
      repository.files.push(fileOf(repository, source.path, source.text));
    }
  }

  #invent(random: Random, language: InventedLanguage, fate: Fate): void {
    const isPublic = fate === 'public' || fate === 'renamed';
    const owner = `sample-${random.pick(['acme', 'quartz', 'tundra', 'willow', 'raven', 'ivory'])}`;
    const name = `${repositoryName(random)}-${this.repositories.length}`;
    const license = random.pick(['MIT', 'Apache-2.0', 'BSD-3-Clause', 'GPL-3.0-only']);
    const repository = this.#add(fate, owner, name, license);
    const count = fate === 'public' || fate === 'private' ? 6 + random.below(7) : 3;
    for (let index = 0; index < count; index++) {
      const { path, text } = inventFile(random, language, !isPublic);
      if (!repository.files.some((file) => file.path === path)) {
        repository.files.push(fileOf(repository, path, text));
      }
    }
    if (fate === 'public') deny(repository, random, language);
  }
}

/** The folder that the content exclusion of every invented public repository names, and the one that its code owners keep. */
export const EXCLUDED_FOLDER = 'sealed';
export const OWNED_FOLDER = 'legal';

function deny(repository: SampleRepository, random: Random, language: InventedLanguage): void {
  const places = ['vendor', 'third_party', EXCLUDED_FOLDER, OWNED_FOLDER];
  const hidden = places.map((folder) => {
    const { path, text } = inventFile(random, language, true);
    return fileOf(repository, `${folder}/${path}`, text);
  });
  const settings = fileOf(repository, random.pick(['.env', 'config/.env.production']), environmentFile(random));
  repository.denied.push(...hidden, settings, fileOf(repository, 'deploy/server.pem', pemFile(random)));
}

function fileOf(repository: SampleRepository, path: string, text: string): SampleFile {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0 && at + 1 < text.length; at = text.indexOf('\n', at + 1))
    starts.push(at + 1);
  const language = LANGUAGE_OF[path.slice(path.lastIndexOf('.') + 1)] ?? 'plaintext';
  return { repository, path, language, text, lines: Uint32Array.from(starts) };
}
