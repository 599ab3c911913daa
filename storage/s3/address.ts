/** The address of a bucket, and a store that loads the AWS SDK only when it is used. */
import type { ObjectStore } from '../objects/object.ts';

export interface S3Address {
  url: string;
  bucket: string;
  /** Empty, or ending in `/`. */
  prefix: string;
  endpoint: string | null;
  region: string | null;
  pathStyle: boolean;
}

/**
 * Reads `s3://bucket/prefix?endpoint=…&pathStyle=true&region=…`.
 * @throws TypeError for an address without a bucket, with credentials in it or with an unknown parameter
 */
export function parseS3Address(url: string): S3Address {
  const at = new URL(url);
  const bucket = at.hostname;
  if (at.username !== '' || at.password !== '') {
    throw new TypeError(
      `s3://${bucket}: credentials do not belong into the address, set AWS_ACCESS_KEY_ID and its like`,
    );
  }
  if (bucket === '') throw new TypeError(`${url} names no bucket: write s3://bucket/prefix`);
  for (const name of at.searchParams.keys()) {
    if (!['endpoint', 'pathStyle', 'region'].includes(name)) {
      throw new TypeError(`s3://${bucket}: unknown parameter "${name}"; known are endpoint, pathStyle and region`);
    }
  }
  const endpoint = at.searchParams.get('endpoint');
  if (endpoint !== null && !/^https?:\/\/[^@]+$/.test(endpoint)) {
    throw new TypeError(
      `s3://${bucket}: the endpoint must be http://host:port or https://host:port, without credentials`,
    );
  }
  const prefix = decodeURIComponent(at.pathname).replace(/^\/+|\/+$/g, '');
  return {
    url,
    bucket,
    prefix: prefix === '' ? '' : `${prefix}/`,
    endpoint,
    // Other services than AWS have no regions, and signatures need one.
    region: at.searchParams.get('region') ?? (endpoint === null ? null : 'us-east-1'),
    pathStyle: at.searchParams.get('pathStyle') === 'true',
  };
}

/** The SDK takes a good part of a second to load: commands that work on files do not wait for it. */
export function openS3Lazily(url: string): ObjectStore {
  const address = parseS3Address(url);
  let opened: Promise<ObjectStore> | undefined;
  const store = (): Promise<ObjectStore> => (opened ??= import('./bucket.ts').then(({ openS3 }) => openS3(address)));
  return {
    url,
    async *list(...args) {
      yield* (await store()).list(...args);
    },
    async *read(...args) {
      yield* (await store()).read(...args);
    },
    stat: async (...args) => (await store()).stat(...args),
    readAll: async (...args) => (await store()).readAll(...args),
    write: async (...args) => (await store()).write(...args),
    remove: async (...args) => (await store()).remove(...args),
    removeAll: async (...args) => (await store()).removeAll(...args),
    publishFolder: async (...args) => (await store()).publishFolder(...args),
  };
}
