/** Who may read, by the access file. */
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { beforeAll, describe, expect, it } from 'vitest';
import { AUDIENCES, type Audience } from '../../../config/policy.ts';
import { grantIn, parseAccess, revokeIn, type AccessList } from '../../../storage/people/access.ts';

let keys: string[];
beforeAll(async () => {
  keys = await Promise.all(Array.from({ length: 5 }, async () => identityToRecipient(await generateIdentity())));
});

const person = (fields: Record<string, string>): string =>
  Object.entries({
    name: 'ana',
    group: 'copilot-team',
    affiliation: 'employee',
    team: 'assistant',
    from: '2026-01-01',
    ...fields,
  })
    .map(([field, value], index) => `${index === 0 ? '  - ' : '    '}${field}: ${value}\n`)
    .join('');
const file = (...people: string[]): string =>
  `version: 1\nteams: {completions: assistant, storage: cloud}\npeople:\n${people.join('')}`;
const read = (text: string): AccessList => parseAccess('access.yaml', text);

describe('recipients', () => {
  it('are the keys of those whose grant of the audience holds at the time, each once and sorted', () => {
    const list = read(
      file(
        person({ name: 'ana', recipient: keys[0]! }),
        person({ name: 'ana', recipient: keys[0]!, group: 'platform-health' }),
        person({ name: 'ben', recipient: keys[1]!, from: '2026-03-01T12:00:00Z', until: '2026-04-01' }),
        person({ name: 'cem', recipient: keys[2]!, group: 'cloud-partner', team: 'storage' }),
      ),
    );
    const sorted = [keys[0]!, keys[1]!].sort();
    expect(list.recipientsOf(['copilot-team'], '2025-12-31T23:59:59.999Z')).toEqual([]);
    expect(list.recipientsOf(['copilot-team'], '2026-01-01T00:00:00Z')).toEqual([keys[0]]);
    expect(list.recipientsOf(['copilot-team', 'platform-health'], '2026-03-01T12:00:00Z')).toEqual(sorted);
    expect(list.recipientsOf(['copilot-team'], Date.parse('2026-04-01') - 1)).toEqual(sorted);
    expect(list.recipientsOf(['copilot-team'], '2026-04-01')).toEqual([keys[0]]);
    expect(list.recipientsOf(['cloud-partner'], '2026-03-01')).toEqual([keys[2]]);
    expect(list.recipientsOf(['model-partner'], '2026-03-01')).toEqual([]);
    expect(list.recipientsOf([], '2026-03-01')).toEqual([]);
  });
  it('are nobody at a time that is none', () => {
    expect(read(file(person({ recipient: keys[0]! }))).recipientsOf(AUDIENCES, 'soon')).toEqual([]);
  });
  it('are nobody where nobody is named', () => {
    expect(read('version: 1\n').recipientsOf(AUDIENCES, '2026-03-01')).toEqual([]);
  });
});

describe('an audience', () => {
  const allowed: [Audience, string, string][] = [
    ['copilot-team', 'contractor', 'anything'],
    ['platform-health', 'employee', 'anything'],
    ['cloud-partner', 'contractor', 'cloud'],
    ['cloud-partner', 'employee', 'storage'],
    ['cloud-partner', 'contractor', 'completions'],
    ['model-partner', 'employee', 'assistant'],
    ['model-partner', 'employee', 'completions'],
  ];
  it.each(allowed)('%s takes a %s of the team %s', (group, affiliation, team) => {
    expect(read(file(person({ group, affiliation, team, recipient: keys[0]! }))).people).toHaveLength(1);
  });
  const refused: [Audience, string, string, string][] = [
    ['model-partner', 'contractor', 'assistant', 'people[0].affiliation: model-partner is for employees alone'],
    ['model-partner', 'employee', 'storage', 'people[0].team: model-partner is for people who work on assistant'],
    [
      'cloud-partner',
      'employee',
      'sales',
      'people[0].team: cloud-partner is for people who work on cloud or assistant',
    ],
  ];
  it.each(refused)('%s does not take a %s of the team %s', (group, affiliation, team, problem) => {
    expect(() => read(file(person({ group, affiliation, team, recipient: keys[0]! })))).toThrow(problem);
  });
});

describe('a wrong access file is refused with file, line and field', () => {
  it.each([
    ['version: 2\n', 'access.yaml:1 version: must be 1'],
    ['version: 1\npeople: none\n', 'access.yaml:2 people: must be a list'],
    ['version: 1\nperson: []\n', 'access.yaml:2 person: is no field'],
    ['version: 1\nteams: {x: sales}\n', 'access.yaml:2 teams.x: must be one of'],
    ['version: 1\npeople:\n  - ana\n', 'access.yaml:3 people[0]: must be a mapping'],
    ['[]\n', 'access.yaml:1: must be a mapping'],
    ['version: 1\nversion: 1\n', 'access.yaml:2'],
  ])('%j', (text, problem) => expect(() => read(text)).toThrow(problem));

  it.each([
    ['name', '""', 4],
    ['group', 'everyone', 5],
    ['affiliation', 'friend', 6],
    ['team', '7', 7],
    ['from', '2026-02-30', 8],
    ['from', 'now', 8],
    ['recipient', 'age1qqqq', 9],
    ['recipient', 'AGE-SECRET-KEY-1QQ', 9],
    ['until', '2025-01-01', 10],
    ['role', 'admin', 10],
  ])('%s: %s', (field, value, line) => {
    expect(() => read(file(person({ recipient: keys[0]!, [field]: value })))).toThrow(
      `access.yaml:${line} people[0].${field}: `,
    );
  });

  it('for a key that two people share', () => {
    const text = file(person({ recipient: keys[0]! }), person({ name: 'ben', recipient: keys[0]! }));
    expect(() => read(text)).toThrow('access.yaml:15 people[1].recipient: is the key of "ana"');
  });
});

describe('granting and revoking', () => {
  const grant = {
    name: 'ben',
    group: 'copilot-team',
    affiliation: 'contractor',
    team: 'assistant',
    from: '2026-02-01',
  } as const;
  it('keep the comments of the file and what it says of others', () => {
    const text = `# who may read\n${file(person({ recipient: keys[0]! }))}`;
    const granted = grantIn('access.yaml', text, { ...grant, recipient: keys[1]!, until: '2026-12-31' });
    expect(granted).toMatch(/^# who may read\n/);
    expect(read(granted).recipientsOf(['copilot-team'], '2026-03-01')).toEqual([keys[0]!, keys[1]!].sort());
    const revoked = revokeIn('access.yaml', granted, 'ben', '2026-03-01');
    expect(revoked).toMatch(/^# who may read\n/);
    expect(read(revoked).recipientsOf(['copilot-team'], '2026-02-28')).toHaveLength(2);
    expect(read(revoked).recipientsOf(['copilot-team'], '2026-03-01')).toEqual([keys[0]]);
  });
  it('begin a file', () => {
    expect(read(grantIn('access.yaml', '', { ...grant, recipient: keys[1]! })).people).toHaveLength(1);
  });
  it('end one group alone where one is named, and drop what has not begun', () => {
    const text = file(
      person({ name: 'ben', recipient: keys[1]! }),
      person({ name: 'ben', recipient: keys[1]!, group: 'platform-health' }),
      person({ name: 'ben', recipient: keys[1]!, from: '2026-06-01' }),
    );
    const revoked = read(revokeIn('access.yaml', text, 'ben', '2026-05-01', 'copilot-team'));
    expect(revoked.recipientsOf(['copilot-team'], '2026-07-01')).toEqual([]);
    expect(revoked.recipientsOf(['platform-health'], '2026-07-01')).toEqual([keys[1]]);
    expect(revoked.people).toHaveLength(2);
  });
  it('refuse what the file could not say', () => {
    const text = file(person({ recipient: keys[0]! }));
    expect(() => grantIn('access.yaml', text, { ...grant, recipient: keys[0]! })).toThrow('one key, one person');
    expect(() => grantIn('access.yaml', text, { ...grant, group: 'model-partner', recipient: keys[1]! })).toThrow(
      'employees alone',
    );
    expect(() => revokeIn('access.yaml', text, 'eve', '2026-03-01')).toThrow('"eve" has no grant');
    expect(() => revokeIn('access.yaml', text, 'ana', 'now')).toThrow('must be a time');
  });
});
