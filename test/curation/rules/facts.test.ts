import { describe, expect, it } from 'vitest';
import { buildFacts, FactsError } from '../../../curation/rules/facts.ts';
import { consentLine, repositoryLine } from './world.ts';

const build = (name: string, text: string) => buildFacts([{ name, text }]);
const webhook = (repository: object, more: object = {}) =>
  JSON.stringify({
    deliveredAt: '2026-01-01T00:00:00Z',
    payload: { action: 'edited', repository: { id: 1, full_name: 'a/b', private: false, ...repository }, ...more },
  });

describe('buildFacts', () => {
  it('reads byte-order marks, CRLF, blank lines and a last line without line feed', () => {
    const facts = build(
      'repositories.jsonl',
      `\uFEFF${repositoryLine()}\r\n\r\n  \n${repositoryLine({ id: 43, name: 'Lib' })}`,
    );
    expect(facts.history('github.com', 42)[0]).toMatchObject({
      source: 'repositories.jsonl:1',
      owner: 'acme',
      visibility: 'public',
    });
    expect(facts.history('github.com', 43)[0]).toMatchObject({ source: 'repositories.jsonl:4', name: 'lib' });
    expect(facts.repositoriesByName('github.com/acme/lib' as never)).toEqual([43]);
    expect(facts.history('github.com', 44)).toEqual([]);
  });

  it('takes null for absent', () => {
    const [state] = build(
      'repositories.jsonl',
      repositoryLine({ forkOf: null, license: null, deleted: null, submodules: null }),
    ).history('github.com', 42);
    expect(state).toEqual({
      host: 'github.com',
      id: 42,
      owner: 'acme',
      name: 'app',
      visibility: 'public',
      since: Date.UTC(2020, 0, 1),
      deleted: false,
      source: 'repositories.jsonl:1',
    });
  });

  it.each([
    ['repositories.jsonl', 'not json', ''],
    ['repositories.jsonl', '[]', ''],
    ['repositories.jsonl', '"x"', ''],
    ['repositories.jsonl', repositoryLine().slice(0, -1), ''],
    ['repositories.jsonl', repositoryLine({ host: 7 }), 'host'],
    ['repositories.jsonl', repositoryLine({ host: 'git hub' }), 'host'],
    ['repositories.jsonl', repositoryLine({ id: '42' }), 'id'],
    ['repositories.jsonl', repositoryLine({ id: 4.2 }), 'id'],
    ['repositories.jsonl', repositoryLine({ id: -1 }), 'id'],
    ['repositories.jsonl', repositoryLine({ id: null }), 'id'],
    ['repositories.jsonl', repositoryLine({ owner: '' }), 'owner'],
    ['repositories.jsonl', repositoryLine({ owner: '..' }), 'owner'],
    ['repositories.jsonl', repositoryLine({ name: 'a/b' }), 'name'],
    ['repositories.jsonl', repositoryLine({ name: 'a\u0000' }), 'name'],
    ['repositories.jsonl', repositoryLine({ name: 'a\ud800' }), 'name'],
    ['repositories.jsonl', repositoryLine({ visibility: 'Public' }), 'visibility'],
    ['repositories.jsonl', repositoryLine({ visibility: undefined }), 'visibility'],
    ['repositories.jsonl', repositoryLine({ since: '2026-02-30T00:00:00Z' }), 'since'],
    ['repositories.jsonl', repositoryLine({ since: '2026-01-01' }), 'since'],
    ['repositories.jsonl', repositoryLine({ since: 1767225600000 }), 'since'],
    ['repositories.jsonl', repositoryLine({ forkOf: 'x' }), 'forkOf'],
    ['repositories.jsonl', repositoryLine({ fork_of: 17 }), 'fork_of'],
    ['repositories.jsonl', repositoryLine({ Deleted: true }), 'Deleted'],
    ['repositories.jsonl', repositoryLine({ deleted: 'yes' }), 'deleted'],
    ['repositories.jsonl', repositoryLine({ submodules: { a: 1 } }), 'submodules'],
    ['repositories.jsonl', repositoryLine({ submodules: ['a'] }), 'submodules'],
    ['repositories.jsonl', repositoryLine().replace('{', '{"visibility":"private",'), ''],
    ['consents.jsonl', consentLine({ plan: 'gratis' }), 'plan'],
    ['consents.jsonl', consentLine({ training: true }), 'training'],
    ['consents.jsonl', consentLine({ userId: '' }), 'userId'],
    ['consents.jsonl', consentLine({ user_id: 'u2' }), 'user_id'],
    ['repository-webhooks.jsonl', '{"deliveredAt":"2026-01-01T00:00:00Z"}', 'payload'],
    [
      'repository-webhooks.jsonl',
      '{"deliveredAt":"2026-01-01T00:00:00Z","payload":{"action":"edited"}}',
      'payload.repository',
    ],
    ['repository-webhooks.jsonl', webhook({ full_name: 'nameless' }), 'payload.repository.full_name'],
    ['repository-webhooks.jsonl', webhook({ private: null }), 'payload.repository.visibility'],
    ['repository-webhooks.jsonl', webhook({ visibility: 'secret' }), 'payload.repository.visibility'],
    ['repository-webhooks.jsonl', webhook({}, { action: null }), 'payload.action'],
    ['teams.jsonl', '{"team":"legal","parent":"@acme/all"}', 'team'],
    ['teams.jsonl', '{"team":"@acme/legal"}', 'parent'],
    ['erasures.jsonl', '{}', 'userId'],
    ['erasures.jsonl', '{"repository":"acme/app"}', 'repository'],
  ])('refuses in %s: %s', (name, text, field) => {
    try {
      build(name, `\n${text}`);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(FactsError);
      expect(error).toMatchObject({ file: name, line: 2, field });
      expect((error as Error).message.startsWith(`${name}:2${field && ` ${field}`}: `)).toBe(true);
    }
  });

  it('refuses a line of a megabyte and says so without its text', () => {
    expect(() => build('consents.jsonl', consentLine({ userId: 'secret'.repeat(200_000) }))).toThrow(
      /^consents\.jsonl:1: is longer/,
    );
  });

  it('lets fields be that it does not know, and colons in strings', () => {
    expect(
      build('repositories.jsonl', repositoryLine({ stars: 7, archived: false, license: '":":' })).history(
        'github.com',
        42,
      ),
    ).toHaveLength(1);
  });

  it.each([
    'repository.jsonl',
    'consents.jsonl.gz',
    'Repositories.jsonl',
    'exclusions.yaml',
    'CODEOWNERS',
    'sub/repositories.jsonl',
  ])('refuses %s, which nobody would read', (name) => {
    expect(() => build(name, '')).toThrow(FactsError);
  });

  it.each(['README.md', '.DS_Store', 'notes.txt'])('passes over %s', (name) => {
    expect(() => build(name, 'x')).not.toThrow();
  });

  it.each([
    ['codeowners/github.com/acme/CODEOWNERS', '*'],
    ['codeowners/github.com/acme/app/x/CODEOWNERS', '*'],
    ['codeowners/github.com/acme/app/codeowners.txt', '*'],
    ['exclusions/github.com/acme/app.json', ''],
    ['exclusions/github.com/app.yaml', ''],
    ['exclusions/github.com/acme/app.yaml', '- "**/{a,b"\n'],
    ['exclusions/github.com/acme/app.yaml', '"*": [a\n'],
    ['exclusions/github.com/acme/app.yaml', '"*": 7\n'],
    ['exclusions/github.com/acme/app.yaml', 'text'],
    ['ignorefiles/github.com/acme/app/ignore', ''],
  ])('refuses %s with %j and names the file', (name, text) => {
    expect(() => build(name, text)).toThrow(FactsError);
    expect(() => build(name, text)).toThrow(name);
  });

  it('finds files of repositories in groups, and folders inside them', () => {
    const facts = buildFacts([
      { name: 'codeowners/gitlab.com/Group/sub/app/CODEOWNERS', text: '* @a' },
      { name: 'ignorefiles/gitlab.com/group/sub/app/-/docs/x/.aiexclude', text: '' },
      { name: 'ignorefiles/github.com/acme/app/docs/.copilotignore', text: '*' },
    ]);
    expect(facts.codeowners('gitlab.com/group/sub/app' as never)).toMatchObject([
      { dialect: 'gitlab', source: 'codeowners/gitlab.com/Group/sub/app/CODEOWNERS' },
    ]);
    expect(facts.ignoreFiles('gitlab.com/group/sub/app' as never)).toMatchObject([
      { kind: 'aiexclude', folder: 'docs/x' },
    ]);
    expect(facts.ignoreFiles('github.com/acme/app' as never)).toMatchObject([
      { kind: 'copilotignore', folder: 'docs' },
    ]);
  });
});
