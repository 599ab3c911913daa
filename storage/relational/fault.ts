/** What the database says of a failure, without what it was given: DuckDB quotes the statement from its second line on, and values wherever it likes. */

/** An error with the first line of what DuckDB says. */
export function said(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  return new Error(`relational: ${withoutValues(message)}`);
}

/** Quoted values go too, save in errors of files, where they are paths. */
function withoutValues(message: string): string {
  const first = message.split('\n', 1)[0]!;
  return first.startsWith('IO Error') ? first : first.replace(/(["']).*\1/g, '$1…$1');
}
