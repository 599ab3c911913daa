/** The audit log: what it keeps, and every way of tampering with it that it shows. */
import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { merkleRoot } from '../../curation/proof/log/merkle.ts';
import { openAudit, verifyAudit, type AuditEntry, type AuditLog } from '../../storage/audit.ts';
import { formatLine, parseLine } from '../../storage/audit/line.ts';
import { program } from './child.ts';
import { collect } from './objects/promises.ts';

const top = mkdtempSync(join(tmpdir(), 'garner-audit-'));
const signer: KeyPairKeyObjectResult = generateKeyPairSync('ed25519');
afterAll(() => rmSync(top, { recursive: true, force: true }));

const entry = (n: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  time: `2026-05-${String(n + 1).padStart(2, '0')}T10:00:00Z`,
  actor: n % 2 === 0 ? 'ana' : 'ben',
  action: 'open',
  subject: `completions/v${n}`,
  details: { files: n },
  ...more,
});
const linesOf = (folder: string): string[] => readFileSync(join(folder, 'log.jsonl'), 'utf8').split('\n').slice(0, -1);

describe('an audit log', () => {
  let folder: string;
  let log: AuditLog;
  beforeEach(async () => {
    folder = mkdtempSync(join(top, 'log-'));
    log = await openAudit(folder, signer);
  });

  it('is empty and sound at first', async () => {
    expect(await log.verify()).toMatchObject({ ok: true, entries: 0 });
    expect(await log.checkpoint()).toMatch(/^garner\/audit\n0\n/);
  });

  it('keeps entries in their order, readable by the owner alone', async () => {
    for (let n = 0; n < 5; n++) expect(await log.append(entry(n))).toMatchObject({ ...entry(n), index: n });
    expect((await collect(log.show())).map(({ subject }) => subject)).toEqual(
      [0, 1, 2, 3, 4].map((n) => `completions/v${n}`),
    );
    for (const file of ['log.jsonl', 'checkpoint']) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    expect(await log.verify()).toMatchObject({ ok: true, entries: 5, problems: [] });
  });

  it('is signed over the Merkle root of its lines', async () => {
    for (let n = 0; n < 7; n++) await log.append(entry(n));
    const [origin, size, root] = (await log.checkpoint()).split('\n');
    expect([origin, size]).toEqual(['garner/audit', '7']);
    expect(root).toBe(merkleRoot(linesOf(folder).map((line) => Buffer.from(line))).toString('base64'));
    expect((await log.verify()).root).toBe(Buffer.from(root!, 'base64').toString('hex'));
  });

  it('shows who did what, to which dataset, since when', async () => {
    for (let n = 0; n < 6; n++) await log.append(entry(n));
    await log.append(entry(6, { action: 'grant', subject: 'completions-other/v1' }));
    const shown = async (filter: Parameters<AuditLog['show']>[0]): Promise<number[]> =>
      (await collect(log.show(filter))).map(({ index }) => index);
    expect(await shown({ who: 'ben' })).toEqual([1, 3, 5]);
    expect(await shown({ action: 'grant' })).toEqual([6]);
    expect(await shown({ dataset: 'completions' })).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await shown({ dataset: 'completions/v3' })).toEqual([3]);
    expect(await shown({ since: '2026-05-03', until: '2026-05-05T10:00:00Z' })).toEqual([2, 3]);
    await expect(shown({ since: 'yesterday' })).rejects.toThrow(/is no time/);
  });

  it('refuses an entry without time, actor or action, and one past its bound', async () => {
    for (const wrong of [
      { time: 'now' },
      { time: '2026-05-01T10:00:00+02:00' },
      { actor: '' },
      { action: '' },
      { subject: 'x'.repeat(70_000) },
    ]) {
      await expect(log.append(entry(0, wrong))).rejects.toThrow(RangeError);
    }
    expect(await log.verify()).toMatchObject({ ok: true, entries: 0 });
  });

  it('keeps every entry of processes that append at once', async () => {
    const key = signer.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    writeFileSync(join(folder, 'key.pem'), key);
    const appending = await program(`
      import { createPrivateKey, createPublicKey } from 'node:crypto';
      import { readFileSync } from 'node:fs';
      import { openAudit } from 'STORAGE/audit.ts';
      const [folder, actor] = process.argv.slice(2);
      const privateKey = createPrivateKey(readFileSync(folder + '/key.pem'));
      const log = await openAudit(folder, { privateKey, publicKey: createPublicKey(privateKey) });
      for (let i = 0; i < 10; i++) await log.append({ time: '2026-05-01T10:00:00Z', actor, action: 'run', subject: String(i) });
    `);
    try {
      const own = (async () => {
        for (let n = 0; n < 10; n++) await log.append(entry(n, { actor: 'own' }));
      })();
      await Promise.all([own, appending.run(folder, 'a'), appending.run(folder, 'b')]);
    } finally {
      appending.remove();
    }
    expect(await log.verify()).toMatchObject({ ok: true, entries: 30 });
    for (const who of ['own', 'a', 'b']) expect(await collect(log.show({ who }))).toHaveLength(10);
  });

  it('goes on after an append that was killed between entry and checkpoint, or within its line', async () => {
    for (let n = 0; n < 3; n++) await log.append(entry(n));
    const { line, hash } = formatLine(entry(3), 3, parseLine(linesOf(folder)[2]!)!.hash);
    appendFileSync(join(folder, 'log.jsonl'), `${line}\n`);
    const again = await openAudit(folder, signer);
    expect(await again.verify()).toMatchObject({ ok: true, entries: 4 });
    appendFileSync(join(folder, 'log.jsonl'), '{"index":4,"prev');
    expect((await again.verify()).problems).toEqual([
      { line: 5, problem: expect.stringContaining('has no end') as string },
    ]);
    expect(await again.append(entry(4))).toMatchObject({ index: 4, previous: hash });
    expect(await again.verify()).toMatchObject({ ok: true, entries: 5 });
  });
});

describe('an audit log that was tampered with', () => {
  let sound: string;
  let keptAt4: string;
  let verifierKey: string;
  let folder: string;
  beforeAll(async () => {
    sound = mkdtempSync(join(top, 'sound-'));
    const log = await openAudit(sound, signer);
    for (let n = 0; n < 4; n++) await log.append(entry(n));
    keptAt4 = await log.checkpoint();
    for (let n = 4; n < 8; n++) await log.append(entry(n));
    verifierKey = log.verifierKey;
  });
  beforeEach(() => {
    folder = mkdtempSync(join(top, 'copy-'));
    cpSync(sound, folder, { recursive: true });
  });
  const change = (edit: (lines: string[]) => string[]): void =>
    writeFileSync(
      join(folder, 'log.jsonl'),
      edit(linesOf(folder))
        .map((line) => `${line}\n`)
        .join(''),
    );
  const problems = async (checkpoint?: string): Promise<string[]> =>
    (await verifyAudit(folder, verifierKey, checkpoint)).problems.map(
      ({ line, problem }) => `${line ?? ''}: ${problem}`,
    );
  /** As a forger without the key would: every hash made again. */
  const rechain = (lines: string[]): string[] => {
    let previous = '0'.repeat(64);
    return lines.map((line, index) => {
      const made = formatLine(JSON.parse(line) as AuditEntry, index, previous);
      previous = made.hash;
      return made.line;
    });
  };

  it('is sound as long as it was not', async () => {
    expect(await problems()).toEqual([]);
    expect(await problems(keptAt4)).toEqual([]);
  });
  it('shows an edited entry by its line', async () => {
    change((lines) => lines.map((line, i) => (i === 2 ? line.replace('"ana"', '"eve"') : line)));
    expect((await problems())[0]).toMatch(/^3: the entry was edited/);
  });
  it('shows a dropped, a moved, an inserted and a repeated entry', async () => {
    const line = linesOf(sound);
    for (const edit of [
      () => [...line.slice(0, 2), ...line.slice(3)],
      () => [line[0]!, line[1]!, line[3]!, line[2]!, ...line.slice(4)],
      () => [...line.slice(0, 2), formatLine(entry(9), 2, parseLine(line[1]!)!.hash).line, ...line.slice(2)],
      () => [...line.slice(0, 3), ...line.slice(2)],
    ]) {
      change(edit);
      expect((await problems()).join('\n')).toMatch(/^[34]: the entry does not follow/m);
    }
  });
  it('shows an edit whose chain was made again, by the checkpoint', async () => {
    change((lines) => rechain(lines.map((line, i) => (i === 2 ? line.replace('"ana"', '"eve"') : line))));
    expect(await problems()).toEqual([expect.stringContaining('are not those that the log’s own checkpoint signed')]);
  });
  it('shows a cut tail, and with it a checkpoint from before the cut', async () => {
    change((lines) => lines.slice(0, 6));
    expect(await problems()).toEqual([expect.stringContaining('6 entries are left of 8')]);
    // Who cuts the log can put an old checkpoint beside it; only one that was kept elsewhere tells.
    change((lines) => lines.slice(0, 3));
    const old = await openAudit(mkdtempSync(join(top, 'short-')), signer);
    for (let n = 0; n < 3; n++) await old.append(entry(n));
    writeFileSync(join(folder, 'checkpoint'), readFileSync(join(old.folder, 'checkpoint')));
    expect(await problems()).toEqual([]);
    expect(await problems(keptAt4)).toEqual([
      expect.stringContaining('3 entries are left of 4 that the checkpoint kept elsewhere signed'),
    ]);
  });
  it('shows that everything was removed', async () => {
    unlinkSync(join(folder, 'log.jsonl'));
    expect(await problems()).toHaveLength(1);
    unlinkSync(join(folder, 'checkpoint'));
    expect(await problems(keptAt4)).toEqual([expect.stringContaining('0 entries are left of 4')]);
  });
  it('shows a missing, a forged and a foreign checkpoint', async () => {
    const own = readFileSync(join(folder, 'checkpoint'), 'utf8');
    unlinkSync(join(folder, 'checkpoint'));
    expect(await problems()).toEqual([expect.stringContaining('8 entries are not signed')]);
    writeFileSync(join(folder, 'checkpoint'), own.replace('\n8\n', '\n7\n'));
    expect((await problems())[0]).toMatch(/does not hold/);
    const stranger = await openAudit(mkdtempSync(join(top, 'other-')), generateKeyPairSync('ed25519'));
    await stranger.append(entry(0));
    writeFileSync(join(folder, 'checkpoint'), own);
    expect(await problems(await stranger.checkpoint())).toEqual([
      expect.stringContaining('kept elsewhere does not hold'),
    ]);
  });
  it('takes no further entry', async () => {
    change((lines) => rechain(lines.map((line, i) => (i === 2 ? line.replace('"ana"', '"eve"') : line))));
    const before = readFileSync(join(folder, 'log.jsonl'), 'utf8');
    const log = await openAudit(folder, signer);
    for (let tries = 0; tries < 2; tries++)
      await expect(log.append(entry(9))).rejects.toMatchObject({ name: 'AuditFault' });
    expect(readFileSync(join(folder, 'log.jsonl'), 'utf8')).toBe(before);
  });
  it('takes no further entry when it is cut under an open log', async () => {
    const log = await openAudit(folder, signer);
    await log.append(entry(8));
    truncateSync(join(folder, 'log.jsonl'), 100);
    await expect(log.append(entry(9))).rejects.toMatchObject({ name: 'AuditFault' });
    expect(statSync(join(folder, 'log.jsonl')).size).toBe(100);
  });
});
