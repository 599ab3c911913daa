import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PolicyDiff } from '../../cli/records/explain/diff.ts';
import { workplace } from '../command.ts';

const place = workplace('policy');
afterAll(() => place.remove());

const HEAD = 'version: 1\npurpose: model-improvement\n';
const TAIL = 'output: {name: x, formats: [sft], audience: [copilot-team]}\n';
const policy = (name: string, body = '') => {
  writeFileSync(place.path(name), HEAD + body + TAIL);
  return name;
};

beforeAll(() => {
  expect(place.garner('generate', '--events', '400', '--seed', '5', '--out', 'sample').status).toBe(0);
});

describe('garner policy check', () => {
  it('lists what changes nothing as warnings, and exits with 0', () => {
    const file = policy('dead.yaml', "paths:\n  exclude:\n    '*':\n      - '**/.env*'\n      - '**/.env.local'\n");
    const { status, stdout } = place.garner('policy', 'check', file, '--facts', 'sample/facts');
    expect(status).toBe(0);
    expect(stdout).toContain('dead.yaml: valid\n');
    expect(stdout).toContain(
      'warning: dead.yaml:7 paths.exclude["*"][1] "**/.env.local": is covered by dead.yaml:6 paths.exclude["*"][0] "**/.env*": leave it out\n',
    );
    const { warnings } = JSON.parse(
      place.garner('policy', 'check', file, '--facts', 'sample/facts', '--json').stdout,
    ) as { warnings: { source: string }[] };
    expect(warnings[0]!.source).toBe('dead.yaml:7 paths.exclude["*"][1]');
  });

  it('finds nothing to warn of in the policy that runs where none is named', () => {
    const { status, stdout } = place.garner('policy', 'check');
    expect(status).toBe(0);
    expect(stdout).not.toContain('warning');
  });

  it.each([
    ['a pattern that is none', "paths: {exclude: {'*': ['**{a,b']}}\n", 'bad.yaml:3 paths.exclude["*"][0]'],
    ['a field that is none', 'repositories: {host: [github.com]}\n', 'bad.yaml:3 repositories.host'],
  ])('exits with 2 for %s', (_, body, place_) => {
    const { status, stderr } = place.garner('policy', 'check', policy('bad.yaml', body));
    expect(status).toBe(2);
    expect(stderr).toContain(place_);
  });

  it('exits with 2 for a rule of a gitleaks file that cannot be carried over, and names those that are not used', () => {
    const file = policy('leaks.yaml', 'redaction: {gitleaks: leaks.toml}\n');
    writeFileSync(place.path('leaks.toml'), "[[rules]]\nid = 'odd'\nregex = 'a('\n");
    for (const command of [
      ['policy', 'check', file],
      ['run', '--policy', file, '--input', 'sample/events', '--out', 'out'],
    ]) {
      const { status, stderr } = place.garner(...command);
      expect(status).toBe(2);
      expect(stderr).toContain('leaks.toml:1 odd: ');
    }
    expect(existsSync(place.path('out'))).toBe(false);
    writeFileSync(place.path('leaks.toml'), "[[rules]]\nid = 'dotenv'\npath = '\\.env$'\n");
    const { status, stdout } = place.garner('policy', 'check', file);
    expect(status).toBe(0);
    expect(stdout).toMatch(/warning: .*leaks\.toml rules "dotenv": goes by the path of a file alone and is not used/);
  });

  it('exits with 2 for a corrupt line of the facts, naming it', () => {
    place.garner('generate', '--events', '10', '--seed', '6', '--out', 'corrupt');
    appendFileSync(place.path('corrupt', 'facts', 'consents.jsonl'), '{"userId":"x","plan":"gold"}\n');
    const { status, stderr } = place.garner('policy', 'check', '--facts', 'corrupt/facts');
    expect(status).toBe(2);
    expect(stderr).toMatch(/consents\.jsonl:\d+ plan: is not one of free/);
  });
});

describe('garner policy diff', () => {
  const diff = (before: string, after: string, ...more: string[]) =>
    place.garner(
      ...['policy', 'diff', before, after, '--input', 'sample/events', '--facts', 'sample/facts'],
      ...['--now', '2026-06-01', ...more],
    );

  it('names the records that change, with the rule that decides', () => {
    const before = policy('before.yaml');
    const after = policy('after.yaml', "paths: {exclude: {'*': ['*.ts']}}\n");
    const { status, stdout, stderr } = diff(before, after, '--json');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { records, changed, moves } = JSON.parse(stdout) as PolicyDiff;
    expect(records).toBeGreaterThan(300);
    expect(changed.length).toBeGreaterThan(5);
    for (const { before: old, after: fresh } of changed) {
      expect(old.reason).not.toBe('path_excluded');
      if (fresh.outcome === 'kept') continue;
      expect(fresh).toMatchObject({ reason: 'path_excluded', rule: 'after.yaml:3 paths.exclude["*"][0] "*.ts"' });
    }
    expect(Object.values(moves).reduce((a, b) => a + b)).toBe(changed.length);
    expect(diff(before, after).stdout).toContain('→ excluded path_excluded\n');
  });

  it('finds no difference between a policy and another spelling of it', () => {
    const before = policy('one.yaml', "paths: {exclude: {'*': ['*.ts']}}\n");
    const after = policy('two.yaml', "# the same\npaths:\n  exclude:\n    '*':\n      - '*.ts'\n");
    const { stdout } = diff(before, after);
    expect(stdout).toMatch(/^0 of \d+ records change\n$/);
  });
});
