/** How commands reach Temporal: a named server, the one running for the output folder, or one started for the command alone. */
import { Client, Connection } from '@temporalio/client';
import { openKeystore, type Keystore } from '../storage/keystore.ts';
import { dataConverter } from '../worker/codec.ts';
import { historyFolder, sharedServer } from '../worker/server/embedded.ts';
import { CommandError, EXIT } from './exit.ts';

export interface ConnectionOptions {
  out: string;
  keys?: string | undefined;
  address?: string | undefined;
}

export interface Connected {
  client: Client;
  keystore: Keystore;
  address: string;
  close(): Promise<void>;
}

/** `--address`, or TEMPORAL_ADDRESS. */
export function namedAddress(address: string | undefined): string | undefined {
  return address ?? (process.env['TEMPORAL_ADDRESS'] || undefined);
}

/** The SDK's own message names neither the option nor what to do. */
export function unreachable(address: string): never {
  throw new CommandError(
    EXIT.failed,
    `no Temporal server answers at ${address}: start it, or name another with --address`,
  );
}

export async function connect({ out, keys, address }: ConnectionOptions): Promise<Connected> {
  const keystore = await openKeystore(keys);
  const named = namedAddress(address);
  const server = named === undefined ? await sharedServer({ folder: historyFolder(out), works: false }) : null;
  const at = named ?? server!.address;
  const connection = await Connection.connect({ address: at }).catch(() => unreachable(at));
  const client = new Client({ connection, dataConverter: dataConverter(keystore) });
  return {
    ...{ client, keystore, address: at },
    close: async () => {
      await connection.close();
      await server?.stop();
    },
  };
}
