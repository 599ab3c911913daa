/** Leaks: signs the texts of a folder's rows anew, and counts what rows of two splits share. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { FORMAT_NAMES, type FormatName } from '../../curation/formats/example.ts';
import { hitsAcrossSplits, signedText, textsOf } from '../../curation/selection/text/leakage.ts';
import { openRelational, type RelationalDatabase } from '../../storage/relational.ts';

/** Signatures lie in scratch, without text. */
export class Leaks {
  readonly #folder: string;
  readonly #file: string;
  readonly #out: WriteStream;

  constructor(folder: string) {
    this.#folder = folder;
    this.#file = join(folder, 'signed.jsonl');
    this.#out = createWriteStream(this.#file, { mode: 0o600 });
  }

  /** The rows of a Parquet file that the database can read; formats that hold no suggestions are passed over. */
  async takeParquet(format: string, split: string, file: string, db: RelationalDatabase): Promise<void> {
    if (!isFormat(format)) return;
    const rows = `SELECT to_json(t)::VARCHAR FROM (SELECT * EXCLUDE (suffix) FROM read_parquet('${file}')) t`;
    for await (const [lines] of db.batches(rows))
      for (const line of lines!) await this.#take(format, split, JSON.parse(String(line)) as Record<string, unknown>);
  }

  async takeRow(format: string, split: string, row: Record<string, unknown>): Promise<void> {
    if (isFormat(format)) await this.#take(format, split, row);
  }

  /** Shared bands, for texts of so many lexemes or more. The last call. */
  async hits(minLexemes: number): Promise<number> {
    this.#out.end();
    await once(this.#out, 'close');
    const db = await openRelational({ scratch: this.#folder });
    try {
      return await hitsAcrossSplits(db, [this.#file], minLexemes);
    } finally {
      await db.close();
    }
  }

  async #take(format: FormatName, split: string, row: Record<string, unknown>): Promise<void> {
    for (const text of textsOf(format, row))
      if (!this.#out.write(JSON.stringify(signedText(text, split)) + '\n')) await once(this.#out, 'drain');
  }
}

function isFormat(name: string): name is FormatName {
  return (FORMAT_NAMES as readonly string[]).includes(name);
}
