import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { lex } from '../../../../curation/overlap/lexer.ts';
import {
  bandHashes, decodeSignature, encodeSignature, PERMUTATIONS, signature, similarity,
} from '../../../../curation/selection/text/minhash.ts'; // prettier-ignore
import { normalisedSnippet } from '../../../../curation/selection/text/snippet.ts';

const names = (count: number, from = 0): string[] => Array.from({ length: count }, (_, i) => `n${from + i}`);
/** Jaccard similarity of the sets of 5-grams, counted. */
function jaccard(a: string[], b: string[]): number {
  const grams = (list: string[]): Set<string> =>
    new Set(Array.from({ length: list.length - 4 }, (_, i) => list.slice(i, i + 5).join(' ')));
  const [x, y] = [grams(a), grams(b)];
  const both = [...x].filter((gram) => y.has(gram)).length;
  return both / (x.size + y.size - both);
}

describe('signatures', () => {
  it('estimate the Jaccard similarity without bias and no worse than 112 permutations do', () => {
    for (const size of [12, 30, 120, 1500]) {
      for (const share of [0.5, 0.8]) {
        let bias = 0;
        let squares = 0;
        const runs = 400;
        for (let run = 0; run < runs; run++) {
          const a = names(size, run * 10_000);
          const b = [...a.slice(0, Math.round(size * share)), ...names(size, run * 10_000 + 5000)].slice(0, size);
          const error = similarity(signature(a.join(' ')).signature, signature(b.join(' ')).signature) - jaccard(a, b);
          bias += error / runs;
          squares += error ** 2 / runs;
        }
        expect(Math.abs(bias)).toBeLessThan(0.01);
        expect(Math.sqrt(squares)).toBeLessThan(0.05);
      }
    }
  });

  it('are equal for texts that differ in layout and comments alone', () => {
    const a = signature('function f(a) { return a + 1; } // one');
    const b = signature('function f(a)\n{\n\treturn a + 1;\n}\n/* two */');
    expect(a).toEqual(b);
    expect(a.lexemes).toBe(12);
  });

  it('have no place left empty, for any text with a lexeme', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        const { signature: made, lexemes } = signature(text);
        expect(made).toHaveLength(PERMUTATIONS);
        expect(lexemes).toBe(lex(text).count);
        expect(new Set(made).size).toBeGreaterThan(lexemes === 0 ? 0 : 100);
        expect(decodeSignature(encodeSignature(made))).toEqual(made);
      }),
    );
  });

  it('of distinct short texts are not alike', () => {
    const made = Array.from({ length: 200 }, (_, i) => signature(`return value${i};`).signature);
    for (let i = 1; i < made.length; i++) expect(similarity(made[0]!, made[i]!)).toBeLessThan(0.1);
  });

  it('share a band where they are 90% alike, under one key', () => {
    const key = new Uint8Array(32).fill(1);
    let met = 0;
    for (let run = 0; run < 200; run++) {
      const a = names(300, run * 1000);
      const b = [...a.slice(0, 285), ...names(15, run * 1000 + 500)];
      const bands = bandHashes(signature(a.join(' ')).signature, key);
      expect(bands).toHaveLength(14);
      if (bandHashes(signature(b.join(' ')).signature, key).some((band, i) => band === bands[i])) met++;
    }
    expect(met).toBeGreaterThanOrEqual(198);
    expect(bandHashes(signature('a b c').signature, key)).not.toEqual(
      bandHashes(signature('a b c').signature, new Uint8Array(32)),
    );
  });

  it('are refused where the bytes are not theirs', () => expect(() => decodeSignature('AAAA')).toThrow(/448/));
});

describe('the normalised snippet', () => {
  it.each([
    ['a  =  1 // x', 'a=1', true],
    ['f(a,\n  b,\n)', 'f(a, b)', true],
    ['a = 1', 'b = 1', false],
    ['a = 1', 'a = 2', false],
    ['s = "a b"', 's = "ab"', false],
    ['s = "a  b"', 's = "a b"', false],
    ['s  = "a b"', 's = "a b" # why not', true],
  ])('of %j and %j', (a, b, same) => expect(normalisedSnippet(a) === normalisedSnippet(b)).toBe(same));
});
