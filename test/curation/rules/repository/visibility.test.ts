import { describe, expect, it } from 'vitest';
import { strictest } from '../../../../curation/rules/repository/visibility.ts';
import { drop, KEEP } from '../../../../curation/verdict.ts';
import { EVENT_TIME, eventOf, NOW, repositoryLine, rulesOf, sourced, type World } from '../world.ts';

const HOUR = 3_600_000;
const LATER = '2026-05-05T00:00:00Z';
const other = (id: number, fields: Record<string, unknown> = {}) => repositoryLine({ id, name: `r${id}`, ...fields });
const at = (name: string) => ({ repository: { url: `https://github.com/acme/${name}` }, path: 'src/a.ts' });
const judge = (world: World, name: string, time = EVENT_TIME) => rulesOf(world).judgeOrigin(at(name), time);
const shown = (world: World, name: string, time?: number) => {
  const verdict = judge(world, name, time);
  return verdict.keep ? 'keep' : `${verdict.reason} by ${verdict.rule}`;
};
const identity = (repositories: string[], name = 'app') =>
  rulesOf({ repositories }).judgeEvent(eventOf({ repository: { url: `https://github.com/acme/${name}` } })).repository;

describe('what is told of a repository that passes', () => {
  it('is its name, its id, its owner and its fork network', () => {
    expect(identity([])).toEqual({ id: 'github.com/acme/app', numericId: 42, family: 'github.com#42', owner: 'acme' });
  });

  it('is the licence that it has now, and none where the facts give none', () => {
    const before = other(50, { license: 'MIT' });
    expect(identity([before], 'r50')!.license).toBe('MIT');
    expect(identity([before, other(50, { license: 'Apache-2.0', since: LATER })], 'r50')!.license).toBe('Apache-2.0');
    expect(Object.keys(identity([other(50)], 'r50')!)).not.toContain('license');
  });
});

describe('a fork network', () => {
  const family = (repositories: string[], name: string) => identity(repositories, name)!.family;

  it('bears the id of its root', () => {
    const forks = [other(52, { forkOf: 51 }), other(51, { forkOf: 50 }), other(50)];
    expect(['r52', 'r51', 'r50'].map((name) => family(forks, name))).toEqual(Array(3).fill('github.com#50'));
  });

  it('bears the smallest id of a circle, for its members and for what hangs on it', () => {
    const circle = [other(53, { forkOf: 52 }), other(52, { forkOf: 54 }), other(54, { forkOf: 52 }), other(50)];
    expect(['r53', 'r52', 'r54'].map((name) => family(circle, name))).toEqual(Array(3).fill('github.com#52'));
    expect(family([other(49, { forkOf: 54 }), ...circle], 'r49')).toBe('github.com#52');
  });

  it('follows the smaller of two parents that facts of one moment name', () => {
    const facts = [other(60, { forkOf: 50 }), other(60, { forkOf: 51 }), other(50), other(51)];
    expect(family(facts, 'r60')).toBe('github.com#50');
  });

  it('is that of now, not of the event', () => {
    expect(family([other(60, { forkOf: 50 }), other(60, { since: LATER }), other(50)], 'r60')).toBe('github.com#60');
  });

  it('is private where the parent is not known at the event, or not any more, or by no fact', () => {
    const unknown = 'private_network by repositories.jsonl:2: forkOf names a repository that is unknown';
    expect(shown({ repositories: [other(50, { forkOf: 99 })] }, 'r50')).toBe(unknown);
    expect(shown({ repositories: [other(50, { forkOf: 51 }), other(51, { since: LATER })] }, 'r50')).toBe(unknown);
    const early = { repositories: [other(50, { forkOf: 51 }), other(51, { since: '2026-05-10T00:00:01Z' })] };
    expect(shown(early, 'r50', NOW + HOUR)).toBe(unknown);
  });

  it('is private where a delivery says that it is a fork and nothing says of what', () => {
    const payload = {
      action: 'created',
      repository: { id: 50, name: 'r50', owner: { login: 'acme' }, full_name: 'acme/r50', private: false, fork: true },
    };
    const webhooks = [JSON.stringify({ deliveredAt: '2026-01-01T00:00:00Z', payload })];
    expect(shown({ webhooks }, 'r50')).toBe(
      'private_network by repository-webhooks.jsonl:1: a fork whose parent is unknown',
    );
  });

  it('names the ancestor that hides it, however far up', () => {
    const chain = [other(50, { forkOf: 51 }), other(51, { forkOf: 52 }), other(52, { visibility: 'internal' })];
    expect(shown({ repositories: chain }, 'r50')).toBe('private_network by repositories.jsonl:4');
    const deleted = [other(50, { forkOf: 51 }), other(51, { deleted: true })];
    expect(shown({ repositories: deleted }, 'r50')).toBe('private_network by repositories.jsonl:3');
  });

  it('passes with a thousand public ancestors, and is not followed further', () => {
    const chain = (length: number) => [
      ...Array.from({ length }, (_, step) => other(1000 + step, { forkOf: 1001 + step })),
      other(1000 + length),
    ];
    expect(shown({ repositories: chain(1000) }, 'r1000')).toBe('keep');
    expect(shown({ repositories: chain(1001) }, 'r1000')).toMatch(/^private_network/);
  });
});

describe('a repository', () => {
  it('of which nothing is known yet at --now is unknown', () => {
    const repositories = [other(50, { since: '2026-05-10T00:00:01Z' })];
    expect(shown({ repositories }, 'r50', NOW + HOUR)).toBe(
      'unknown_repository by repositories.jsonl: nothing is known of it at --now',
    );
  });

  it('is erased under any of its names', () => {
    const repositories = [other(50), other(50, { name: 'renamed', since: LATER })];
    for (const name of ['r50', 'renamed']) {
      const files = [{ name: 'erasures.jsonl', text: `{"repository":"github.com/acme/${name}"}` }];
      expect(shown({ repositories, files }, 'r50')).toBe('erased by erasures: the repository');
    }
  });

  it('is judged by what its owner and its licence were and are, with the place that decides', () => {
    const given = [other(50, { license: 'MIT' }), other(50, { owner: 'bad', license: 'GPL-3.0-only', since: LATER })];
    const ask = (policy: World['policy']) => shown({ repositories: given, ...(policy && { policy }) }, 'r50');
    expect(ask((policy) => (policy.repositories.owners.deny = sourced('bad')))).toBe(
      'owner_denied by policy.yaml:1 "bad"',
    );
    expect(ask((policy) => (policy.repositories.owners.optedOut = sourced('acme')))).toBe(
      'owner_opted_out by policy.yaml:1 "acme"',
    );
    expect(ask((policy) => (policy.repositories.licenses.allow = ['MIT']))).toBe(
      'license_not_allowed by policy.yaml:4 repositories.licenses.allow: repositories.jsonl:3 license',
    );
  });
});

describe('the strictest of several verdicts', () => {
  it('is the one whose reason stands first, and of one reason the first that says it', () => {
    const [later, sooner] = [drop('vendored', 'a'), drop('repository_private', 'b')];
    expect(strictest([later, KEEP, sooner])).toBe(sooner);
    expect(strictest([sooner, later])).toBe(sooner);
    expect(strictest([later, drop('vendored', 'c')])).toBe(later);
    expect(strictest([KEEP, later, KEEP])).toBe(later);
    expect(strictest([KEEP, KEEP])).toEqual(KEEP);
    expect(strictest([])).toEqual(KEEP);
  });
});
