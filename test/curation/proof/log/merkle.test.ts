/** Laws of the Merkle trees, against a second implementation that follows the definitions of RFC 6962 word for word. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  consistencyProof,
  consistencyProver,
  inclusionProof,
  inclusionProver,
  leafHash,
  merkleRoot,
  TreeHasher,
  verifyConsistency,
  verifyInclusion,
} from '../../../../curation/proof/log/merkle.ts';

const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

/** MTH, PATH and PROOF as the RFC writes them down, recursively. */
function split(size: number): number {
  return 2 ** Math.ceil(Math.log2(size) - 1);
}
function root(leaves: Buffer[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return sha256(Buffer.of(0), leaves[0]!);
  const k = split(leaves.length);
  return sha256(Buffer.of(1), root(leaves.slice(0, k)), root(leaves.slice(k)));
}
function path(m: number, leaves: Buffer[]): Buffer[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return m < k
    ? [...path(m, leaves.slice(0, k)), root(leaves.slice(k))]
    : [...path(m - k, leaves.slice(k)), root(leaves.slice(0, k))];
}
function subproof(m: number, leaves: Buffer[], known: boolean): Buffer[] {
  if (m === leaves.length) return known ? [] : [root(leaves)];
  const k = split(leaves.length);
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), known), root(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), root(leaves.slice(0, k))];
}

const entries = (count: number): Buffer[] => Array.from({ length: count }, (_, at) => Buffer.from(`entry ${at}`));
const LARGEST = 33;

describe('Merkle trees', () => {
  it('has the roots that RFC 6962 defines, for every size', () => {
    for (let size = 0; size <= LARGEST; size++) expect(merkleRoot(entries(size))).toEqual(root(entries(size)));
    expect(merkleRoot([]).toString('hex')).toBe(sha256().toString('hex'));
  });

  it('gives the root at any time while entries are added', () => {
    const hasher = new TreeHasher();
    for (let size = 1; size <= LARGEST; size++) {
      hasher.appendHash(leafHash(entries(size).at(-1)!));
      expect(hasher.root()).toEqual(root(entries(size)));
      expect(hasher.size).toBe(size);
    }
  });

  it('has the same root where several hashers made the subtrees, wherever they are cut', () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 6 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 }), cuts, (size, at) => {
        const ends = [...at.filter((cut) => cut < size), size].sort((a, b) => a - b);
        const tree = new TreeHasher();
        for (const end of ends) {
          const first = tree.size;
          const part = new TreeHasher(first);
          for (const entry of entries(size).slice(first, end)) part.append(entry);
          for (const subtree of part.subtrees()) tree.appendSubtree(subtree);
          expect(part.subtrees().length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(Math.max(2, end - first + 1))));
        }
        expect([tree.size, tree.root()]).toEqual([size, root(entries(size))]);
      }),
    );
    const hash = leafHash(entries(1)[0]!);
    const tree = new TreeHasher();
    tree.appendHash(hash);
    expect(() => tree.appendSubtree({ hash, entries: 2 })).toThrow(RangeError);
  });

  it('makes the audit paths of the RFC and verifies them, for every entry of every size', () => {
    for (let size = 1; size <= LARGEST; size++) {
      const leaves = entries(size);
      for (let index = 0; index < size; index++) {
        const proof = inclusionProof(leaves, index);
        expect(proof).toEqual(path(index, leaves));
        expect(verifyInclusion({ entry: leaves[index]!, index, size, proof, root: root(leaves) })).toBe(true);
      }
    }
  });

  it('makes the consistency proofs of the RFC and verifies them, for every pair of sizes', () => {
    for (let size = 1; size <= LARGEST; size++) {
      const leaves = entries(size);
      for (let oldSize = 0; oldSize <= size; oldSize++) {
        const proof = consistencyProof(leaves, oldSize);
        if (oldSize > 0 && oldSize < size) expect(proof).toEqual(subproof(oldSize, leaves, true));
        const oldRoot = root(leaves.slice(0, oldSize));
        expect(verifyConsistency({ oldSize, oldRoot, size, root: root(leaves), proof })).toBe(true);
      }
    }
  });

  it('refuses an inclusion proof in which anything was changed', () => {
    const size = fc.integer({ min: 2, max: LARGEST });
    fc.assert(
      fc.property(size, fc.nat(), fc.nat(), fc.nat(), (size, seed, where, bit) => {
        const leaves = entries(size);
        const index = seed % size;
        const proof = inclusionProof(leaves, index);
        const good = { entry: leaves[index]!, index, size, proof, root: merkleRoot(leaves) };
        const flipped = proof.map((hash) => Buffer.from(hash));
        const target = flipped[where % flipped.length]!;
        target[bit % 32]! ^= 1 << (bit % 8);
        const other = (index + 1 + (where % (size - 1))) % size;
        expect(verifyInclusion({ ...good, proof: flipped })).toBe(false);
        expect(verifyInclusion({ ...good, entry: leaves[other]! })).toBe(false);
        expect(verifyInclusion({ ...good, index: other })).toBe(false);
        expect(verifyInclusion({ ...good, proof: proof.slice(1) })).toBe(false);
        expect(verifyInclusion({ ...good, proof: [...proof, proof[0]!] })).toBe(false);
        expect(verifyInclusion({ ...good, index: size })).toBe(false);
        expect(verifyInclusion({ ...good, root: merkleRoot(leaves.slice(1)) })).toBe(false);
      }),
    );
  });

  it('refuses consistency where an old entry was edited, dropped or moved', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: LARGEST }), fc.nat(), fc.nat(), (size, cut, at) => {
        const oldSize = 1 + (cut % (size - 1));
        const kept = entries(oldSize);
        const edited = entries(size);
        edited[at % oldSize] = Buffer.from('edited');
        const claim = { oldSize, oldRoot: merkleRoot(kept), size };
        const forged = { ...claim, root: merkleRoot(edited), proof: consistencyProof(edited, oldSize) };
        expect(verifyConsistency(forged)).toBe(false);
        const honest = { ...claim, root: merkleRoot(entries(size)), proof: consistencyProof(entries(size), oldSize) };
        expect(verifyConsistency(honest)).toBe(true);
        expect(verifyConsistency({ ...honest, proof: honest.proof.slice(1) })).toBe(false);
        expect(verifyConsistency({ ...honest, proof: [...honest.proof, leafHash(kept[0]!)] })).toBe(false);
        // A cut tail: the later tree is smaller than the checkpoint.
        expect(verifyConsistency({ ...honest, oldSize: size, size: oldSize })).toBe(false);
      }),
    );
  });

  it('refuses a proof that is longer than a tree of that size has levels', () => {
    const [a, b] = entries(2);
    const claim = { entry: b!, proof: [leafHash(a!)], root: merkleRoot([a!, b!]) };
    expect(verifyInclusion({ ...claim, index: 1, size: 2 })).toBe(true);
    expect(verifyInclusion({ ...claim, index: 0, size: 1 })).toBe(false);
  });

  it('cannot take a node for an entry', () => {
    const [a, b] = entries(2);
    const asEntry = Buffer.concat([leafHash(a!), leafHash(b!)]);
    expect(merkleRoot([asEntry])).not.toEqual(merkleRoot([a!, b!]));
  });

  it('names what is wrong where a proof is asked for an entry that is not there', () => {
    expect(() => inclusionProver(3, 3)).toThrow(/outside a tree of 3 entries/);
    expect(() => consistencyProver(4, 3)).toThrow(/never had 4/);
    const prover = inclusionProver(0, 3);
    prover.append(Buffer.from('only one'));
    expect(() => prover.proof()).toThrow(/3 entries, 1 were given/);
  });

  it('counts past 2^32 entries', () => {
    const proof = Array.from({ length: 33 }, () => leafHash(Buffer.from('x')));
    let hash = leafHash(Buffer.from('last'));
    for (const sibling of proof) hash = sha256(Buffer.of(1), sibling, hash);
    const index = 2 ** 33 - 1;
    expect(verifyInclusion({ entry: Buffer.from('last'), index, size: 2 ** 33, proof, root: hash })).toBe(true);
    expect(verifyInclusion({ entry: Buffer.from('last'), index: index - 1, size: 2 ** 33, proof, root: hash })).toBe(
      false,
    );
  });
});
