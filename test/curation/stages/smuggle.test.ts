/** Private code on its way past the rules: each way is tried, and none of its text may be found in what comes out. */
import { describe, expect, it } from 'vitest';
import { accepted, curate, type CurateOptions } from './engine.ts';

const SINCE = '2020-01-01T00:00:00Z';
const LATER = '2026-05-05T00:00:00Z';
const MARK = 'smuggledLedgerTotal';
const CODE = `export const ${MARK} = 48151623;\n`;

const repository = (id: number, name: string, more: object = {}) => ({
  ...{ host: 'github.com', id, owner: 'acme', name, visibility: 'public', since: SINCE },
  ...more,
});
const delivery = (deliveredAt: string, action: string, more: object = {}, id = 9) => ({
  deliveredAt,
  payload: {
    action,
    repository: {
      ...{ id, name: 'hooked', full_name: 'acme/hooked', owner: { login: 'acme' }, private: false, fork: false },
      ...more,
    },
  },
});
const webhooks = (...lines: object[]) => ({
  name: 'repository-webhooks.jsonl',
  text: lines.map((line) => JSON.stringify(line)).join('\n'),
});
const of = (name: string, path = 'src/a.ts') => ({
  repository: { url: `https://github.com/acme/${name}` },
  document: { path },
});
const facts = (...repositories: object[]): CurateOptions => ({ facts: { repositories } });
const exclude = (reference: string, ...patterns: string[]): CurateOptions => ({
  policy: `paths: {exclude: {${JSON.stringify(reference)}: ${JSON.stringify(patterns)}}}\n`,
});
const own = (file: string, text: string): CurateOptions => ({ facts: { files: [{ name: file, text }] } });

type Way = [name: string, event: Record<string, unknown>, reason: string, options?: CurateOptions];

const HISTORIES: Way[] = [
  [
    'privatised by a delivery that says nothing else',
    of('hooked'),
    'repository_private',
    {
      facts: {
        repositories: [repository(9, 'hooked')],
        files: [webhooks(delivery(LATER, 'privatized', { private: true }))],
      },
    },
  ],
  [
    'publicised after a privatisation, in a file that tells them in the other order',
    of('hooked'),
    'repository_was_private',
    {
      facts: {
        repositories: [repository(9, 'hooked')],
        files: [
          webhooks(
            delivery('2026-05-04T00:00:00Z', 'publicized'),
            delivery('2026-04-04T00:00:00Z', 'privatized', { private: true }),
          ),
        ],
      },
    },
  ],
  [
    'an edit that was delivered late and still says public',
    of('hooked'),
    'repository_private',
    {
      facts: {
        repositories: [repository(9, 'hooked')],
        files: [webhooks(delivery('2026-05-03T00:00:00Z', 'privatized', { private: true }), delivery(LATER, 'edited'))],
      },
    },
  ],
  [
    'an internal one that calls itself not private',
    of('hooked'),
    'repository_private',
    {
      facts: {
        repositories: [repository(9, 'hooked')],
        files: [webhooks(delivery(LATER, 'edited', { private: false, visibility: 'internal' }))],
      },
    },
  ],
  [
    'a fork that nobody knows the parent of',
    of('hooked'),
    'private_network',
    { facts: { files: [webhooks(delivery('2026-01-01T00:00:00Z', 'created', { fork: true }))] } },
  ],
  [
    'deleted and created anew by another under the same name',
    of('again'),
    'repository_private',
    facts(
      repository(9, 'again'),
      repository(9, 'again', { deleted: true, since: '2026-04-01T00:00:00Z' }),
      repository(10, 'again', { visibility: 'private', since: '2026-04-02T00:00:00Z' }),
    ),
  ],
  [
    'renamed, and asked for by its old name',
    of('old'),
    'unknown_repository',
    facts(repository(9, 'old'), repository(9, 'new', { since: '2026-04-01T00:00:00Z' })),
  ],
  [
    'a name that a private one bears since, with the id of the public one',
    { ...of('swap'), repository: { url: 'https://github.com/acme/swap', id: 9 } },
    'identity_mismatch',
    facts(
      repository(9, 'swap'),
      repository(9, 'elsewhere', { since: '2026-04-01T00:00:00Z' }),
      repository(10, 'swap', { visibility: 'private', since: '2026-04-01T00:00:00Z' }),
    ),
  ],
];

const NETWORKS: Way[] = [
  ['a fork whose parent went private since', of('fork'), 'private_network', facts(repository(9, 'fork', { forkOf: 10 }), repository(10, 'up'), repository(10, 'up', { visibility: 'private', since: LATER }))], // prettier-ignore
  ['a fork whose parent was private then', of('fork'), 'private_network', facts(repository(9, 'fork', { forkOf: 10 }), repository(10, 'up', { visibility: 'private' }), repository(10, 'up', { since: LATER }))], // prettier-ignore
  ['a fork whose parent came later than the event', of('fork'), 'private_network', facts(repository(9, 'fork', { forkOf: 10 }), repository(10, 'up', { since: LATER }))], // prettier-ignore
  ['a fork that was one at the event alone', of('fork'), 'private_network', facts(repository(9, 'fork', { forkOf: 2 }), repository(9, 'fork', { since: LATER }))], // prettier-ignore
  ['a fork that is one since', of('fork'), 'private_network', facts(repository(9, 'fork'), repository(9, 'fork', { forkOf: 2, since: LATER }))], // prettier-ignore
  ['a fork of its own', of('fork'), 'private_network', facts(repository(9, 'fork', { forkOf: 10 }), repository(10, 'self', { forkOf: 10, deleted: true }))], // prettier-ignore
  ['a submodule of a submodule', of('host', 'a/b/x.c'), 'submodule_private', facts(repository(9, 'host', { submodules: { a: 'github.com/acme/middle' } }), repository(10, 'middle', { submodules: { b: 'git@github.com:acme/secret.git' } }))], // prettier-ignore
  ['a submodule that climbs to its sibling', of('host', 'sdk/x.c'), 'submodule_private', facts(repository(9, 'host', { submodules: { 'sdk/': './../secret' } }))], // prettier-ignore
  ['a submodule in a folder written with backslashes', of('host', 'deps/sdk/x.c'), 'submodule_private', facts(repository(9, 'host', { submodules: { 'deps\\sdk': 'github.com/acme/secret' } }))], // prettier-ignore
  ['the innermost of two submodules', of('host', 'lib/in/x.c'), 'submodule_private', facts(repository(9, 'host', { submodules: { lib: 'github.com/acme/other', 'lib/in': 'github.com/acme/secret' } }))], // prettier-ignore
  ['a submodule that was one at the event alone', of('host', 'sdk/x.c'), 'submodule_private', facts(repository(9, 'host', { submodules: { sdk: 'github.com/acme/secret' } }), repository(9, 'host', { since: LATER }))], // prettier-ignore
  ['a climb into a submodule', of('host', 'src/../sdk/./x.c'), 'submodule_private', facts(repository(9, 'host', { submodules: { sdk: 'github.com/acme/secret' } }))], // prettier-ignore
  ['a submodule without a host', of('host', 'sdk/x.c'), 'submodule_private', facts(repository(9, 'host', { submodules: { sdk: '/srv/git/sdk.git' } }))], // prettier-ignore
];

const EXCLUSIONS: Way[] = [
  ['a reference with a port and a user', of('app', 'keys/a.ts'), 'path_excluded', exclude('ssh://git@github.com:22/acme/app.git', '/keys/**')],
  ['a reference without an owner', of('app', 'keys/a.ts'), 'path_excluded', exclude('app', '/keys/**')],
  ['a wildcard in the owner', of('app', 'keys/a.ts'), 'path_excluded', exclude('https://github.com/ac*/app', '/keys/**')],
  ['a wildcard in the name', of('app', 'keys/a.ts'), 'path_excluded', exclude('git@github.com:acme/a*p.git', 'keys')],
  ['a folder, and a file below its folders', of('app', 'a/b/keys/c/d/e.ts'), 'path_excluded', exclude('*', 'keys/')],
  ['a name without a slash, in capitals', of('app', 'deep/SECRETS.Json'), 'path_excluded', exclude('*', 'secrets.json')],
  ['braces', of('app', 'config/prod/a.ts'), 'path_excluded', exclude('*', '/config/{dev,prod}/**')],
  ['a negated class', of('app', 'k9y/a.ts'), 'path_excluded', exclude('*', '/k[!a-z]y/**')],
  ['an extended glob', of('app', 'src/token-3.ts'), 'path_excluded', exclude('*', '**/token-+([0-9]).ts')],
  ['a Turkish dotted capital', of('app', 'src/CONFİG.ts'), 'path_excluded', exclude('*', '**/config.ts')],
  ['a sharp s', of('app', 'STRASSE/a.ts'), 'path_excluded', exclude('*', '/straße/**')],
  ['a pattern in decomposed letters', of('app', 'privé/a.ts'), 'path_excluded', exclude('*', '/prive\u0301/**')],
  ['an exclusion file of the repository alone', of('app', 'ops/a.ts'), 'path_excluded', own('exclusions/github.com/acme/app.yaml', '- "/ops/**"\n')],
  ['an exclusion file in capitals', of('app', 'ops/a.ts'), 'path_excluded', own('exclusions/GitHub.com/Acme/App.yaml', '"*": ["/ops/**"]\n')],
  ['the exclusion file of its name now', of('app', 'ops/a.ts'), 'path_excluded', { facts: { repositories: [repository(1, 'renamed', { license: 'MIT', since: LATER })], files: [{ name: 'exclusions/github.com/acme/renamed.yaml', text: '- "/ops/**"\n' }] } }],
  ['an ignore file of a folder', of('app', 'lib/gen/a.ts'), 'path_excluded', own('ignorefiles/github.com/acme/app/lib/.copilotignore', 'gen/\n')],
  ['an ignore file that lets all but one in again', of('app', 'lib/b.key'), 'path_excluded', own('ignorefiles/github.com/acme/app/.aiexclude', '*\n!*.ts\n')],
  ['owners written in capitals', of('app', 'legal/a.ts'), 'codeowner_denied', { policy: 'ownership: {deny: ["@ACME/Legal"]}\n', ...own('codeowners/github.com/acme/app/CODEOWNERS', '/legal/ @acme/LEGAL\n') }],
  ['a team below the denied one', of('app', 'legal/a.ts'), 'codeowner_denied', { policy: 'ownership: {deny: ["@acme/legal"]}\n', facts: { files: [{ name: 'teams.jsonl', text: '{"team":"@acme/contracts","parent":"@acme/legal"}' }, { name: 'codeowners/github.com/acme/app/CODEOWNERS', text: '* @acme/all\n/legal/ @acme/contracts\n' }] } }],
]; // prettier-ignore

const ADDRESSES: Way[] = [
  ['a port that reads like a password', { repository: { url: 'https://github.com:acme@evil.example:443/acme/app' } }, 'unknown_host'],
  ['a doubled scheme', { repository: { url: 'https://https://github.com/acme/app' } }, 'unknown_host'],
  ['a host with an empty label', { repository: { url: 'https://github..com/acme/app' } }, 'unknown_host'],
  ['a host and a port, scp-like', { repository: { url: '[git@github.com:22]:acme/secret.git' } }, 'repository_private'],
  ['slashes doubled behind the owner', { repository: { url: 'https://github.com//acme///secret//' } }, 'repository_private'],
  ['a fragment behind the name', { repository: { url: 'https://github.com/acme/secret#acme/app' } }, 'repository_private'],
  ['the same two folders, one in capitals', { repository: null, workspaceRepositories: ['https://github.com/acme/app', 'git@GITHUB.com:ACME/SECRET.git'] }, 'repository_private'],
  ['an open folder that is empty text', { repository: { url: '' }, workspaceRepositories: [' '] }, 'no_repository'],
  ['an address past the bound', { repository: { url: `https://github.com/acme/app?${'a'.repeat(4100)}` } }, 'unknown_host'],
  ['a cell of a notebook in another folder', { document: { path: 'vscode-notebook-cell:/work/secret/a.ipynb#X10' } }, 'unresolvable_path'],
  ['a cell of a notebook by its remote', { document: { path: 'vscode-notebook-cell://ssh-remote%2Bbox/a.ipynb#X10' } }, 'unresolvable_path'],
  ['a git object of another commit', { document: { path: 'git:/work/app/a.ts?{"ref":"HEAD"}' } }, 'unresolvable_path'],
]; // prettier-ignore

const GROUPS: [string, Way[]][] = [
  ['through the history of a repository', HISTORIES],
  ['through forks and submodules', NETWORKS],
  ['past exclusions and owners', EXCLUSIONS],
  ['by the spelling of an address', ADDRESSES],
];

describe.each(GROUPS)('smuggling %s', (_, ways) => {
  it.each(ways)('%s', (_, given, reason, options) => {
    const { rows, examples } = curate([[accepted({ completion: CODE, ...given })]], options);
    expect(rows.map(({ reason: found }) => found)).toEqual([reason]);
    expect(examples).toEqual([]);
  });
});

describe('smuggling in the context', () => {
  const secret = { url: 'https://github.com/acme/secret' };
  const piece = (more: object) => ({ path: 'src/b.ts', text: CODE, ...more });
  const PIECES: [name: string, piece: object, options?: CurateOptions][] = [
    ['a piece of a private repository under a public path', piece({ repository: secret })],
    ['a piece that names its repository by id alone', piece({ repository: { id: 1 } })],
    ['a piece of the same repository by another id', piece({ repository: { url: 'https://github.com/acme/app', id: 2 } })],
    ['a piece of an excluded file', piece({ path: 'config/.env.production' })],
    ['a piece of a notebook cell', piece({ path: 'vscode-notebook-cell:/work/x.ipynb#W1' })],
    ['a piece of a submodule', piece({ path: 'sdk/b.ts' }), facts(repository(1, 'app', { license: 'MIT', submodules: { sdk: 'github.com/acme/secret' }, since: '2021-01-01T00:00:00Z' }))],
    ['a piece beside a private folder that was open', piece({}), undefined],
    ['a piece without a path', { text: CODE }],
    ['a piece that climbs out', piece({ path: '../secret/b.ts' })],
    ['a piece by a file address', piece({ path: 'file:///work/secret/b.ts' })],
  ]; // prettier-ignore
  it.each(PIECES)('%s', (name, context, options) => {
    const workspace = name.includes('open') ? { workspaceRepositories: [secret.url] } : {};
    const event = accepted({
      ...workspace,
      prompt: { prefix: 'const first = 1;\n', suffix: '\n', context: [context] },
    });
    const { rows, examples } = curate([[event]], options);
    expect(rows.map(({ outcome }) => outcome)).toEqual(['kept']);
    expect(examples).toHaveLength(1);
    expect(JSON.stringify(examples)).not.toContain(MARK);
  });

  const QUOTES: [name: string, prompt: string][] = [
    ['a snippet to compare', `// Compare this snippet from ../secret/ledger.ts:\n// ${CODE}const first = 1;\n`],
    ['a header in the middle', `// Path: src/a.ts\nconst first = 1;\n// Path: .env.production\n// ${CODE}`],
    ['recent edits', `// These are recently edited files. Do not suggest code that has been deleted.\n// File: src/x.ts\n// ${CODE}// End of recent edits\nconst first = 1;\n`],
    ['a snippet without a file', `// Compare this snippet:\n// ${CODE}const first = 1;\n`],
    ['a snippet in a block comment', `/* Compare this snippet from /work/secret/b.ts: */\n/* ${CODE.trim()} */\nconst first = 1;\n`],
    ['related information', `# Consider this related information:\n# ${CODE}first = 1\n`],
    ['a snippet in other case', `// COMPARE THIS SNIPPET FROM ~/secret/b.ts:\n// ${CODE}const first = 1;\n`],
    ['lines that end as on Windows', `// Compare this snippet from C:\\work\\secret\\b.ts:\r\n// ${CODE.trim()}\r\nconst first = 1;\r\n`],
  ]; // prettier-ignore
  it.each(QUOTES)('quoted in a prompt: %s', (_, prefix) => {
    const { rows, examples } = curate([[accepted({ prompt: { prefix, suffix: '\n', context: [] } })]]);
    expect(rows.map(({ outcome }) => outcome)).toEqual(['kept']);
    expect(JSON.stringify(examples)).not.toContain(MARK);
  });
});
