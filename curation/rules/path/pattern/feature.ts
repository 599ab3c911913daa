/** Numbers for what a path must hold to match a row: whole segments, leading segments, runs of two and three characters. */
import { GLOBSTAR, type Segment } from './segment.ts';

const SEEN_BITS = 12;
const SEEN_WORDS = 1 << (SEEN_BITS - 5);
/** Paths take their words from one array until it is full: the array goes when the last of them does. */
const POOL_WORDS = SEEN_WORDS << 8;
let pool = new Uint32Array(POOL_WORDS);
let poolEnd = 0;
const SLASH = 0x2f;
const SEGMENT_SALT = 0x51ed270b;
const PREFIX_SALT = 0x2545f491;

/** A path split at `/`, in one spelling, with its features computed once for every index that is asked. */
export class FeaturedPath {
  readonly segments: readonly string[];
  /** Segments, leading segments, runs of three characters. */
  readonly features: readonly number[];
  /** One bit for each value of a feature's low bits, from `#base` on: where it is clear, the path lacks the feature. */
  readonly #seen: Uint32Array;
  readonly #base: number;
  #pairs: number[] | undefined;

  constructor(segments: readonly string[]) {
    this.segments = segments;
    let size = 0;
    for (const segment of segments) size += segment.length + 2;
    // A plain array: a typed one of its own costs more to make and to free than all the rest.
    const features = new Array<number>(size);
    let count = 0;
    let prefix = PREFIX_SALT;
    for (const segment of segments) {
      prefix = extendPrefix(prefix, segment);
      features[count++] = prefix >>> 2;
      features[count++] = segmentFeature(segment);
      let first = SLASH;
      let second = segment.charCodeAt(0);
      for (let at = 1; at <= segment.length; at++) {
        const third = at === segment.length ? SLASH : segment.charCodeAt(at);
        features[count++] = gramFeature(first, second, third);
        first = second;
        second = third;
      }
    }
    this.features = features;
    if (poolEnd === POOL_WORDS) {
      pool = new Uint32Array(POOL_WORDS);
      poolEnd = 0;
    }
    const seen = (this.#seen = pool);
    const base = (this.#base = poolEnd);
    poolEnd += SEEN_WORDS;
    for (let at = 0; at < count; at++) seen[base + slotWord(features[at]!)]! |= slotBit(features[at]!);
  }

  /** Runs of two characters, which few rows need. */
  get pairs(): readonly number[] {
    if (this.#pairs) return this.#pairs;
    const text = `/${this.segments.join('/')}/`;
    const pairs = new Array<number>(text.length - 1);
    for (let at = 0; at < pairs.length; at++) pairs[at] = pairFeature(text.charCodeAt(at), text.charCodeAt(at + 1));
    return (this.#pairs = pairs);
  }

  /** False where the path surely lacks the feature. */
  mayHave(feature: number): boolean {
    return (this.#seen[this.#base + slotWord(feature)]! & slotBit(feature)) !== 0;
  }
}

/**
 * Features of every path that a row of these segments matches. Runs of two characters say little, and are given only
 * where there is nothing else.
 */
export function featuresOf(segments: readonly Segment[]): { features: Set<number>; pairs: Set<number> } {
  const features = new Set<number>();
  const pairs = new Set<number>();
  let prefix: number | undefined = PREFIX_SALT;
  for (const segment of segments) {
    if (typeof segment === 'string') {
      features.add(segmentFeature(segment));
      if (prefix !== undefined) features.add((prefix = extendPrefix(prefix, segment)) >>> 2);
      continue;
    }
    prefix = undefined;
    if (segment === GLOBSTAR) continue;
    for (const text of segment.holds) {
      if (text.length === 2) pairs.add(pairFeature(text.charCodeAt(0), text.charCodeAt(1)));
      for (let at = 2; at < text.length; at++) {
        features.add(gramFeature(text.charCodeAt(at - 2), text.charCodeAt(at - 1), text.charCodeAt(at)));
      }
    }
  }
  return { features, pairs: features.size > 0 ? new Set() : pairs };
}

/** Different texts may share a number, which only costs a needless match. All features fit a small integer (30 bits). */
function gramFeature(first: number, second: number, third: number): number {
  const packed = ((first & 0x3ff) << 20) | ((second & 0x3ff) << 10) | (third & 0x3ff);
  return mixed(packed) >>> 2;
}

function pairFeature(first: number, second: number): number {
  return gramFeature(0, first, second);
}

function segmentFeature(segment: string): number {
  return mixed(hashText(SEGMENT_SALT, segment)) >>> 2;
}

function extendPrefix(prefix: number, segment: string): number {
  return mixed(hashText(prefix, segment) ^ SLASH);
}

/** FNV-1a over UTF-16 units. */
function hashText(seed: number, text: string): number {
  let hash = seed;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

/** Spreads the bits (the finaliser of MurmurHash3, shortened). */
function mixed(value: number): number {
  const once = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return once ^ (once >>> 13);
}

function slotWord(feature: number): number {
  return (feature >>> 5) & (SEEN_WORDS - 1);
}

function slotBit(feature: number): number {
  return 1 << (feature & 31);
}
