/** Publishes a folder on S3, which has no rename: copies under a claim that any later caller can finish, manifest last. */
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  UploadPartCopyCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { MANIFEST, StorageFault, type ObjectInfo, type ObjectStore } from '../objects/object.ts';

/** Objects over 5 GB cannot be copied in one request (S3 CopyObject); parts of 1 GiB reach 10 TB. */
const WHOLE_COPY_BYTES = 5_000_000_000;
const PART_BYTES = 1 << 30;
/** What follows the name of a folder in that of its claim. */
const CLAIM = '.claim';
/** Copies in flight. */
const LANES = 8;

/**
 * Copies all objects under `from` to `to`, the manifest last and only where there is none, then removes `from`.
 *
 * Encryption makes two sealings of one dataset differ, so two publishers must never mix their files. The object `TO.claim`, which one of
 * them creates, names the folder whose bytes count; whoever meets it copies from that folder too, so a crash at any point leaves
 * work that the next caller completes. A claim whose folder is gone is replaced.
 */
export async function publish(
  store: ObjectStore,
  client: S3Client,
  bucket: string,
  prefix: string,
  from: string,
  to: string,
): Promise<'published' | 'exists'> {
  const claim = `${to}${CLAIM}`;
  const manifest = `${to}/${MANIFEST}`;
  for (let tries = 0; tries < 10; tries++) {
    if ((await store.stat(manifest)) !== null) {
      await store.remove(claim);
      return 'exists';
    }
    const source = await claimed(store, claim, from);
    if (source === null) continue;
    const pinned = await store.stat(`${source}/${MANIFEST}`);
    if (pinned === null) {
      // Either another caller has finished and cleaned up, or the claim's folder is gone: look again, without that claim.
      if ((await store.stat(manifest)) === null) {
        await store.remove(claim);
        if (source === from) {
          const missing = `s3://${bucket}/${prefix}${from}/${MANIFEST}`;
          throw new StorageFault('not_found', missing, 'is missing: write it before publishing');
        }
      }
      continue;
    }
    const manifestBytes = await store.readAll(`${source}/${MANIFEST}`);
    try {
      await copyFolder(store, client, bucket, prefix, source, to);
    } catch (error) {
      // The source goes away when another caller has finished with it.
      if (error instanceof StorageFault || (await store.stat(manifest)) === null) throw error;
      continue;
    }
    await store.write(manifest, manifestBytes, { ifAbsent: true }).catch((error: unknown) => {
      // Another caller who copied from the same folder was faster.
      if (!(error instanceof StorageFault) || error.kind !== 'exists') throw error;
    });
    await store.remove(claim);
    await store.removeAll(`${source}/`);
    return source === from ? 'published' : 'exists';
  }
  throw new StorageFault('unavailable', `s3://${bucket}/${prefix}${to}`, 'is being published by others: try again');
}

/** Removes the claims of folders below `from`, and what was copied of them to where no manifest came to stand. */
export async function takeBack(store: ObjectStore, from: string, under: string): Promise<void> {
  for await (const { key } of store.list(under)) {
    if (!key.endsWith(CLAIM)) continue;
    const source = await readClaim(store, key);
    if (source?.startsWith(from) !== true) continue;
    const to = key.slice(0, -CLAIM.length);
    if ((await store.stat(`${to}/${MANIFEST}`)) === null) await store.removeAll(`${to}/`);
    await store.remove(key);
  }
}

/** The folder whose bytes count; null when the claim went away between two looks. */
async function claimed(store: ObjectStore, claim: string, from: string): Promise<string | null> {
  try {
    await store.write(claim, Buffer.from(from), { ifAbsent: true });
    return from;
  } catch (error) {
    if (!(error instanceof StorageFault) || error.kind !== 'exists') throw error;
  }
  return readClaim(store, claim);
}

async function readClaim(store: ObjectStore, claim: string): Promise<string | null> {
  try {
    return (await store.readAll(claim)).toString();
  } catch (error) {
    if (error instanceof StorageFault && error.kind === 'not_found') return null;
    throw error;
  }
}

async function copyFolder(
  store: ObjectStore,
  client: S3Client,
  bucket: string,
  prefix: string,
  from: string,
  to: string,
): Promise<void> {
  const objects: ObjectInfo[] = [];
  for await (const object of store.list(`${from}/`)) {
    if (object.key !== `${from}/${MANIFEST}`) objects.push(object);
  }
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let object = objects[next++]; object !== undefined; object = objects[next++]) {
      await copy(client, bucket, prefix + object.key, `${prefix}${to}${object.key.slice(from.length)}`, object.size);
    }
  };
  await Promise.all(Array.from({ length: Math.min(LANES, objects.length) }, lane));
  // A run that failed takes back what it had claimed, also from whoever went on with it.
  const copied = new Set<string>();
  for await (const { key } of store.list(`${to}/`)) copied.add(key.slice(to.length));
  if (!objects.every(({ key }) => copied.has(key.slice(from.length))))
    throw new StorageFault('unavailable', `s3://${bucket}/${prefix}${to}`, 'was taken back meanwhile: try again');
}

async function copy(client: S3Client, bucket: string, from: string, to: string, size: number): Promise<void> {
  const CopySource = `${bucket}/${from.split('/').map(encodeURIComponent).join('/')}`;
  const target = { Bucket: bucket, Key: to };
  if (size <= WHOLE_COPY_BYTES) {
    await client.send(new CopyObjectCommand({ ...target, CopySource }));
    return;
  }
  // An upload that a crash leaves behind is aborted by `removeAll` of the target or the bucket's lifecycle rule.
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
  const Parts: { PartNumber: number; ETag?: string | undefined }[] = [];
  for (let start = 0, PartNumber = 1; start < size; start += PART_BYTES, PartNumber++) {
    const CopySourceRange = `bytes=${start}-${Math.min(start + PART_BYTES, size) - 1}`;
    const part = await client.send(
      new UploadPartCopyCommand({ ...target, CopySource, CopySourceRange, UploadId, PartNumber }),
    );
    Parts.push({ PartNumber, ETag: part.CopyPartResult?.ETag });
  }
  await client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }));
}
