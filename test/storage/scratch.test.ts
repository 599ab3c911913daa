/** Scratch folders: whose they are, where they lie, and that they go away. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { ownerText, thisProcess } from '../../storage/host/process.ts';
import { openScratch, sweepScratch } from '../../storage/scratch.ts';

it('is open to its owner alone and gone after use', async () => {
  const scratch = await openScratch('admit');
  expect(statSync(scratch.folder).mode & 0o777).toBe(0o700);
  expect(statSync(dirname(scratch.folder)).mode & 0o777).toBe(0o700);
  mkdirSync(join(scratch.folder, 'deep/er'), { recursive: true });
  writeFileSync(join(scratch.folder, 'deep/er/text'), 'plaintext');
  await scratch.remove();
  await scratch.remove();
  expect(existsSync(scratch.folder)).toBe(false);
});

it('lies on tmpfs only where that has the room asked for', async () => {
  const huge = await openScratch('huge', Number.MAX_SAFE_INTEGER);
  expect(dirname(dirname(huge.folder))).toBe(tmpdir());
  await huge.remove();
});

it('is swept when its process is gone, not while it lives', async () => {
  const live = await openScratch('live');
  const base = dirname(live.folder);
  const pid = spawnSync(process.execPath, ['-e', '']).pid;
  const dead = join(base, `${ownerText({ ...thisProcess(), pid })}-dead-0`);
  const reused = join(base, `${ownerText({ ...thisProcess(), started: '1' })}-reused-0`);
  const elsewhere = join(base, `${ownerText({ ...thisProcess(), place: 'ffffffff', pid })}-elsewhere-0`);
  for (const folder of [dead, reused, elsewhere]) {
    mkdirSync(join(folder, 'in'), { recursive: true });
    writeFileSync(join(folder, 'in/text'), 'plaintext');
  }
  expect(await sweepScratch()).toBeGreaterThanOrEqual(2);
  expect([dead, reused, elsewhere, live.folder].map((folder) => existsSync(folder))).toEqual([
    false,
    false,
    true,
    true,
  ]);
  rmSync(elsewhere, { recursive: true });
  await live.remove();
});

it('never follows a link out of the folder', async () => {
  const outside = mkdtempSync(join(tmpdir(), 'garner-outside-'));
  writeFileSync(join(outside, 'kept'), 'x');
  const scratch = await openScratch('links');
  const pid = spawnSync(process.execPath, ['-e', '']).pid;
  const link = join(dirname(scratch.folder), `${ownerText({ ...thisProcess(), pid })}-link-0`);
  symlinkSync(outside, join(scratch.folder, 'out'));
  symlinkSync(outside, link);
  await scratch.remove();
  await sweepScratch();
  expect(readdirSync(dirname(scratch.folder)).some((name) => link.endsWith(name))).toBe(false);
  expect(readdirSync(outside)).toEqual(['kept']);
  rmSync(outside, { recursive: true });
});

it('has a name that cannot lead elsewhere', async () => {
  for (const name of ['', '..', 'a/b', 'x'.repeat(65)]) await expect(openScratch(name)).rejects.toThrow(/letters/);
});
