/** The books of a schedule: what is known of each of its windows, sealed, one object a day. */
import type { Quarter } from '../../curation/events/window.ts';
import type { WindowedSchedule } from '../../config/schedules.ts';
import { openKeystore } from '../../storage/keystore.ts';
import { openStore, StorageFault } from '../../storage/objects.ts';
import { readSealed, writeSealed } from '../run/settings.ts';

/** Tags of files by `idOf`. */
export type Watermarks = Record<string, string>;

export interface WindowRecord {
  day: string;
  /** Of the files in the folders of the window's days, as they were read last. */
  watermarks: Watermarks;
  /** Of the files of other days that were read with them. */
  borrowed: Watermarks;
  /** In which quarters of an hour the events of each file of its own happened. */
  quarters: Record<string, Quarter[]>;
  issues: { run: string; version: string; digest: string; at: number }[];
}

export interface Books {
  /** Null where the window was never curated. Asked again it is the same. */
  read(day: string): Promise<WindowRecord | null>;
  write(record: WindowRecord): Promise<void>;
  /** The first day that was curated. */
  first(): Promise<string | null>;
}

export async function openBooks({ id, out }: WindowedSchedule, keys: string | undefined): Promise<Books> {
  const store = openStore(out);
  const keystore = await openKeystore(keys);
  const key = (day: string) => `schedules/${id}/${day}`;
  const known = new Map<string, WindowRecord | null>();
  const read = async (day: string): Promise<WindowRecord | null> => {
    try {
      const record = await readSealed<WindowRecord>(store, { key: key(day) }, keystore);
      // Books of an earlier version know neither.
      return { ...record, borrowed: record.borrowed ?? {}, quarters: record.quarters ?? {} };
    } catch (error) {
      if (error instanceof StorageFault && error.kind === 'not_found') return null;
      throw error;
    }
  };
  return {
    read: async (day) => {
      if (!known.has(day)) known.set(day, await read(day));
      return known.get(day)!;
    },
    write: async (record) => {
      await writeSealed(store, key(record.day), record, keystore);
      known.set(record.day, record);
    },
    first: async () => {
      for await (const found of store.list(`schedules/${id}/`)) return found.key.slice(-10);
      return null;
    },
  };
}
