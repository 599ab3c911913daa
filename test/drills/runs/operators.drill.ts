/** What operators do to a run: pause, look, mend and retry one shard, approve; cancel; and that it is written down who did it and why. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../activities/types.ts';
import type { RunStatus } from '../../../cli/runs/status.ts';
import { openAudit } from '../../../storage/audit.ts';
import { openKeystore } from '../../../storage/keystore.ts';
import { filesUnder, PROJECT } from '../../command.ts';
import { record } from '../site/histories.ts';
import { Site, type Ended, type Running } from '../site/site.ts';

const site = new Site();
let undisturbed: RunSummary;
let worker: Running;
let policy: string;

beforeAll(async () => {
  // Histories of pages become long soon, so that a page goes on in a fresh one while it is steered.
  await site.open(900, 21, ['limit.historyCount.suggestContinueAsNew=60']);
  policy = site.path('approval.yaml');
  const text = readFileSync(join(PROJECT, 'config', 'policy.yaml'), 'utf8');
  writeFileSync(policy, text.replace('approval: automatic', 'approval: required'));
});
afterEach(async () => {
  worker.child.kill('SIGKILL');
  await worker.ended;
});
afterAll(async () => {
  await record(site, 'operators');
  await site.close();
});

const digestOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

const command = (...args: string[]): Promise<Ended> =>
  site.start([...args, '--address', site.server.address, '--keys', site.keys]).ended;

async function runs(where: string): Promise<string[]> {
  const { stdout } = await command('list', '--json', '--where', where);
  return stdout.split('\n').flatMap((line) => (line ? [(JSON.parse(line) as { run: string }).run] : []));
}

/** The server's list follows its histories after a moment. */
async function listed(where: string, run: string): Promise<void> {
  for (let tries = 0; tries < 30 && !(await runs(where)).includes(run); tries++) await sleep(300);
  expect(await runs(where)).toEqual([run]);
}

async function status(run: string): Promise<RunStatus> {
  return JSON.parse((await command('status', run, '--json')).stdout) as RunStatus;
}

async function until(run: string, met: (status: RunStatus) => boolean): Promise<RunStatus> {
  for (let tries = 0; tries < 100; tries++) {
    const seen = await status(run);
    if (met(seen)) return seen;
    await sleep(300);
  }
  throw new Error(`not seen: ${JSON.stringify(await status(run))}`);
}

/** How often the pages of a run went on in a fresh history. */
async function goneOn(run: string): Promise<number> {
  const query = `WorkflowType = "page" AND ExecutionStatus = "ContinuedAsNew" AND WorkflowId STARTS_WITH "${run}"`;
  return site.withClient(async (client) => (await client.workflow.count(query)).count);
}

/** Starts a run that is paused before it plans: it is told so before there is a worker. */
async function pausedRun(out: string, ...more: string[]): Promise<{ run: string; ended: Promise<Ended> }> {
  return paused(site.run(out, '--policy', policy, '--by', 'ann', ...more));
}

async function paused({ ended }: Running): Promise<{ run: string; ended: Promise<Ended> }> {
  let run: string | undefined;
  for (let tries = 0; tries < 60 && !run; tries++) [run] = await runs('ExecutionStatus = "Running"');
  const pause = command('pause', run!, '--by', 'bob', '--why', 'look first');
  await sleep(2_000);
  worker = await site.worker();
  expect((await pause).status).toBe(0);
  await until(run!, ({ progress }) => progress?.paused === true);
  return { run: run!, ended };
}

/** Resumes a run and, once it has its plan, damages the source that it reads last; what was in it before. */
async function resumeDamaged(run: string, out: string): Promise<{ source: string; good: Buffer }> {
  // Sources are admitted in the order of their digests: of the last one some shard is yet to come when the plan is there.
  const plain = filesUnder(site.path('sample/events')).filter((file) => file.endsWith('.jsonl'));
  const source = plain.sort((x, y) => (digestOf(x) < digestOf(y) ? -1 : 1)).at(-1)!;
  const good = readFileSync(source);
  const bad = Buffer.from(good);
  bad[bad.length - 3]! ^= 1;
  const resumed = command('resume', run, '--by', 'bob', '--why', 'looked');
  await site.until('the plan', () => filesUnder(site.path(out, 'runs')).some((file) => file.includes('/plan-')));
  writeFileSync(source, bad);
  expect((await resumed).status).toBe(0);
  return { source, good };
}

describe('a run that operators steer', () => {
  it('waits for one shard to be mended and tried again, then for approval by somebody else, and publishes the same dataset', async () => {
    const { run, ended } = await pausedRun('steered', '--on-failure', 'wait');
    const { source, good } = await resumeDamaged(run, 'steered');
    const { progress } = await until(
      run,
      (seen) => (seen.progress?.failures.length ?? 0) > 0 && seen.progress!.running === 0,
    );
    const [failure, ...others] = progress!.failures;
    expect(others).toEqual([]);
    expect(failure).toMatchObject({ stage: 'admit', type: 'SourceChanged' });
    expect(progress!.finished).toBe(progress!.total - 1);
    await listed('GarnerOutcome = "waiting" AND GarnerPurpose = "model-improvement"', run);
    const text = (await command('status', run)).stdout;
    expect(text).toContain(`FAILED admit ${failure!.unit}: SourceChanged`);
    const wrong = await command('retry', run, '--shard', '9999', '--why', 'mended');
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining(`--shard ${failure!.unit} (admit)`)]);

    writeFileSync(source, good);
    const retry = ['retry', run, '--shard', `${failure!.unit}`, '--by', 'bob'];
    expect((await command(...retry, '--why', 'put the file back')).status).toBe(0);
    await until(run, (seen) => seen.progress?.stage === 'approval');
    await listed('GarnerStage = "approval" AND GarnerOutcome = "waiting"', run);
    const own = await command('approve', run, '--by', 'ann', '--why', 'mine');
    expect([own.status, own.stderr]).toEqual([3, expect.stringContaining('somebody else')]);
    expect((await command('approve', run, '--by', 'bob', '--why', 'checked the report')).status).toBe(0);

    const end = await ended;
    const whole = await site.run('undisturbed').ended;
    undisturbed = JSON.parse(whole.stdout) as RunSummary;
    const summary = JSON.parse(end.stdout) as RunSummary;
    // The policies differ in the approval, so their plans and keys do: who is left out by the bounds is drawn anew, all other counts agree.
    expect(end.status).toBe(0);
    expect(await goneOn(run)).toBeGreaterThan(0);
    const settled = ({ kept = 0, contribution_bound = 0, ...rest }: RunSummary['reasons']) => ({ ...rest, drawn: kept + contribution_bound }); // prettier-ignore
    expect(settled(summary.reasons)).toEqual(settled(undisturbed.reasons));
    expect(site.leftovers('steered')).toEqual([]);
    await listed(`GarnerVersion = "${summary.version}" AND GarnerOutcome = "done"`, run);
    const { stdout: watched } = await command('status', run, '--watch');
    expect(watched).toContain('completed');

    const keystore = await openKeystore(site.keys);
    const log = await openAudit(join(site.keys, 'audit'), keystore.signing());
    const told: string[] = [];
    for await (const { actor, action, subject, details } of log.show())
      if (subject === run) told.push(`${actor} ${action} ${String(details?.['why'])}`);
    expect(told).toEqual([
      'bob run.pause look first',
      'bob run.resume looked',
      'bob run.retry put the file back',
      'bob run.approve checked the report',
    ]);

    const user = /"user":\{"id":"([^"]+)"/.exec(readFileSync(source, 'utf8'))![1]!;
    const erased = await command('erase', '--user', user, '--out', 'steered', '--access', 'access.yaml', '--by', 'bob');
    expect([erased.stderr, erased.status]).toEqual(['', 0]);
  });

  it('of a measurement too one shard is tried again once its source is mended, and the figures are those of an undisturbed one', async () => {
    const evaluate = (out: string, ...more: string[]) =>
      site.start([
        ...[
          'evaluate',
          '--input',
          'sample/events',
          '--facts',
          'sample/facts',
          '--access',
          'access.yaml',
          '--by',
          'ann',
        ],
        ...['--out', out, '--plain', '--keys', site.keys, '--address', site.server.address, '--now', '2026-05-10'],
        ...['--shard-bytes', '100000', '--json', ...more],
      ]);
    const { run, ended } = await paused(evaluate('remeasured', '--on-failure', 'wait'));
    const { source, good } = await resumeDamaged(run, 'remeasured');
    const { progress } = await until(
      run,
      (seen) => (seen.progress?.failures.length ?? 0) > 0 && seen.progress!.running === 0,
    );
    expect(progress!.failures).toMatchObject([{ stage: 'admit', type: 'SourceChanged' }]);
    writeFileSync(source, good);
    const retried = await command(
      ...['retry', run, '--shard', `${progress!.failures[0]!.unit}`, '--by', 'bob', '--why', 'put the file back'],
    );
    expect(retried.status).toBe(0);
    const again = await ended;
    expect([again.stderr.includes('SourceChanged'), again.status]).toEqual([false, 0]);
    const summary = JSON.parse(again.stdout) as RunSummary;
    const whole = JSON.parse((await evaluate('measured-whole').ended).stdout) as RunSummary;
    expect(summary.records).toBeGreaterThan(0);
    expect(summary).toMatchObject({ records: whole.records, kept: whole.kept, reasons: whole.reasons });
    expect(site.leftovers('remeasured')).toEqual([]);
  });

  it('ends a cancelled run with 130 and leaves nothing', async () => {
    const { run, ended } = await pausedRun('cancelled');
    await command('resume', run, '--why', 'on', '--by', 'bob');
    await site.until('a shard', () => site.staged('cancelled', 'admit').length > 0);
    expect((await command('cancel', run)).status).toBe(0);
    site.expectFailed(await ended, 'cancelled', 130, /cancelled/);
    await listed('GarnerOutcome = "cancelled"', run);
  });

  it('ends a cancelled measurement with 130, leaves nothing, and writes down who had paused it', async () => {
    const purpose = readFileSync(join(PROJECT, 'config', 'purposes', 'product-evaluation.yaml'), 'utf8');
    writeFileSync(site.path('evaluation.yaml'), `${purpose}\napproval: required\n`);
    worker = await site.worker();
    const given = ['--input', 'sample/events', '--facts', 'sample/facts', '--access', 'access.yaml', '--by', 'ann'];
    const { ended } = site.start([
      ...['evaluate', ...given, '--policy', 'evaluation.yaml', '--out', 'measured', '--plain', '--keys', site.keys],
      ...['--address', site.server.address, '--now', '2026-05-10'],
    ]);
    const waits = 'GarnerPurpose = "product-evaluation" AND GarnerStage = "approval"';
    let run: string | undefined;
    for (let tries = 0; tries < 100 && !run; tries++) [run] = await runs(waits);
    expect((await command('pause', run!, '--by', 'bob', '--why', 'not today')).status).toBe(0);
    expect((await command('cancel', run!)).status).toBe(0);
    site.expectFailed(await ended, 'measured', 130, /cancelled/);
    const log = await openAudit(join(site.keys, 'audit'), (await openKeystore(site.keys)).signing());
    const told: string[] = [];
    for await (const { actor, action, subject } of log.show()) if (subject === run) told.push(`${actor} ${action}`);
    expect(told).toEqual(['bob run.pause']);
  });

  it('ends a rejected run with 3 and writes down who rejected it', async () => {
    const { run, ended } = await pausedRun('rejected');
    await command('resume', run, '--why', 'on', '--by', 'bob');
    await until(run, (seen) => seen.progress?.stage === 'approval');
    expect((await command('reject', run, '--by', 'bob', '--why', 'too few')).status).toBe(0);
    site.expectFailed(await ended, 'rejected', 3, /rejected/);
  });
});
