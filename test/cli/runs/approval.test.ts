/** Measurements whose policy wants the approval of somebody else than who starts them. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKeystore } from '../../../storage/keystore.ts';
import { startServer, type EmbeddedServer } from '../../../worker/server/server.ts';
import { filesUnder, PROJECT, workplace, type Ended } from '../../command.ts';

const place = workplace('approval');
let server: EmbeddedServer;
let worker: ReturnType<typeof place.start>;
beforeAll(async () => {
  const text = readFileSync(join(PROJECT, 'config/purposes/product-evaluation.yaml'), 'utf8');
  writeFileSync(place.path('policy.yaml'), `${text}\napproval: required\n`);
  const { recipient } = (await openKeystore(place.path('keys'))).identity();
  const ann = { name: 'ann', group: 'copilot-team', affiliation: 'employee', team: 'product', from: '2026-01-01' };
  writeFileSync(place.path('access.yaml'), JSON.stringify({ version: 1, people: [{ ...ann, recipient }] }));
  expect(place.garner('generate', '--events', '900', '--seed', '7', '--out', 's').status).toBe(0);
  server = await startServer({ folder: place.path('history') });
  worker = place.start('worker', ...at());
  await new Promise<void>((ready, failed) => {
    worker.stderr!.on('data', (data) => String(data).includes('worker ready') && ready());
    worker.on('close', (status) => failed(new Error(`the worker ended with ${status}`)));
  });
});
afterAll(async () => {
  worker.kill('SIGKILL');
  await server.stop();
  place.remove();
});

const at = () => ['--address', server.address, '--keys', place.path('keys')];
const operate = (...args: string[]): Ended => place.garner(...args, ...at());

/** Ann starts an evaluation; resolves when it waits for approval, with its name and its end. */
async function waiting(out: string): Promise<{ run: string; ended: Promise<Ended> }> {
  const given = ['--input', 's/events', '--facts', 's/facts', '--now', '2026-05-01', '--policy', 'policy.yaml'];
  const child = place.start('evaluate', ...given, '--out', out, '--plain', '--json', '--by', 'ann', ...at()); // prettier-ignore
  let [stdout, stderr] = ['', ''];
  child.stdout!.on('data', (data) => (stdout += String(data)));
  child.stderr!.on('data', (data) => (stderr += String(data)));
  let over = false;
  const ended = new Promise<Ended>((done) =>
    child.on('close', (status) => {
      over = true;
      done({ status, stdout, stderr });
    }),
  );
  for (;;) {
    if (over) throw new Error(`it ended without waiting: ${(await ended).stderr}`);
    const found = operate('list', '--json', '--where', 'GarnerStage="approval" AND GarnerOutcome="waiting"').stdout;
    if (found !== '') return { run: (JSON.parse(found) as { run: string }).run, ended };
    await sleep(200);
  }
}

const published = (out: string): string[] => filesUnder(place.path(out)).filter((file) => file.includes('/datasets/'));

describe('a measurement under approval', () => {
  it('is not approved by who started it, and is published once somebody else approves', async () => {
    const { run, ended } = await waiting('approved');
    expect(published('approved')).toEqual([]);
    const own = operate('approve', run, '--by', 'ann', '--why', 'mine');
    expect([own.status, own.stderr]).toEqual([3, expect.stringContaining('somebody else') as string]);
    expect(published('approved')).toEqual([]);
    expect(operate('approve', run, '--by', 'bob', '--why', 'looked at it').status).toBe(0);
    const { status, stderr } = await ended;
    expect(status, stderr).toBe(0);
    const folder = place.path('approved', 'datasets', 'evaluation');
    expect(
      place.garner('verify', join(folder, readdirSync(folder)[0]!), '--keys', place.path('keys')).stdout,
    ).toContain('verified');
  });

  it('publishes nothing when it is refused', async () => {
    const { run, ended } = await waiting('refused');
    expect(operate('reject', run, '--by', 'bob', '--why', 'too early').status).toBe(0);
    const { status, stderr } = await ended;
    expect(status).not.toBe(0);
    expect(stderr).toContain('publication was rejected');
    expect(published('refused')).toEqual([]);
    // Neither what was staged nor the settings it was started with stay.
    expect(filesUnder(place.path('refused')).filter((file) => file.includes('/runs/'))).toEqual([]);
  });
});
