/** The secret of a named private corpus: 32 bytes in a file of its own, named by an id that tells nothing of it. */
import { createHmac, randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createFile } from '../host/private.ts';
import { GuardFault } from './fault.ts';

export interface GuardKey {
  /** 16 hex digits. */
  id: string;
  /** 32 bytes. */
  key: Buffer;
}

const BYTES = 32;

/** Where the key of a guard file is looked for unless it is named. */
export function keyFileOf(guardFile: string): string {
  return `${guardFile}.key`;
}

/** Reads a key file. @throws GuardFault where it is missing, no key, or open to others */
export async function readGuardKey(path: string): Promise<GuardKey> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new GuardFault(path, 'is not there: name the key of the guard file');
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0)
    throw new GuardFault(path, `is open to others: run chmod 600 ${path}`);
  if (found.size !== BYTES) throw new GuardFault(path, `is no key: a key file holds ${BYTES} bytes`);
  const key = await readFile(path);
  return { id: createHmac('sha256', key).update('garner/guard-key/1').digest('hex').slice(0, 16), key };
}

/** As `readGuardKey`; where there is no such file a fresh key is made (0600). */
export async function openGuardKey(path: string): Promise<GuardKey> {
  // Of two commands that race, one makes the key and both use it.
  if ((await stat(path).catch(() => undefined)) === undefined) await createFile(path, randomBytes(BYTES));
  return readGuardKey(path);
}
