/** Adds rows to a table one at a time, without a statement or a file for each. */
import type { DuckDBAppender } from '@duckdb/node-api';
import { said } from './fault.ts';

/** Text is cast to its column's type; numbers are doubles. */
export type RowCell = string | number | boolean;

/** Characters of text that are held before the table takes them. */
const HELD = 8 << 20;

export class RowAppender {
  readonly #appender: DuckDBAppender;
  #held = 0;

  constructor(appender: DuckDBAppender) {
    this.#appender = appender;
  }

  /** Adds a row: a cell for each column, in their order. Throws where a cell cannot be what its column is. */
  add(cells: readonly RowCell[]): void {
    const appender = this.#appender;
    try {
      for (const cell of cells) {
        if (typeof cell === 'string') {
          appender.appendVarchar(cell);
          this.#held += cell.length;
        } else if (typeof cell === 'number') appender.appendDouble(cell);
        else appender.appendBoolean(cell);
      }
      appender.endRow();
      if (this.#held < HELD) return;
      appender.flushSync();
      this.#held = 0;
    } catch (error) {
      throw said(error);
    }
  }

  /** Gives the table what is still held. The last call. */
  close(): void {
    try {
      this.#appender.closeSync();
    } catch (error) {
      throw said(error);
    }
  }
}
