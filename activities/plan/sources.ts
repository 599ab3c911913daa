/** Which objects a run reads: the files of folders, single files, the objects under a URL. */
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { ConfigError } from '../../config/document.ts';
import { isAddress, openStore, StorageFault } from '../../storage/objects.ts';

export interface SourceObject {
  /** Address of the store and key in it. */
  store: string;
  key: string;
  /** What the ledger calls it. */
  name: string;
  /** Bytes as stored. */
  size: number;
  /** Changes whenever the bytes do; absent where the store gives none. */
  tag?: string;
  /** Of a night: it lies in the folder of another day, and may hold events of the window's suggestions. */
  borrowed?: true;
}

/** An input that is not there or holds no file; one that is there and cannot be read is a `ConfigError`. */
export class NoSources extends ConfigError {}

/** Source objects by name. Hidden files are no sources. @throws NoSources, ConfigError naming the input */
export async function listSources(inputs: string[]): Promise<SourceObject[]> {
  const found = new Map<string, SourceObject>();
  for (const input of inputs) {
    const before = found.size;
    try {
      for await (const source of sourcesOf(input)) found.set(`${source.store}\0${source.key}`, source);
    } catch (error) {
      if (error instanceof StorageFault && !error.retryable)
        throw new ConfigError(input, undefined, '--input', error.message);
      throw error;
    }
    if (found.size === before)
      throw new NoSources(input, undefined, '--input', 'holds no files: name a file or folder of events');
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function* sourcesOf(input: string): AsyncGenerator<SourceObject> {
  if (isAddress(input)) return yield* objectsUnder(input, input);
  const path = resolve(input);
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new (error.code === 'ENOENT' ? NoSources : ConfigError)(
      input,
      undefined,
      '--input',
      `cannot be read (${error.code ?? 'error'}): name a file or folder that is there`,
    );
  });
  if (info.isFile()) {
    const [store, key] = [dirname(path), basename(path)];
    const tag = (await openStore(store).stat(key))?.etag;
    return yield { store, key, name: input, size: info.size, ...(tag !== undefined && { tag }) };
  }
  yield* objectsUnder(path, input.replace(/\/+$/, ''));
}

async function* objectsUnder(address: string, name: string): AsyncGenerator<SourceObject> {
  const shown = name.replace(/\?.*$/, '').replace(/\/+$/, '');
  for await (const { key, size, etag } of openStore(address).list('')) {
    if (key.split('/').some((part) => part.startsWith('.'))) continue;
    yield { store: address, key, name: `${shown}/${key}`, size, ...(etag !== undefined && { tag: etag }) };
  }
}
