import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clean } from '../../../activities/run/clean.ts';
import { openStore, type ObjectStore } from '../../../storage/objects.ts';
import { findMinio, startMinio, type Minio } from '../../storage/s3/minio.ts';

const program = findMinio();
if (program === null)
  console.warn('SKIPPED: no minio program on PATH or in the cache: cleaning a bucket is not tested');

describe.skipIf(program === null)('what a run leaves in a bucket', () => {
  let minio: Minio;
  let store: ObjectStore;
  beforeAll(async () => {
    minio = await startMinio(program!);
    const client = new S3Client({ endpoint: minio.endpoint, region: 'us-east-1', forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: 'garner' }));
    client.destroy();
    store = openStore(`s3://garner/out?endpoint=${encodeURIComponent(minio.endpoint)}&pathStyle=true`);
  });
  afterAll(() => minio?.stop());

  it('is its version, ledger and record, also where its worker died beside the claim of a version that stood', async () => {
    const run = 'run-00000000000000a1';
    const [piece, basis] = [`runs/${run}/ledger/0-00000-two`, `runs/${run}/ledger/basis-two`];
    const record = { dataset: 'datasets/x/v1', ledger: [{ key: piece }], basis: { key: basis } };
    const staying = {
      'datasets/x/v1/data/a': 'a',
      'datasets/x/v1/manifest.dsse.json': '{}',
      'datasets/x/v10.claim': 'runs/run-00000000000000b2/dataset-one',
      [piece]: 'rows',
      [basis]: 'basis',
      [`runs/${run}/run.json`]: JSON.stringify(record),
    };
    const going = {
      'datasets/x/v1.claim': `runs/${run}/dataset-one`,
      [`runs/${run}/dataset-one/data/a`]: 'a',
      [`runs/${run}/ledger/0-00000-one`]: 'rows',
      [`runs/${run}/leaves/0-00000-two`]: 'leaves',
      [`runs/${run}/settings`]: 'settings',
    };
    for (const [key, text] of Object.entries({ ...staying, ...going })) await store.write(key, Buffer.from(text));
    await clean({ run, settings: { key: `runs/${run}/settings` }, keepLedger: true }, store);
    const keys: string[] = [];
    for await (const { key } of store.list('')) keys.push(key);
    expect(keys).toEqual(Object.keys(staying).sort());
  });
});
