/** The facts of a sample: what became of its repositories and what its users allow, in the formats of the facts folder. */
import { People, type Person } from './people.ts';
import { newNameOf } from './request.ts';
import { DAY, EXCLUDED_FOLDER, OWNED_FOLDER, World, type SampleOptions, type SampleRepository } from './world.ts';

export interface SampleFacts {
  /** Lines of repositories.jsonl. */
  repositories: object[];
  /** Lines of repository-webhooks.jsonl. */
  webhooks: object[];
  /** Lines of consents.jsonl. */
  consents: object[];
  /** Lines of teams.jsonl. */
  teams: object[];
  /** Text of CODEOWNERS by `github.com/owner/name`. */
  codeowners: Record<string, string>;
  /** Text of the content exclusion by `github.com/owner/name`. */
  exclusions: Record<string, string>;
}

/** The facts that belong to `sampleEvents` of the same options. */
export function sampleFacts(options: SampleOptions): SampleFacts {
  const world = new World(options);
  const people = new People(options.seed, options.events);
  const before = new Date(world.start - 400 * DAY).toISOString();
  const flip = new Date(world.flip).toISOString();
  const facts: SampleFacts = {
    repositories: [],
    webhooks: [],
    consents: people.all.flatMap((person) => consentStates(person, before, flip)),
    // A team below the one that a policy denies is denied with it.
    teams: [{ team: '@acme/legal-drafts', parent: '@acme/legal' }],
    codeowners: {},
    exclusions: {},
  };
  for (const [index, repository] of world.repositories.entries()) {
    addRepository(facts, repository, before, flip);
    if (repository.denied.length === 0) continue;
    const key = `github.com/${repository.owner}/${repository.name}`;
    const team = index % 2 === 0 ? '@acme/legal' : '@acme/legal-drafts';
    facts.codeowners[key] = `# who answers for what\n* @${repository.owner}/core\n/${OWNED_FOLDER}/ ${team}\n`;
    facts.exclusions[key] = `- "/${EXCLUDED_FOLDER}/**"\n`;
  }
  return facts;
}

function consentStates({ id, plan, consent }: Person, before: string, flip: string): object[] {
  const state = (training: 'allowed' | 'denied', since: string): object => ({ userId: id, plan, training, since });
  switch (consent) {
    case 'allowed':
      return [state('allowed', before)];
    case 'denied':
      return [state('denied', before)];
    case 'withdrawn':
      return [state('allowed', before), state('denied', flip)];
    case 'late':
      return [state('denied', before), state('allowed', flip)];
    case 'unknown':
      return [];
  }
}

function addRepository(facts: SampleFacts, repository: SampleRepository, before: string, flip: string): void {
  const { id, owner, name, license } = repository;
  const state = (visibility: string, since: string, more: object = {}): number =>
    facts.repositories.push({ host: 'github.com', id, owner, name, visibility, since, license, ...more });
  switch (repository.fate) {
    case 'public':
      return void state('public', before);
    case 'private':
      return void state('private', before);
    case 'internal':
      return void state('internal', before);
    case 'flipped':
      state('public', before);
      return void facts.webhooks.push(delivery(repository, flip));
    case 'opened':
      state('private', before);
      return void state('public', flip);
    case 'deleted':
      state('public', before);
      return void state('public', flip, { deleted: true });
    case 'renamed':
      state('public', before);
      return void state('public', flip, { name: newNameOf(repository) });
    case 'private_fork': {
      // The network's root is private, and no event names it.
      const root = id + 1_000_000;
      facts.repositories.push({
        host: 'github.com', id: root, owner, name: `${name}-origin`, visibility: 'private', since: before,
      }); // prettier-ignore
      return void state('public', before, { forkOf: root });
    }
    case 'unknown':
    case 'foreign':
    case 'none':
      return;
  }
}

/** A webhook delivery of a repository that went private. */
function delivery({ id, owner, name }: SampleRepository, deliveredAt: string): object {
  const path = `${owner}/${name}`;
  return {
    deliveredAt,
    payload: {
      action: 'privatized',
      repository: {
        id,
        name,
        full_name: path,
        owner: { login: owner },
        private: true,
        visibility: 'private',
        fork: false,
        archived: false,
        clone_url: `https://github.com/${path}.git`,
        ssh_url: `git@github.com:${path}.git`,
      },
    },
  };
}
