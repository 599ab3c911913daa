import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { plan } from '../../../activities/plan/plan.ts';
import { plainBytesOf } from '../../../activities/plan/parts.ts';
import type { Piece, Plan } from '../../../activities/plan/pinned.ts';
import { openStage } from '../../../activities/run/stage.ts';
import type { CurateInput } from '../../../activities/types.ts';
import { storeSettings } from '../../../activities/run/settings.ts';
import { BUILTIN_POLICY } from '../../../config/policy.ts';

const folder = mkdtempSync(join(tmpdir(), 'garner-plan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const lines = (count: number) => Array.from({ length: count }, (_, index) => `{"n":${'7'.repeat(index % 90)}}`);
const FILES: Record<string, Buffer> = {
  'many.jsonl': Buffer.from(lines(400).join('\n') + '\n'),
  'torn.jsonl': Buffer.from(lines(123).join('\r\n') + '\n\n\n{"torn'),
  'long.jsonl': Buffer.from(`{}\n"${'x'.repeat(5_000)}"\n{}\n`),
  'small.jsonl': Buffer.from('{}\n'),
  'exact.jsonl': Buffer.from(`"${'y'.repeat(997)}"\n{}\n`),
  'packed.jsonl.gz': gzipSync(lines(4_000).join('\n')),
  'wide.jsonl': Buffer.from('\ufeff{"a":1}\n{"a":2}\n'.repeat(100), 'utf16le'),
  'empty.jsonl': Buffer.alloc(0),
};
const SHARD_BYTES = 1_000;

/** The plan over FILES, its sources' names to their digest and pieces. */
async function planned(format: CurateInput['format']) {
  const [out, keys, inputs] = [join(folder, 'out'), join(folder, 'keys'), join(folder, 'in')];
  mkdirSync(inputs, { recursive: true });
  for (const [name, bytes] of Object.entries(FILES)) writeFileSync(join(inputs, name), bytes);
  const policy = { file: BUILTIN_POLICY, text: readFileSync(BUILTIN_POLICY, 'utf8') };
  const settings = await storeSettings(out, 'run', { policy, access: null, local: true }, keys);
  const input: CurateInput = {
    ...{ run: 'run', out, inputs: [inputs], format, facts: null, settings, window: null, actor: 'ann' },
    ...{ now: Date.parse('2026-05-10T00:00:00Z'), plain: true, concurrency: 1, shardBytes: SHARD_BYTES },
    ...{ approval: 'automatic', purpose: 'model-improvement', onFailure: 'fail' },
  };
  const request = { run: 'run', out, settings, facts: null, attempt: 'here' };
  const worker = { keys, scratch: folder };
  const { plan: ref } = await plan(input, await openStage(request, worker));
  const made = (await openStage({ ...request, plan: ref }, worker)).plan;
  const sizes = made.shards.map((shard) => shard.reduce((sum, piece) => sum + weight(piece, made), 0));
  expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  const pieces = made.shards.flat().sort((a, b) => a.start - b.start);
  return new Map(
    made.sources.map(({ name, sha256 }, index) => [
      name.split('/').at(-1)!,
      { sha256, pieces: pieces.filter(({ source }) => source === index) },
    ]),
  );
}

/** Plain bytes, as far as the plan can know. */
const weight = ({ source, start, end }: Piece, { sources }: Plan) =>
  plainBytesOf({ size: end - start, compressed: sources[source]!.compressed });

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

it('pins each source and each piece by its digest, and cuts plain ones at the first line feed past a shard', async () => {
  const sources = await planned('garner');
  expect([...sources.keys()].sort()).toEqual(Object.keys(FILES).sort());
  for (const [name, { sha256: digest, pieces }] of sources) {
    const bytes = FILES[name]!;
    expect(digest).toBe(sha256(bytes));
    const wanted: Omit<Piece, 'source'>[] = [];
    for (let start = 0, end = 0; start < bytes.length; start = end) {
      const feed = bytes.indexOf('\n', start + SHARD_BYTES - 1);
      end = feed < 0 || name === 'packed.jsonl.gz' || name === 'wide.jsonl' ? bytes.length : feed + 1;
      const firstLine = bytes.subarray(0, start).toString('latin1').split('\n').length;
      wanted.push({ start, end, firstLine, sha256: sha256(bytes.subarray(start, end)) });
    }
    expect(pieces.map(({ source: _, ...piece }) => piece)).toEqual(wanted);
  }
  const counts = Object.fromEntries([...sources].map(([name, { pieces }]) => [name, pieces.length]));
  expect(counts).toMatchObject({
    'small.jsonl': 1,
    'exact.jsonl': 2,
    'long.jsonl': 2,
    'wide.jsonl': 1,
    'empty.jsonl': 0,
  });
  expect(counts['many.jsonl']).toBeGreaterThan(10);
});
