import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../../cli/sample/write.ts';
import { parseRecord } from '../../curation/events/parse.ts';

const folder = mkdtempSync(join(tmpdir(), 'garner-generate-'));
const packages = join(folder, 'node_modules');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function install(name: string, manifest: object, files: Record<string, string>): void {
  const place = join(packages, name);
  mkdirSync(join(place, 'lib'), { recursive: true });
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name, version: '1.0.0', license: 'MIT', ...manifest }));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(place, path), text);
}

const code = (word: string): string =>
  Array.from({ length: 60 }, (_, line) => `export const ${word}${line} = compute(${line * 17}, "${word}");`).join('\n');

beforeAll(() => {
  const repository = (url: string) => ({ repository: { type: 'git', url } });
  install('@scope/one', repository('git+https://github.com/maker/one.git'), { 'lib/a.js': code('alpha') });
  install(
    'two',
    { repository: 'maker/two' },
    { 'lib/b.ts': code('bravo'), 'lib/c.min.js': code('x').replaceAll('\n', '') },
  );
  install('three', repository('https://gitlab.com/maker/three'), { 'lib/d.js': code('elsewhere') });
  install(
    'four',
    { ...repository('https://github.com/maker/four'), private: true },
    { 'lib/e.js': code('unpublished') },
  );
});

const write = (out: string, more: object = {}) =>
  generate({ events: 2000, seed: 5, out: join(folder, out), sources: packages, ...more });

function filesUnder(out: string): Map<string, Buffer> {
  const base = join(folder, out);
  const names = (readdirSync(base, { recursive: true }) as string[]).filter((name) =>
    statSync(join(base, name)).isFile(),
  );
  return new Map(names.sort().map((name) => [name, readFileSync(join(base, name))]));
}

const linesOf = (name: string, bytes: Buffer): Buffer[] => {
  const plain = name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
  expect(plain.at(-1)).toBe(10);
  const lines: Buffer[] = [];
  for (let start = 0; start < plain.length;) {
    const end = plain.indexOf(10, start);
    lines.push(plain.subarray(start, end));
    start = end + 1;
  }
  return lines;
};

const digestsOf = (out: string): [string, string][] =>
  [...filesUnder(out)].map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]);

describe('generate', () => {
  it('writes the same bytes for the same seed and packages, and other bytes for another seed', async () => {
    const first = await write('a');
    await write('b');
    await write('c', { seed: 6 });
    expect(digestsOf('b')).toEqual(digestsOf('a'));
    expect(digestsOf('c')[0]).not.toEqual(digestsOf('a')[0]);
    const written = [...filesUnder('a').values()];
    expect(first).toEqual({
      events: 2000,
      files: written.length,
      bytes: written.reduce((sum, file) => sum + file.length, 0),
    });
  });

  it('writes as many lines as asked for, a few of them broken, over plain and compressed files', async () => {
    await write('lines', { events: 8000 });
    const parts = [...filesUnder('lines')].filter(([name]) => name.startsWith('events/'));
    expect(parts.map(([name]) => name.slice(-3))).toEqual(expect.arrayContaining(['.gz', 'onl']));
    const lines = parts.flatMap(([name, bytes]) => linesOf(name, bytes));
    expect(lines.length).toBe(8000);
    const broken = lines.filter((line) => !parseRecord(line, false).ok).length;
    expect(broken).toBeGreaterThan(0);
    expect(broken).toBeLessThan(80);
  });

  it('lets the events of one suggestion come to lie in several files', async () => {
    await write('spread');
    const places = new Map<string, Set<string>>();
    for (const [name, bytes] of filesUnder('spread')) {
      if (!name.startsWith('events/')) continue;
      for (const line of linesOf(name, bytes)) {
        const id = /"suggestionId":"([^"]+)"/.exec(line.toString())?.[1];
        if (id !== undefined) places.set(id, (places.get(id) ?? new Set()).add(name));
      }
    }
    expect([...places.values()].filter((names) => names.size > 1).length).toBeGreaterThan(2);
  });

  it('takes published packages with a repository on github.com, and nothing of others', async () => {
    await write('packages', { events: 6000 });
    const all = [...filesUnder('packages')];
    const text = all.map(([name, bytes]) => (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()).join('');
    expect(text).toContain('alpha1');
    expect(text).toContain('bravo1');
    expect(text).not.toContain('elsewhere1');
    expect(text).not.toContain('unpublished1');
    const repositories = filesUnder('packages').get('facts/repositories.jsonl')!.toString();
    expect(repositories).toContain('"owner":"maker","name":"one","visibility":"public"');
  });

  it('needs no packages at all', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    expect(await write('none', { events: 50, sources: empty })).toMatchObject({ events: 50 });
  });

  it('replaces an earlier sample whole, and touches no folder that holds something else', async () => {
    await write('again', { events: 3000 });
    await write('again');
    expect(digestsOf('again')).toEqual(digestsOf('a'));
    mkdirSync(join(folder, 'foreign', 'events'), { recursive: true });
    writeFileSync(join(folder, 'foreign', 'events', 'mine.jsonl'), '{}\n');
    await expect(write('foreign')).rejects.toThrow(/events holds files that no sample wrote.*--out/);
    expect(filesUnder('foreign').size).toBe(1);
  });

  it.each([
    [{ events: 0 }, '--events'],
    [{ events: 1.5 }, '--events'],
    [{ events: 2e9 }, '--events'],
    [{ seed: -1 }, '--seed'],
    [{ now: 'tomorrow' }, '--now'],
    [{ out: 's3://bucket/sample' }, '--out: give a folder'],
  ])('refuses %j and names the option', async (more, option) => {
    await expect(write('refused', more)).rejects.toThrow(option);
  });
});
