/** A store on S3 that loads the AWS SDK only when it is used. */
import type { ObjectStore } from '../objects/object.ts';
import { parseS3Address } from './address.ts';

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
