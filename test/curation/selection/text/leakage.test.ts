/** Near-duplicates on two sides of a split are found in the rows, whatever the format. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formatOf, FORMAT_NAMES, type RenderedSource } from '../../../../curation/formats/example.ts';
import { duplicateText, hitsAcrossSplits, signedText, textsOf } from '../../../../curation/selection/text/leakage.ts';
import type { RedactedText } from '../../../../curation/text.ts';
import { openRelational } from '../../../../storage/relational.ts';

const scratch = mkdtempSync(join(tmpdir(), 'garner-leakage-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const redacted = (text: string) => text as RedactedText;
const LONG = Array.from({ length: 30 }, (_, i) => `total${i} = price${i} * rate${i}`).join(';');

async function hits(...texts: [string, string][]): Promise<number> {
  const file = join(scratch, 'signed.jsonl');
  writeFileSync(file, texts.map(([split, text]) => JSON.stringify(signedText(text, split)) + '\n').join(''));
  const db = await openRelational({ scratch });
  try {
    return await hitsAcrossSplits(db, [file], 20);
  } finally {
    await db.close();
  }
}

function example(reason: string): RenderedSource {
  return {
    ...{ example: 'e', split: 'train', component: 'c', label: 'positive', weight: 1000, reason: 'accepted_captured' },
    ...{ language: 'typescript', model: 'm', strategy: 's', time: 0 },
    prefix: redacted('let a = 1;\nlet b = '),
    suffix: redacted('\n'),
    completion: redacted('mine'),
    context: [{ path: redacted('src/b.ts'), text: redacted('quoted') }],
    pair: { chosen: redacted('first'), rejected: redacted('second'), reason, weight: 1000 },
  };
}

describe('texts of rows', () => {
  it.each(FORMAT_NAMES)('are the line of the cursor with each suggestion: %s', (name) => {
    const pair = name === 'dpo' || name === 'openai';
    const texts = (reason: string) =>
      formatOf(name)
        .rows(example(reason))
        .flatMap((row) => textsOf(name, row));
    expect(texts('rejected_explicit')).toEqual([`let b = ${pair ? 'second' : 'mine'}`]);
    const two = pair ? ['let b = second', 'let b = first'] : ['let b = mine'];
    expect(texts('accepted_over_rejected')).toEqual(two);
  });

  it('hold no more of a long line than its end', () => {
    expect(duplicateText('x'.repeat(500), 'y')).toBe('x'.repeat(160) + 'y');
  });
});

describe('hits across splits', () => {
  it('counts every band that the same text shares', async () => {
    expect(await hits(['train', LONG], ['test', LONG])).toBe(14);
  });

  it('counts a text that was changed a little', async () => {
    expect(await hits(['train', LONG], ['validation', LONG.replace('rate7', 'share')])).toBeGreaterThan(0);
  });

  it('does not count what lies in one split, what is short, or what is another text', async () => {
    expect(await hits(['train', LONG], ['train', LONG], ['test', LONG.replaceAll('total', 'sum')])).toBe(0);
    expect(await hits(['train', 'return null;'], ['test', 'return null;'])).toBe(0);
  });
});
