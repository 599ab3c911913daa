/** Stages in threads of their own: what ends one that hangs, and that one which only waits goes on. */
import { createServer, type Server, type Socket } from 'node:net';
import { writeFileSync } from 'node:fs';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, describe, expect, it } from 'vitest';
import type { StageName } from '../../activities/index.ts';
import { SILENT } from '../../worker/log.ts';
import { stagePool, type StagePool } from '../../worker/threads/activities.ts';
import { PROJECT, workplace } from '../command.ts';

const place = workplace('threads');
const pools: StagePool[] = [];
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()));
  place.remove();
});

function poolOf(file: string, stillMs: number) {
  const observer = { metrics: null, log: SILENT };
  const pool = stagePool({ scratch: place.folder }, 1, observer, { file, heartbeatMs: 50, stillMs });
  pools.push(pool);
  return (stage: StageName, input: object, env = new MockActivityEnvironment()): Promise<unknown> =>
    env.run(pool.activities[stage] as (input: object) => Promise<unknown>, input);
}

describe('a stage that hangs', () => {
  it('is ended with its thread, and may be tried again in another', async () => {
    const file = place.path('loops.mjs');
    writeFileSync(
      file,
      `import { threadId, workerData } from 'node:worker_threads';
      Atomics.store(workerData, threadId, 1);
      export default ({ input }) => { while (input.loops); return { ok: true, result: 'made' }; };`,
    );
    const run = poolOf(file, 500);
    expect(await run('note', { loops: false })).toBe('made');
    const failed = await run('note', { loops: true }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ApplicationFailure);
    expect(failed).toMatchObject({ type: 'Hung', nonRetryable: false });
    expect(await run('note', { loops: false })).toBe('made');
  });
});

describe('a stage that waits', () => {
  const sockets: Socket[] = [];
  let silent: Server | undefined;
  afterAll(() => {
    sockets.forEach((socket) => socket.destroy());
    silent?.close();
  });

  it('is not taken for one that hangs', async () => {
    silent = createServer((socket) => sockets.push(socket));
    const port = await new Promise<number>((resolve) =>
      silent!.listen(0, '127.0.0.1', () => resolve((silent!.address() as { port: number }).port)),
    );
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' });
    const run = poolOf(`${PROJECT}/dist/worker/threads/thread.js`, 2_500);
    const env = new MockActivityEnvironment();
    let beats = 0;
    env.on('heartbeat', () => beats++);
    const out = `s3://bucket/out?endpoint=http://127.0.0.1:${port}`;
    const ended = run('plan', { run: 'r', out, settings: { key: 'k', sha256: '' }, facts: null }, env).catch(
      (error: unknown) => error,
    );
    while (sockets.length === 0 || beats < 100) {
      const gone = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 50, 'at work'))]);
      expect(gone).toBe('at work');
    }
    env.cancel();
    expect(await ended).toBeInstanceOf(CancelledFailure);
  });
});
