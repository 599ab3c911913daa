/** Reads an object as its bytes come. */
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ByteRange } from '../objects/object.ts';
import { faultOf, statusOf } from './fault.ts';

/** How often a download that broke in the middle is taken up again without a byte gained. */
const RESUMES = 6;

/** A connection that breaks is taken up again where it broke, on the same version of the object. @throws StorageFault naming `path` */
export async function* download(
  client: S3Client,
  object: { Bucket: string; Key: string },
  path: string,
  range?: ByteRange,
  etag?: string,
): AsyncGenerator<Uint8Array> {
  let at = range?.start ?? 0;
  const end = range?.end ?? Infinity;
  let tag = etag;
  for (let failures = 0; at < end;) {
    let answer;
    try {
      answer = await client.send(
        new GetObjectCommand({
          ...object,
          ...(at > 0 || end !== Infinity ? { Range: `bytes=${at}-${end === Infinity ? '' : end - 1}` } : {}),
          ...(tag === undefined ? {} : { IfMatch: tag }),
        }),
      );
    } catch (error) {
      // A range that begins at or past the end holds nothing.
      if (statusOf(error) === 416) return;
      throw faultOf(error, path, 'read');
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
      if (at >= whole || ++failures > RESUMES) throw faultOf(error, path, 'read');
      await sleep(Math.random() * Math.min(5_000, 100 * 2 ** failures));
    }
  }
}
