/** Child of pipeline.ts: the stages of one run in this process, timed one by one. Arguments: folder, plain bytes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { admit } from '../activities/curate/admit.ts';
import { assemble } from '../activities/curate/assemble.ts';
import { gather } from '../activities/curate/gather.ts';
import { plan } from '../activities/plan/plan.ts';
import { select } from '../activities/curate/select.ts';
import { openStage } from '../activities/run/stage.ts';
import { curateHere } from '../activities/whole.ts';
import type { Assembled } from '../activities/types.ts';
import { benchInput } from './temporal.ts';

const [folder, plainBytes] = [process.argv[2]!, Number(process.argv[3])];
const rows: Record<string, number | string>[] = [];
const keys = join(folder, 'keys');
const worker = { scratch: join(folder, 'scratch'), keys };

/** Seconds of processor time and the result. */
async function timed<T>(work: () => T | Promise<T>): Promise<{ seconds: number; result: T }> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (user + system) / 1e6, result };
}

const rate = (seconds: number) => `${(plainBytes / 1e6 / seconds).toFixed(1)} MB/s`;
const bare = () => {
  const text = gunzipSync(readFileSync(join(folder, 'events.jsonl.gz'))).toString();
  let records = 0;
  for (const line of text.split('\n')) {
    try {
      if (line !== '' && JSON.parse(line)) records++;
    } catch {
      // The sample holds some broken lines.
    }
  }
  return records;
};
bare();
const base = await timed(bare);
rows.push({ what: 'bare gunzip + split + JSON.parse', figure: rate(base.seconds) });

const out = join(folder, 'stages');
const facts = join(folder, 'one', 'facts');
const inputs = [join(folder, 'events.jsonl.gz')];
const input = await benchInput('run-bench', out, inputs, facts, keys);
const request = { run: input.run, out, settings: input.settings, facts, attempt: 'bench' };
const planned = await plan(input, await openStage(request, worker));
const stage = await openStage({ ...request, plan: planned.plan }, worker);
const warm = await admit(0, stage);
const admitted = await timed(() => admit(0, stage));
rows.push({
  what: 'admit, one core',
  figure: rate(admitted.seconds),
  note: `${(admitted.seconds / base.seconds).toFixed(1)}× bare`,
});
const gathered = await gather([admitted.result], stage);
const assembled = await timed(async () => {
  const results: Assembled[] = [];
  for (let bucket = 0; bucket < planned.buckets; bucket++)
    results.push(
      await assemble(
        { bucket, shards: gathered.shards, reroutes: gathered.reroutes, filter: gathered.filter, boilerplate: null },
        stage,
      ),
    );
  return results;
});
const examples = assembled.result.reduce((sum, { examples }) => sum + examples, 0);
rows.push({
  what: 'assemble, one core',
  figure: `${Math.round(warm.records / assembled.seconds)} records/s`,
  note: `${Math.round(examples / assembled.seconds)} examples/s`,
});
const selected = await timed(() => select(assembled.result, stage));
rows.push({
  what: 'select',
  figure: `${Math.round(examples / selected.seconds)} examples/s`,
  note: `${examples} examples`,
});
const started = performance.now();
await curateHere(await benchInput('run-whole', out, inputs, facts, keys), worker);
rows.push({
  what: 'all stages in this process, 1×',
  figure: `${((performance.now() - started) / 1000).toFixed(1)} s`,
  note: rate((performance.now() - started) / 1000),
});
process.stdout.write(JSON.stringify(rows));
process.exit(0);
