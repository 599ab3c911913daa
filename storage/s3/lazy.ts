/** A store on S3 that loads the AWS SDK only when it is used. */
import type { ObjectStore } from '../objects/object.ts';
import { parseS3Address } from './address.ts';

/** The SDK takes a good part of a second to load: commands that work on files do not wait for it. */
export function openS3Lazily(url: string): ObjectStore {
  const address = parseS3Address(url);
  let opened: Promise<ObjectStore> | undefined;
  const load = async (): Promise<ObjectStore> => {
    // The versions of the SDK and of Node are chosen here: its advice about them is of no use to whoever runs the program.
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
    const { openS3 } = await import('./bucket.ts');
    return openS3(address);
  };
  const store = (): Promise<ObjectStore> => (opened ??= load());
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
    abandon: async (...args) => (await store()).abandon(...args),
    takeBack: async (...args) => (await store()).takeBack(...args),
    publishFolder: async (...args) => (await store()).publishFolder(...args),
  };
}
