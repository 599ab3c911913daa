/** The SDK's client of a service: one a process, with retries and connections of its own. */
import { S3Client } from '@aws-sdk/client-s3';
import type { S3Address } from './address.ts';

/** How often the SDK sends a request: at 30% failures, one in 15,000 requests fails for good. */
const ATTEMPTS = 8;
/** Connections of one process to one service. */
const SOCKETS = { maxSockets: 64 };

/** One client a service: stores are opened for every piece of a source, connections and credentials are kept. */
const clients = new Map<string, S3Client>();

export function clientOf(address: S3Address): S3Client {
  const { endpoint, region, pathStyle } = address;
  const service = JSON.stringify([endpoint, region, pathStyle]);
  const client = clients.get(service) ?? connect(address);
  clients.set(service, client);
  return client;
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
