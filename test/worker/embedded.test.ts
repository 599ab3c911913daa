/** Who ends the server of an output folder when the command that started it cannot. */
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { parseOwner, stateOf, type Owner } from '../../storage/host/process.ts';
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
