/**
 * Merkle trees over ordered entries: roots, and proofs that an entry is in a tree and that a tree only grew.
 * Hashes, trees and proofs are those of RFC 6962 section 2.1 (SHA-256; RFC 9162 keeps them), so any certificate-transparency
 * verifier can check them. Roots and proofs are made while entries stream by, in O(log n) memory.
 */
import * as crypto from 'node:crypto';

const LEAF = Buffer.of(0);
/** 0x01 ‖ left ‖ right, filled anew for each node. */
const pair = Buffer.alloc(65, 1);

/** In one call where Node has it (20.12): an object for each of a million entries takes longer than their digests. */
const sha256: (bytes: Uint8Array) => Buffer =
  typeof crypto.hash === 'function'
    ? (bytes) => crypto.hash('sha256', bytes, 'buffer')
    : (bytes) => crypto.createHash('sha256').update(bytes).digest();

/** Hash of one entry's bytes: sha256(0x00 ‖ entry). */
export function leafHash(entry: Uint8Array): Buffer {
  return sha256(Buffer.concat([LEAF, entry]));
}

/** Hash of an inner node: sha256(0x01 ‖ left ‖ right), both 32 bytes. */
function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  pair.set(left, 1);
  pair.set(right, 33);
  return sha256(pair);
}

/** The root of a complete subtree, and of how many entries it is: a power of two. */
export interface Subtree {
  hash: Buffer;
  entries: number;
}

/** Computes a root from entries given one after another; holds one hash for each complete subtree, at most two for each power of two. */
export class TreeHasher {
  /** Entries given so far. */
  size = 0;
  readonly #first: number;
  readonly #subtrees: Subtree[] = [];

  /** @param first number of the first entry that is given, where those before it are another hasher's: then only `subtrees` is of use */
  constructor(first = 0) {
    this.#first = first;
  }

  /** Adds the bytes of the next entry. */
  append(entry: Uint8Array): void {
    this.appendHash(leafHash(entry));
  }

  /** Adds the next entry by its leaf hash. */
  appendHash(hash: Buffer): void {
    this.appendSubtree({ hash, entries: 1 });
  }

  /** Adds the next entries, which another hasher made a subtree of. @throws RangeError where no such subtree begins at the next entry */
  appendSubtree(next: Subtree): void {
    let start = this.#first + this.size;
    if (start % next.entries !== 0)
      throw new RangeError(`No subtree of ${next.entries} entries begins at entry ${start}.`);
    let subtree = next;
    for (let left = this.#subtrees.at(-1); left?.entries === subtree.entries; left = this.#subtrees.at(-1)) {
      if ((start - left.entries) % (2 * left.entries) !== 0) break;
      this.#subtrees.pop();
      start -= left.entries;
      subtree = { hash: nodeHash(left.hash, subtree.hash), entries: left.entries * 2 };
    }
    this.#subtrees.push(subtree);
    this.size += next.entries;
  }

  /** The complete subtrees of the entries so far, in their order. */
  subtrees(): readonly Subtree[] {
    return this.#subtrees;
  }

  /** Root of the entries so far; of none, sha256 of nothing. More entries may follow. */
  root(): Buffer {
    const last = this.#subtrees.at(-1);
    if (!last) return sha256(Buffer.alloc(0));
    let root = last.hash;
    for (let at = this.#subtrees.length - 2; at >= 0; at--) root = nodeHash(this.#subtrees[at]!.hash, root);
    return root;
  }
}

/** Root over the entries' bytes, in their order. */
export function merkleRoot(leaves: Iterable<Uint8Array>): Buffer {
  const hasher = new TreeHasher();
  for (const leaf of leaves) hasher.append(leaf);
  return hasher.root();
}

/** Entries from `start` up to, not including, `end`; their subtree's root is one hash of a proof. */
interface Range {
  start: number;
  end: number;
}

/** Makes a proof while all entries of the tree stream by; holds O(log² n) hashes. Made by `inclusionProver` and `consistencyProver`. */
export class Prover {
  readonly #size: number;
  readonly #parts: (Range & { hasher: TreeHasher })[];
  readonly #inOrder: (Range & { hasher: TreeHasher })[];
  #next = 0;
  #at = 0;

  constructor(ranges: readonly Range[], size: number) {
    this.#size = size;
    this.#parts = ranges.map((range) => ({ ...range, hasher: new TreeHasher() }));
    this.#inOrder = [...this.#parts].sort((a, b) => a.start - b.start);
  }

  /** Takes the bytes of the next entry. */
  append(entry: Uint8Array): void {
    const index = this.#next++;
    while (this.#at < this.#inOrder.length && index >= this.#inOrder[this.#at]!.end) this.#at++;
    const part = this.#inOrder[this.#at];
    if (part && index >= part.start) part.hasher.append(entry);
  }

  /** The proof's hashes, in the RFC's order. Throws RangeError unless exactly the tree's entries were given. */
  proof(): Buffer[] {
    if (this.#next !== this.#size)
      throw new RangeError(`The tree has ${this.#size} entries, ${this.#next} were given: give each entry once.`);
    return this.#parts.map((part) => part.hasher.root());
  }
}

/** Prover that the entry at `index` (from 0) is in the tree of `size` entries. Throws RangeError where it is outside. */
export function inclusionProver(index: number, size: number): Prover {
  checkSize(size);
  if (!Number.isSafeInteger(index) || index < 0 || index >= size)
    throw new RangeError(`Entry ${index} is outside a tree of ${size} entries.`);
  const ranges: Range[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  return new Prover(ranges.reverse(), size);
}

/** Prover that the tree of `oldSize` entries is the beginning of the tree of `size`. Throws RangeError where it cannot be. */
export function consistencyProver(oldSize: number, size: number): Prover {
  checkSize(size);
  if (!Number.isSafeInteger(oldSize) || oldSize < 0 || oldSize > size)
    throw new RangeError(`A tree of ${size} entries never had ${oldSize}.`);
  const ranges: Range[] = [];
  if (oldSize > 0 && oldSize < size) {
    let start = 0;
    let end = size;
    let whole = true;
    while (end !== oldSize) {
      const middle = start + splitOf(end - start);
      if (oldSize <= middle) {
        ranges.push({ start: middle, end });
        end = middle;
      } else {
        ranges.push({ start, end: middle });
        start = middle;
        whole = false;
      }
    }
    if (!whole) ranges.push({ start, end });
  }
  return new Prover(ranges.reverse(), size);
}

/** Proof that the entry at `index` is among the entries (RFC 6962 section 2.1.1). */
export function inclusionProof(leaves: readonly Uint8Array[], index: number): Buffer[] {
  return run(inclusionProver(index, leaves.length), leaves);
}

/** Proof that the first `oldSize` entries are where they were (RFC 6962 section 2.1.2); empty for sizes 0 and all. */
export function consistencyProof(leaves: readonly Uint8Array[], oldSize: number): Buffer[] {
  return run(consistencyProver(oldSize, leaves.length), leaves);
}

/** Whether `proof` shows that the entry's bytes stand at `index` in the tree of `size` with this root (RFC 9162 section 2.1.3.2). */
export function verifyInclusion(claim: {
  entry: Uint8Array;
  index: number;
  size: number;
  proof: readonly Uint8Array[];
  root: Uint8Array;
}): boolean {
  const { index, size, proof, root } = claim;
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  let [node, last] = [index, size - 1];
  let hash: Uint8Array = leafHash(claim.entry);
  for (const sibling of proof) {
    if (last === 0 || sibling.length !== 32) return false;
    if (isOdd(node) || node === last) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && Buffer.from(root).equals(hash);
}

/** Whether `proof` shows that the old tree is the beginning of the later one (RFC 9162 section 2.1.4.2). */
export function verifyConsistency(claim: {
  oldSize: number;
  oldRoot: Uint8Array;
  size: number;
  root: Uint8Array;
  proof: readonly Uint8Array[];
}): boolean {
  const { oldSize, size, oldRoot, root, proof } = claim;
  if (!isCount(oldSize) || !isCount(size) || oldSize > size) return false;
  if (oldSize === size) return proof.length === 0 && Buffer.from(oldRoot).equals(root);
  if (oldSize === 0) return proof.length === 0 && Buffer.from(oldRoot).equals(sha256(Buffer.alloc(0)));
  let [node, last] = [oldSize - 1, size - 1];
  while (isOdd(node)) [node, last] = [half(node), half(last)];
  // An old tree that is one complete subtree is not repeated in the proof.
  const hashes = node === 0 ? [oldRoot, ...proof] : proof;
  const first = hashes[0];
  if (!first || hashes.some((hash) => hash.length !== 32)) return false;
  let oldHash: Uint8Array = first;
  let hash: Uint8Array = first;
  for (let at = 1; at < hashes.length; at++) {
    const sibling = hashes[at]!;
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      oldHash = nodeHash(sibling, oldHash);
      hash = nodeHash(sibling, hash);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && Buffer.from(oldRoot).equals(oldHash) && Buffer.from(root).equals(hash);
}

function run(prover: Prover, leaves: readonly Uint8Array[]): Buffer[] {
  for (const leaf of leaves) prover.append(leaf);
  return prover.proof();
}

/** The largest power of two below `size` (at least 2 entries): where RFC 6962 cuts a tree in two. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

function checkSize(size: number): void {
  if (!isCount(size)) throw new RangeError(`${size} is no number of entries.`);
}

// Trees may have more than 2^31 entries, so no bit operators here.
const isOdd = (value: number): boolean => value % 2 === 1;
const half = (value: number): number => Math.floor(value / 2);
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
