/**
 * Tells whether a text repeats a benchmark's problem or solution: an index of hashed word n-grams of the benchmark, without its text.
 *
 * Words are runs of letters, digits and underscores in lower case, comments and literals included, since problems stand in docstrings. A
 * document of 13 words or more leaves all its 13-grams (Brown et al. 2020, appendix C); one of 10 to 12 its 10-grams; a shorter one nothing, as
 * idioms are as long.
 */
import { GramTable } from '../../overlap/grams.ts';
import { scramble } from '../../overlap/lexer.ts';

export const LONG_GRAM = 13;
export const SHORT_GRAM = 10;
const MAGIC = 0x434f4e31; // "CON1"
const WORDS = /[\p{L}\p{N}_]+/gu;
const BASE_A = 0x01000195;
const BASE_B = 0x5bd1e995;

export interface BenchmarkDocument {
  id: string;
  text: string;
}

export class Contamination {
  private readonly grams: GramTable;

  private constructor(grams: GramTable) {
    this.grams = grams;
  }

  /** An index of `docs`, and the ids of those too short to be in it. */
  static build(docs: readonly BenchmarkDocument[]): { index: Contamination; tooShort: string[] } {
    const grams = new GramTable(0);
    const tooShort: string[] = [];
    for (const { id, text } of docs) {
      const words = wordHashes(text);
      if (words.length < SHORT_GRAM) tooShort.push(id);
      else eachGram(words, words.length >= LONG_GRAM ? LONG_GRAM : SHORT_GRAM, (hi, lo) => void grams.claim(hi, lo));
    }
    return { index: new Contamination(grams), tooShort };
  }

  /** Hashed n-grams in the index. */
  get size(): number {
    return this.grams.size;
  }

  /** Whether `text` shares an n-gram with a document of the benchmark. */
  hits(text: string): boolean {
    if (this.grams.size === 0) return false;
    const words = wordHashes(text);
    let found = false;
    for (const size of [LONG_GRAM, SHORT_GRAM]) {
      if (!found) eachGram(words, size, (hi, lo) => (found ||= this.grams.has(hi, lo)));
    }
    return found;
  }

  /** The same bytes for the same documents in any order. */
  toBytes(): Uint8Array {
    return this.grams.toBytes(MAGIC);
  }

  /** What `toBytes` wrote. Throws on anything else. */
  static fromBytes(bytes: Uint8Array): Contamination {
    return new Contamination(GramTable.fromBytes(bytes, 0, MAGIC, 'contamination index'));
  }
}

/** The index of a benchmark's documents (its prompts, its reference solutions). */
export function buildIndex(docs: readonly BenchmarkDocument[]): Contamination {
  return Contamination.build(docs).index;
}

function wordHashes(text: string): number[] {
  const hashes: number[] = [];
  for (const [word] of text.matchAll(WORDS)) {
    const lower = word.toLowerCase();
    let hash = 0x811c9dc5;
    for (let i = 0; i < lower.length; i++) hash = Math.imul(hash ^ lower.charCodeAt(i), 0x01000193);
    hashes.push(hash);
  }
  return hashes;
}

function eachGram(words: readonly number[], size: number, visit: (hi: number, lo: number) => void): void {
  for (let first = 0; first + size <= words.length; first++) {
    let a = size;
    let b = size;
    for (let i = first; i < first + size; i++) {
      a = Math.imul(a ^ scramble(words[i]!), BASE_A);
      b = (Math.imul(b, BASE_B) + scramble(words[i]! ^ 0x3c6ef372)) | 0;
    }
    visit(scramble(a) | 0, scramble(b) | 0);
  }
}
