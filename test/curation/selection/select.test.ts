import fc from 'fast-check';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bandHashes, decodeSignature } from '../../../curation/selection/text/minhash.ts';
import { DEFAULT_SELECTION, type ExampleMetadata, select } from '../../../curation/selection/select.ts';
import { openRelational } from '../../../storage/relational.ts';
import { packageSources } from '../overlap/sources.ts';
import { blank, decide, example, id, kept, key, outcome, scratch } from './decide.ts';

describe('selection', () => {
  it('takes all of a text with both labels, and all but the oldest of a text that repeats', async () => {
    const same = { content: id('same') };
    const both = { content: id('both') };
    const result = await decide([
      example('a', { ...same, time: 5 }), example('b', { ...same, time: 3 }), example('c', { ...same, time: 9, weight: 5000 }),
      example('d', both), example('e', { ...both, label: false }), example('f', both), example('g'),
    ]); // prettier-ignore
    expect(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => outcome(result, name))).toEqual([
      'near_duplicate exact', 'kept', 'near_duplicate exact', ...Array<string>(3).fill('conflicting_labels selection.conflictingLabels'), 'kept',
    ]); // prettier-ignore
    expect(result.counts).toMatchObject({ examples: 7, kept: 2, near_duplicate: 2, conflicting_labels: 3 });
  });

  it('prefers the best weight among equally old repeats, then the least id', async () => {
    const same = { content: id('same') };
    const result = await decide([
      example('a', { ...same, weight: 300 }),
      example('b', { ...same, weight: 900 }),
      example('c', { ...same, weight: 900 }),
    ]);
    expect(kept(result)).toEqual([[id('b'), id('c')].sort()[0]]);
  });

  it('takes contaminated examples out before they can stand for their near-duplicates', async () => {
    const text = packageSources('semver', 1)[0]!.slice(0, 1500);
    const result = await decide([example('a', { text, contaminated: true, time: 0 }), example('b', { text, time: 1 })]);
    expect([outcome(result, 'a'), outcome(result, 'b')]).toEqual(['contaminated selection.contamination', 'kept']);
  });

  it('keeps to the bounds of a contributor, of a device, of a repository and of a repeated snippet', async () => {
    const many = (prefix: string, count: number, fields: (i: number) => Partial<ExampleMetadata>): ExampleMetadata[] =>
      Array.from({ length: count }, (_, i) => example(`${prefix}${i}`, fields(i)));
    const result = await decide(
      [
        ...many('user', 30, () => ({ contributor: id('one') })),
        ...many('device', 30, (i) => ({ contributor: id(`half ${i % 2}`), device: id('shared') })),
        ...many('repository', 30, () => ({ repository: id('big') })),
        ...many('snippet', 5, () => ({ contributor: id('again'), snippet: id('again') })),
        ...many('others', 5, (i) => ({ contributor: id(`different ${i}`), snippet: id('again') })),
      ],
      { bounds: { perUser: 10, perRepository: 20, perUserSnippet: 2 } },
    );
    const count = (prefix: string): number =>
      [...Array(30).keys()].filter((i) => result.by.get(id(`${prefix}${i}`))?.keep).length;
    expect(['user', 'device', 'repository', 'snippet', 'others'].map(count)).toEqual([10, 10, 20, 2, 5]);
    expect(result.rules).toEqual({
      'selection.bounds.perUser': 40, 'selection.bounds.perRepository': 10, 'selection.bounds.perUserSnippet': 3,
    }); // prettier-ignore
  });

  it('asks for enough different contributors of a snippet where the policy does, duplicates counted', async () => {
    const rows = ['a', 'b', 'c'].map((name) => example(name, { snippet: id('s'), content: id('c') }));
    const alone = [0, 1, 2].map((i) => example(`alone${i}`, { snippet: id('t'), contributor: id('x') }));
    const result = await decide([...rows, ...alone], { minContributors: 3 });
    expect(result.counts).toMatchObject({ kept: 1, near_duplicate: 2, contribution_bound: 3 });
    expect(result.rules['selection.minContributors']).toBe(3);
  });

  it('balances languages and labels by caps', async () => {
    const rows = Array.from({ length: 60 }, (_, i) =>
      example(`r${i}`, { label: i % 6 === 0, language: i < 30 ? 'go' : 'rust' }),
    );
    const capped = await decide(rows, { balance: { perLanguage: 20, perLabel: 0, maxNegativesPerPositive: 2 } });
    const left = rows.filter((row) => capped.by.get(row.example)!.keep);
    const positives = left.filter(({ label }) => label).length;
    expect(left.length - positives).toBe(Math.min(positives * 2, 40 - positives));
    expect(capped.rules['selection.balance.perLanguage']).toBe(20);
    expect(
      (await decide(rows, { balance: { perLanguage: 0, perLabel: 8, maxNegativesPerPositive: 0 } })).counts.kept,
    ).toBe(16);
  });

  it('lets no fork network, repository, pair or signature band stand in two splits', async () => {
    const texts = ['yaml', 'fastify', 'webpack', 'eslint']
      .flatMap((name) => packageSources(name, 30))
      .map((text) => text.slice(0, 2500));
    const rows = texts.flatMap((text, i) => [
      example(`x${i}`, {
        text,
        repository: id(`r${i % 90}`),
        family: id(`f${i % 80}`),
        pair: i % 10 === 0 ? id(`p${i % 20}`) : '',
      }),
      example(`y${i}`, { repository: id(`lone ${i}`), family: id(`lone ${i}`) }),
    ]);
    const result = await decide(rows, { splits: { train: 0.4, validation: 0.3, test: 0.3 } });
    const splitsOf = new Map<string, Set<string>>();
    for (const row of rows) {
      const decision = result.by.get(row.example)!;
      if (!decision.keep) continue;
      const bands =
        row.lexemes >= 20 ? bandHashes(decodeSignature(row.signature), key).map((band, i) => `band ${i} ${band}`) : [];
      for (const group of [
        row.repository,
        `family ${row.family}`,
        `pair ${row.pair || row.example}`,
        decision.component!,
        ...bands,
      ]) {
        const splits = splitsOf.get(group) ?? new Set();
        splitsOf.set(group, splits.add(decision.split!));
      }
    }
    expect([...splitsOf.values()].filter((splits) => splits.size > 1)).toEqual([]);
    for (const split of ['train', 'validation', 'test']) expect(result.counts[split]).toBeGreaterThan(20);
    const sizes = new Map<string, number>();
    for (const { keep, component } of result.by.values())
      if (keep) sizes.set(component!, (sizes.get(component!) ?? 0) + 1);
    const largest = [...sizes].sort((a, b) => b[1] - a[1])[0]!;
    expect(result.largestComponent).toBe(largest[1]);
    expect(result.components).toBe(sizes.size);
    expect([...result.by.values()].find(({ component }) => component === largest[0])!.split).toBe('train');
  });

  it('decides the same whatever the order of rows, the number of files and of threads', async () => {
    const texts = packageSources('fastify', 20).map((text) => text.slice(0, 1500));
    const rows = Array.from({ length: 120 }, (_, i) =>
      example(`o${i}`, {
        text: texts[i % texts.length]! + (i % 7 === 0 ? '\nmore();' : ''), label: i % 3 > 0, contributor: id(`u${i % 9}`), repository: id(`r${i % 25}`),
        content: id(`c${i % 100}`), time: i % 5, device: i % 4 === 0 ? id(`d${i % 3}`) : '', language: `l${i % 2}`,
      }),
    ); // prettier-ignore
    const policy = {
      nearDuplicates: { threshold: 0.99, minLexemes: 20 }, bounds: { perUser: 9, perRepository: 3, perUserSnippet: 1 },
      balance: { perLanguage: 40, perLabel: 0, maxNegativesPerPositive: 0.5 }, splits: { train: 0.4, validation: 0.3, test: 0.3 },
    }; // prettier-ignore
    const expected = (await decide(rows, policy, { threads: 1 })).bytes;
    const parquet = (await decide(rows, policy, { threads: 1, parquet: true })).bytes;
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(rows, { minLength: rows.length }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }),
        async (shuffled, files, threads) => {
          expect((await decide(shuffled, policy, { files, threads })).bytes).toBe(expected);
        },
      ),
      { numRuns: 4 },
    ); // prettier-ignore
    expect((await decide([...rows].reverse(), policy, { files: 3, threads: 3, parquet: true })).bytes).toBe(parquet);
    expect(expected).not.toBe((await decide(rows.slice(1), policy)).bytes);
  });

  it('decides nothing on no rows at all', async () => {
    expect(await decide([])).toMatchObject({ counts: { examples: 0, kept: 0 }, components: 0, bytes: '' });
    const db = await openRelational({ scratch });
    const result = await select({ files: [] }, DEFAULT_SELECTION, key, db, join(scratch, 'none.jsonl'));
    await db.close();
    expect(result.counts).toEqual({ examples: 0, kept: 0 });
  });

  it('refuses rows that lack a field, stand twice or hold half a signature', async () => {
    const { label: _, ...lacking } = example('a');
    await expect(decide([lacking as ExampleMetadata])).rejects.toThrow(/1 of 1 rows/);
    await expect(decide([example('a'), example('b'), example('a')])).rejects.toThrow(/twice/);
    await expect(decide([{ ...example('a'), signature: blank.slice(4) }])).rejects.toThrow(/broken signature/);
  });

  it.each([
    [{ splits: { train: 0.9, validation: 0.2, test: 0 } }, /selection\.splits/],
    [{ nearDuplicates: { threshold: 1.2, minLexemes: 20 } }, /nearDuplicates\.threshold/],
    [{ bounds: { perUser: 0, perRepository: 1, perUserSnippet: 1 } }, /bounds\.perUser/],
  ])('refuses the policy %j', async (policy, message) => {
    await expect(decide([example('a')], policy)).rejects.toThrow(message);
  });
});
