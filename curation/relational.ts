/** What the engine needs of a database that speaks DuckDB's SQL; storage/relational.ts is one. */
export interface Relational {
  run(sql: string): Promise<void>;
  rows<T>(sql: string): Promise<T[]>;
  batches(sql: string): AsyncIterable<unknown[][]>;
  append(table: string, columns: readonly Int32Array[]): Promise<void>;
}
