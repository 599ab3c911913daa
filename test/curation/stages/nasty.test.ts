import { describe, expect, it } from 'vitest';
import { accepted, code, curate, type CurateOptions } from './engine.ts';

type Case = [name: string, given: Record<string, unknown> | string, reason: string, options?: CurateOptions];

const SINCE = '2020-01-01T00:00:00Z';
const repository = (id: number, name: string, more: object = {}) => ({
  ...{ host: 'github.com', id, owner: 'acme', name, visibility: 'public', since: SINCE },
  ...more,
});
const consent = (userId: string, more: object = {}) => ({
  userId,
  plan: 'pro',
  training: 'allowed',
  since: SINCE,
  ...more,
});
const at = (path: string) => ({ document: { path } });
const from = (url: string, more: object = {}) => ({ repository: { url, ...more } });
const of = (name: string) => from(`https://github.com/acme/${name}`);
const by = (id: string, more: object = {}) => ({ user: { id, ...more } });
const facts = (...repositories: object[]): CurateOptions => ({ facts: { repositories } });
const consents = (...lines: object[]): CurateOptions => ({ facts: { consents: lines } });
const policy = (text: string): CurateOptions => ({ policy: text });
const piece = (text: string, more: object = {}) => ({
  prompt: { prefix: '// a\n', suffix: '\n', context: [{ path: 'src/b.ts', text, ...more }] },
});

const PATHS: Case[] = [
  ['a NUL before a harmless ending', at('src/.env\u0000.png'), 'control_character'],
  ['an escape sequence', at('src/\u001b[2Ja.ts'), 'control_character'],
  ['a C1 control', at('src/\u0085a.ts'), 'control_character'],
  ['an override that turns the name round', at('src/\u202egnp.vne'), 'bidi_control'],
  ['an isolate', at('src/\u2066a.ts'), 'bidi_control'],
  ['a zero-width space', at('src/.e\u200bnv'), 'format_character'],
  ['a soft hyphen', at('src/.e\u00adnv'), 'format_character'],
  ['a word joiner', at('.e\u2060nv'), 'format_character'],
  ['a tag character', at('src/\u{e0041}a.ts'), 'format_character'],
  ['a division slash', at('src\u2215..\u2215.env'), 'separator_lookalike'],
  ['a fullwidth backslash', at('src\uff3ca.ts'), 'separator_lookalike'],
  ['a big solidus', at('src\u29f8a.ts'), 'separator_lookalike'],
  ['a fraction slash', at('src\u2044a.ts'), 'separator_lookalike'],
  ['encoded dots', at('src/%2e%2e/.env'), 'percent_encoded_separator'],
  ['a slash encoded three times', at('src%25252fa.ts'), 'percent_encoded_separator'],
  ['an encoded backslash', at('src%5C..%5C.env'), 'percent_encoded_separator'],
  ['a device path', at('\\\\?\\C:\\work\\a.ts'), 'unc_path'],
  ['a share with slashes', at('//server/share/a.ts'), 'unc_path'],
  ['a path relative to a drive', at('C:a.ts'), 'drive_path'],
  ['a small drive letter', at('c:\\a.ts'), 'drive_path'],
  ['a root', at('/'), 'absolute_path'],
  ['a backslash at the start', at('\\windows\\a.ts'), 'absolute_path'],
  ['a file address in odd case', at('FiLe:src/a.ts'), 'absolute_path'],
  ['a short name deep inside', at('src/MICROS~1/a.ts'), 'short_name'],
  ['a climb out by backslashes', at('src\\..\\..\\x.ts'), 'path_escapes_root'],
  ['a climb out and in again', at('a/../../acme/a.ts'), 'path_escapes_root'],
  ['a path of dots', at('./././'), 'empty_path'],
  ['a path of spaces', at('   '), 'empty_path'],
  ['a path past the bound in bytes, not in characters', at(`src/${'é'.repeat(2100)}.ts`), 'path_too_long'],
  ['half a character', '{"path":"\\ud800"}', 'lone_surrogate'],
  ['an unsaved buffer', at('untitled:Untitled-1'), 'unresolvable_path'],
  ['a cell of a notebook', at('vscode-notebook-cell:/a.ipynb#W0sZ'), 'unresolvable_path'],
  ['a remote workspace', at('vscode-remote://ssh-remote+box/src/a.ts'), 'unresolvable_path'],
  ['the output of a tool', at('output:extension-output-1'), 'unresolvable_path'],
  ['a Cyrillic letter in a Latin word', at('src/\u0430pp.ts'), 'mixed_script_path'],
  ['a Greek letter in a Latin word', at('src/c\u03bfnfig.ts'), 'mixed_script_path'],
  ['a symbolic link', { document: { path: 'src/a.ts', gitMode: '120000' } }, 'symlink'],
  ['a gitlink', { document: { path: 'sdk', gitMode: '160000' } }, 'submodule_private'],
  ['capitals', at('config/.ENV'), 'path_excluded'],
  ['trailing dots in a segment', at('.env.. /a.ts'), 'path_excluded'],
  ['an alternate stream', at('.env::$DATA'), 'path_excluded'],
  ['fullwidth letters', at('.\uff25\uff2e\uff36'), 'path_excluded'],
  ['a mathematical alphabet', at('.\u{1d41e}\u{1d427}\u{1d42f}'), 'path_excluded'],
  ['a climb into the excluded folder', at('src/../config/./.env.local'), 'path_excluded'],
  ['doubled separators', at('src//\\/.env'), 'path_excluded'],
];

const REPOSITORIES: Case[] = [
  ['a host that ends otherwise', from('https://github.com.evil.example/acme/app'), 'unknown_host'],
  ['a host that begins otherwise', from('https://evilgithub.com/acme/app'), 'unknown_host'],
  ['a host in the path', from('https://evil.example/github.com/acme/app'), 'unknown_host'],
  ['a host as user', from('https://github.com@evil.example/acme/app'), 'unknown_host'],
  ['a host as user and password', from('https://github.com:acme@evil.example/acme/app'), 'unknown_host'],
  ['a host behind a fragment', from('https://evil.example#@github.com/acme/app'), 'unknown_host'],
  ['a host behind a backslash', from('https://evil.example\\@github.com/acme/app'), 'unknown_host'],
  ['a host behind a query', from('https://evil.example?@github.com/acme/app'), 'unknown_host'],
  ['punycode that looks alike', from('https://xn--gthub-n4a.com/acme/app'), 'unknown_host'],
  ['letters that look alike', from('https://g\u0456thub.com/acme/app'), 'unknown_host'],
  ['gists', from('https://gist.github.com/acme/app'), 'unknown_host'],
  ['raw files', from('https://raw.githubusercontent.com/acme/app/main/a.ts'), 'unknown_host'],
  ['an address instead of a name', from('https://140.82.112.3/acme/app'), 'unknown_host'],
  ['a helper that runs a command', from('ext::ssh github.com %S acme/app'), 'unknown_host'],
  ['a bundle on disk', from('../backup/app.bundle'), 'unknown_host'],
  ['a Windows folder', from('C:\\work\\github.com\\acme\\app'), 'unknown_host'],
  ['an alias that no policy names', from('git@github-work:acme/app.git'), 'unknown_host'],
  ['two hosts that meet at a line feed', from('https://github.com/acme/app\nhttps://evil.example/x/y'), 'unknown_host'],
  ['an id without a remote', { repository: { id: 1 } }, 'unknown_host'],
  ['white space', from(' \t '), 'no_repository'],
  ['null', { repository: null }, 'no_repository'],
  ['an owner alone', from('https://github.com/acme'), 'no_repository'],
  ['slashes alone', from('https://github.com///'), 'no_repository'],
  ['a climb to another repository', from('https://github.com/acme/secret/../app'), 'no_repository'],
  ['an encoded slash in the name', from('https://github.com/acme/app%2f..%2fother'), 'no_repository'],
  ['an encoded letter', from('https://github.com/acme/%73ecret'), 'repository_private'],
  ['capitals and .git', from('git@github.com:ACME/Secret.GIT'), 'repository_private'],
  ['ssh over the port of https', from('ssh://git@ssh.github.com:443/acme/secret.git'), 'repository_private'],
  ['a branch behind the name', from('https://github.com/acme/secret/tree/main/acme/app'), 'repository_private'],
  ['a dot at the end of the host', from('https://github.com./acme/app'), 'unknown_host'],
  ['the wiki', from('https://github.com/acme/app.wiki.git'), 'unknown_repository'],
  ['a name that ends in .git twice', from('https://github.com/acme/app.git.git'), 'unknown_repository'],
  ['an id of another repository', from('https://github.com/acme/app', { id: 2 }), 'identity_mismatch'],
  [
    'a public folder beside a private one',
    { repository: null, workspaceRepositories: ['https://github.com/acme/app', 'https://github.com/acme/secret'] },
    'repository_private',
  ],
  [
    'a public folder beside an unknown one',
    { repository: null, workspaceRepositories: ['https://github.com/acme/app', 'https://intranet/x/y'] },
    'unknown_host',
  ],
  [
    'a repository that came later',
    of('late'),
    'unknown_repository',
    facts(repository(9, 'late', { since: '2026-05-02T00:00:00Z' })),
  ],
  [
    'one that is private since',
    of('shut'),
    'repository_private',
    facts(repository(9, 'shut'), repository(9, 'shut', { visibility: 'private', since: '2026-05-02T00:00:00Z' })),
  ],
  [
    'one that was private then',
    of('opened'),
    'repository_was_private',
    facts(
      repository(9, 'opened', { visibility: 'private' }),
      repository(9, 'opened', { since: '2026-05-01T10:00:00.001Z' }),
    ),
  ],
  [
    'one that was open for an instant before',
    of('blink'),
    'repository_private',
    facts(repository(9, 'blink'), repository(9, 'blink', { visibility: 'private', since: '2026-05-01T10:00:00Z' })),
  ],
  [
    'two facts of one moment that contradict',
    of('both'),
    'repository_private',
    facts(repository(9, 'both'), repository(9, 'both', { visibility: 'private' })),
  ],
  [
    'two repositories of one name',
    of('twin'),
    'repository_private',
    facts(repository(9, 'twin'), repository(10, 'twin', { visibility: 'internal' })),
  ],
  ['an internal one', of('inside'), 'repository_private', facts(repository(9, 'inside', { visibility: 'internal' }))],
  ['a deleted one', of('gone'), 'repository_deleted', facts(repository(9, 'gone', { deleted: true }))],
  [
    'one whose name was left to another',
    of('moved'),
    'unknown_repository',
    facts(repository(9, 'moved', { since: '2019-01-01T00:00:00Z' }), repository(9, 'renamed')),
  ],
  ['a fork of a private one', of('fork'), 'private_network', facts(repository(9, 'fork', { forkOf: 2 }))],
  [
    'a fork of a fork of a private one',
    of('fork'),
    'private_network',
    facts(repository(9, 'fork', { forkOf: 10 }), repository(10, 'between', { forkOf: 2 })),
  ],
  ['a fork of nobody knows what', of('fork'), 'private_network', facts(repository(9, 'fork', { forkOf: 999 }))],
  [
    'a fork of a deleted one',
    of('fork'),
    'private_network',
    facts(repository(9, 'fork', { forkOf: 10 }), repository(10, 'gone', { deleted: true })),
  ],
  [
    'a circle of forks round a private one',
    of('fork'),
    'private_network',
    facts(
      repository(9, 'fork', { forkOf: 10 }),
      repository(10, 'b', { forkOf: 11 }),
      repository(11, 'c', { forkOf: 9, visibility: 'private' }),
    ),
  ],
  [
    'a denied owner in capitals',
    from('https://github.com/ACME/app'),
    'owner_denied',
    policy('repositories: {owners: {deny: ["@Acme"]}}\n'),
  ],
  [
    'an owner that opted out, with its host',
    of('app'),
    'owner_opted_out',
    policy('repositories: {owners: {optedOut: [github.com/acme]}}\n'),
  ],
  [
    'an owner it was given to since',
    of('given'),
    'owner_denied',
    {
      ...facts(repository(9, 'given'), repository(9, 'given', { owner: 'bad', since: '2026-05-02T00:00:00Z' })),
      ...policy('repositories: {owners: {deny: [bad]}}\n'),
    },
  ],
  [
    'no licence where one is asked for',
    of('other'),
    'license_not_allowed',
    policy('repositories: {licenses: {allow: [MIT]}}\n'),
  ],
  [
    'a licence that only half may be used',
    of('dual'),
    'license_not_allowed',
    {
      ...facts(repository(9, 'dual', { license: 'MIT AND GPL-3.0-only' })),
      ...policy('repositories: {licenses: {allow: [MIT]}}\n'),
    },
  ],
  [
    'a licence that does not parse',
    of('odd'),
    'license_not_allowed',
    { ...facts(repository(9, 'odd', { license: '(MIT OR' })), ...policy('repositories: {licenses: {allow: [MIT]}}\n') },
  ],
  [
    'a folder of a private submodule in other case',
    { ...of('host'), ...at('Vendor/SDK/a.c') },
    'submodule_private',
    facts(repository(9, 'host', { submodules: { 'vendor/sdk': '../secret.git' } })),
  ],
  [
    'a submodule on an unknown host',
    { ...of('host'), ...at('sdk/a.c') },
    'submodule_private',
    facts(repository(9, 'host', { submodules: { sdk: 'https://intranet/x/y' } })),
  ],
  [
    'an erased repository',
    of('other'),
    'erased',
    { facts: { files: [{ name: 'erasures.jsonl', text: '{"repository":"GitHub.com/Acme/Other"}' }] } },
  ],
];

const PEOPLE: Case[] = [
  ['nobody', { user: {} }, 'schema'],
  ['a user that the facts do not name', by('u9'), 'unknown_user'],
  ['a space behind the id', by('u1 '), 'unknown_user'],
  ['another case of the id', by('U1'), 'unknown_user'],
  ['a device without a user', { user: { deviceId: 'u1' } }, 'schema'],
  ['a plan that never trains', by('u1', { plan: 'business' }), 'plan_not_trainable'],
  [
    'a plan that never trains, in the facts alone',
    by('s1', { plan: 'pro' }),
    'plan_not_trainable',
    consents(consent('s1', { plan: 'student' })),
  ],
  [
    'a plan that came later',
    by('b1'),
    'plan_not_trainable',
    consents(consent('b1'), consent('b1', { plan: 'enterprise', since: '2026-05-05T00:00:00Z' })),
  ],
  [
    'a plan that ended before now',
    by('b1'),
    'plan_not_trainable',
    consents(consent('b1', { plan: 'business' }), consent('b1', { since: '2026-05-05T00:00:00Z' })),
  ],
  ['a refusal', by('u3'), 'no_consent'],
  [
    'a consent a millisecond too late',
    by('c1'),
    'no_consent',
    consents(consent('c1', { since: '2026-05-01T10:00:00.001Z' })),
  ],
  [
    'a refusal in the middle',
    by('c1'),
    'no_consent',
    consents(
      consent('c1'),
      consent('c1', { training: 'denied', since: '2026-04-30T00:00:00Z' }),
      consent('c1', { since: '2026-05-02T00:00:00Z' }),
    ),
  ],
  ['two choices of one moment', by('c1'), 'no_consent', consents(consent('c1'), consent('c1', { training: 'denied' }))],
  [
    'a refusal of a namesake in capitals',
    by('c1'),
    'no_consent',
    consents(consent('c1'), consent('C1', { training: 'denied' })),
  ],
  [
    'a withdrawal since',
    by('c1'),
    'consent_withdrawn',
    consents(consent('c1'), consent('c1', { training: 'denied', since: '2026-05-09T23:59:59Z' })),
  ],
  ['an erased user', by('u1'), 'erased', { facts: { files: [{ name: 'erasures.jsonl', text: '{"userId":"U1"}' }] } }],
];

const TIMES: Case[] = [
  ['no zone', { time: '2026-05-01T10:00:00' }, 'timestamp_not_rfc3339'],
  ['a number', { time: 1777629600000 }, 'timestamp_not_rfc3339'],
  ['a space for the T and words for the zone', { time: '2026-05-01 10:00:00 UTC' }, 'timestamp_not_rfc3339'],
  ['a day that is none', { time: '2026-02-30T10:00:00Z' }, 'invalid_date'],
  ['a leap day in no leap year', { time: '2100-02-29T10:00:00Z' }, 'invalid_date'],
  ['an hour too many', { time: '2026-05-01T24:00:00Z' }, 'invalid_date'],
  ['a leap second', { time: '2026-06-30T23:59:60Z' }, 'invalid_date'],
  ['the epoch', { time: '1970-01-01T00:00:00Z' }, 'timestamp_out_of_range'],
  ['milliseconds read as seconds', { time: '9999-12-31T23:59:59Z' }, 'timestamp_out_of_range'],
  ['tomorrow and a little', { time: '2026-05-11T00:00:00.001Z' }, 'clock_skew'],
  ['tomorrow by its zone', { time: '2026-05-10T23:00:00-02:00' }, 'clock_skew'],
];

const json = (change: (text: string) => string): string => change(JSON.stringify(accepted({ id: 'x' })));
const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

const SHAPES: Case[] = [
  ['a list', '[]', 'not_an_object'],
  ['null alone', 'null', 'not_an_object'],
  ['two objects on a line', json((text) => text + text), 'invalid_json'],
  ['a comma at the end', json((text) => text.replace(/\}$/, ',}')), 'invalid_json'],
  ['single quotes', "{'id':'x'}", 'invalid_json'],
  ['a raw line separator of JavaScript around it', `\u2028${json((text) => text)}`, 'invalid_json'],
  ['a comment', json((text) => `${text}//`), 'invalid_json'],
  ['a key twice', json((text) => text.replace('"id"', '"id":"y","id"')), 'duplicate_key'],
  ['a key twice by an escape', json((text) => text.replace('"id"', '"\\u0069d":"y","id"')), 'duplicate_key'],
  ['a prototype', json((text) => text.replace('{', '{"__proto__":{"user":{"id":"u1"}},')), 'forbidden_key'],
  [
    'a prototype inside, escaped',
    json((text) => text.replace('"user":{', '"user":{"\\u005f_proto__":{},')),
    'forbidden_key',
  ],
  ['depth', json((text) => text.replace('{', `{"extra":${deep(65)},`)), 'too_deep'],
  ['infinity by its exponent', json((text) => text.replace('{', '{"latencyMs":-1e999,')), 'not_finite'],
  [
    'half a character in the completion',
    json((text) => text.replace('"completion":"', '"completion":"\\udc00')),
    'lone_surrogate',
  ],
  [
    'halves in the wrong order',
    json((text) => text.replace('"completion":"', '"completion":"\\udc00\\ud800')),
    'lone_surrogate',
  ],
  ['a time that runs backwards', { displayedMs: -1 }, 'negative_duration'],
  ['a type in capitals', { type: 'Accepted' }, 'schema'],
  ['a document that is a string', { document: 'src/a.ts' }, 'schema'],
  ['a completion that is a list', { completion: ['a'] }, 'schema'],
  ['a user that is a string', { user: 'u1' }, 'schema'],
  ['a piece of context that is a string', { prompt: { prefix: 'a', context: ['b'] } }, 'schema'],
  ['a share above one', { typedShare: 1.5 }, 'schema'],
  ['half a character accepted', { acceptedLength: 1.5 }, 'schema'],
  ['an empty id of the suggestion', { suggestionId: '' }, 'schema'],
];

const PRIVATE_CODE = code(77);
const TEXTS: Case[] = [
  ['no text at all', { prompt: null, completion: null }, 'no_text'],
  ['a prompt without a completion', { completion: null }, 'no_text'],
  ['a completion of white space', { completion: ' \n\t ' }, 'empty'],
  ['an empty completion', { completion: '' }, 'empty'],
  ['a completion without anything around it', { prompt: { prefix: '', suffix: ' \n', context: [] } }, 'empty'],
  ['an override in the completion', { completion: `if (a) { /*\u202e } */ return ${code(1)}` }, 'bidi_control_in_code'],
  ['an isolate in a context piece', piece('// \u2066 a\nconst b = 1;'), 'bidi_control_in_code'],
  ['a key and nothing else', { completion: 'AKIAQ3EGRIT5WVXM2LKA' }, 'redaction_covered'],
  ['a token of a model', { completion: `${code(2)}<|endoftext|>` }, 'sentinel_text'],
  [
    'a token of a model in the prompt',
    { prompt: { prefix: '<fim_prefix>a', suffix: '', context: [] } },
    'sentinel_text',
  ],
  [
    'a completion that repeats a private piece',
    { ...piece(PRIVATE_CODE, { repository: { url: 'https://github.com/acme/secret' } }), completion: PRIVATE_CODE },
    'private_overlap',
  ],
  [
    'a private piece where the policy says so',
    piece('const b = 1;', { repository: { url: 'https://github.com/acme/secret' } }),
    'repository_private',
    policy('segments: {whenContextPrivate: exclude}\n'),
  ],
  [
    'a piece out of the repository where the policy says so',
    piece('const b = 1;', { path: '../../b.ts' }),
    'unresolvable_path',
    policy('segments: {whenPieceGoes: exclude}\n'),
  ],
  ['a look without a decision', { type: 'shown' }, 'no_outcome'],
];

const GROUPS: [string, Case[]][] = [
  ['paths', PATHS],
  ['repositories', REPOSITORIES],
  ['people', PEOPLE],
  ['times', TIMES],
  ['shapes', SHAPES],
  ['texts', TEXTS],
];

describe.each(GROUPS)('nasty %s', (group, cases) => {
  it.each(cases)('%s', (_, given, reason, options) => {
    const text =
      typeof given === 'string' && group === 'paths'
        ? json((line) => line.replace('"path":"src/a.ts"', given.slice(1, -1)))
        : given;
    const record = typeof text === 'string' ? text : accepted(text);
    const { rows, examples } = curate([[record]], options);
    expect(rows.map(({ reason: found, rule }) => `${found} by ${rule === '' ? 'nothing' : 'a rule'}`)).toEqual([
      `${reason} by a rule`,
    ]);
    expect(examples).toEqual([]);
  });
});

describe('what looks nasty and is not', () => {
  const KEPT: Case[] = [
    ['a folder of dots in its name', at('src/...a/b..c.ts'), ''],
    ['brackets, braces and spaces', at('src/[id]/(group)/{a} b.ts'), ''],
    ['a name of one other script', at('src/конфиг.ts'), ''],
    ['a decomposed letter', at('src/cafe\u0301.ts'), ''],
    ['a percent sign that encodes nothing', at('src/100%.ts'), ''],
    ['a tilde', at('src/~backup/a.ts'), ''],
    ['backslashes', at('src\\lib\\a.ts'), ''],
    ['a remote with credentials and a port', from('https://user:pass@github.com:443/acme/app.git'), ''],
    ['a remote without a scheme', from('git@github.com:acme/app'), ''],
    ['a zone east of Greenwich', { time: '2026-05-01T12:00:00+02:00' }, ''],
    [
      'a private piece, which goes alone',
      piece('const secret = 1;', { repository: { url: 'https://github.com/acme/secret' } }),
      '',
    ],
    ['a piece with an unusable path, which goes alone', piece('const secret = 1;', { path: '/etc/passwd' }), ''],
  ];
  it.each(KEPT)('keeps %s', (_, given) => {
    const { rows, examples } = curate([[accepted(given as Record<string, unknown>)]]);
    expect(rows.map(({ outcome }) => outcome)).toEqual(['kept']);
    expect(examples).toHaveLength(1);
    expect(JSON.stringify(examples)).not.toContain('secret = 1');
  });
});
