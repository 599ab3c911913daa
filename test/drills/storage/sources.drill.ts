/** Sources, facts and policies that change: while a run reads them, between two runs of the same command, or by a byte that is wrong. */
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../activities/types.ts';
import type { LedgerRow } from '../../../curation/stages/ledger.ts';
import { filesUnder } from '../../command.ts';
import { Site, type Running } from '../site/site.ts';

const site = new Site();
const digestOf = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

beforeAll(async () => {
  await site.open(600, 31);
  await site.worker({ threads: 1 });
});
afterAll(() => site.close());

/** Two lines of a suggestion that is kept: shown with text of its own, and accepted. */
function suggestion(name: string, repository = 'app', text = ''): string {
  const word = (index: number) => `v${digestOf(`${name} ${index}`).slice(0, 8)}`;
  const completion = `const ${word(0)} = ${word(1)}(${word(2)}, ${word(3)}) + ${word(4)}.${word(5)};`;
  const event = (type: string, second: number, more: object) =>
    JSON.stringify({
      ...{ id: `${name}-${type}`, type, time: `2026-05-01T10:00:0${second}.000Z`, suggestionId: name },
      ...{
        user: { id: `user-${name}`, plan: 'pro' },
        repository: { url: `https://github.com/acme/${repository}.git` },
      },
      ...{ document: { path: `src/${name}.ts`, language: 'typescript' }, ...more },
    }) + '\n';
  const prompt = {
    prefix: `export function ${word(6)}() {\n  // ${text}${word(7)} ${word(8)}\n  `,
    suffix: '\n}\n',
    context: [],
  };
  return (
    event('shown', 0, { prompt, completion }) +
    event('accepted', 4, { acceptedLength: completion.length, displayedMs: 4000 })
  );
}

function facts(folder: string, names: string[], withdrawn: string[] = []): void {
  const since = '2026-01-01T00:00:00Z';
  const lines = (rows: object[]) => rows.map((row) => JSON.stringify(row) + '\n').join('');
  mkdirSync(site.path(folder), { recursive: true });
  const repository = { host: 'github.com', owner: 'acme', visibility: 'public', since };
  writeFileSync(
    site.path(folder, 'repositories.jsonl'),
    lines(['app', 'lib'].map((name, index) => ({ ...repository, id: index + 1, name }))),
  );
  const consent = (name: string) => ({ userId: `user-${name}`, plan: 'pro', training: 'allowed', since });
  const denial = (name: string) => ({ ...consent(name), training: 'denied', since: '2026-05-02T00:00:00Z' });
  writeFileSync(site.path(folder, 'consents.jsonl'), lines([...names.map(consent), ...withdrawn.map(denial)]));
}

function begin(out: string, input: string, factsFolder: string, ...more: string[]): Running {
  return site.start([
    ...['run', '--input', input, '--facts', factsFolder, '--now', '2026-05-10T00:00:00Z', '--json', '--plain'],
    ...['--keys', site.keys, '--out', site.path(out), '--access', 'access.yaml', '--address', site.server.address],
    ...more,
  ]);
}

async function curate(...args: Parameters<typeof begin>): Promise<RunSummary> {
  const { status, stdout, stderr } = await begin(...args).ended;
  expect([status, stderr]).toEqual([0, '']);
  const summary = JSON.parse(stdout) as RunSummary;
  expect(summary.kept + summary.excluded + summary.rejected).toBe(summary.records);
  expect(site.leftovers(args[0])).toEqual([]);
  return summary;
}

/** How many were kept, whatever their label, and why the others were not. */
function told({ kept, reasons }: RunSummary): Record<string, number> {
  const { accepted_censored: _, ...out } = reasons;
  return { ...(kept > 0 ? { kept } : {}), ...out };
}

async function ledger(out: string, run: string): Promise<Map<string, string>> {
  const { stdout } = await site.start(['ledger', run, '--out', site.path(out), '--keys', site.keys, '--json']).ended;
  const rows = stdout.trim().split('\n');
  return new Map(
    rows.map((line) => {
      const { source, line: number, outcome, reason } = JSON.parse(line) as LedgerRow;
      return [`${source}:${number}`, outcome === 'kept' ? outcome : `${outcome} ${reason}`];
    }),
  );
}

const NAMES = Array.from({ length: 12 }, (_, index) => `s${index}`);
/** Lines of `all` that differ in `other`. */
const differing = (all: Map<string, string>, other: Map<string, string>) =>
  [...all].filter(([place, row]) => other.get(place) !== row).map(([place]) => place);

describe('a source that changes while the run reads it', () => {
  /** A file that is admitted last: sources are taken in the order of their digests. */
  function last(folder: string, encode: (text: string) => Buffer): Buffer {
    const digests = filesUnder(folder).map((file) => digestOf(readFileSync(file)));
    for (let text = suggestion('victim'); ; text += '\n') {
      const bytes = encode(text);
      if (digests.every((digest) => digest < digestOf(bytes))) return bytes;
    }
  }

  it.each([
    ['plain', 'zz.jsonl', (text: string) => Buffer.from(text)],
    ['compressed', 'zz.jsonl.gz', (text: string) => gzipSync(text)],
  ] as const)(
    'ends the run where it is %s: the message says that it changed, nothing is published',
    async (kind, name, encode) => {
      const victim = site.path('sample/events', name);
      const good = last(site.path('sample/events'), encode);
      const out = `changing-${kind}`;
      writeFileSync(victim, good);
      const { ended } = begin(out, 'sample/events', 'sample/facts', '--shard-bytes', '16KB', '--concurrency', '1');
      await site.until('the plan', () =>
        filesUnderOrNone(site.path(out, 'runs')).some((file) => file.includes('/plan-')),
      );
      writeFileSync(victim, encode(suggestion('another') + '\n'.repeat(50)));
      const end = await ended;
      site.expectFailed(end, out, 3, /changed after it was pinned: run again/);
      console.log(`source that changes (${kind}): ${end.stderr.trim()}`);
      await curate(out, 'sample/events', 'sample/facts');
      rmSync(victim);
    },
  );
});

describe('what is wrong in one place', () => {
  beforeAll(() => facts('facts', NAMES));

  it('costs that record alone in a plain file, and the file where it is compressed', async () => {
    const text = Buffer.from(NAMES.map((name) => suggestion(name)).join(''));
    const others = NAMES.map((name) => suggestion(`${name}x`)).join('');
    facts('facts', [...NAMES, ...NAMES.map((name) => `${name}x`)]);
    mkdirSync(site.path('bytes'), { recursive: true });
    const write = (plain: Buffer, packed: Buffer) => {
      writeFileSync(site.path('bytes', 'a.jsonl'), plain);
      writeFileSync(site.path('bytes', 'b.jsonl.gz'), packed);
    };
    const packed = gzipSync(others);
    write(text, packed);
    const whole = await ledger('bytes-0', (await curate('bytes-0', 'bytes', 'facts')).runId);
    expect(new Set(whole.values())).toEqual(new Set(['kept']));

    const bad = Buffer.from(text);
    // In the first of the two lines of the fifth suggestion.
    bad[text.indexOf('"s4"') + 1] = 0xff;
    write(bad, packed);
    const line = text.subarray(0, text.indexOf('"s4"')).toString().split('\n').length;
    const plain = await ledger('bytes-1', (await curate('bytes-1', 'bytes', 'facts')).runId);
    expect(plain.get(`bytes/a.jsonl:${line}`)).toBe('rejected invalid_utf8');
    // Without what was shown, the accept has no text.
    expect(differing(whole, plain)).toEqual([`bytes/a.jsonl:${line}`, `bytes/a.jsonl:${line + 1}`]);

    const broken = Buffer.from(packed);
    broken[broken.length >> 1]! ^= 0x10;
    write(text, broken);
    const summary = await curate('bytes-2', 'bytes', 'facts');
    const compressed = await ledger('bytes-2', summary.runId);
    const rows = [...compressed].filter(([place]) => place.startsWith('bytes/b.jsonl.gz'));
    expect(rows).toEqual([['bytes/b.jsonl.gz:null', expect.stringMatching(/^rejected /)]]);
    expect([...compressed].filter(([place]) => place.startsWith('bytes/a')).every(([, row]) => row === 'kept')).toBe(
      true,
    );
    expect(summary.records).toBe(NAMES.length * 2 + 1);
    console.log(`one bad byte: plain ${plain.get(`bytes/a.jsonl:${line}`)}, compressed ${rows[0]![1]}`);
  });

  it('in the rules of one repository costs the records of that repository, not the batch', async () => {
    facts('facts', NAMES);
    mkdirSync(site.path('batch'), { recursive: true });
    const repositoryOf = (index: number) => (index === 5 ? 'lib' : 'app');
    writeFileSync(
      site.path('batch', 'a.jsonl'),
      NAMES.map((name, index) => suggestion(name, repositoryOf(index))).join(''),
    );
    const owners = site.path('facts/codeowners/github.com/acme/lib');
    mkdirSync(owners, { recursive: true });
    writeFileSync(join(owners, 'CODEOWNERS'), '* @acme/all\n'.repeat(300_000));
    const rows = await ledger('batch-out', (await curate('batch-out', 'batch', 'facts')).runId);
    const failed = [...rows].filter(([, row]) => row === 'excluded rule_error').map(([place]) => place);
    expect(failed).toEqual(['batch/a.jsonl:11', 'batch/a.jsonl:12']);
    expect([...rows].filter(([, row]) => row === 'kept').length).toBe(22);
    rmSync(site.path('facts/codeowners'), { recursive: true });
  });
});

describe('the same command asked again, of workers that stay', () => {
  it('never answers from what it knew: facts, policy and input are read anew, and what is the same gives the same', async () => {
    facts('facts', [...NAMES, 'late']);
    mkdirSync(site.path('again'), { recursive: true });
    writeFileSync(site.path('again', 'a.jsonl'), NAMES.map((name) => suggestion(name)).join(''));
    const policy = site.path('policy.yaml');
    const policyText = (deny: string) => `version: 1
purpose: model-improvement
repositories: {owners: {deny: [${deny}]}}
output: {name: completions, formats: [kto], files: jsonl, audience: [copilot-team]}
`;
    writeFileSync(policy, policyText(''));
    const ask = () => curate('again-out', 'again', 'facts', '--policy', policy, '--window', '2026-05-01/2026-05-02');
    const first = await ask();
    expect(await ask()).toEqual(first);
    expect(told(first)).toEqual({ kept: 24 });

    facts('facts', [...NAMES, 'late'], ['s3']);
    const withdrawn = await ask();
    expect(withdrawn.runId).toBe(first.runId);
    expect(told(withdrawn)).toEqual({ kept: 22, consent_withdrawn: 2 });

    facts('facts', [...NAMES, 'late']);
    expect(await ask()).toEqual(first);

    writeFileSync(policy, policyText('acme'));
    const denied = await ask();
    expect(told(denied)).toEqual({ owner_denied: 24 });
    writeFileSync(policy, policyText(''));

    // The window had been published: a file that comes later is read with the others.
    writeFileSync(site.path('again', 'late.jsonl'), suggestion('late'));
    const later = await ask();
    expect([later.runId, later.records, told(later)]).toEqual([first.runId, 26, { kept: 26 }]);
    appendFileSync(site.path('again', 'a.jsonl'), '{"torn":');
    const torn = await ask();
    expect(told(torn)).toEqual({ kept: 26, truncated_record: 1 });
    const digests = [first, withdrawn, denied, later].map(({ digest }) => digest);
    expect(new Set(digests).size).toBe(4);
    console.log(`asked again: ${digests.map((digest) => digest.slice(0, 8)).join(', ')}, each of what it was asked of`);
  });
});

function filesUnderOrNone(folder: string): string[] {
  try {
    return filesUnder(folder);
  } catch {
    return [];
  }
}
