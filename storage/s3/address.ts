/** The address of a bucket. */

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
