/** Objects in an S3 bucket, by the AWS SDK: AWS itself, MinIO and whatever else answers like them. */
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashing, rechunk } from '../objects/body.ts';
import type { ByteRange, ObjectInfo, ObjectStore } from '../objects/object.ts';
import { READ_CHUNK, StorageFault, checkKey, checkPrefix, folderKey } from '../objects/object.ts';
import type { S3Address } from './address.ts';
import { publish } from './publish.ts';
import { faultOf, statusOf } from './fault.ts';

/** Parts of an upload of unknown length; with at most 10,000 of them an object may have 160 GB. */
const PART_BYTES = 16 << 20;
/** How often the SDK sends a request: at 30% failures, one in 15,000 requests fails for good. */
const ATTEMPTS = 8;
/** Connections of one process to one service. */
const SOCKETS = { maxSockets: 64 };
/** How often a download that broke in the middle is taken up again without a byte gained. */
const RESUMES = 6;
const WRITER = 'garner-writer';

/** One client a service: stores are opened for every piece of a source, connections and credentials are kept. */
const clients = new Map<string, S3Client>();

/** Opens a bucket; credentials and anything not in the address come from the SDK's environment. */
export function openS3(address: S3Address): ObjectStore {
  const { url, bucket, prefix, endpoint, region, pathStyle } = address;
  const service = JSON.stringify([endpoint, region, pathStyle]);
  const client = clients.get(service) ?? connect(address);
  clients.set(service, client);
  return new Bucket(client, bucket, prefix, url);
}

function connect({ endpoint, region, pathStyle }: S3Address): S3Client {
  return new S3Client({
    ...(endpoint === null ? {} : { endpoint }),
    ...(region === null ? {} : { region }),
    forcePathStyle: pathStyle,
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000, httpAgent: SOCKETS, httpsAgent: SOCKETS },
  });
}

class Bucket implements ObjectStore {
  readonly url: string;
  private readonly client: S3Client;
  private readonly bucket: string;
  private readonly prefix: string;
  private readonly root: string;

  constructor(client: S3Client, bucket: string, prefix: string, url: string) {
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

  /** Bytes as they come; a connection that breaks is taken up again where it broke, on the same version of the object. */
  private async *download(key: string, range?: ByteRange, etag?: string): AsyncGenerator<Uint8Array> {
    let at = range?.start ?? 0;
    const end = range?.end ?? Infinity;
    let tag = etag;
    for (let failures = 0; at < end;) {
      let answer;
      try {
        answer = await this.client.send(
          new GetObjectCommand({
            ...this.at(key),
            ...(at > 0 || end !== Infinity ? { Range: `bytes=${at}-${end === Infinity ? '' : end - 1}` } : {}),
            ...(tag === undefined ? {} : { IfMatch: tag }),
          }),
        );
      } catch (error) {
        // A range that begins at or past the end holds nothing.
        if (statusOf(error) === 416) return;
        throw faultOf(error, this.pathOf(key), 'read');
      }
      tag ??= answer.ETag;
      const whole = at + (answer.ContentLength ?? Infinity);
      try {
        for await (const piece of answer.Body as Readable) {
          const bytes = piece as Uint8Array;
          at += bytes.length;
          failures = 0;
          yield bytes;
        }
        return;
      } catch (error) {
        // An error after the last byte is a checksum that does not hold: what was given out is not what is stored.
        if (at >= whole || ++failures > RESUMES) throw faultOf(error, this.pathOf(key), 'read');
        await sleep(Math.random() * Math.min(5_000, 100 * 2 ** failures));
      }
    }
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
