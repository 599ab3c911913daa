import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildFacts } from '../../../../curation/rules/facts.ts';
import { statesAt } from '../../../../curation/rules/repository/state.ts';

const day = (n: number): string => `2026-01-${String(n).padStart(2, '0')}T00:00:00Z`;
const at = (n: number): number => Date.parse(day(n));

interface Payload {
  private?: boolean;
  visibility?: string;
  fork?: boolean;
  full_name?: string;
  license?: { spdx_id: string };
}
const delivery = (n: number, action: string, repository: Payload = {}, envelope: object = {}): string =>
  JSON.stringify({
    deliveredAt: day(n),
    ...envelope,
    payload: {
      action,
      repository: {
        id: 42,
        full_name: 'Acme/App',
        private: false,
        clone_url: 'https://github.com/Acme/App.git',
        ...repository,
      },
    },
  });
const line = (n: number, fields: object = {}): string =>
  JSON.stringify({
    host: 'github.com',
    id: 42,
    owner: 'acme',
    name: 'app',
    visibility: 'public',
    since: day(n),
    ...fields,
  });

function history(webhooks: string[], repositories: string[] = []) {
  const facts = buildFacts([
    { name: 'repositories.jsonl', text: repositories.join('\n') },
    { name: 'repository-webhooks.jsonl', text: webhooks.join('\n') },
  ]);
  return facts.history('github.com', 42);
}
const visible = (states: ReturnType<typeof history>, n: number): string =>
  statesAt(states, at(n))
    .map((state) => (state.deleted ? 'deleted' : state.visibility))
    .join('+') || 'unknown';

describe('foldHistory', () => {
  it('follows a repository from creation to deletion', () => {
    const states = history([
      delivery(1, 'created', { private: true }),
      delivery(3, 'publicized'),
      delivery(5, 'privatized', { private: true }),
      delivery(7, 'publicized', { visibility: 'public' }, { deliveryId: 'd7' }),
      delivery(9, 'archived'),
      delivery(11, 'deleted'),
    ]);
    expect([0.5, 2, 4, 6, 8, 10, 12].map((n) => (n < 1 ? visible(states, 0) : visible(states, n)))).toEqual([
      'unknown',
      'private',
      'public',
      'private',
      'public',
      'public',
      'deleted',
    ]);
  });

  it('gives names in lower case and follows renames and transfers', () => {
    const states = history([
      delivery(1, 'created'),
      delivery(2, 'renamed', { full_name: 'Acme/Site' }),
      delivery(3, 'transferred', { full_name: 'Jane/Site' }),
    ]);
    expect(states.map(({ owner, name }) => `${owner}/${name}`)).toEqual(['acme/app', 'acme/site', 'jane/site']);
  });

  it('takes internal for itself and a payload that contradicts itself for private', () => {
    expect(visible(history([delivery(1, 'created', { private: true, visibility: 'internal' })]), 2)).toBe('internal');
    expect(visible(history([delivery(1, 'created', { private: true, visibility: 'public' })]), 2)).toBe('private');
    expect(visible(history([delivery(1, 'privatized', { private: false })]), 2)).toBe('private');
  });

  it('makes nothing public by a late payload: only publicized and created widen', () => {
    for (const action of ['edited', 'renamed', 'transferred', 'archived', 'unarchived', 'deleted']) {
      const states = history([
        delivery(1, 'created'),
        delivery(2, 'privatized', { private: true }),
        delivery(3, action),
      ]);
      expect(visible(states, 4)).not.toBe('public');
    }
  });

  it('does not believe that a repository was public before it was publicized', () => {
    const states = history([delivery(5, 'publicized')], [line(1)]);
    expect(visible(states, 3)).toBe('private');
    expect(visible(states, 6)).toBe('public');
  });

  it('leaves what was not taken for public as it was told when it is publicized, with its source', () => {
    const [told] = history([], [line(1, { visibility: 'private' })]);
    const [before, after] = history([delivery(5, 'publicized')], [line(1, { visibility: 'private' })]);
    expect(before).toEqual(told);
    expect(after!.source).not.toEqual(told!.source);
    const [, gone] = history([delivery(1, 'created'), delivery(2, 'deleted'), delivery(5, 'publicized')]);
    expect(gone).toEqual(history([delivery(1, 'created'), delivery(2, 'deleted')])[1]);
  });

  it('ends a deletion only by a creation or a whole state', () => {
    expect(visible(history([delivery(1, 'created'), delivery(2, 'deleted'), delivery(3, 'edited')]), 4)).toBe(
      'deleted',
    );
    expect(
      visible(
        history([delivery(1, 'created'), delivery(2, 'deleted'), delivery(3, 'created', {}, { guid: 'again' })]),
        4,
      ),
    ).toBe('public');
    expect(visible(history([delivery(2, 'deleted')], [line(1), line(3)]), 4)).toBe('public');
  });

  it('does not let a repeated delivery of an old publication undo a later privatisation', () => {
    const publicized = delivery(2, 'publicized', {}, { deliveryId: 'd2' });
    for (const again of [
      delivery(6, 'publicized', {}, { deliveryId: 'd2' }),
      delivery(6, 'publicized', {}, { guid: 'd2' }),
    ]) {
      expect(
        visible(
          history([
            delivery(1, 'created', { private: true }),
            publicized,
            delivery(4, 'privatized', { private: true }),
            again,
          ]),
          7,
        ),
      ).toBe('private');
    }
    const plain = [
      delivery(1, 'created', { private: true }),
      delivery(2, 'publicized'),
      delivery(4, 'privatized', { private: true }),
    ];
    expect(visible(history([...plain, delivery(6, 'publicized')]), 7)).toBe('private');
  });

  it('counts a second privatisation that looks like the first', () => {
    const hide = (n: number) => delivery(n, 'privatized', { private: true });
    const states = history([delivery(1, 'created'), hide(2), delivery(4, 'publicized'), hide(6)]);
    expect(visible(states, 7)).toBe('private');
  });

  it('carries over what payloads never say, and takes a fork without known parent for a fork of the unknown', () => {
    const states = history(
      [delivery(2, 'edited', { fork: true, license: { spdx_id: 'MIT' } })],
      [line(1, { forkOf: 17, license: 'ISC', submodules: { sdk: 'github.com/acme/sdk' } })],
    );
    expect(states[1]).toMatchObject({ forkOf: 17, license: 'MIT', submodules: { sdk: 'github.com/acme/sdk' } });
    expect(history([delivery(2, 'edited', { fork: true })])[0]).toMatchObject({ forkOf: 'unknown' });
    expect(history([delivery(2, 'edited', { fork: true })], [line(5, { forkOf: 17 })])[0]).toMatchObject({
      forkOf: 17,
    });
    expect(history([delivery(2, 'edited', { fork: false })], [line(1, { forkOf: 17 })])[1]).not.toHaveProperty(
      'forkOf',
    );
  });

  it('keeps both of two states of one moment', () => {
    expect(
      visible(history([], [line(1), line(1, { visibility: 'private' })]), 2)
        .split('+')
        .sort(),
    ).toEqual(['private', 'public']);
  });

  it('folds deliveries in any order, and repeated, to the same history', () => {
    const actions = fc.constantFrom('created', 'publicized', 'privatized', 'renamed', 'deleted', 'edited');
    const payload = fc.record({ private: fc.boolean() });
    const one = fc
      .tuple(fc.integer({ min: 1, max: 9 }), actions, payload)
      .map(([n, action, fields]) => delivery(n, action, fields));
    const state = fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.constantFrom('public', 'private'))
      .map(([n, visibility]) => line(n, { visibility }));
    const bare = (states: ReturnType<typeof history>) => states.map(({ source: _source, ...rest }) => rest);
    fc.assert(
      fc.property(
        fc.array(one, { maxLength: 6 }),
        fc.array(state, { maxLength: 4 }),
        fc.func(fc.integer()),
        (webhooks, lines, rank) => {
          const shuffled = (list: string[]) =>
            list
              .map((text) => [rank(text), text] as const)
              .sort((a, b) => a[0] - b[0])
              .map(([, text]) => text);
          const first = bare(history(webhooks, lines));
          expect(bare(history(shuffled([...webhooks, ...webhooks]), shuffled([...lines, ...lines])))).toEqual(first);
        },
      ),
    );
  });
});
