import { describe, expect, it } from 'vitest';
import type { CanonicalEvent } from '../../../curation/events/event.ts';
import { erasureKeysOf, subjectKey, type SubjectKind } from '../../../curation/stages/erasure.ts';
import { KeyedHash } from '../../../curation/stages/keyed.ts';
import { raw } from '../../../curation/text.ts';
import { eventOf, piece, repositoryLine, rulesOf } from '../rules/world.ts';

const hash = new KeyedHash(Buffer.alloc(32, 7));
const rules = rulesOf({
  repositories: [
    repositoryLine({ name: 'renamed', since: '2026-05-05T00:00:00Z' }),
    repositoryLine({ id: 43, name: 'lib' }),
    repositoryLine({ id: 44, name: 'sdk' }),
    repositoryLine({ id: 45, name: 'host', submodules: { 'vendor/sdk': 'github.com/acme/sdk' } }),
  ],
});
const found = (event: CanonicalEvent, kind: SubjectKind, id: string) => {
  const context = (event.prompt?.context ?? []).map(() => ({ keep: true }) as const);
  return erasureKeysOf(event, context, rules, hash).includes(subjectKey(kind, id, hash));
};
const quoting = (...context: ReturnType<typeof piece>[]) => eventOf({ prompt: { prefix: raw('//'), context } });

describe('an event is found for erasure', () => {
  it('by its user in any letter case, and by its suggestion', () => {
    expect(found(eventOf(), 'user', 'U1')).toBe(true);
    expect(found(eventOf(), 'user', 'u2')).toBe(false);
    expect(found(eventOf(), 'suggestion', 's1')).toBe(true);
    expect(found(eventOf(), 'user', 's1')).toBe(false);
  });

  it('by its repository as it was called, as it is called now, and by its id', () => {
    for (const name of ['github.com/acme/app', 'github.com/acme/renamed', 'github.com#42'])
      expect(found(eventOf(), 'repository', name), name).toBe(true);
    expect(found(eventOf(), 'repository', 'github.com/acme/lib')).toBe(false);
  });

  it('by the repositories that its context quotes, and by a submodule that its document lies in', () => {
    const other = quoting(piece({ repository: { url: 'https://github.com/acme/lib' } }));
    expect(found(other, 'repository', 'github.com/acme/lib')).toBe(true);
    const inside = eventOf({
      repository: { url: 'https://github.com/acme/host' },
      document: { path: 'vendor/sdk/index.ts' },
    });
    expect(found(inside, 'repository', 'github.com#44')).toBe(true);
    expect(found({ ...inside, document: { path: 'src/a.ts' } }, 'repository', 'github.com#44')).toBe(false);
  });

  it('by every open folder where a piece names no repository', () => {
    const open = { ...quoting(piece()), workspaceRepositories: ['https://github.com/acme/lib'] };
    expect(found(open, 'repository', 'github.com/acme/lib')).toBe(true);
  });

  it('without text by its user alone', () => {
    const { prompt: _, completion: __, ...bare } = eventOf();
    expect(found(bare, 'user', 'u1')).toBe(true);
    expect(found(bare, 'repository', 'github.com#42')).toBe(false);
  });

  it('not by a piece that was taken out', () => {
    const event = quoting(piece({ repository: { url: 'https://github.com/acme/lib' } }));
    const gone = [{ keep: false, reason: 'path_excluded', rule: '' } as const];
    expect(erasureKeysOf(event, gone, rules, hash)).not.toContain(subjectKey('repository', 'github.com#43', hash));
  });
});
