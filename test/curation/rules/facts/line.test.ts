import { describe, expect, it } from 'vitest';
import type { FactEntry } from '../../../../curation/rules/facts/entry.ts';
import { factKey, unpackConsent, unpackFile, unpackRepository } from '../../../../curation/rules/facts/entry.ts';
import { entriesOf, factKind, lineEntries } from '../../../../curation/rules/facts/line.ts';
import { FactsError } from '../../../../curation/rules/facts/record.ts';
import { consentLine, repositoryLine } from '../world.ts';

function entries(name: string, text: string): FactEntry[] {
  const found: FactEntry[] = [];
  entriesOf(name, text, (entry) => found.push(entry));
  return found;
}
function problem(name: string, text: string): string {
  try {
    entries(name, text);
  } catch (error) {
    expect(error).toBeInstanceOf(FactsError);
    expect((error as Error).name).toBe('FactsError');
    return (error as Error).message;
  }
  return 'accepted';
}
const keys = (name: string, text: string): string[] => entries(name, text).map(({ key }) => key);
const delivery = (repository: object = {}, envelope: object = {}, payload: object = {}): string =>
  JSON.stringify({
    deliveredAt: '2026-01-01T00:00:00Z',
    payload: {
      action: 'edited',
      repository: { id: 7, full_name: 'Acme/App', private: false, ...repository },
      ...payload,
    },
    ...envelope,
  });
const OBJECT = 'is not valid JSON: write one object a line';
const ID = 'is not a whole number from 0 to 9007199254740991';
const TIME = 'is not an RFC 3339 time such as 2026-05-01T00:00:00Z';

describe('the kind of a file', () => {
  it.each([
    ['repositories.jsonl', 'lines'],
    ['repository-webhooks.jsonl', 'lines'],
    ['consents.jsonl', 'lines'],
    ['teams.jsonl', 'lines'],
    ['erasures.jsonl', 'lines'],
    ['codeowners/github.com/acme/app/CODEOWNERS', 'file'],
    ['exclusions/x', 'file'],
    ['ignorefiles/x', 'file'],
    ['exclusions', 'none'],
    ['README.md', 'none'],
    ['.gitignore', 'none'],
    ['jsonl', 'none'],
    ['toString', 'none'],
    ['toString/x', 'none'],
  ])('%s: %s', (name, kind) => {
    expect(factKind(name)).toBe(kind);
  });

  it.each(['repo.jsonl', 'a.yaml', 'a.yml', 'a.YML', 'a.jsonl.gz', 'x/CODEOWNERS', 'codeowners.yml', 'CodeOwners'])(
    'refuses %s, which nobody would read',
    (name) => {
      expect(() => factKind(name)).toThrow(
        `${name}: is no facts file: name it repositories.jsonl, repository-webhooks.jsonl, consents.jsonl, teams.jsonl, erasures.jsonl, or move it away`,
      );
    },
  );

  it('has no entries where it is none', () => {
    expect(entries('README.md', repositoryLine())).toEqual([]);
    expect(entries('repositories.jsonl', '')).toEqual([]);
  });
});

describe('lines', () => {
  it('count from 1, blank ones too, with and without a last line feed', () => {
    const text = `\n${consentLine()}\n \t\n${consentLine({ userId: 'u2' })}`;
    for (const body of [text, `${text}\n`, `\uFEFF${text}\n\n`])
      expect(entries('consents.jsonl', body).map(({ value }) => unpackConsent(value).source)).toEqual([
        'consents.jsonl:2',
        'consents.jsonl:4',
      ]);
  });

  it('say whether anything stood there', () => {
    const keep = (): void => undefined;
    expect(lineEntries('teams.jsonl', 1, ' \r', keep)).toBe(false);
    expect(lineEntries('teams.jsonl', 1, '{"team":"@a/b","parent":"@a/c"}', keep)).toBe(true);
  });

  it('take a byte-order mark at the start alone', () => {
    expect(problem('consents.jsonl', `${consentLine()}\n\uFEFF${consentLine()}`)).toBe(`consents.jsonl:2: ${OBJECT}`);
  });
});

describe('a line of repositories.jsonl', () => {
  const say = (fields: Record<string, unknown>): string =>
    problem('repositories.jsonl', repositoryLine(fields)).replace('repositories.jsonl:1 ', '');

  it('is kept under its number and its name', () => {
    const line = { host: 'GitHub.com', owner: 'ACME', name: 'App', forkOf: 7, license: 'MIT', deleted: true };
    const [state, name] = entries('repositories.jsonl', repositoryLine({ ...line, submodules: { a: 'x' } }));
    expect(state!.key).toBe(factKey.repository('github.com', 42));
    expect(unpackRepository('github.com', 42, state!.value)).toEqual({
      kind: 'state',
      state: {
        ...{ host: 'github.com', id: 42, owner: 'acme', name: 'app', visibility: 'public', forkOf: 7 },
        ...{ license: 'MIT', deleted: true, submodules: { a: 'x' }, since: Date.UTC(2020, 0, 1) },
        source: 'repositories.jsonl:1',
      },
    });
    expect(name).toEqual({ key: 'ngithub.com/acme/app', value: '42' });
  });

  it.each([
    [{ host: undefined }, 'host: is missing: give a string'],
    [{ host: null }, 'host: is missing: give a string'],
    [{ host: 7 }, 'host: is not a string'],
    [{ host: '' }, 'host: is empty'],
    [{ host: '-a.com' }, 'host: is not a host name such as github.com'],
    [{ host: 'a.com-' }, 'host: is not a host name such as github.com'],
    [{ host: 'a.com/b' }, 'host: is not a host name such as github.com'],
    [{ host: 'a.com:22' }, 'host: is not a host name such as github.com'],
    [{ host: 'ä.com' }, 'host: is not a host name such as github.com'],
    [{ host: 'a' }, 'accepted'],
    [{ host: 'a-1.b' }, 'accepted'],
    [{ id: undefined }, 'id: is missing: give the numeric id of the host'],
    [{ id: '1' }, `id: ${ID}`],
    [{ id: 1.5 }, `id: ${ID}`],
    [{ id: -1 }, `id: ${ID}`],
    [{ id: 2 ** 53 }, `id: ${ID}`],
    [{ id: 2 ** 53 - 1 }, 'accepted'],
    [{ id: 0 }, 'accepted'],
    [{ forkOf: 0 }, 'accepted'],
    [{ forkOf: -1 }, `forkOf: ${ID}`],
    [{ owner: 'a/b' }, 'accepted'],
    [{ owner: 'a b' }, 'accepted'],
    [{ owner: 'a//b' }, 'owner: is not the owner of a repository'],
    [{ owner: '/a' }, 'owner: is not the owner of a repository'],
    [{ owner: 'a/' }, 'owner: is not the owner of a repository'],
    [{ owner: 'a/./b' }, 'owner: is not the owner of a repository'],
    [{ owner: 'a/../b' }, 'owner: is not the owner of a repository'],
    ...['\\', '#', '?', ':', '@', '%', '\u00a0', '\u2003'].map((sign): [object, string] => [
      { owner: `a${sign}b` },
      'owner: is not the owner of a repository',
    ]),
    [{ name: 'a/b' }, 'name: is not the name of a repository'],
    [{ name: '.' }, 'name: is not the name of a repository'],
    [{ name: 'a.b-c_d' }, 'accepted'],
    [{ name: 'a\u001fb' }, 'name: holds a control character'],
    [{ name: 'a\u007fb' }, 'name: holds a control character'],
    [{ name: 'a\tb' }, 'name: holds a control character'],
    [{ name: 'a\ud83d' }, 'name: holds half a character'],
    [{ name: '\ude00a' }, 'name: holds half a character'],
    [{ name: 'a\ud83db' }, 'name: holds half a character'],
    [{ name: '\ud83d\ud83d' }, 'name: holds half a character'],
    [{ name: '\ude00\ude00' }, 'name: holds half a character'],
    [{ name: '\ud83d\ue000' }, 'name: holds half a character'],
    [{ name: '\ud800\udc00' }, 'accepted'],
    [{ name: '\udbff\udfff' }, 'accepted'],
    [{ name: '\ud7ff\ue000' }, 'accepted'],
    [{ visibility: 'secret' }, 'visibility: is not one of public, private, internal'],
    [{ visibility: 'internal' }, 'accepted'],
    [{ since: 'yesterday' }, `since: ${TIME}`],
    [{ since: 5 }, `since: ${TIME}`],
    [{ deleted: 1 }, 'deleted: is not true or false'],
    [{ license: '' }, 'license: is empty'],
    [{ submodules: 'a' }, 'submodules: is not an object of strings'],
    [{ submodules: { '': 'x' } }, 'submodules: holds an empty or non-string entry'],
    [{ submodules: { a: '' } }, 'submodules: holds an empty or non-string entry'],
    [{ submodules: { a: 1 } }, 'submodules: holds an empty or non-string entry'],
    [{ submodules: {} }, 'accepted'],
    [{ 'fork of': 1 }, 'fork of: is not a field: write forkOf'],
    [{ FORK_OF: 1 }, 'FORK_OF: is not a field: write forkOf'],
    [{ 'sub-modules': {} }, 'sub-modules: is not a field: write submodules'],
    [{ stars: { a: 1 } }, 'accepted'],
  ])('%j: %s', (fields, expected) => {
    expect(say(fields as Record<string, unknown>)).toBe(expected);
  });

  it('may not hold a key twice, whatever stands in its strings', () => {
    const twice = 'repositories.jsonl:1: holds a key twice';
    const line = repositoryLine({ license: 'a":"b\\":' });
    expect(problem('repositories.jsonl', line)).toBe('accepted');
    expect(problem('repositories.jsonl', line.replace('{', '{"visibility" : "private",'))).toBe(twice);
    expect(problem('repositories.jsonl', line.replace('{', '{"x":1,"x":2,'))).toBe(twice);
  });

  it('has no submodules where none are named', () => {
    const [state] = entries('repositories.jsonl', repositoryLine({ submodules: {} }));
    expect(unpackRepository('github.com', 42, state!.value)).not.toHaveProperty('state.submodules');
  });

  it('is at most a megabyte long', () => {
    const line = (length: number): string => {
      const empty = repositoryLine({ note: '' });
      return repositoryLine({ note: 'x'.repeat(length - empty.length) });
    };
    expect(problem('repositories.jsonl', line(1 << 20))).toBe('accepted');
    expect(problem('repositories.jsonl', line((1 << 20) + 1))).toBe(
      'repositories.jsonl:1: is longer than 1048576 characters',
    );
  });

  it.each([
    ['nonsense', OBJECT],
    ['[]', 'is not a JSON object'],
    ['7', 'is not a JSON object'],
    ['null', 'is not a JSON object'],
  ])('%s', (text, expected) => {
    expect(problem('repositories.jsonl', text)).toBe(`repositories.jsonl:1: ${expected}`);
  });
});

describe('a line of repository-webhooks.jsonl', () => {
  const read = (text: string) => {
    const [first, name] = entries('repository-webhooks.jsonl', text);
    const [host, id] = first!.key.slice(1).split('#') as [string, string];
    const fact = unpackRepository(host, Number(id), first!.value);
    if (fact.kind !== 'delivery') throw new Error('a state');
    return { ...fact.delivery, named: name!.key };
  };
  const say = (text: string): string =>
    problem('repository-webhooks.jsonl', text).replace('repository-webhooks.jsonl:1 ', '');

  it('gives the repository as it then was', () => {
    expect(read(delivery({ fork: true, license: { spdx_id: 'MIT' } }, { deliveryId: 'd1' }))).toEqual({
      ...{ host: 'github.com', id: 7, owner: 'acme', name: 'app', visibility: 'public', since: Date.UTC(2026, 0, 1) },
      ...{ action: 'edited', event: 'd1', identified: true, fork: true, license: 'MIT' },
      ...{ source: 'repository-webhooks.jsonl:1', named: 'ngithub.com/acme/app' },
    });
    expect(read(delivery({ fork: false, license: null })).fork).toBe(false);
    expect(read(delivery())).not.toHaveProperty('license');
    expect(read(delivery({}, { guid: 'g' }))).toMatchObject({ event: 'g', identified: true });
    expect(read(delivery({}, { guid: 'g', deliveryId: 'd' })).event).toBe('d');
    expect(read(delivery())).toMatchObject({ identified: false });
    expect(read(delivery()).event).toMatch(/^[\w-]{22}$/);
    expect(read(delivery()).event).not.toBe(read(delivery({ id: 8 })).event);
    expect(read(delivery()).event).toBe(read(delivery({}, { deliveredAt: '2026-01-02T00:00:00Z' })).event);
  });

  it.each([
    ['public', {}, { private: false }],
    ['private', {}, { private: true }],
    ['private', {}, { private: true, visibility: 'public' }],
    ['internal', {}, { private: true, visibility: 'internal' }],
    ['internal', {}, { private: false, visibility: 'internal' }],
    ['public', {}, { private: null, visibility: 'public' }],
    ['private', { action: 'privatized' }, { private: false, visibility: 'public' }],
    ['private', {}, { private: true, visibility: null }],
  ])('is %s by %j %j', (visibility, payload, repository) => {
    expect(read(delivery(repository, {}, payload)).visibility).toBe(visibility);
  });

  it.each([
    ['github.com', {}, {}],
    ['ghe.acme.com', { html_url: 'https://GHE.acme.com/acme/app' }, {}],
    ['ghe.acme.com', { clone_url: 'https://user@ghe.acme.com/acme/app.git' }, {}],
    ['ghe.acme.com', { git_url: 'git://ghe.acme.com:9418/acme/app.git' }, {}],
    ['ghe.acme.com', { ssh_url: 'git@ghe.acme.com:acme/app.git' }, {}],
    ['a.com', { html_url: 'https://a.com/x', clone_url: 'https://b.com/x' }, {}],
    ['b.com', { html_url: null, clone_url: 'https://b.com/x' }, {}],
    ['c.com', { html_url: 'https://a.com/x' }, { host: 'C.com' }],
  ])('is of %s by %j and %j', (host, repository, envelope) => {
    expect(read(delivery(repository, envelope)).host).toBe(host);
  });

  it('keeps groups in the owner', () => {
    expect(read(delivery({ full_name: 'Group/Sub/App' }))).toMatchObject({ owner: 'group/sub', name: 'app' });
  });

  it.each([
    [delivery({ full_name: 'app' }), 'payload.repository.full_name: is not owner/name'],
    [delivery({ full_name: '/app' }), 'payload.repository.full_name: is not owner/name'],
    [delivery({ full_name: 'acme/' }), 'payload.repository.full_name: is not owner/name'],
    [delivery({ html_url: '/x' }), 'payload.repository.html_url: is not an address with a host'],
    [
      delivery({ private: null }),
      'payload.repository.visibility: is missing, and so is private: one of them must stand',
    ],
    [delivery({ private: 'no' }), 'payload.repository.private: is not true or false'],
    [delivery({ id: null }), 'payload.repository.id: is missing: give the numeric id of the host'],
    [delivery({ license: 'MIT' }), 'payload.repository.license: is not an object'],
    [delivery({}, { deliveredAt: null }), `deliveredAt: ${TIME}`],
    [delivery({}, { payload: [] }), 'payload: is not an object'],
    [delivery({}, {}, { note: 'a\ud800' }), 'payload: holds text that is not well-formed Unicode'],
    [delivery({}, { delivery_id: 'x' }), 'delivery_id: is not a field: write deliveryId'],
    [delivery({}, { Host: 'x' }), 'Host: is not a field: write host'],
    [delivery({}, { GUID: 'x' }), 'GUID: is not a field: write guid'],
  ])('%s: %s', (text, expected) => {
    expect(say(text)).toBe(expected);
  });
});

describe('a line of the other files', () => {
  it.each([
    ['teams.jsonl', '{"team":"@Acme/Legal","parent":"@acme/all"}', 't ["@acme/legal","@acme/all"]'],
    ['erasures.jsonl', '{"userId":"U1"}', 'e@u1 1'],
    ['erasures.jsonl', '{"repository":"GitHub.com/Acme/App"}', 'e/github.com/acme/app 1'],
    ['erasures.jsonl', '{"userId":"u","repository":"a.com/b/c"}', 'e@u 1; e/a.com/b/c 1'],
  ])('%s %s', (name, text, expected) => {
    expect(
      entries(name, text)
        .map(({ key, value }) => `${key} ${value}`)
        .join('; '),
    ).toBe(expected);
  });

  it.each([
    ['teams.jsonl', '{"team":"acme","parent":"@a/b"}', 'team: is not a team such as @acme/legal'],
    ['teams.jsonl', '{"team":"@a b","parent":"@a/b"}', 'team: is not a team such as @acme/legal'],
    ['teams.jsonl', '{"team":"@a@b","parent":"@a/b"}', 'team: is not a team such as @acme/legal'],
    ['teams.jsonl', '{"team":"@","parent":"@a/b"}', 'team: is not a team such as @acme/legal'],
    ['teams.jsonl', '{"team":"x@a","parent":"@a/b"}', 'team: is not a team such as @acme/legal'],
    ['teams.jsonl', '{"team":"@a/b","parent":"b"}', 'parent: is not a team such as @acme/legal'],
    ['teams.jsonl', '{"team":"@a/b","PARENT":"@a/c"}', 'PARENT: is not a field: write parent'],
    ['teams.jsonl', '{"Team":"@a/b"}', 'Team: is not a field: write team'],
    ['erasures.jsonl', '{"note":"x"}', 'userId: is missing, and so is repository'],
    ['erasures.jsonl', '{"repository":"acme/app"}', 'repository: is not host/owner/name'],
    ['erasures.jsonl', '{"user_id":"u"}', 'user_id: is not a field: write userId'],
    ['consents.jsonl', consentLine({ training: 'yes' }), 'training: is not one of allowed, denied'],
    ['consents.jsonl', consentLine({ userId: null }), 'userId: is missing: give a string'],
    ['consents.jsonl', consentLine({ since: '' }), `since: ${TIME}`],
    ['consents.jsonl', consentLine({ Plan: 'pro' }), 'Plan: is not a field: write plan'],
  ])('%s %s: %s', (name, text, expected) => {
    expect(problem(name, text)).toBe(`${name}:1 ${expected}`);
  });

  it('keeps a user’s choice as it was given', () => {
    const [entry] = entries('consents.jsonl', consentLine({ userId: 'Ü1', plan: 'business', training: 'denied' }));
    expect(entry!.key).toBe('uü1');
    expect(unpackConsent(entry!.value)).toEqual({
      ...{ userId: 'Ü1', plan: 'business', training: 'denied', since: Date.UTC(2020, 0, 1) },
      source: 'consents.jsonl:1',
    });
  });
});

describe('a file of a repository', () => {
  it.each([
    ['codeowners/github.com/Acme/App/CODEOWNERS', 'cgithub.com/acme/app', { dialect: 'github' }],
    ['codeowners/gitlab.com/g/s/app/CODEOWNERS', 'cgitlab.com/g/s/app', { dialect: 'gitlab' }],
    ['codeowners/my.gitlab.org/g/app/CODEOWNERS', 'cmy.gitlab.org/g/app', { dialect: 'gitlab' }],
    ['codeowners/github.com/gitlab/app/CODEOWNERS', 'cgithub.com/gitlab/app', { dialect: 'github' }],
    ['exclusions/github.com/acme/app.yaml', 'xgithub.com/acme/app', {}],
    ['exclusions/github.com/acme/app.yml', 'xgithub.com/acme/app', {}],
    ['ignorefiles/github.com/acme/app/.aiexclude', 'igithub.com/acme/app', { kind: 'aiexclude', folder: '' }],
    [
      'ignorefiles/github.com/acme/app/a/b/.copilotignore',
      'igithub.com/acme/app',
      { kind: 'copilotignore', folder: 'a/b' },
    ],
    ['ignorefiles/gitlab.com/g/s/app/.aiexclude', 'igitlab.com/g/s/app', { kind: 'aiexclude', folder: '' }],
    ['ignorefiles/gitlab.com/g/s/app/-/a/.aiexclude', 'igitlab.com/g/s/app', { kind: 'aiexclude', folder: 'a' }],
  ])('%s', (name, key, fields) => {
    expect(keys(name, '')).toEqual([key]);
    expect(unpackFile(entries(name, '')[0]!.value)).toEqual({ text: '', source: name, ...fields });
  });

  const CODEOWNERS = 'is not at codeowners/<host>/<owner>/<name>/CODEOWNERS';
  const EXCLUSIONS = 'is not at exclusions/<host>/<owner>/<name>.yaml';
  const IGNORE = 'is not at ignorefiles/<host>/<owner>/<name>/[<folder>/].copilotignore or .aiexclude';
  it.each([
    ['codeowners/github.com/acme/CODEOWNERS', CODEOWNERS],
    ['codeowners/github.com/acme/app/docs/CODEOWNERS', CODEOWNERS],
    ['codeowners/github.com/acme/app/CODEOWNERS.md', CODEOWNERS],
    ['codeowners/CODEOWNERS', CODEOWNERS],
    ['exclusions/github.com/acme/app.yamlx', EXCLUSIONS],
    ['exclusions/github.com/acme.yaml', EXCLUSIONS],
    ['exclusions/github.com/acme/app/x.yaml', EXCLUSIONS],
    ['ignorefiles/github.com/acme/app/.gitignore', IGNORE],
    ['ignorefiles/github.com/acme/.aiexclude', IGNORE],
    ['ignorefiles/github.com/acme/app/.aiexclude.txt', IGNORE],
  ])('is refused at %s', (name, expected) => {
    expect(problem(name, '')).toBe(`${name}: ${expected}`);
  });
});
