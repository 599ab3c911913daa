import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CanonicalEvent } from '../../../curation/events/event.ts';
import { buildFacts } from '../../../curation/rules/facts.ts';
import { compileRules } from '../../../curation/rules/judge.ts';
import { raw } from '../../../curation/text.ts';
import { NOW, policyOf, reasonOf, sourced } from './world.ts';

const shared = join(import.meta.dirname, '../../../../shared');
const cases = join(shared, 'cases');
const coderec = join(shared, 'data/coderec-facts');
const present = existsSync(cases) && existsSync(coderec);
if (!present) console.warn(`SKIPPED: ${shared} is absent, so the rules are not checked against its cases`);

const factsIn = (folder: string) =>
  buildFacts(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({ name: path.slice(folder.length + 1), text: readFileSync(path, 'utf8') })),
  );

interface Line {
  id: string;
  time: string;
  user: { id: string };
  repository?: { url: string; id?: number };
  document: { path: string };
  prompt?: { prefix: string; suffix: string; context: { path: string; repository?: { url: string }; text: string }[] };
  completion?: string;
}

function eventOf({ prompt, completion, time, ...line }: Line): CanonicalEvent {
  return {
    ...line,
    type: 'accepted',
    time: Date.parse(time),
    suggestionId: line.id,
    client: {},
    ...(completion !== undefined && { completion: raw(completion) }),
    ...(prompt && {
      prompt: {
        prefix: raw(prompt.prefix),
        suffix: raw(prompt.suffix),
        context: prompt.context.map((piece) => ({ ...piece, text: raw(piece.text) })),
      },
    }),
  };
}

describe.skipIf(!present)('bad-input cases that rules decide', () => {
  const policy = policyOf((policy) => {
    policy.ownership.vendored = sourced('third_party/**', 'node_modules/**');
    for (const pattern of ['/private/**', '/privé/**'])
      policy.paths.exclude.push({ repository: 'https://github.com/acme/app.git', pattern, source: 'policy.yaml:9' });
  });
  const rules = present ? compileRules(policy, factsIn(join(cases, 'facts')), NOW) : undefined;
  const expected = present
    ? (JSON.parse(readFileSync(join(cases, 'expected.json'), 'utf8')) as Record<
        string,
        { records: { outcome: string; reason?: string }[] }
      >)
    : {};
  const mine = Object.entries(expected).filter(([file]) => /^(path|repo|consent|context)-/.test(file));

  it('are the 28 it was written for', () => {
    expect(mine).toHaveLength(28);
  });

  it.each(mine)('%s', (file, { records }) => {
    const lines = readFileSync(join(cases, 'events', file), 'utf8')
      .trim()
      .split('\n');
    const judged = lines.map((line) => rules!.judgeEvent(eventOf(JSON.parse(line) as Line)));
    expect(judged.map(({ verdict }) => reasonOf(verdict))).toEqual(
      records.map(({ outcome, reason }) => (outcome === 'kept' ? 'keep' : reason)),
    );
    if (file.startsWith('context-')) expect(judged[0]!.context.map(reasonOf)).toEqual(['repository_private']);
  });

  it('tells the line of the facts or the policy that decided', () => {
    const rule = (url: string, path: string) => {
      const verdict = rules!.judgeOrigin({ repository: { url }, path }, Date.parse('2026-05-01T10:00:00Z'));
      return verdict.keep ? 'keep' : verdict.rule;
    };
    expect(rule('https://github.com/acme/private', 'a.ts')).toBe('repositories.jsonl:3');
    expect(rule('https://github.com/jane/app-fork', 'a.ts')).toBe('repositories.jsonl:3');
    expect(rule('https://github.com/acme/app', 'vendor-sdk/a.ts')).toBe(
      'repositories.jsonl:1 submodules: repositories.jsonl:4',
    );
    expect(rule('https://github.com/acme/owned', 'docs/secret/x.md')).toBe(
      'codeowners/github.com/acme/owned/CODEOWNERS:3 (policy.yaml:1 "@acme/legal")',
    );
    expect(rule('https://github.com/acme/app', 'private/x')).toBe('policy.yaml:9 "/private/**"');
  });
});

describe.skipIf(!present)('facts of the real telemetry', () => {
  const rules = present ? compileRules(policyOf(), factsIn(coderec), Date.parse('2022-09-01T00:00:00Z')) : undefined;
  it('let the one public repository through, and none of the participants’ own', () => {
    const ask = (name: string) =>
      reasonOf(
        rules!.judgeOrigin(
          { repository: { url: `https://github.com/${name}.git` }, path: 'write_code_here.py' },
          Date.parse('2022-08-08T22:11:49Z'),
        ),
      );
    expect(ask('microsoft/coderec_programming_states')).toBe('keep');
    for (let id = 0; id < 21; id++)
      expect(ask(`coderec-lab/participant-${String(id).padStart(2, '0')}`)).toBe('repository_private');
  });
});
