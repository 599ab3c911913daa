/** Runs the select stage on made-up metadata in a database of its own, for the tests of selection. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { encodeSignature, signature } from '../../../curation/selection/text/minhash.ts';
import {
  DEFAULT_SELECTION, type Decision, type ExampleMetadata, select, type SelectionPolicy, type SelectionResult,
} from '../../../curation/selection/select.ts'; // prettier-ignore
import { openRelational } from '../../../storage/relational.ts';

export const scratch = mkdtempSync(join(tmpdir(), 'garner-select-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

export const key = new Uint8Array(32).fill(9);
export const id = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
export const blank = encodeSignature(signature('').signature);

export function example(name: string, given: Partial<ExampleMetadata> & { text?: string } = {}): ExampleMetadata {
  const { text, ...fields } = given;
  const made =
    text === undefined
      ? { signature: blank, lexemes: 5 }
      : { ...signature(text), signature: encodeSignature(signature(text).signature) };
  return {
    example: id(name), label: true, weight: 1000, reason: 'accepted_retained_600', time: 1, contributor: id(`user ${name}`),
    repository: id(`repository ${name}`), family: '', content: id(`content ${name}`), snippet: id(`snippet ${name}`), language: 'typescript',
    contaminated: false, bytes: 100, ...made, ...fields,
  }; // prettier-ignore
}

interface Selected extends SelectionResult {
  by: Map<string, Decision>;
  bytes: string;
}
let turn = 0;
export async function decide(
  rows: ExampleMetadata[],
  policy: Partial<SelectionPolicy> = {},
  { files = 1, threads = 2, parquet = false } = {},
): Promise<Selected> {
  const db = await openRelational({ scratch, threads });
  const base = join(scratch, `run-${turn++}`);
  const parts = Array.from({ length: files }, (_, file) => `${base}-${file}.jsonl`);
  parts.forEach((part, file) =>
    writeFileSync(
      part,
      rows
        .filter((_, i) => i % files === file)
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    ),
  );
  const out = `${base}.out.${parquet ? 'parquet' : 'jsonl'}`;
  try {
    const result = await select({ files: parts }, { ...DEFAULT_SELECTION, ...policy }, key, db, out);
    const bytes = readFileSync(out, parquet ? 'latin1' : 'utf8');
    const lines = parquet ? [] : bytes.split('\n').filter((line) => line !== '');
    return {
      ...result,
      bytes,
      by: new Map(lines.map((line) => JSON.parse(line) as Decision).map((row) => [row.example, row])),
    };
  } finally {
    await db.close();
  }
}
export const outcome = ({ by }: Selected, name: string): string => {
  const { keep, reason, rule } = by.get(id(name))!;
  return keep ? 'kept' : `${reason} ${rule}`;
};
export const kept = ({ by }: Selected): string[] =>
  [...by.values()].filter(({ keep }) => keep).map((row) => row.example);
