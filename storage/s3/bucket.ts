/** Objects in an S3 bucket, by the AWS SDK: AWS itself, MinIO and whatever else answers like them. */
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { hashing, rechunk } from '../objects/body.ts';
import type { ByteRange, ObjectInfo, ObjectStore } from '../objects/object.ts';
import { READ_CHUNK, StorageFault, checkKey, checkPrefix, folderKey } from '../objects/object.ts';
import type { S3Address } from './address.ts';
import { clientOf } from './client.ts';
import { download } from './download.ts';
import { faultOf, statusOf } from './fault.ts';
import { publish, takeBack } from './publish.ts';

/** Parts of an upload of unknown length; with at most 10,000 of them an object may have 160 GB. */
const PART_BYTES = 16 << 20;
const WRITER = 'garner-writer';

/** Opens a bucket; credentials and anything not in the address come from the SDK's environment. */
export function openS3(address: S3Address): ObjectStore {
  return new Bucket(clientOf(address), address);
}

class Bucket implements ObjectStore {
  readonly url: string;
  private readonly client: S3Client;
  private readonly bucket: string;
  private readonly prefix: string;
  private readonly root: string;

  constructor(client: S3Client, { bucket, prefix, url }: S3Address) {
    this.client = client;
    this.bucket = bucket;
    this.prefix = prefix;
    this.url = url;
    this.root = `s3://${bucket}/${prefix}`.replace(/\/$/, '');
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    checkPrefix(prefix, this.root);
    let next: string | undefined;
    do {
      const page = await this.guarded(prefix, 'read', () =>
        this.client.send(
          new ListObjectsV2Command({
            Bucket: this.bucket,
            Prefix: this.prefix + prefix,
            ...(next === undefined ? {} : { ContinuationToken: next }),
          }),
        ),
      );
      for (const found of page.Contents ?? []) {
        // Consoles mark a folder by an empty object whose name ends in a slash.
        if (found.Key === undefined || (found.Key.endsWith('/') && found.Size === 0)) continue;
        yield infoOf(found.Key.slice(this.prefix.length), found.Size, found.ETag, found.LastModified);
      }
      next = page.NextContinuationToken;
    } while (next !== undefined);
  }

  async stat(key: string): Promise<ObjectInfo | null> {
    checkKey(key, this.root);
    try {
      const found = await this.client.send(new HeadObjectCommand(this.at(key)));
      return infoOf(key, found.ContentLength, found.ETag, found.LastModified);
    } catch (error) {
      // A HEAD has no body, so a missing bucket looks like a missing object.
      if (statusOf(error) === 404) return null;
      throw faultOf(error, this.pathOf(key), 'read');
    }
  }

  async *read(key: string, range?: ByteRange, etag?: string): AsyncIterable<Buffer> {
    checkKey(key, this.root);
    yield* rechunk(this.download(key, range, etag), READ_CHUNK);
  }

  async readAll(key: string, range?: ByteRange, etag?: string): Promise<Buffer> {
    checkKey(key, this.root);
    const pieces: Uint8Array[] = [];
    for await (const piece of this.download(key, range, etag)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async write(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options: { ifAbsent?: boolean } = {},
  ): Promise<{ size: number; sha256: string }> {
    checkKey(key, this.root);
    const source = hashing(body);
    const writer = randomBytes(16).toString('hex');
    const params = {
      ...this.at(key),
      Metadata: { [WRITER]: writer },
      ...(options.ifAbsent === true ? { IfNoneMatch: '*' } : {}),
    };
    let broken: { cause: unknown } | undefined;
    async function* watched(): AsyncIterable<Uint8Array> {
      try {
        yield* source.chunks;
      } catch (error) {
        broken = { cause: error };
        throw error;
      }
    }
    const stream = Readable.from(watched(), { objectMode: false });
    let upload: Upload | undefined;
    try {
      if (body instanceof Uint8Array && body.length <= PART_BYTES) {
        stream.resume();
        await Promise.all([finished(stream), this.client.send(new PutObjectCommand({ ...params, Body: body }))]);
      } else {
        upload = new Upload({
          client: this.client,
          params: { ...params, Body: stream },
          partSize: PART_BYTES,
          queueSize: 2,
          leavePartsOnError: false,
        });
        await upload.done();
      }
    } catch (error) {
      stream.destroy();
      await this.abort(this.prefix + key, upload?.uploadId);
      if (broken !== undefined) throw broken.cause;
      const fault = faultOf(error, this.pathOf(key), 'write');
      if (fault.kind === 'not_found')
        throw new StorageFault('not_writable', this.pathOf(key), 'is in no bucket: make it');
      // A repeated request meets the object that its lost first try made.
      if (fault.kind !== 'exists' || !(await this.wrote(key, writer))) throw fault;
    }
    return source.result();
  }

  async remove(key: string): Promise<void> {
    checkKey(key, this.root);
    await this.guarded(key, 'write', () => this.client.send(new DeleteObjectCommand(this.at(key))));
  }

  async removeAll(prefix: string): Promise<number> {
    await this.abandon(prefix);
    let removed = 0;
    let batch: { Key: string }[] = [];
    const flush = async (): Promise<void> => {
      if (batch.length === 0) return;
      const answer = await this.guarded(prefix, 'write', () =>
        this.client.send(new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects: batch, Quiet: true } })),
      );
      const failed = answer.Errors?.[0];
      if (failed !== undefined) {
        throw faultOf({ name: failed.Code ?? 'Error' }, `s3://${this.bucket}/${failed.Key ?? ''}`, 'write');
      }
      removed += batch.length;
      batch = [];
    };
    for await (const { key } of this.list(prefix)) {
      batch.push({ Key: this.prefix + key });
      if (batch.length === 1000) await flush();
    }
    await flush();
    return removed;
  }

  async abandon(prefix: string): Promise<void> {
    checkPrefix(prefix, this.root);
    let markers: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
    while (markers !== undefined) {
      const page = await this.guarded(prefix, 'write', () =>
        // MinIO gives an upload only for a prefix that is its whole key: the choice is made here.
        this.client.send(new ListMultipartUploadsCommand({ Bucket: this.bucket, ...markers })),
      );
      for (const { Key, UploadId } of page.Uploads ?? []) {
        if (Key?.startsWith(this.prefix + prefix) === true) await this.abort(Key, UploadId);
      }
      markers =
        page.IsTruncated === true && page.NextKeyMarker !== undefined
          ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker ?? '' }
          : undefined;
    }
  }

  async publishFolder(from: string, to: string): Promise<'published' | 'exists'> {
    const source = folderKey(from, this.root);
    const target = folderKey(to, this.root);
    return this.guarded(target, 'write', () => publish(this, this.client, this.bucket, this.prefix, source, target));
  }

  async takeBack(from: string, under: string): Promise<void> {
    checkPrefix(from, this.root);
    await this.guarded(under, 'write', () => takeBack(this, from, under));
  }

  private download(key: string, range?: ByteRange, etag?: string): AsyncGenerator<Uint8Array> {
    return download(this.client, this.at(key), this.pathOf(key), range, etag);
  }

  private async wrote(key: string, writer: string): Promise<boolean> {
    try {
      const found = await this.client.send(new HeadObjectCommand(this.at(key)));
      return found.Metadata?.[WRITER] === writer;
    } catch {
      return false;
    }
  }

  private async abort(key: string, uploadId: string | undefined): Promise<void> {
    if (uploadId === undefined) return;
    // It may be gone already; what could not be aborted falls to `removeAll` and the bucket's lifecycle rule.
    await this.client
      .send(new AbortMultipartUploadCommand({ Bucket: this.bucket, Key: key, UploadId: uploadId }))
      .catch(() => undefined);
  }

  private at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket, Key: this.prefix + key };
  }

  private pathOf(key: string): string {
    return `${this.root}/${key}`;
  }

  private async guarded<T>(key: string, act: 'read' | 'write', work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw faultOf(error, this.pathOf(key), act);
    }
  }
}

function infoOf(
  key: string,
  size: number | undefined,
  etag: string | undefined,
  modified: Date | undefined,
): ObjectInfo {
  return {
    ...{ key, size: size ?? 0 },
    ...(etag === undefined ? {} : { etag }),
    ...(modified === undefined ? {} : { modified: modified.getTime() }),
  };
}
