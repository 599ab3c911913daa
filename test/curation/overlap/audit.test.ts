import { describe, expect, it } from 'vitest';
import { overlapPlaces, readsRenamed } from '../../../curation/overlap/audit.ts';
import { FingerprintFilter } from '../../../curation/overlap/filter.ts';
import { fingerprintKey, guardPrints } from '../../../curation/overlap/fingerprint.ts';

const key = fingerprintKey(new Uint8Array(32).fill(9));
const SECRET = Array.from({ length: 12 }, (_, i) => `const part${i} = derive(seed${i}, ${i * 7});`).join('\n');

function filterOf(text: string): (hi: number, lo: number) => boolean {
  const filter = FingerprintFilter.sized(1000);
  guardPrints(text, key, 'all', (hi, lo) => filter.add(hi, lo));
  return (hi, lo) => filter.has(hi, lo);
}
const has = filterOf(SECRET);

describe('private code in the texts of a row', () => {
  it('is found with its column and lines, however it is laid out', () => {
    const text = `import x;\nlet a = 1;\n${SECRET.replaceAll('\n', '\n   ')}\nend();\n`;
    expect(overlapPlaces([{ column: 'prompt', text }], key, has)).toMatchObject([
      { column: 'prompt', line: 3, lastLine: 14 },
    ]);
  });

  it('is found where it only stands across two columns, once', () => {
    const words = SECRET.split(' ');
    const [prompt, completion] = [words.slice(0, 7).join(' ') + ' ', words.slice(7, 14).join(' ')];
    expect(overlapPlaces([{ column: 'prompt', text: prompt }], key, has)).toEqual([]);
    const row = [prompt, completion, '\nother();'].map((text, i) => ({ column: ['prompt', 'completion', 'suffix'][i]!, text })); // prettier-ignore
    const crossing = overlapPlaces(row, key, has).filter(({ column }) => column === 'prompt');
    expect(crossing).toHaveLength(1);
  });

  it('is not found in other code, nor in columns that were never one text', () => {
    const half = SECRET.slice(0, 60);
    const rest = SECRET.slice(60, 110);
    expect(overlapPlaces([{ column: 'model', text: half }, { column: 'reason', text: rest }], key, has)).toEqual([]); // prettier-ignore
    expect(overlapPlaces([{ column: 'prompt', text: 'function add(a, b) { return a + b; }'.repeat(9) }], key, has)).toEqual([]); // prettier-ignore
  });

  it('is told for review where only its names were changed', () => {
    const renamed = SECRET.replaceAll('part', 'piece').replaceAll('derive', 'make').replaceAll('seed', 'origin');
    expect(overlapPlaces([{ column: 'prompt', text: renamed }], key, has)).toEqual([]);
    expect(readsRenamed([{ column: 'prompt', text: renamed }], key, has)).toBe(true);
    expect(readsRenamed([{ column: 'prompt', text: renamed.replaceAll('* 7', '') + ';' }], key, filterOf('x = 1;'))).toBe(false); // prettier-ignore
  });
});
