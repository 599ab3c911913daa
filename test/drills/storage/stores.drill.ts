/** Places that fill up, cannot be written, or give back other bytes than were stored; keys that are not there. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateIdentity } from 'age-encryption';
import type { RunSummary } from '../../../activities/types.ts';
import { findServer } from '../../../worker/server/program.ts';
import { bytesUnder, filesUnder, PROJECT } from '../../command.ts';
import { record } from '../site/histories.ts';
import { drawsOf } from '../site/seed.ts';
import { NOW, Site, type Running } from '../site/site.ts';

const root = process.getuid?.() === 0;
if (!root) console.warn('SKIPPED: the drills of a full disk and of a foreign user need root');

const site = new Site();
let undisturbed: RunSummary;
let worker: Running;

beforeAll(async () => {
  await site.open(800, 9);
  worker = await site.worker();
  const ended = await site.run('undisturbed').ended;
  expect(ended.stderr).toBe('');
  undisturbed = JSON.parse(ended.stdout) as RunSummary;
});
afterAll(async () => {
  await record(site, 'stores');
  await site.close();
});

describe.skipIf(!root)('a disk that is full', () => {
  it('fails the run cleanly at every size too small for it', async () => {
    const draw = drawsOf('full disk');
    const disk = site.folderOf('disk');
    const results: string[] = [];
    // Blocks are 4 KiB; the run itself takes some hundred.
    for (let blocks = 4 + Math.floor(draw() * 8); blocks < 4096; blocks = Math.ceil(blocks * (1.4 + draw() * 0.6))) {
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${blocks * 4}k`, 'tmpfs', disk]).status).toBe(0);
      try {
        const ended = await site.run('disk').ended;
        results.push(`${blocks * 4} KiB: exit ${ended.status}`);
        if (ended.status === 0) {
          site.expectSame(ended, undisturbed, 'disk');
          break;
        }
        site.expectFailed(ended, 'disk', 3, /could not be written: the disk or quota is full/);
      } finally {
        expect(spawnSync('umount', [disk]).status).toBe(0);
      }
    }
    console.log(`full disk: ${results.join(', ')}`);
    expect(results.length).toBeGreaterThan(3);
    expect(results.at(-1)).toContain('exit 0');
  });
});

describe.skipIf(!root)('an output that may not be written', () => {
  it('ends within 10 s with the path in the message, with a server and without', async () => {
    chmodSync(site.folder, 0o755);
    const home = site.folderOf('home');
    const bin = site.folderOf('bin');
    copyFileSync(findServer()!, join(bin, 'temporal'));
    chmodSync(join(bin, 'temporal'), 0o755);
    cpSync(site.path('keys'), site.path('nobody-keys'), { recursive: true });
    spawnSync('chown', ['-R', '65534:65534', home, site.path('nobody-keys')]);
    spawnSync('chmod', ['-R', 'a+rX', site.path('sample'), site.path('access.yaml')]);
    const forbidden = site.folderOf('forbidden');
    const { seconds: start } = await site.start(['--help']).ended;
    const args = ['run', '--input', 'sample/events', '--facts', 'sample/facts', '--now', NOW, '--plain'];
    for (const more of [[], ['--address', site.server.address]]) {
      const { ended } = site.start(
        [
          ...args,
          '--keys',
          site.path('nobody-keys'),
          '--out',
          join(forbidden, 'out'),
          '--access',
          'access.yaml',
          ...more,
        ],
        { uid: 65534, gid: 65534, env: { HOME: home, PATH: `${bin}:${process.env['PATH']}`, XDG_CACHE_HOME: home } },
      );
      const { status, stderr, seconds } = await ended;
      expect(stderr).toContain(forbidden);
      expect(status).toBe(3);
      // Ten seconds on a machine that is not busy with something else.
      expect(seconds).toBeLessThan(10 + 4 * start);
      console.log(`not writable${more.length > 0 ? ', server given' : ''}: ${seconds.toFixed(1)} s: ${stderr.trim()}`);
    }
  });
});

describe('keys that are not there', () => {
  /** A run that waits for approval holds all its intermediates; then the worker gets other keys. */
  async function withOtherKeys(out: string, change: (keys: string) => Promise<void>) {
    const policy = site.path('approval.yaml');
    const text = readFileSync(join(PROJECT, 'config', 'policy.yaml'), 'utf8');
    writeFileSync(policy, text.replace('approval: automatic', 'approval: required'));
    const running = site.run(out, '--policy', policy, '--by', 'ann');
    await site.until('the approval', () => site.staged(out, 'ledger').length > 0);
    const run = await site.withClient(async (client) => {
      for await (const { workflowId } of client.workflow.list({
        query: 'WorkflowType = "curate" AND ExecutionStatus = "Running"',
      }))
        return workflowId;
      throw new Error('no run');
    });
    worker.child.kill('SIGKILL');
    await worker.ended;
    const keys = site.path(`${out}-keys`);
    cpSync(site.keys, keys, { recursive: true });
    await change(keys);
    worker = await site.worker({ keys });
    const approve = ['approve', run, '--by', 'bob', '--why', 'a drill', '--address', site.server.address];
    for (let tries = 0; tries < 20; tries++) {
      const { status } = await site.start([...approve, '--keys', site.keys]).ended;
      if (status === 0) break;
    }
    return running.ended;
  }

  it('stop a run before anything is published: another identity opens nothing', async () => {
    const ended = await withOtherKeys('strange', async (keys) => {
      const file = join(keys, 'identity.txt');
      const other = await generateIdentity();
      writeFileSync(file, readFileSync(file, 'utf8').replace(/AGE-SECRET-KEY-1[0-9A-Z]+/, other));
    });
    site.expectFailed(ended, 'strange', 3, /no identity|identit/i);
  });

  it('leave nothing readable on the disk, and a reader without the key with nothing', async () => {
    worker.child.kill('SIGKILL');
    await worker.ended;
    worker = await site.worker();
    const sealed = site.start([
      ...['run', '--input', 'sample/events', '--facts', 'sample/facts', '--now', NOW, '--json', '--keys', site.keys],
      ...['--out', site.path('sealed'), '--access', 'access.yaml', '--address', site.server.address],
    ]);
    const summary = JSON.parse((await sealed.ended).stdout) as RunSummary;
    expect(summary).toMatchObject({ digest: undisturbed.digest, reasons: undisturbed.reasons });
    const identity = site.path('other.txt');
    writeFileSync(identity, `${await generateIdentity()}\n`, { mode: 0o600 });
    const dataset = site.path('sealed', summary.dataset);
    const { ended } = site.start(['open', dataset, '--identity', identity, '--out', site.path('opened')]);
    const { status } = await ended;
    expect(status).not.toBe(0);
    const left = existsSync(site.path('opened')) ? filesUnder(site.path('opened')) : [];
    expect(left.filter((file) => file.includes('/data/'))).toEqual([]);
    for (const file of filesUnder(join(dataset, 'data')))
      expect(readFileSync(file).subarray(0, 21).toString()).toBe('age-encryption.org/v1');
    const kept = bytesUnder(site.path('sealed'));
    const history = bytesUnder(site.path('history'));
    for (const words of ['function ', 'return ', 'import ', site.path('sample')])
      expect(history.includes(words), words).toBe(false);
    // The card shows how to load the data.
    for (const words of ['function ', 'const ', site.path('sample')]) expect(kept.includes(words), words).toBe(false);
  });
});
