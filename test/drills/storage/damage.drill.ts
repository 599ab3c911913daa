/** One bit flipped in what a run has stored between its stages: the next reader says which object it is, and nothing is published. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STAGES } from '../../../activities/index.ts';
import { openStage } from '../../../activities/run/stage.ts';
import { storeSettings } from '../../../activities/run/settings.ts';
import type { Admitted, Assembled, CurateInput, LedgerPart, Ref, Rendered } from '../../../activities/types.ts';
import { BUILTIN_POLICY } from '../../../config/policy.ts';
import { filesUnder } from '../../command.ts';
import { faultOf } from '../../../worker/threads/fault.ts';
import { drawsOf } from '../site/seed.ts';
import { NOW, Site } from '../site/site.ts';

const site = new Site();
const run = 'run-0123456789abcdef';
let input: CurateInput;

beforeAll(async () => {
  await site.open(400, 5, false);
  mkdirSync(site.path('scratch'), { mode: 0o700 });
  const settings = await storeSettings(
    site.path('out'),
    run,
    { policy: { file: BUILTIN_POLICY, text: readFileSync(BUILTIN_POLICY, 'utf8') }, access: null, local: true },
    site.keys,
  );
  input = {
    ...{ run, settings, out: site.path('out'), inputs: [site.path('sample/events')], facts: site.path('sample/facts') },
    ...{ format: 'auto', now: Date.parse(NOW), window: null, plain: true, concurrency: 1, shardBytes: 64 << 10 },
    ...{ actor: 'drill', approval: 'automatic', purpose: 'model-improvement', onFailure: 'fail' },
  };
});
afterAll(() => site.close());

/** All stages, as the workflow calls them, each on a stage opened afresh as in another process. */
async function* through(attempt: string): AsyncGenerator<string, string> {
  const worker = { keys: site.keys, scratch: site.path('scratch') };
  const { settings, out, facts } = input;
  const planned = await STAGES.plan(input, await openStage({ run, out, settings, facts, attempt }, worker));
  const common = { run, out, settings, facts, plain: true, plan: planned.plan };
  const open = () => openStage({ run, out, settings, facts, attempt, plan: planned.plan }, worker);
  yield 'plan';
  const shards: Admitted[] = [];
  for (let shard = 0; shard < planned.shards; shard++)
    shards.push(await STAGES.admit({ ...common, shard }, await open()));
  const shardLists = [await STAGES.list({ ...common, stage: 'admit', first: 0, results: shards }, await open())];
  yield 'admit';
  const gathered = await STAGES.gather({ ...common, shards: shardLists }, await open());
  const { shards: list, reroutes, filter } = gathered;
  yield 'gather';
  let boilerplate: Ref | null = null;
  if (filter) {
    const results = [await STAGES.survey({ ...common, bucket: 0, shards: list, reroutes, filter }, await open())];
    const surveys = [await STAGES.list({ ...common, stage: 'survey', first: 0, results }, await open())];
    yield 'survey';
    boilerplate = await STAGES.gatherSurveys({ ...common, surveys, filter }, await open());
    yield 'survey/all';
  }
  const results: Assembled[] = [
    await STAGES.assemble({ ...common, bucket: 0, shards: list, reroutes, filter, boilerplate }, await open()),
  ];
  const assembled = [await STAGES.list({ ...common, stage: 'assemble', first: 0, results }, await open())];
  yield 'assemble';
  const selected = await STAGES.select({ ...common, assembled }, await open());
  yield 'select';
  const parts: Rendered[] = [
    await STAGES.render({ ...common, part: 0, from: 0, to: 1, assembled, decisions: selected.ref }, await open()),
  ];
  const rendered = [await STAGES.list({ ...common, stage: 'render', first: 0, results: parts }, await open())];
  yield 'render';
  const judged = { shards: shardLists, assembled, selected };
  const rows: LedgerPart[] = [await STAGES.ledger({ ...common, ...judged, part: 0 }, await open())];
  const ledger = [await STAGES.list({ ...common, stage: 'ledger', first: 0, results: rows }, await open())];
  yield 'ledger';
  const settled = await STAGES.settle({ ...common, ...judged, ledger }, await open());
  yield 'settle';
  const { summary } = await STAGES.publish(
    { ...common, ...judged, rendered, settled, actor: 'drill', approvedBy: null },
    await open(),
  );
  return summary.digest;
}

/** Goes through all stages, and does something after each. The digest of what was published, which is removed. */
async function published(attempt: string, after: (stage: string) => void): Promise<string> {
  const stages = through(attempt);
  for (;;) {
    const { value, done } = await stages.next();
    if (!done) after(value);
    else {
      rmSync(site.path('out', 'datasets'), { recursive: true });
      return value;
    }
  }
}

describe('a bit that flips', () => {
  it('in any object between two stages is found by the reader of that object', async () => {
    const draw = drawsOf('flip');
    const undisturbed = await published('undisturbed', () => undefined);
    const flipped = new Map<string, number>();
    let unread = 0;
    const stages = ['plan', 'admit', 'gather', 'survey', 'survey/all', 'assemble', 'select', 'render', 'settle'];
    for (const victim of [...stages, 'settle/days']) {
      const after = victim === 'settle/days' ? 'ledger' : victim;
      for (let time = 0; time < 3; time++) {
        const attempt = `${victim.replace('/', '')}${time}`;
        let touched: string | undefined;
        let where = '';
        let failure: unknown;
        let digest: string | undefined;
        try {
          digest = await published(attempt, (stage) => {
            if (stage !== after) return;
            const made = filesUnder(site.path('out', 'runs')).filter((file) => file.endsWith(`-${attempt}`));
            const fresh = made.filter((file) => new RegExp(`/(lists/)?${victim}[-/]`).test(file));
            touched = fresh[Math.floor(draw() * fresh.length)]!;
            const bytes = readFileSync(touched);
            const at = Math.floor(draw() * bytes.length);
            where = `byte ${at} of ${bytes.length}`;
            bytes[at]! ^= 1 << Math.floor(draw() * 8);
            writeFileSync(touched, bytes);
          });
        } catch (error) {
          failure = error;
        }
        expect(touched, victim).toBeDefined();
        const kind = touched!.slice(site.path('out', 'runs', run).length + 1);
        if (failure === undefined) {
          // A part that nobody has a use for in this run is not read.
          expect(digest, `${kind} was used, ${where}`).toBe(undisturbed);
          unread++;
          continue;
        }
        const { type } = faultOf(failure);
        expect(['Damaged', 'KeyMissing'], `${kind}: ${String(failure)}`).toContain(type);
        flipped.set(victim, (flipped.get(victim) ?? 0) + 1);
        expect(filesUnder(site.path('out')).filter((file) => file.includes('/datasets/'))).toEqual([]);
      }
    }
    console.log(
      `flip: ${[...flipped].map(([stage, times]) => `${stage} ${times}`).join(', ')}: found, ${unread} in what is not read`,
    );
    expect([...flipped.values()].reduce((sum, times) => sum + times, 0)).toBeGreaterThan(18);
  });
});
