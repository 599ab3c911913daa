import { describe, expect, it } from 'vitest';
import type { CanonicalEvent } from '../../../curation/events/event.ts';
import { buildFacts } from '../../../curation/rules/facts.ts';
import { compileRules } from '../../../curation/rules/judge.ts';
import { raw } from '../../../curation/text.ts';
import { consentLine, EVENT_TIME, eventOf, NOW, piece, policyOf, reasonOf, repositoryLine, rulesOf } from './world.ts';

const PRIVATE = repositoryLine({ id: 44, name: 'private', visibility: 'private' });
const url = (name: string, owner = 'acme') => ({ url: `https://github.com/${owner}/${name}` });
const verdictOf = (world: Parameters<typeof rulesOf>[0], event: Partial<CanonicalEvent> = {}) =>
  reasonOf(rulesOf(world).judgeEvent(eventOf(event)).verdict);

describe('judgeEvent', () => {
  it('keeps an event of a public repository and a consenting user, with its path and identity', () => {
    expect(rulesOf().judgeEvent(eventOf({ document: { path: './src//x/../a.ts' } }))).toEqual({
      verdict: { keep: true },
      pathPending: false,
      document: { keep: true },
      context: [],
      demands: [],
      resolvedPath: 'src/a.ts',
      repository: { id: 'github.com/acme/app', numericId: 42, family: 'github.com#42', owner: 'acme' },
    });
  });

  it('judges a record without text by clock and consent alone', () => {
    const bare = eventOf({ document: { path: '/abs' }, repository: url('private') });
    delete bare.prompt;
    delete bare.completion;
    const rules = rulesOf({ repositories: [PRIVATE] });
    expect(rules.judgeEvent(bare)).toEqual({
      verdict: { keep: true },
      pathPending: false,
      document: { keep: true },
      context: [],
      demands: [],
    });
    expect(reasonOf(rules.judgeEvent({ ...bare, user: {} }).verdict)).toBe('unknown_user');
    expect(reasonOf(rules.judgeEvent({ ...bare, completion: raw('x') }).verdict)).toBe('absolute_path');
    expect(reasonOf(rules.judgeEvent({ ...bare, capturedCode: raw('x'), document: { path: 'a' } }).verdict)).toBe(
      'repository_private',
    );
  });

  it('judges a record whose path comes later without it, and says so', () => {
    const judged = rulesOf().judgeEvent(eventOf({ document: {} }));
    expect(judged).toMatchObject({ verdict: { keep: true }, pathPending: true });
    expect(verdictOf({ repositories: [PRIVATE] }, { document: {}, repository: url('private') })).toBe(
      'repository_private',
    );
    expect(verdictOf({}, { document: { gitMode: '120000' } })).toBe('symlink');
  });

  it('lets the reason win that stands first in the contract', () => {
    const late = NOW + 86_400_001;
    const world = { repositories: [PRIVATE] };
    const worst = { time: late, user: {}, repository: url('private'), document: { path: 'a/../../x' } };
    expect(verdictOf(world, worst)).toBe('path_escapes_root');
    expect(verdictOf(world, { ...worst, document: { path: '.env' } })).toBe('clock_skew');
    expect(verdictOf(world, { ...worst, document: { path: '.env' }, time: EVENT_TIME })).toBe('unknown_user');
    expect(verdictOf(world, { repository: url('private'), document: { path: '.env' } })).toBe('repository_private');
    expect(verdictOf(world, { repository: url('private'), document: { path: 'untitled:Untitled-1' } })).toBe(
      'repository_private',
    );
    expect(verdictOf(world, { document: { path: 'untitled:Untitled-1' } })).toBe('unresolvable_path');
    expect(verdictOf(world, { document: { path: 'third_party/.env' } })).toBe('vendored');
  });

  it('allows a clock that is ahead by 24 hours and no more', () => {
    expect(verdictOf({}, { time: NOW + 86_400_000 })).toBe('keep');
    expect(verdictOf({}, { time: NOW + 86_400_001 })).toBe('clock_skew');
  });

  describe('context pieces', () => {
    const contextOf = (
      world: Parameters<typeof rulesOf>[0],
      event: Partial<CanonicalEvent>,
      ...pieces: ReturnType<typeof piece>[]
    ) => {
      const judged = rulesOf(world).judgeEvent(eventOf({ ...event, prompt: { prefix: raw('p'), context: pieces } }));
      return { record: reasonOf(judged.verdict), pieces: judged.context.map(reasonOf) };
    };

    it('keeps the public part of a prompt that quotes a private repository', () => {
      const context = contextOf({ repositories: [PRIVATE] }, {}, piece(), piece({ repository: url('private') }));
      expect(context).toEqual({ record: 'keep', pieces: ['keep', 'repository_private'] });
    });

    it('judges every piece by its own path, and a bad path drops the piece alone', () => {
      const paths = ['.env', '/etc/passwd', 'a\u0000b', 'third_party/x.c', 'src/ok.ts'];
      const context = contextOf({}, {}, ...paths.map((path) => piece({ path })));
      expect(context).toEqual({
        record: 'keep',
        pieces: ['path_excluded', 'absolute_path', 'control_character', 'vendored', 'keep'],
      });
    });

    it('drops what has no path or no known source', () => {
      const pathless = piece();
      delete pathless.path;
      expect(contextOf({}, {}, pathless, piece({ unsourced: true })).pieces).toEqual([
        'unresolvable_path',
        'unresolvable_path',
      ]);
    });

    it('takes a piece without a repository for one of any folder that was open', () => {
      const workspaceRepositories = ['https://github.com/acme/app', 'git@github.com:acme/private.git'];
      expect(
        contextOf({ repositories: [PRIVATE] }, { workspaceRepositories }, piece(), piece({ repository: url('app') }))
          .pieces,
      ).toEqual(['repository_private', 'keep']);
      expect(contextOf({}, { workspaceRepositories: ['https://github.com/ACME/app.git'] }, piece()).pieces).toEqual([
        'keep',
      ]);
    });

    it('takes a piece with an empty reference for one without', () => {
      expect(contextOf({}, {}, piece({ repository: {} }), piece({ repository: { url: ' ' } })).pieces).toEqual([
        'keep',
        'keep',
      ]);
    });

    it('excludes the record where the policy says so, never as rejected', () => {
      const pieces = [piece({ path: 'third_party/x.c' }), piece({ path: '/etc/passwd' })];
      expect(contextOf({ policy: (policy) => (policy.whenPieceGoes = 'exclude') }, {}, pieces[0]!).record).toBe(
        'vendored',
      );
      expect(contextOf({ policy: (policy) => (policy.whenPieceGoes = 'exclude') }, {}, pieces[1]!).record).toBe(
        'unresolvable_path',
      );
      const wary = (policy: ReturnType<typeof policyOf>) => (policy.whenContextPrivate = 'exclude' as const);
      expect(contextOf({ policy: wary }, {}, pieces[0]!).record).toBe('keep');
      expect(
        contextOf({ policy: wary, repositories: [PRIVATE] }, {}, piece({ repository: url('private') })).record,
      ).toBe('repository_private');
    });
  });

  it('judges a document without a repository by all that were open', () => {
    const event = (...workspaceRepositories: string[]) => {
      const { repository: _repository, ...rest } = eventOf({ workspaceRepositories });
      return reasonOf(rulesOf({ repositories: [PRIVATE] }).judgeEvent(rest).verdict);
    };
    expect(event()).toBe('no_repository');
    expect(event('')).toBe('no_repository');
    expect(event('https://github.com/acme/app')).toBe('keep');
    expect(event('https://github.com/acme/app', 'https://github.com/acme/private')).toBe('repository_private');
    expect(event('https://github.com/acme/app', '/srv/git/x')).toBe('unknown_host');
  });
});

describe('a rule that fails', () => {
  it('excludes, and its message holds nothing of the event', () => {
    const facts = buildFacts([
      { name: 'repositories.jsonl', text: repositoryLine() },
      { name: 'consents.jsonl', text: consentLine() },
    ]);
    const broken = (over: Partial<typeof facts>) =>
      compileRules(policyOf(), { ...facts, ...over }, NOW).judgeEvent(eventOf()).verdict;
    const fail = (): never => {
      throw new Error('github.com/acme/app u1 src/a.ts');
    };
    for (const verdict of [
      broken({ consents: fail }),
      broken({ history: fail }),
      broken({ codeowners: fail }),
      broken({ exclusions: fail }),
    ]) {
      expect(reasonOf(verdict)).toBe('rule_error');
      expect(JSON.stringify(verdict)).not.toMatch(/acme|u1|a\.ts/);
    }
  });
});
