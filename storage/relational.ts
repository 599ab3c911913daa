/**
 * A DuckDB database of its own for one piece of work, on disk in a scratch folder, with settings under which the same statements give the same
 * bytes at any number of threads. Statements still have to name a total order, keep to integers in sums and write row groups by rows.
 */
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { RowAppender } from './relational/appender.ts';
import { said } from './relational/fault.ts';

export interface RelationalOptions {
  /** Most memory of buffers, as DuckDB writes it: `1GB`, `512MB`. Beyond it tables and sorts go to disk; at least 64 MB a thread is wanted. */
  memory?: string;
  /** Worker threads; 1 or more. */
  threads?: number;
  /** A folder for the database and what spills; made where missing. Everything written there is gone after `close`. */
  scratch: string;
}

export type SqlValue = string | number | bigint | boolean | null;

/** One value of a batch: integers up to 2^53 are numbers, blobs are bytes. */
export type Cell = string | number | bigint | boolean | null | Uint8Array;

export interface RelationalDatabase {
  /** Runs a statement for what it does. Throws what DuckDB says, without the statement and without values. */
  run(sql: string, params?: SqlValue[]): Promise<void>;
  /** All rows of a query; for results that fit in memory. Integers up to 2^53 come as numbers. */
  rows<T>(sql: string, params?: SqlValue[]): Promise<T[]>;
  /** A query's result column by column, some two thousand rows at a time; for results of any size. */
  batches(sql: string): AsyncIterable<Cell[][]>;
  /** Adds rows of integers to a table whose columns are all INTEGER; the columns are of one length. */
  append(table: string, columns: readonly Int32Array[]): Promise<void>;
  /** Opens a table for rows that come one at a time. */
  appender(table: string): Promise<RowAppender>;
  /** Ends the work and removes the database; further calls throw. */
  close(): Promise<void>;
}

/** Opens an empty database. The caller closes it. Throws where the scratch folder cannot be written or an option is refused. */
export async function openRelational(options: RelationalOptions): Promise<RelationalDatabase> {
  const { memory = '1GB', threads = 2, scratch } = options;
  if (!/^\d+(\.\d+)?\s?[KMGT]i?B$/.test(memory))
    throw new RangeError(`memory "${memory}" is no size such as 512MB or 4GB`);
  if (!(Number.isInteger(threads) && threads >= 1)) throw new RangeError(`threads must be 1 or more, not ${threads}`);
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(scratch, 'relational-'));
  try {
    const instance = await DuckDBInstance.create(join(folder, 'database'), {
      memory_limit: memory,
      threads: String(threads),
      temp_directory: join(folder, 'spill'),
      preserve_insertion_order: 'true',
      // Small tables are gone before it would be worth packing them into the file.
      checkpoint_threshold: '256MB',
      // No extension is fetched from anywhere: JSON and Parquet are built in.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_persistent_secrets: 'false',
      default_null_order: 'nulls_first',
    });
    const connection = await instance.connect();
    // Nothing is read again: the tables go with their file.
    await connection.run('PRAGMA disable_checkpoint_on_shutdown');
    return new Database(instance, connection, folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

class Database implements RelationalDatabase {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #folder: string;
  #closed = false;

  constructor(instance: DuckDBInstance, connection: DuckDBConnection, folder: string) {
    this.#instance = instance;
    this.#connection = connection;
    this.#folder = folder;
  }

  async run(sql: string, params?: SqlValue[]): Promise<void> {
    await this.#say(() => this.#connection.run(sql, params));
  }

  async rows<T>(sql: string, params?: SqlValue[]): Promise<T[]> {
    const reader = await this.#say(() => this.#connection.runAndReadAll(sql, params));
    return reader.getRowObjectsJS().map((row) => {
      for (const [name, value] of Object.entries(row)) if (typeof value === 'bigint') row[name] = narrow(value);
      return row as T;
    });
  }

  async *batches(sql: string): AsyncIterable<Cell[][]> {
    const result = await this.#say(() => this.#connection.stream(sql));
    for (;;) {
      const chunk = await this.#say(() => result.fetchChunk());
      if (chunk === null || chunk.rowCount === 0) return;
      yield chunk.getColumns().map((column) => column.map(cell));
    }
  }

  async append(table: string, columns: readonly Int32Array[]): Promise<void> {
    const appender = await this.#say(() => this.#connection.createAppender(table));
    try {
      const rows = columns[0]?.length ?? 0;
      for (let row = 0; row < rows; row++) {
        for (const column of columns) appender.appendInteger(column[row]!);
        appender.endRow();
      }
      appender.flushSync();
    } finally {
      appender.closeSync();
    }
  }

  async appender(table: string): Promise<RowAppender> {
    return new RowAppender(await this.#say(() => this.#connection.createAppender(table)));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.closeSync();
    this.#instance.closeSync();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #say<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error('the relational database is closed');
    try {
      return await work();
    } catch (error) {
      throw said(error);
    }
  }
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function cell(value: unknown): Cell {
  if (typeof value === 'bigint') return narrow(value);
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (typeof value === 'object' && 'bytes' in value && value.bytes instanceof Uint8Array) return value.bytes;
  throw new TypeError('a batch holds only numbers, strings, booleans, blobs and nulls: cast the column');
}
