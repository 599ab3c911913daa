import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admit } from '../../../activities/curate/admit.ts';
import { assemble } from '../../../activities/curate/assemble.ts';
import { gather } from '../../../activities/curate/gather.ts';
import { select } from '../../../activities/curate/select.ts';
import { plan } from '../../../activities/plan/plan.ts';
import { rowsBefore, settle, writeLedgerPart, type Judged } from '../../../activities/publish/settle.ts';
import { openStage, type Stage } from '../../../activities/run/stage.ts';
import type { CurateInput, LedgerPart } from '../../../activities/types.ts';
import { storeSettings } from '../../../activities/run/settings.ts';
import { generate } from '../../../cli/sample/write.ts';
import { BUILTIN_POLICY } from '../../../config/policy.ts';
import { merkleRoot } from '../../../curation/proof/log/merkle.ts';

const folder = mkdtempSync(join(tmpdir(), 'garner-settle-'));
const worker = { keys: join(folder, 'keys'), scratch: folder };
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => generate({ events: 1_200, seed: 5, out: join(folder, 'sample') }));

const partOf = (part: number, of: Judged, stage: Stage) =>
  writeLedgerPart(part, rowsBefore(part, of.shards), of, stage);

/** A run up to select, whose ledger has as many parts as `partOf` gives its sources. */
async function judged(run: string, partOf: (source: number) => number): Promise<{ judged: Judged; stage: Stage }> {
  const out = join(folder, 'out');
  const policy = { file: BUILTIN_POLICY, text: readFileSync(BUILTIN_POLICY, 'utf8') };
  const settings = await storeSettings(out, run, { policy, access: null, local: true }, worker.keys);
  const facts = join(folder, 'sample', 'facts');
  const input: CurateInput = {
    ...{ run, out, inputs: [join(folder, 'sample', 'events')], format: 'garner', facts, settings, window: null },
    ...{ now: Date.parse('2026-05-10T00:00:00Z'), plain: true, concurrency: 1, shardBytes: 64 << 10, actor: 'ann' },
    ...{ approval: 'automatic', purpose: 'model-improvement', onFailure: 'fail' },
  };
  const request = { run, out, settings, facts, attempt: 'here' };
  const planned = await plan(input, await openStage(request, worker));
  const first = await openStage({ ...request, plan: planned.plan }, worker);
  const names = first.plan.sources.map(({ name }) => name).sort();
  const ledgerParts = first.plan.sources.map(({ name }) => partOf(names.indexOf(name)));
  const cut = await first.writeJson('cut', { ...first.plan, ledgerParts });
  const stage = await openStage({ ...request, plan: cut }, worker);
  const shards = [];
  for (let shard = 0; shard < planned.shards; shard++) shards.push(await admit(shard, stage));
  const { shards: list, filter, reroutes } = await gather(shards, stage);
  const assembled = [];
  for (let bucket = 0; bucket < planned.buckets; bucket++)
    assembled.push(await assemble({ bucket, shards: list, reroutes, filter, boilerplate: null }, stage));
  return { judged: { shards, assembled, selected: await select(assembled, stage) }, stage };
}

describe('the ledger', () => {
  it('has the same rows, counts and root in one part as in one for each source, written by whomever', async () => {
    const whole = await judged('run-whole', () => 0);
    const parted = await judged('run-parted', (source) => source);
    const sources = parted.stage.plan.sources.length;
    expect(sources).toBeGreaterThan(2);
    const parts: LedgerPart[] = [];
    for (let part = sources - 1; part >= 0; part--) parts.unshift(await partOf(part, parted.judged, parted.stage));
    const one = await settle(whole.judged, whole.stage);
    const many = await settle(parted.judged, parted.stage, parts);
    expect([many.root, many.tally]).toEqual([one.root, one.tally]);
    expect(one.tally.records).toBe(1_200);
    expect([one.ledger.length, many.ledger.length]).toEqual([1, sources]);
    const rows: Buffer[] = [];
    for (const ref of many.ledger)
      for (const line of gunzipSync(await parted.stage.reader.read(ref, 0))
        .toString()
        .split('\n'))
        if (line !== '') rows.push(Buffer.from(line));
    const places = rows.map((row) => JSON.parse(row.toString()) as { source: string; line: number | null });
    const inOrder = [...places].sort((a, b) => (a.source === b.source ? (a.line ?? 0) - (b.line ?? 0) : a.source < b.source ? -1 : 1)); // prettier-ignore
    expect(places).toEqual(inOrder);
    expect(merkleRoot(rows).toString('hex')).toBe(one.root);
    const made = await settle(parted.judged, parted.stage);
    expect([made.root, made.tally]).toEqual([one.root, one.tally]);
  });

  it('is refused where a part counts twice', async () => {
    const { judged: of, stage } = await judged('run-twice', (source) => source);
    const part = await partOf(0, of, stage);
    const others: LedgerPart[] = [];
    for (let at = 1; at < stage.plan.sources.length; at++) others.push(await partOf(at, of, stage));
    await expect(settle(of, stage, [part, part, ...others])).rejects.toThrow(/records went in/);
  });
});
