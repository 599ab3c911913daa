import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { bandHashes, decodeSignature, encodeSignature, signature, similarity } from '../../../curation/selection/minhash.ts';
import {
  DEFAULT_SELECTION, type Decision, type ExampleMetadata, select, type SelectionPolicy, type SelectionResult,
} from '../../../curation/selection/select.ts'; // prettier-ignore
import { openRelational } from '../../../storage/relational.ts';
import { packageSources } from '../overlap/sources.ts';

const scratch = mkdtempSync(join(tmpdir(), 'garner-select-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const key = new Uint8Array(32).fill(9);
const id = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
const blank = encodeSignature(signature('').signature);

function example(name: string, given: Partial<ExampleMetadata> & { text?: string } = {}): ExampleMetadata {
  const { text, ...fields } = given;
  const made = text === undefined ? { signature: blank, lexemes: 5 } : { ...signature(text), signature: encodeSignature(signature(text).signature) };
  return {
    example: id(name), label: true, weight: 1000, reason: 'accepted_retained_600', time: 1, contributor: id(`user ${name}`),
    repository: id(`repository ${name}`), family: '', content: id(`content ${name}`), snippet: id(`snippet ${name}`), language: 'typescript',
    contaminated: false, bytes: 100, ...made, ...fields,
  }; // prettier-ignore
}

interface Selected extends SelectionResult {
  by: Map<string, Decision>;
  bytes: string;
}
let turn = 0;
async function decide(rows: ExampleMetadata[], policy: Partial<SelectionPolicy> = {}, { files = 1, threads = 2, parquet = false } = {}): Promise<Selected> {
  const db = await openRelational({ scratch, threads });
  const base = join(scratch, `run-${turn++}`);
  const parts = Array.from({ length: files }, (_, file) => `${base}-${file}.jsonl`);
  parts.forEach((part, file) => writeFileSync(part, rows.filter((_, i) => i % files === file).map((row) => `${JSON.stringify(row)}\n`).join('')));
  const out = `${base}.out.${parquet ? 'parquet' : 'jsonl'}`;
  try {
    const result = await select({ files: parts }, { ...DEFAULT_SELECTION, ...policy }, key, db, out);
    const bytes = readFileSync(out, parquet ? 'latin1' : 'utf8');
    const lines = parquet ? [] : bytes.split('\n').filter((line) => line !== '');
    return { ...result, bytes, by: new Map(lines.map((line) => JSON.parse(line) as Decision).map((row) => [row.example, row])) };
  } finally {
    await db.close();
  }
}
const outcome = ({ by }: Selected, name: string): string => {
  const { keep, reason, rule } = by.get(id(name))!;
  return keep ? 'kept' : `${reason} ${rule}`;
};
const kept = ({ by }: Selected): string[] => [...by.values()].filter(({ keep }) => keep).map((row) => row.example);

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
    const result = await decide([example('a', { ...same, weight: 300 }), example('b', { ...same, weight: 900 }), example('c', { ...same, weight: 900 })]);
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
    const count = (prefix: string): number => [...Array(30).keys()].filter((i) => result.by.get(id(`${prefix}${i}`))?.keep).length;
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
    const rows = Array.from({ length: 60 }, (_, i) => example(`r${i}`, { label: i % 6 === 0, language: i < 30 ? 'go' : 'rust' }));
    const capped = await decide(rows, { balance: { perLanguage: 20, perLabel: 0, maxNegativesPerPositive: 2 } });
    const left = rows.filter((row) => capped.by.get(row.example)!.keep);
    const positives = left.filter(({ label }) => label).length;
    expect(left.length - positives).toBe(Math.min(positives * 2, 40 - positives));
    expect(capped.rules['selection.balance.perLanguage']).toBe(20);
    expect((await decide(rows, { balance: { perLanguage: 0, perLabel: 8, maxNegativesPerPositive: 0 } })).counts.kept).toBe(16);
  });

  it('finds what a comparison of all pairs finds, near-duplicates planted among real files', async () => {
    const files = ['yaml', 'fastify', 'pino', 'webpack', 'eslint', 'rxjs'].flatMap((name) => packageSources(name, 25));
    const texts = files.flatMap((text, i) => {
      const body = text.slice(0, 2000);
      return i % 2 === 0 ? [body, body.replace(/\b(\w{4,})\b/, `planted${i}`).replace(/;\n/, ';\n// a note\n')] : [body];
    });
    const rows = texts.map((text, i) => example(`t${i}`, { text, time: i }));
    expect(rows.length).toBeGreaterThan(180);
    const result = await decide(rows);
    const keeps = rows.map((row) => result.by.get(row.example)!.keep);
    const grams = texts.map(gramSet);
    let alike = 0;
    let missed = 0;
    const near = rows.map(() => false);
    for (let a = 0; a < rows.length; a++) {
      for (let b = a + 1; b < rows.length; b++) {
        const exact = jaccard(grams[a]!, grams[b]!);
        if (exact >= 0.55) near[a] = near[b] = true;
        if (exact < 0.85) continue;
        alike++;
        if (keeps[a] && keeps[b]) missed++;
      }
    }
    expect(alike).toBeGreaterThan(70);
    expect(missed).toBe(0);
    expect(rows.filter((_, i) => !keeps[i] && !near[i])).toEqual([]);
  });

  it('makes the clusters that union over the same candidates makes, computed apart', async () => {
    const base = packageSources('yaml', 25).map((text) => text.slice(0, 1500));
    const rows = Array.from({ length: 150 }, (_, i) => {
      const lines = base[i % base.length]!.split('\n');
      for (let edit = 0; edit < i % 9; edit++) lines.splice((i * 31 + edit * 17) % lines.length, 1, `edited${i}_${edit}(${edit});`);
      return example(`k${i}`, { text: lines.join('\n'), time: (i * 37) % 150 });
    });
    const signatures = rows.map((row) => decodeSignature(row.signature));
    const bands = signatures.map((made) => bandHashes(made, key));
    const group = rows.map((_, i) => i);
    for (let a = 0; a < rows.length; a++) {
      for (let b = a + 1; b < rows.length; b++) {
        if (!bands[a]!.some((band, i) => band === bands[b]![i]) || similarity(signatures[a]!, signatures[b]!) < 0.7) continue;
        const [from, to] = [group[b], group[a]!];
        group.forEach((member, i) => void (member === from && (group[i] = to)));
      }
    }
    const survivors = [...new Set(group)].map((root) =>
      rows.filter((_, i) => group[i] === root).reduce((oldest, row) => (row.time < oldest.time ? row : oldest)),
    );
    const result = await decide(rows);
    expect(kept(result).sort()).toEqual(survivors.map((row) => row.example).sort());
    expect(survivors.length).toBeGreaterThan(25);
    expect(survivors.length).toBeLessThan(140);
  });

  it('keeps every distinct short text', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => example(`s${i}`, { text: `return ${i % 3 === 0 ? 'value' : 'other'}; // ${i}` }));
    expect((await decide(rows)).counts.kept).toBe(300);
  });

  it('joins a thousand copies of one text to one cluster', async () => {
    const text = packageSources('semver', 1)[0]!.slice(0, 1200);
    const rows = Array.from({ length: 1000 }, (_, i) => example(`c${i}`, { text: i % 2 ? text : `${text}\nadded${i % 40}();`, time: i }));
    const result = await decide(rows);
    expect(result.counts).toMatchObject({ kept: 1, near_duplicate: 999 });
    expect(result.clusters).toBe(1);
  });

  it('lets no fork network, repository, pair or signature band stand in two splits', async () => {
    const texts = ['yaml', 'fastify', 'webpack', 'eslint'].flatMap((name) => packageSources(name, 30)).map((text) => text.slice(0, 2500));
    const rows = texts.flatMap((text, i) => [
      example(`x${i}`, { text, repository: id(`r${i % 90}`), family: id(`f${i % 80}`), pair: i % 10 === 0 ? id(`p${i % 20}`) : '' }),
      example(`y${i}`, { repository: id(`lone ${i}`), family: id(`lone ${i}`) }),
    ]);
    const result = await decide(rows, { splits: { train: 0.4, validation: 0.3, test: 0.3 } });
    const splitsOf = new Map<string, Set<string>>();
    for (const row of rows) {
      const decision = result.by.get(row.example)!;
      if (!decision.keep) continue;
      const bands = row.lexemes >= 20 ? bandHashes(decodeSignature(row.signature), key).map((band, i) => `band ${i} ${band}`) : [];
      for (const group of [row.repository, `family ${row.family}`, `pair ${row.pair || row.example}`, decision.component!, ...bands]) {
        const splits = splitsOf.get(group) ?? new Set();
        splitsOf.set(group, splits.add(decision.split!));
      }
    }
    expect([...splitsOf.values()].filter((splits) => splits.size > 1)).toEqual([]);
    for (const split of ['train', 'validation', 'test']) expect(result.counts[split]).toBeGreaterThan(20);
    const sizes = new Map<string, number>();
    for (const { keep, component } of result.by.values()) if (keep) sizes.set(component!, (sizes.get(component!) ?? 0) + 1);
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

/** Distinct 5-grams of words and signs, cut by a plain regular expression: independent of the lexer. */
function gramSet(text: string): Set<string> {
  const tokens = text.replace(/\/\*[\s\S]*?\*\/|(?<![:'"])\/\/.*/g, ' ').match(/[\w$]+|[^\s\w]/g) ?? [];
  return new Set(tokens.slice(4).map((_, i) => tokens.slice(i, i + 5).join(' ')));
}

function jaccard(x: Set<string>, y: Set<string>): number {
  let both = 0;
  for (const gram of x) if (y.has(gram)) both++;
  return both / (x.size + y.size - both);
}
