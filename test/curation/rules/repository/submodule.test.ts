import { describe, expect, it } from 'vitest';
import type { RepoPath } from '../../../../curation/rules/path/path.ts';
import { submoduleAt } from '../../../../curation/rules/repository/submodule.ts';
import { compileOwners } from '../../../../curation/rules/repository/owner.ts';

const at = (path: string, submodules?: Record<string, string>) =>
  submoduleAt(
    {
      ...{ host: 'gitlab.com', id: 1, owner: 'g/s', name: 'app', visibility: 'public', since: 0, deleted: false },
      ...(submodules && { submodules }),
      source: 'x',
    },
    path as RepoPath,
  );

describe('submoduleAt', () => {
  const known = { 'vendor\\SDK/': 'gitlab.com/g/sdk', './vendor/sdk/deep': 'git@a.com:b/c', lib: '../lib.git' };

  it.each([
    ['src/a.ts', null],
    ['vendor/a.ts', null],
    ['vendor/sdk2/a.ts', null],
    ['my/vendor/sdk/a.ts', null],
    ['Vendor/sdk/src/A.ts', { url: 'https://gitlab.com/g/sdk', rest: 'src/A.ts' }],
    ['vendor/sdk', { url: 'https://gitlab.com/g/sdk', rest: '' }],
    ['vendor/sdk/deep/x', { url: 'git@a.com:b/c', rest: 'x' }],
    ['vendor/sdk/deeper/x', { url: 'https://gitlab.com/g/sdk', rest: 'deeper/x' }],
    ['lib/x', { url: 'https://gitlab.com/g/s/lib.git', rest: 'x' }],
  ])('%s', (path, expected) => {
    expect(at(path, known)).toEqual(expected);
    expect(at(path, known)).toEqual(expected);
  });

  it.each([
    ['../../x', 'https://gitlab.com/g/x'],
    ['./x', 'https://gitlab.com/g/s/app/x'],
    ['..', 'https://gitlab.com/g/s'],
    ['../../../../../x', 'https://gitlab.com/x'],
    ['.hidden/x/y', 'https://.hidden/x/y'],
    ['https://a.com/b', 'https://a.com/b'],
  ])('reads the remote %s', (remote, url) => {
    expect(at('m/x', { m: remote })).toEqual({ url, rest: 'x' });
  });

  it('finds none where the repository has none', () => {
    expect(at('src/a.ts')).toBeNull();
  });
});

describe('compileOwners', () => {
  const entry = (value: string) => ({ value, source: 'p' });

  it.each([
    ['acme', 'acme', true],
    [' @Acme/ ', 'acme', true],
    ['acme//', 'acme', true],
    ['acme', 'acme/tools/x', true],
    ['acme/tools', 'acme/tools/x', true],
    ['acme/tools', 'acme', false],
    ['acme/tools', 'acme/toolsmith', false],
    ['tools', 'acme/tools', false],
    ['github.com/acme', 'acme', true],
    ['github.com/acme', 'acme/x', true],
    ['gitlab.com/acme', 'acme', false],
    ['a@b', 'ab', false],
    ['a@b', 'a@b', true],
  ])('%j takes %s: %s', (value, owner, expected) => {
    const found = compileOwners([entry('other'), entry(value)])('github.com', owner);
    expect(found).toEqual(expected ? entry(value) : null);
  });

  it('takes nobody where nothing is named', () => {
    expect(compileOwners([])('github.com', 'acme')).toBeNull();
  });
});
