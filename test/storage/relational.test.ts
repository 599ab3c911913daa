import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openRelational } from '../../storage/relational.ts';

const scratch = mkdtempSync(join(tmpdir(), 'garner-relational-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('the relational database', () => {
  it('runs statements, binds values and gives integers as numbers while they are exact', async () => {
    const db = await openRelational({ scratch });
    await db.run('CREATE TABLE t AS SELECT range AS n FROM range(5)');
    expect(
      await db.rows('SELECT sum(n)::BIGINT AS total, 9007199254740993::BIGINT AS large FROM t WHERE n > ?', [1]),
    ).toEqual([{ total: 9, large: 9007199254740993n }]);
    await db.close();
  });

  it('streams results of many batches, blobs as bytes', async () => {
    const db = await openRelational({ scratch });
    let rows = 0;
    for await (const [numbers, bytes] of db.batches(
      `SELECT range, from_base64('AAEC') FROM range(10000) ORDER BY range`,
    )) {
      expect(numbers![0]).toBe(rows);
      expect([...(bytes![0] as Uint8Array)]).toEqual([0, 1, 2]);
      rows += numbers!.length;
    }
    expect(rows).toBe(10000);
    await db.close();
  });

  it('appends columns of integers', async () => {
    const db = await openRelational({ scratch });
    await db.run('CREATE TABLE t (a INTEGER, b INTEGER)');
    await db.append('t', [Int32Array.of(1, 2, -3), Int32Array.of(4, 5, 6)]);
    expect(await db.rows('SELECT a, b FROM t ORDER BY a')).toEqual([{ a: -3, b: 6 }, { a: 1, b: 4 }, { a: 2, b: 5 }]); // prettier-ignore
    await db.close();
  });

  it('keeps its files to its owner and leaves none behind', async () => {
    const place = join(scratch, 'own');
    const db = await openRelational({ scratch: place });
    await db.run('CREATE TABLE t AS SELECT range AS n FROM range(100000)');
    const [folder] = readdirSync(place);
    expect(statSync(join(place, folder!)).mode & 0o077).toBe(0);
    await db.close();
    await db.close();
    expect(readdirSync(place)).toEqual([]);
    await expect(db.run('SELECT 1')).rejects.toThrow(/closed/);
  });

  it('says what is wrong without the values of the statement', async () => {
    const db = await openRelational({ scratch });
    const failed = db.run(`SELECT * FROM nowhere WHERE name = 'canary-value'`);
    await expect(failed).rejects.toThrow(/nowhere/);
    await expect(failed).rejects.not.toThrow(/canary-value/);
    const cast = db.run(`SELECT 'canary-value'::INTEGER`);
    await expect(cast).rejects.toThrow(/convert/i);
    await expect(cast).rejects.not.toThrow(/canary-value/);
    await expect(db.rows(`SELECT * FROM read_parquet('/absent/file.parquet')`)).rejects.toThrow(/absent.file\.parquet/);
    await db.close();
  });

  it('refuses options that are none', async () => {
    await expect(openRelational({ scratch, memory: 'much' })).rejects.toThrow(/512MB/);
    await expect(openRelational({ scratch, threads: 0 })).rejects.toThrow(/threads/);
  });

  it('sorts more than fits in memory, to the same bytes at one and three threads', async () => {
    const write = async (threads: number, memory: string): Promise<Buffer> => {
      const out = join(scratch, `${threads}.parquet`);
      const db = await openRelational({ scratch, threads, memory });
      await db.run(`COPY (SELECT sha256(range::VARCHAR) AS id, range FROM range(400000) ORDER BY id)
        TO '${out}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 61440)`);
      await db.close();
      expect(existsSync(out)).toBe(true);
      return readFileSync(out);
    };
    expect((await write(3, '256MB')).equals(await write(1, '64MB'))).toBe(true);
  });
});
