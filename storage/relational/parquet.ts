/**
 * Parquet: rows that come in the order of their ids as one file a table. They lie in a database until it is written, so that what does not fit in
 * memory spills. Rows as wide as prompts are not sorted: that would cost more than to write them.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRelational, type RelationalDatabase } from '../relational.ts';
import type { RowAppender, RowCell } from './appender.ts';

export interface ParquetColumn {
  name: string;
  /** As DuckDB spells it. */
  type: string;
}

/** Bytes of uncompressed rows that a row group holds. */
const GROUP_BYTES = 100e6;
const GROUP_ROWS = { least: 2048, most: 1 << 20 };
/** What a cell that is no text counts for. */
const FIXED_BYTES = 8;
/** A row group as it is written, and what is read of the table beside it. */
const MEMORY = '1GB';

/** Tables whose files are made in one folder of scratch. */
export class ParquetTables {
  readonly #db: RelationalDatabase;
  readonly #folder: string;

  private constructor(db: RelationalDatabase, folder: string) {
    this.#db = db;
    this.#folder = folder;
  }

  /** Threads take turns at where a row group ends: one alone gives the same bytes each time. */
  static async open(folder: string): Promise<ParquetTables> {
    return new ParquetTables(await openRelational({ scratch: folder, memory: MEMORY, threads: 1 }), folder);
  }

  /** Opens a table of a name that none has yet. One of the columns is `id`. */
  async table(name: string, columns: readonly ParquetColumn[]): Promise<ParquetTable> {
    const types = columns.map((column) => `"${column.name}" ${isNested(column) ? 'JSON' : column.type}`);
    await this.#db.run(`CREATE TEMP TABLE "${name}" (${types.join(', ')})`);
    return new ParquetTable(this.#db, this.#folder, name, columns, await this.#db.appender(name));
  }

  /** Ends the work; the files stay. */
  async close(): Promise<void> {
    await this.#db.close();
  }
}

export class ParquetTable {
  readonly #db: RelationalDatabase;
  readonly #folder: string;
  readonly #name: string;
  readonly #columns: readonly ParquetColumn[];
  readonly #appender: RowAppender;
  #rows = 0;
  #bytes = 0;
  #last = '';

  constructor(
    db: RelationalDatabase,
    folder: string,
    name: string,
    columns: readonly ParquetColumn[],
    appender: RowAppender,
  ) {
    this.#db = db;
    this.#folder = folder;
    this.#name = name;
    this.#columns = columns;
    this.#appender = appender;
  }

  /** Adds a row. Throws where its id is not above that of the row before. */
  add(row: Readonly<Record<string, unknown>>): void {
    const id = row['id'] as string;
    if (id <= this.#last) throw new Error('a row came after one of the same or a higher id: no file has them in order');
    this.#last = id;
    const cells = this.#columns.map((column) => {
      const value = row[column.name];
      return isNested(column) ? JSON.stringify(value) : (value as RowCell);
    });
    for (const cell of cells) this.#bytes += typeof cell === 'string' ? cell.length : FIXED_BYTES;
    this.#rows++;
    this.#appender.add(cells);
  }

  /** Writes the rows, one or more, and returns the bytes of the file. The last call. */
  async write(): Promise<Buffer> {
    this.#appender.close();
    const file = join(this.#folder, `${this.#name}.parquet`);
    const rows = Math.round(GROUP_BYTES / (this.#bytes / this.#rows));
    const group = Math.min(GROUP_ROWS.most, Math.max(GROUP_ROWS.least, rows));
    const columns = this.#columns.map((column) =>
      isNested(column) ? `"${column.name}"::${column.type} AS "${column.name}"` : `"${column.name}"`,
    );
    await this.#db.run(
      `COPY (SELECT ${columns.join(', ')} FROM "${this.#name}")
       TO '${file.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${group})`,
    );
    await this.#db.run(`DROP TABLE "${this.#name}"`);
    return readFile(file);
  }
}

/** Appended as JSON, which the database turns into the structure. */
function isNested({ type }: ParquetColumn): boolean {
  return type.startsWith('STRUCT');
}
