import { describe, expect, it } from 'vitest';
import { FactsCheck } from '../../../../curation/rules/check/facts.ts';
import { uselessNames } from '../../../../curation/rules/check/names.ts';
import { uselessPatterns } from '../../../../curation/rules/check/patterns.ts';
import type { Warning } from '../../../../curation/rules/check/warning.ts';
import type { FactEntry } from '../../../../curation/rules/facts/entry.ts';
import { entriesOf } from '../../../../curation/rules/facts/line.ts';
import { buildFacts } from '../../../../curation/rules/facts.ts';
import type { RulePolicy } from '../../../../curation/rules/judge.ts';
import { policyOf, repositoryLine, sourced } from '../world.ts';

const show = (warnings: Warning[]) =>
  warnings.map(({ source, value, problem }) => `${source}${value === undefined ? '' : ` ${value}`}: ${problem}`);

const exclude = (...rules: [repository: string, pattern: string, conditions?: object][]) =>
  policyOf((policy) => {
    policy.ownership.vendored = [];
    policy.paths.exclude = rules.map(([repository, pattern, conditions], index) => ({
      ...{ repository, pattern, source: `p:${index + 1}` },
      ...conditions,
    }));
  });

describe('uselessPatterns', () => {
  it('finds what is written twice, or covered by a broader pattern before or after it', () => {
    const policy = exclude(
      ['*', '**/.env.local'],
      ['*', '**/.env*'],
      ['*', '*.pem'],
      ['*', '*.pem'],
      ['*', '/src/a.ts'],
    );
    expect(show(uselessPatterns(policy))).toEqual([
      'p:1 **/.env.local: is covered by p:2 "**/.env*": leave it out',
      'p:4 *.pem: is the same as p:3 "*.pem": leave it out',
    ]);
  });

  it('minds the repository that a pattern is written for', () => {
    const policy = exclude(
      ['acme/app', '*.pem'],
      ['https://github.com/acme/app.git', '*.pem'],
      ['https://github.com/acme/other', '*.pem'],
      ['app', 'x.key'],
      ['git@github.com:acme/app', 'x.key'],
      ['acme/*', 'secret'],
      ['https://github.com/acme/app', 'secret/keys'],
    );
    expect(show(uselessPatterns(policy))).toEqual([
      'p:2 *.pem: is the same as p:1 "*.pem": leave it out',
      'p:5 x.key: is the same as p:4 "x.key": leave it out',
      'p:7 secret/keys: is covered by p:6 "secret": leave it out',
    ]);
  });

  it('does not take a pattern with conditions for one without', () => {
    expect(uselessPatterns(exclude(['*', '*.ts', { ifAnyMatch: ['x'] }], ['*', 'a.ts']))).toEqual([]);
    expect(show(uselessPatterns(exclude(['*', '*.ts'], ['*', 'a.ts', { ifAnyMatch: ['x'] }])))).toHaveLength(1);
  });

  it('finds references to hosts that may not be used', () => {
    const policy = exclude(['https://gitlab.com/acme/app', '*'], ['git@github.com:acme/app', 'a']);
    expect(show(uselessPatterns(policy))).toEqual([
      'p:1 *: can never match: gitlab.com is no host of repositories.hosts',
    ]);
  });

  it('compares exclusions with vendored trees, which take a path in every repository', () => {
    const policy = policyOf((policy) => {
      policy.ownership.vendored = sourced('third_party/**');
      policy.paths.exclude = [{ repository: 'acme/app', pattern: 'third_party/**/*.c', source: 'p:9' }];
    });
    expect(show(uselessPatterns(policy))).toEqual([
      'p:9 third_party/**/*.c: is covered by policy.yaml:1 "third_party/**": leave it out',
    ]);
  });

  it('says nothing of patterns that say different things', () => {
    const policy = exclude(
      ['acme/app', 'a'],
      ['acme/lib', 'a'],
      ['app', 'b/**'],
      ['gitlab.acme', 'b/**'],
      ['acme/{app,lib}', 'c'],
      ['https://github.com/acme/app', '[d]'],
      ['https://github.com/acme/app', '[e]'],
      ['*', 'f', { ifNoneMatch: ['x'] }],
      ['*', 'f/g'],
    );
    expect(uselessPatterns(policy)).toEqual([]);
  });

  it('compares syntax that it cannot read by its letters', () => {
    expect(show(uselessPatterns(exclude(['*', '[ab]x'], ['*', '[ab]'], ['*', '[ab]x'])))).toEqual([
      'p:3 [ab]x: is the same as p:1 "[ab]x": leave it out',
    ]);
  });

  it('leaves one of several that take the same', () => {
    expect(show(uselessPatterns(exclude(['*', 'a/**'], ['*', '**/a/**'], ['app', 'a/**'], ['*', 'A/**'])))).toEqual([
      'p:2 **/a/**: is covered by p:1 "a/**": leave it out',
      'p:3 a/**: is the same as p:1 "a/**": leave it out',
      'p:4 A/**: is covered by p:1 "a/**": leave it out',
    ]);
    const conditional = exclude(['*', 'a', { ifAnyMatch: ['x'] }], ['*', 'a']);
    expect(show(uselessPatterns(conditional))).toEqual(['p:1 a: is the same as p:2 "a": leave it out']);
  });

  it('knows which references hold in which', () => {
    const policy = exclude(
      ['https://github.com/acme/*', 'a'],
      ['git@github.com:acme/app', 'a'],
      ['github.com/acme/lib', 'a'],
      ['acme/tool', 'a'],
      ['https://ghe.acme.com/x/y', 'a'],
      ['https://ghe.acme.com/x/*', 'a'],
    );
    expect(show(uselessPatterns(policy))).toEqual([
      'p:2 a: is the same as p:1 "a": leave it out',
      'p:3 a: is the same as p:1 "a": leave it out',
      'p:5 a: can never match: ghe.acme.com is no host of repositories.hosts',
    ]);
  });

  it('takes ten thousand patterns', () => {
    const policy = exclude(
      ...Array.from({ length: 10_000 }, (_, at): [string, string] => ['*', `/area${at % 9_999}/**/*.k${at % 9_999}`]),
    );
    expect(uselessPatterns(policy)).toHaveLength(1);
  });
});

const names = (change: (policy: RulePolicy) => void, facts?: string) =>
  show(
    uselessNames(
      policyOf((policy) => {
        policy.ownership.deny = [];
        change(policy);
      }),
      facts === undefined ? undefined : buildFacts([{ name: 'teams.jsonl', text: facts }]),
    ),
  );

describe('uselessNames', () => {
  it('finds owners that are covered, on other hosts, or no owners', () => {
    const found = names(({ repositories: { owners } }) => {
      owners.deny = sourced('acme', '@ACME/tools', 'gitlab.com/x', 'https://github.com/y', 'other');
      owners.optedOut = [{ value: 'github.com/acme', source: 'policy.yaml:9' }];
    });
    expect(found).toEqual([
      'policy.yaml:2 @ACME/tools: is covered by policy.yaml:1 "acme": leave it out',
      'policy.yaml:3 gitlab.com/x: can never match: gitlab.com is no host of repositories.hosts',
      'policy.yaml:4 https://github.com/y: can never match: write an owner such as acme, acme/group or github.com/acme',
      'policy.yaml:9 github.com/acme: is covered by policy.yaml:1 "acme": leave it out',
    ]);
  });

  it('reads owners as rules read them', () => {
    const found = names(({ repositories: { owners } }) => {
      owners.deny = sourced('acme/', '@acme', 'github.com/acme/x', 'a b', '*', '@', 'acme/x/y', 'a.b', 'a.b/c');
    });
    expect(found).toEqual([
      'policy.yaml:2 @acme: is covered by policy.yaml:1 "acme/": leave it out',
      'policy.yaml:3 github.com/acme/x: is covered by policy.yaml:1 "acme/": leave it out',
      'policy.yaml:4 a b: can never match: write an owner such as acme, acme/group or github.com/acme',
      'policy.yaml:5 *: can never match: write an owner such as acme, acme/group or github.com/acme',
      'policy.yaml:6 @: can never match: write an owner such as acme, acme/group or github.com/acme',
      'policy.yaml:7 acme/x/y: is covered by policy.yaml:1 "acme/": leave it out',
      'policy.yaml:9 a.b/c: can never match: a.b is no host of repositories.hosts',
    ]);
  });

  it('says nothing of names that each decide', () => {
    const deny = ({ repositories, ownership }: RulePolicy) => {
      repositories.owners.deny = sourced('acme', 'acmes', 'github.com/other');
      repositories.hostAliases = { work: 'GitHub.com' };
      repositories.licenses.allow = ['MIT', 'Apache-2.0', 'BSD-3-Clause'];
      ownership.deny = sourced('@acme/a', '@acme/ab', 'b@x.org');
    };
    expect(names(deny)).toEqual([]);
    expect(names(deny, '{"team":"@acme/c","parent":"@acme/a"}')).toEqual([]);
  });

  it('finds teams that another name covers, by name and by the facts', () => {
    const deny = ({ ownership }: RulePolicy) =>
      void (ownership.deny = sourced('@acme/all', '@acme/all/eu', 'acme/legal'));
    expect(names(deny)).toEqual(['policy.yaml:2 @acme/all/eu: is covered by policy.yaml:1 "@acme/all": leave it out']);
    expect(names(deny, '{"team":"@acme/legal","parent":"@acme/all"}')).toContain(
      'policy.yaml:3 acme/legal: is covered by policy.yaml:1 "@acme/all": leave it out',
    );
  });

  it('finds aliases of hosts that may not be used, hosts written twice, and licences that cannot match', () => {
    const found = names(({ repositories }) => {
      repositories.hosts = ['github.com', 'GitHub.com'];
      repositories.hostAliases = { work: 'gitlab.com', gh: 'github.com', 'GITHUB.com': 'github.com' };
      repositories.licenses.allow = ['MIT', 'mit', 'MIT OR Apache-2.0'];
    });
    expect(found).toEqual([
      'policy.yaml:4 repositories.hosts github.com: stands there twice',
      'policy.yaml:4 repositories.hostAliases work: can never match: gitlab.com is no host of repositories.hosts',
      'policy.yaml:4 repositories.hostAliases GITHUB.com: is its own host: leave it out',
      'policy.yaml:4 repositories.licenses.allow mit: stands there twice',
      'policy.yaml:4 repositories.licenses.allow MIT OR Apache-2.0: can never match: name single licences, the expressions are taken apart',
    ]);
  });
});

describe('FactsCheck', () => {
  const files = [
    { name: 'repositories.jsonl', text: repositoryLine() },
    { name: 'codeowners/github.com/acme/app/CODEOWNERS', text: 'a @acme/legal-eu\n![ x\n' },
    { name: 'exclusions/github.com/acme/gone.yaml', text: '- a' },
    { name: 'teams.jsonl', text: '{"team":"@acme/legal-eu","parent":"@acme/legal"}' },
  ];
  const found = (change: (policy: RulePolicy) => void) => {
    const entries: FactEntry[] = [];
    for (const { name, text } of files) entriesOf(name, text, (entry) => entries.push(entry));
    const check = new FactsCheck(policyOf(change), buildFacts(files));
    for (const entry of entries) check.take(entry);
    return show(check.warnings());
  };
  const OF_FILES = [
    'exclusions/github.com/acme/gone.yaml: is never asked: the facts hold no repository github.com/acme/gone',
    'codeowners/github.com/acme/app/CODEOWNERS:2: "!" does not work in CODEOWNERS: line skipped',
  ];

  it('finds files of unknown repositories and lines that are skipped, and is content with what the facts meet', () => {
    const met = found((policy) => {
      policy.repositories.owners.deny = sourced('Acme');
      policy.paths.exclude = ['acme/app', 'https://github.com/acme/*', 'git@github.com:acme/app.git'].map(
        (repository) => ({
          ...{ repository, pattern: 'a', source: 'p:1' },
        }),
      );
    });
    expect(met).toEqual(OF_FILES);
  });

  it('tells five broken lines of a file and counts the rest', () => {
    const told = (lines: number): string[] => {
      const file = { name: 'codeowners/github.com/acme/app/CODEOWNERS', text: '![ x\n'.repeat(lines) };
      const all = [files[0]!, file];
      const check = new FactsCheck(policyOf(), buildFacts(all));
      for (const { name, text } of all) entriesOf(name, text, (entry) => check.take(entry));
      return show(check.warnings()).filter((text) => text.startsWith('codeowners/'));
    };
    expect(told(5)).toHaveLength(5);
    expect(told(6)).toHaveLength(6);
    expect(told(6)[5]).toBe('codeowners/github.com/acme/app/CODEOWNERS: has 1 more lines like this');
    expect(told(9)[5]).toBe('codeowners/github.com/acme/app/CODEOWNERS: has 4 more lines like this');
  });

  it('takes wildcards and endings of names for met where one repository bears them', () => {
    const met = (repository: string): string[] =>
      found((policy) => {
        policy.ownership.deny = [];
        policy.paths.exclude = [{ repository, pattern: 'a', source: 'p:1' }];
      }).filter((text) => text.startsWith('p:'));
    for (const reference of ['*', 'app', 'APP', 'ac*/app', 'github.com/acme/app', '{x,app}']) expect(met(reference)).toEqual([]); // prettier-ignore
    for (const reference of ['ap', 'acme', 'x*', 'gitlab.com/acme/app', '{x,y}'])
      expect(met(reference)).toEqual([`p:1 a: the facts hold no repository ${JSON.stringify(reference)}`]);
  });

  it('finds hosts, owners, teams and repositories that nothing in the facts meets', () => {
    const unmet = found((policy) => {
      policy.repositories.hosts = ['github.com', 'gitlab.com'];
      policy.repositories.owners.optedOut = sourced('nobody', 'gitlab.com/acme');
      policy.ownership.deny = sourced('@acme/legal', '@acme/absent');
      policy.paths.exclude = [
        { repository: 'acme/absent', pattern: 'a', source: 'p:1' },
        { repository: 'https://gitlab.com/acme/*', pattern: 'b', source: 'p:2' },
      ];
    });
    expect(unmet).toEqual([
      'policy.yaml:4 repositories.hosts gitlab.com: no repository of the facts is there: all of its repositories are unknown',
      'policy.yaml:1 nobody: owns no repository of the facts',
      'policy.yaml:2 gitlab.com/acme: owns no repository of the facts',
      'policy.yaml:2 @acme/absent: no CODEOWNERS file of the facts names it, nor a team nested in it',
      'p:1 a: the facts hold no repository "acme/absent"',
      'p:2 b: the facts hold no repository "https://gitlab.com/acme/*"',
      ...OF_FILES,
    ]);
  });
});
