/** Numbers for what a path must hold to match a row: whole segments, leading segments, runs of two and three characters. */
import { GLOBSTAR, type Segment } from './segment.ts';

const SEEN_BITS = 12;
const SLASH = 0x2f;
const SEGMENT_SALT = 0x51ed270b;
const PREFIX_SALT = 0x2545f491;

/** A path split at `/`, in one spelling, with its features computed once for every index that is asked. */
export class FeaturedPath {
  readonly segments: readonly string[];
  readonly features: readonly number[];
  /** One bit for each value of a feature's low bits: where it is clear, the path lacks the feature. */
  readonly #seen = new Uint32Array(1 << (SEEN_BITS - 5));

  constructor(segments: readonly string[]) {
    this.segments = segments;
    const features: number[] = [];
    let prefix = PREFIX_SALT;
    for (const segment of segments) {
      features.push(segmentFeature(segment));
      features.push((prefix = extendPrefix(prefix, segment)) >>> 2);
      let first = 0;
      let second = SLASH;
      for (let at = 0; at <= segment.length; at++) {
        const third = at === segment.length ? SLASH : segment.charCodeAt(at);
        if (at > 0) features.push(gramFeature(first, second, third));
        features.push(gramFeature(0, second, third));
        first = second;
        second = third;
      }
    }
    this.features = features;
    for (const feature of features) this.#seen[slotWord(feature)]! |= slotBit(feature);
  }

  /** False where the path surely lacks the feature. */
  mayHave(feature: number): boolean {
    return (this.#seen[slotWord(feature)]! & slotBit(feature)) !== 0;
  }
}

/** Features of every path that a row of these segments matches, of the kinds that FeaturedPath computes. */
export function featuresOf(segments: readonly Segment[]): Set<number> {
  const features = new Set<number>();
  let prefix: number | undefined = PREFIX_SALT;
  for (const segment of segments) {
    if (typeof segment === 'string') {
      features.add(segmentFeature(segment));
      if (prefix !== undefined) features.add((prefix = extendPrefix(prefix, segment)) >>> 2);
      continue;
    }
    prefix = undefined;
    if (segment !== GLOBSTAR) for (const text of segment.holds) addGrams(text, features);
  }
  return features;
}

/** Three characters each; two where the text has no more, for they say less. */
function addGrams(text: string, features: Set<number>): void {
  if (text.length === 2) features.add(gramFeature(0, text.charCodeAt(0), text.charCodeAt(1)));
  for (let at = 2; at < text.length; at++) {
    features.add(gramFeature(text.charCodeAt(at - 2), text.charCodeAt(at - 1), text.charCodeAt(at)));
  }
}

/** Different texts may share a number, which only costs a needless match. All features fit a small integer (30 bits). */
function gramFeature(first: number, second: number, third: number): number {
  const packed = ((first & 0x3ff) << 20) | ((second & 0x3ff) << 10) | (third & 0x3ff);
  return mixed(packed) >>> 2;
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
  return (feature >>> 5) & ((1 << (SEEN_BITS - 5)) - 1);
}

function slotBit(feature: number): number {
  return 1 << (feature & 31);
}
