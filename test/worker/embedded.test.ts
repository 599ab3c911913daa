/** Who ends the server of an output folder: the last command that uses it, or the next one where that was killed. */
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { parseOwner, stateOf, type Owner } from '../../storage/host/process.ts';
import { FolderInUse, ownServer, sharedServer } from '../../worker/server/embedded.ts';
import { findServer } from '../../worker/server/program.ts';
import { serversOf, workplace } from '../command.ts';

const place = workplace('embedded');
const list = (...words: string[]) => ['list', '--out', place.path('out'), ...words];
const onRecord = (): Owner =>
  parseOwner((JSON.parse(readFileSync(place.path('out/.temporal/server.json'), 'utf8')) as { server: string }).server)!;
afterAll(() => place.remove());

/** A server program that never answers. */
function silentServer(): string {
  const folder = place.path('silent');
  mkdirSync(folder);
  const script = `require('fs').writeFileSync(${JSON.stringify(place.path('begun'))}, ''); setInterval(() => {}, 1000);`;
  writeFileSync(`${folder}/temporal`, `#!${process.execPath}\n${script}\n`, { mode: 0o755 });
  return folder;
}

describe.skipIf(findServer() === null)('the server of a command that was killed', () => {
  it('is on record before it answers, and is ended by the next command', async () => {
    const { PATH = '' } = process.env;
    Object.assign(place.env, { PATH: silentServer() + delimiter + PATH });
    const killed = place.start(...list());
    while (!existsSync(place.path('begun'))) await sleep(5);
    const silent = onRecord();
    expect(serversOf(place.path('out'))).toEqual([silent.pid]);
    const ended = once(killed, 'exit');
    killed.kill('SIGKILL');
    await ended;
    expect(stateOf(silent)).toBe('alive');

    Object.assign(place.env, { PATH });
    expect(place.garner(...list())).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(stateOf(silent)).toBe('dead');
    expect(serversOf(place.path('out'))).toEqual([]);
  });

  it('is ended by the next command, whatever moment of its first start it was killed at', async () => {
    for (let after = 1000; after <= 1800; after += 200) {
      const out = place.path(`out-${after}`);
      const killed = place.start('list', '--out', out);
      const ended = once(killed, 'exit');
      await sleep(after);
      killed.kill('SIGKILL');
      await ended;
      expect(serversOf(out).length, `killed after ${after} ms`).toBeLessThan(2);
      expect(place.garner('list', '--out', out)).toEqual({ status: 0, stdout: '', stderr: '' });
      expect(serversOf(out)).toEqual([]);
    }
  });

  it('is waited for by a command that comes while another starts it', async () => {
    const other = place.start('worker', '--out', place.path('out'));
    const ended = once(other, 'exit');
    while (serversOf(place.path('out')).length === 0) await sleep(5);
    expect(place.garner(...list())).toEqual({ status: 0, stdout: '', stderr: '' });
    other.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
    expect(serversOf(place.path('out'))).toEqual([]);
  });
});

describe.skipIf(findServer() === null)('the server of several commands', () => {
  const out = place.path('shared');
  const folder = `${out}/.temporal`;

  async function workerOn(): Promise<{ end: () => Promise<number> }> {
    const child = place.start('worker', '--out', out);
    const ended = once(child, 'exit');
    while (serversOf(out).length === 0) await sleep(5);
    return {
      end: async () => {
        child.kill('SIGTERM');
        return (await ended)[0] as number;
      },
    };
  }

  it('outlives the command that started it, and ends with the last', async () => {
    const worker = await workerOn();
    const looking = await sharedServer({ folder, works: false });
    expect(serversOf(out)).toEqual([looking.pid]);
    expect(await worker.end()).toBe(0);
    expect(serversOf(out)).toEqual([looking.pid]);
    expect(place.garner('list', '--out', out)).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(serversOf(out)).toEqual([looking.pid]);
    await looking.stop();
    expect(serversOf(out)).toEqual([]);
  });

  it('is for one command that works at a time, whoever looks on', async () => {
    const looking = await sharedServer({ folder, works: false });
    const working = await ownServer({ folder });
    expect(working.address).toBe(looking.address);
    await working.stop();
    const worker = await workerOn();
    const users = () => (JSON.parse(readFileSync(`${folder}/server.json`, 'utf8')) as { users: unknown[] }).users;
    while (users().length < 2) await sleep(5);
    await expect(ownServer({ folder })).rejects.toBeInstanceOf(FolderInUse);
    expect(await worker.end()).toBe(0);
    await looking.stop();
    expect(serversOf(out)).toEqual([]);
  });

  it('gives no web page while any other uses it', async () => {
    const looking = await sharedServer({ folder, works: false });
    const { status, stderr } = place.garner('ui', '--out', out);
    expect([status, stderr]).toEqual([3, expect.stringContaining(`(process ${process.pid}) runs on ${folder}`)]);
    await looking.stop();
  });

  it('forgets users that were killed', async () => {
    const worker = place.start('worker', '--out', out);
    const ended = once(worker, 'exit');
    while (serversOf(out).length === 0) await sleep(5);
    const looking = await sharedServer({ folder, works: false });
    worker.kill('SIGKILL');
    await ended;
    await looking.stop();
    expect(serversOf(out)).toEqual([]);
  });
});
