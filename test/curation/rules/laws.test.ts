import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildFacts } from '../../../curation/rules/facts.ts';
import type { Origin, RulePolicy } from '../../../curation/rules/judge.ts';
import { compileRules } from '../../../curation/rules/judge.ts';
import { consentLine, NOW, policyOf, reasonOf, repositoryLine, sourced } from './world.ts';

const day = fc.integer({ min: 1, max: 9 }).map((n) => `2026-05-0${n}T00:00:00Z`);
const name = fc.constantFrom('app', 'app', 'lib');
const owner = fc.constantFrom('acme', 'acme', 'jane');
const id = fc.integer({ min: 1, max: 4 });
const mostlyPublic = fc.constantFrom('public', 'public', 'public', 'private', 'internal');
const state = (visibility: fc.Arbitrary<string>) =>
  fc
    .record({
      id,
      owner,
      name,
      visibility,
      since: fc.oneof(fc.constant('2026-05-01T00:00:00Z'), day),
      forkOf: fc.option(id, { nil: undefined, freq: 1 }),
      deleted: fc.constantFrom(false, false, false, true),
    })
    .map(repositoryLine);
const world = fc.array(state(mostlyPublic), { minLength: 1, maxLength: 6 });
const path = fc.constantFrom('src/a.ts', 'src/private/b.ts', '.env', 'docs/x.md', 'third_party/c.c');
const reference = fc
  .record({ owner, name, id: fc.constantFrom(undefined, undefined, undefined, 1, 2) })
  .map(({ owner, name, id }) => ({ url: `https://github.com/${owner}/${name}`, ...(id !== undefined && { id }) }));
const origin: fc.Arbitrary<Origin> = fc.record({ repository: reference, path });
const time = day.map((text) => Date.parse(text) + 3_600_000);
const now = Date.parse('2026-05-08T12:00:00Z');

const judge = (lines: string[], origin: Origin, time: number, policy: RulePolicy = policyOf()) =>
  compileRules(policy, buildFacts([{ name: 'repositories.jsonl', text: lines.join('\n') }]), now).judgeOrigin(
    origin,
    time,
  );

describe('laws of the rules', () => {
  it('have worlds in which segments are kept and worlds in which they are not', () => {
    const verdicts = fc
      .sample(fc.tuple(world, origin, time), { numRuns: 1000, seed: 7 })
      .map(([lines, where, when]) => judge(lines, where, when).keep);
    expect(verdicts.filter((kept) => kept).length).toBeGreaterThan(40);
    expect(verdicts.filter((kept) => !kept).length).toBeGreaterThan(40);
  });

  it('a state that hides a repository never turns a drop into a keep', () => {
    const hidden = fc.constantFrom('private', 'internal');
    fc.assert(
      fc.property(world, id, hidden, day, origin, time, (lines, hiddenId, visibility, since, where, when) => {
        // The state only hides: another name or parent would be another fact, and might free a name.
        const known = lines.map((line) => JSON.parse(line) as { id: number; since: string });
        const earlier = known.filter((line) => line.id === hiddenId && line.since <= since);
        const last = earlier
          .map((line) => line.since)
          .sort()
          .at(-1);
        // Of facts that contradict each other at one moment each is hidden: one left out would free a name too.
        const facts = earlier
          .filter((line) => line.since === last)
          .map((line) => JSON.stringify({ ...line, visibility, since }));
        if (!judge(lines, where, when).keep) expect(judge([...lines, ...facts], where, when).keep).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('a deny rule of any kind never turns a drop into a keep, and a keep only into its own reason', () => {
    const deny: fc.Arbitrary<[string, (policy: RulePolicy) => void]> = fc.constantFrom<
      [string, (policy: RulePolicy) => void]
    >(
      ['owner_denied', (policy) => (policy.repositories.owners.deny = sourced('acme'))],
      ['owner_opted_out', (policy) => (policy.repositories.owners.optedOut = sourced('jane'))],
      ['license_not_allowed', (policy) => (policy.repositories.licenses.allow = ['MIT'])],
      ['vendored', (policy) => policy.ownership.vendored.push(...sourced('docs/**'))],
      [
        'path_excluded',
        (policy) => policy.paths.exclude.push({ repository: '*', pattern: '/src/private/', source: 'p' }),
      ],
      ['unknown_host', (policy) => (policy.repositories.hosts = [])],
    );
    fc.assert(
      fc.property(world, origin, time, deny, (lines, where, when, [reason, add]) => {
        const before = judge(lines, where, when);
        const after = judge(lines, where, when, policyOf(add));
        if (!before.keep) expect(after.keep).toBe(false);
        else expect(['keep', reason]).toContain(reasonOf(after));
      }),
      { numRuns: 300 },
    );
  });

  it('the spelling of a remote never changes the verdict', () => {
    const spell = fc.constantFrom<(owner: string, name: string) => string>(
      (owner, name) => `git@github.com:${owner}/${name}.git`,
      (owner, name) => `ssh://git@ssh.github.com:443/${owner}/${name}`,
      (owner, name) => `https://user:secret@www.github.com:443/${owner.toUpperCase()}/${name}.git/`,
      (owner, name) => `git://GITHUB.com/${owner}/${name}?a=b#c`,
      (owner, name) => `http://github.com/${owner}/${name}/tree/main/src`,
    );
    fc.assert(
      fc.property(world, owner, name, path, time, spell, (lines, owner, name, path, when, spelled) => {
        const plain = judge(lines, { repository: { url: `https://github.com/${owner}/${name}` }, path }, when);
        expect(judge(lines, { repository: { url: spelled(owner, name) }, path }, when)).toEqual(plain);
      }),
    );
  });

  it('the order of fact lines changes no reason', () => {
    fc.assert(
      fc.property(world, origin, time, fc.func(fc.integer()), (lines, where, when, rank) => {
        const shuffled = lines
          .map((line) => [rank(line), line] as const)
          .sort((a, b) => a[0] - b[0])
          .map(([, line]) => line);
        expect(reasonOf(judge([...shuffled, ...lines], where, when))).toBe(reasonOf(judge(lines, where, when)));
      }),
    );
  });

  it('what was asked before changes no verdict', () => {
    fc.assert(
      fc.property(world, fc.array(fc.tuple(origin, time), { minLength: 1, maxLength: 12 }), (lines, asked) => {
        const rules = compileRules(
          policyOf(),
          buildFacts([{ name: 'repositories.jsonl', text: lines.join('\n') }]),
          now,
        );
        for (const [where, when] of asked) expect(rules.judgeOrigin(where, when)).toEqual(judge(lines, where, when));
      }),
    );
  });

  it('a refusal never turns a drop into a keep', () => {
    const choice = fc
      .record({
        userId: fc.constantFrom('u1', 'U1', 'u2'),
        plan: fc.constantFrom('free', 'pro', 'business'),
        training: fc.constantFrom('allowed', 'allowed', 'denied'),
        since: day,
      })
      .map(consentLine);
    fc.assert(
      fc.property(
        fc.array(choice, { maxLength: 5 }),
        fc.constantFrom('u1', 'U1'),
        day,
        time,
        (lines, userId, since, when) => {
          const ask = (consents: string[]) =>
            compileRules(
              policyOf(),
              buildFacts([{ name: 'consents.jsonl', text: consents.join('\n') }]),
              NOW,
            ).judgeConsent(userId, undefined, when);
          const states = lines
            .map((line) => JSON.parse(line) as { userId: string; since: string; plan: string })
            .filter((line) => line.userId === userId && line.since <= since);
          const plan = states.sort((a, b) => (a.since < b.since ? 1 : -1))[0]?.plan ?? 'pro';
          if (!ask(lines).keep)
            expect(ask([...lines, consentLine({ userId, since, plan, training: 'denied' })]).keep).toBe(false);
        },
      ),
      { numRuns: 300 },
    );
  });
});
