/** The lock between processes: one holder at a time, and none that is dead. */
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ownerText, thisProcess } from '../../../storage/host/process.ts';
import { withLock } from '../../../storage/host/lock.ts';
import { program, type Program } from '../child.ts';

const top = mkdtempSync(join(tmpdir(), 'garner-lock-'));
let folder: string;
let counting: Program;

beforeAll(async () => {
  // Reads a number, waits, writes it back one higher: any overlap loses a step.
  counting = await program(`
    import { readFileSync, writeFileSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { withLock } from 'STORAGE/host/lock.ts';
    const [folder, times, hang] = process.argv.slice(2);
    for (let i = 0; i < Number(times); i++) {
      await withLock(folder, 'count', async () => {
        const value = Number(readFileSync(folder + '/value', 'utf8'));
        if (hang) { console.log('held'); await sleep(1e6); }
        await sleep(1);
        writeFileSync(folder + '/value', String(value + 1));
      });
    }
  `);
});
beforeEach(() => {
  folder = mkdtempSync(join(top, 'run-'));
  writeFileSync(join(folder, 'value'), '0');
});
afterAll(() => {
  counting?.remove();
  rmSync(top, { recursive: true, force: true });
});

describe('a lock', () => {
  it('lets processes in one after another', async () => {
    await Promise.all(Array.from({ length: 4 }, () => counting.run(folder, '25')));
    expect(readFileSync(join(folder, 'value'), 'utf8')).toBe('100');
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it('is taken over from a process that was killed while it held it', async () => {
    const child = counting.start(folder, '1', 'hang');
    await new Promise((resolve) => child.stdout!.once('data', resolve));
    await expect(withLock(folder, 'count', async () => 'early', 50)).rejects.toThrow(/count\.lock-1 has been held/);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    await Promise.all([
      ...Array.from({ length: 3 }, () => counting.run(folder, '10')),
      withLock(folder, 'count', async () => 1),
    ]);
    expect(readFileSync(join(folder, 'value'), 'utf8')).toBe('30');
  });

  it('is not taken from a holder on another host', async () => {
    writeFileSync(join(folder, 'count.lock-7'), `${ownerText({ ...thisProcess(), place: '00000000' })} 00`);
    await expect(withLock(folder, 'count', async () => 1, 30)).rejects.toThrow(/remove that file/);
  });

  it('is free again after an error, and gives the error on', async () => {
    const fail = async (): Promise<void> => Promise.reject(new RangeError('inside'));
    await expect(withLock(folder, 'count', fail)).rejects.toThrow(new RangeError('inside'));
    expect(await withLock(folder, 'count', async () => 'next')).toBe('next');
  });

  it('keeps calls of one process apart too', async () => {
    const log = join(folder, 'log');
    await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        withLock(folder, 'count', async () => {
          appendFileSync(log, `+${i}`);
          await new Promise((resolve) => setImmediate(resolve));
          appendFileSync(log, `-${i} `);
        }),
      ),
    );
    const turns = readFileSync(log, 'utf8').trim().split(' ');
    expect(turns).toHaveLength(10);
    for (const turn of turns) expect(turn).toMatch(/^\+(\d)-\1$/);
  });
});
