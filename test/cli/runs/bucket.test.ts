/** A run whose events, facts and output lie in a bucket of a real MinIO server. */
import { CreateBucketCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../activities/types.ts';
import { openStore } from '../../../storage/objects.ts';
import { filesUnder, workplace } from '../../command.ts';
import { findMinio, startMinio, type Minio } from '../../storage/s3/minio.ts';

const program = findMinio();
if (program === null) console.warn('SKIPPED: no minio program on PATH or in the cache: no run on S3 is tested');

describe.skipIf(program === null)('a run on a bucket', () => {
  let minio: Minio;
  let place: ReturnType<typeof workplace>;
  let local: RunSummary;
  let onBucket: RunSummary;
  const url = (prefix: string): string =>
    `s3://garner/${prefix}?endpoint=${encodeURIComponent(minio.endpoint)}&pathStyle=true`;
  const keysIn = async (prefix: string): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of openStore(url(prefix)).list('')) keys.push(key);
    return keys;
  };
  const run = (input: string, facts: string, out: string): RunSummary => {
    const { status, stdout, stderr } = place.garner(
      ...['run', '--input', input, '--facts', facts, '--out', out, '--now', '2026-05-10', '--json'],
    );
    expect([status, stderr]).toEqual([0, '']);
    return JSON.parse(stdout) as RunSummary;
  };

  beforeAll(async () => {
    minio = await startMinio(program!);
    place = workplace('bucket');
    const client = new S3Client({ endpoint: minio.endpoint, region: 'us-east-1', forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: 'garner' }));
    client.destroy();
    expect(place.garner('generate', '--events', '300', '--seed', '11', '--out', place.path('sample')).status).toBe(0);
    const sample = openStore(url('in'));
    for (const file of filesUnder(place.path('sample')))
      await sample.write(file.slice(place.path('sample').length + 1), readFileSync(file));
    local = run(place.path('sample', 'events'), place.path('sample', 'facts'), place.path('out'));
    onBucket = run(url('in/events'), url('in/facts'), url('out'));
  });
  afterAll(async () => {
    place?.remove();
    await minio?.stop();
  });

  it('gives the dataset that the same files give on a disk', () => {
    const { digest, version, records, kept, excluded, rejected, reasons, examples } = local;
    expect(onBucket).toMatchObject({ digest, version, records, kept, excluded, rejected, reasons, examples });
    expect(examples).toBeGreaterThan(0);
  });

  it('leaves the version, its ledger and its record there, and no staging, claim or unfinished upload', async () => {
    const keys = await keysIn('out');
    expect(keys.filter((key) => key.startsWith(`${onBucket.dataset}/data/`)).length).toBeGreaterThan(0);
    expect(keys).toContain(`${onBucket.dataset}/manifest.dsse.json`);
    const kept = [
      `${onBucket.dataset}/`,
      `runs/${onBucket.runId}/ledger/`,
      `runs/${onBucket.runId}/run.json`,
      'erasure/index/',
    ];
    expect(keys.filter((key) => !kept.some((prefix) => key.startsWith(prefix)))).toEqual([]);
    const client = new S3Client({ endpoint: minio.endpoint, region: 'us-east-1', forcePathStyle: true });
    const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'garner' }));
    client.destroy();
    expect(Uploads ?? []).toEqual([]);
  });

  it('can be verified, opened and asked for its ledger where it lies', () => {
    const dataset = url(`out/${onBucket.dataset}`);
    const verified = place.garner('verify', dataset);
    expect([verified.status, verified.stdout]).toEqual([0, expect.stringContaining('verified')]);
    expect(place.garner('open', dataset, '--out', place.path('opened')).status).toBe(0);
    expect(filesUnder(join(place.path('opened'), 'data')).length).toBeGreaterThan(0);
    const { stdout } = place.garner('ledger', onBucket.runId, '--out', url('out'), '--json');
    expect(stdout.trim().split('\n').length).toBe(onBucket.records);
  });

  it('gives the address that a shell would take apart as one word', () => {
    const absent = place.garner('ledger', 'run-0123456789abcdef', '--out', url('out'));
    expect([absent.status, absent.stderr]).toEqual([2, expect.stringContaining(`list --out '${url('out')}'`)]);
  });

  it('names an address that holds no facts, and an input that is not there', () => {
    const run = (input: string, facts: string) =>
      place.garner('run', '--input', input, '--facts', facts, '--out', url('none'));
    const noFacts = run(url('in/events'), url('nothing'));
    expect([noFacts.status, noFacts.stderr]).toEqual([2, expect.stringContaining('s3://garner/nothing')]);
    const noInput = run(url('nowhere'), url('in/facts'));
    expect([noInput.status, noInput.stderr]).toEqual([2, expect.stringContaining('s3://garner/nowhere')]);
  });
});
