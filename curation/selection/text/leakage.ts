/**
 * Leakage: whether a text of one split is a near-duplicate of a text of another, told from the rows as they are written, not from what selection
 * believed of them.
 */
import type { FormatName } from '../../formats/example.ts';
import type { Relational } from '../../relational.ts';
import { bandOf } from '../duplicates.ts';
import { BANDS, encodeSignature, signature } from './minhash.ts';

/** A text of a row: its signature (`encodeSignature`), lexemes and split. Holds no text. */
export interface SignedText {
  s: string;
  lexemes: number;
  split: string;
}

/** Most characters of the cursor's line that near-duplicates are told by beside the completion. */
const LINE = 160;

/**
 * What near-duplicates are told by: the line that the cursor is in, and what completes it. Whole prompts would not do: those of one file are alike
 * wherever the cursor stands.
 */
export function duplicateText(prompt: string, completion: string): string {
  return prompt.slice(Math.max(prompt.lastIndexOf('\n') + 1, prompt.length - LINE)) + completion;
}

/** The suggestions in a row of a format, with their lines. Code that somebody wrote instead of one belongs to no suggestion, and is not among them. */
export function textsOf(format: FormatName, row: Record<string, unknown>): string[] {
  const text = (prompt: unknown, completion: unknown) => duplicateText(String(prompt), String(completion));
  const both = row['reason'] === 'accepted_over_rejected';
  if (format === 'dpo')
    return [text(row['prompt'], row['rejected']), ...(both ? [text(row['prompt'], row['chosen'])] : [])];
  if (format === 'openai') {
    const [input] = (row['input'] as { messages: { content: string }[] }).messages;
    const side = (name: string) => (row[name] as { content: string }[])[0]!.content;
    const prompt = input!.content;
    return [text(prompt, side('non_preferred_output')), ...(both ? [text(prompt, side('preferred_output'))] : [])];
  }
  return [text(format === 'fim' ? row['prefix'] : row['prompt'], row['completion'])];
}

export function signedText(text: string, split: string): SignedText {
  const { signature: made, lexemes } = signature(text);
  return { s: encodeSignature(made), lexemes, split };
}

/**
 * Bands of signatures that texts of two splits share, among the `SignedText`s of JSONL files: 0, or near-duplicates may lie on both sides. Texts of fewer
 * lexemes are left out, for they are alike by being short. `db` is empty and used up.
 */
export async function hitsAcrossSplits(db: Relational, files: readonly string[], minLexemes: number): Promise<number> {
  if (files.length === 0) return 0;
  const list = files.map((file) => `'${file.replaceAll("'", "''")}'`).join(', ');
  await db.run(`CREATE TABLE signed AS SELECT DISTINCT from_base64(s) AS s, split
    FROM read_json([${list}], format = 'newline_delimited', columns = {s: 'VARCHAR', lexemes: 'BIGINT', split: 'VARCHAR'})
    WHERE lexemes >= ${minLexemes}`);
  let hits = 0;
  for (let band = 0; band < BANDS; band++) {
    const [found] = await db.rows<{ hits: number }>(`SELECT count(*) AS hits FROM (
      SELECT ${bandOf(band)} AS h FROM signed GROUP BY h HAVING min(split) <> max(split))`);
    hits += found!.hits;
  }
  return hits;
}
