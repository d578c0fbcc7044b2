import {
  CompactRange,
  consistencyProof,
  emptyRoot,
  encodeHex,
  inclusionProof,
  leafHash,
  nodeHash,
  rootFromInclusion,
  rootOf,
  verifyConsistency,
} from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { runs } from "@companyos/test/explored";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { prunedSubtrees } from "../src/bundle/form.ts";

/** RFC 6962, section 2.1, word for word. */
function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return emptyRoot();
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (2 * k < leaves.length) k *= 2;
  return nodeHash(naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

const leavesOf = (size: number): Uint8Array[] =>
  Array.from({ length: size }, (_, i) => leafHash(Buffer.from(`leaf ${i}`)));
const subtreeOf = (leaves: readonly Uint8Array[]) => (level: number, index: number) =>
  naiveRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));
const sizes = fc.nat(120);

describe("known answers of RFC 6962", () => {
  test("the root of an empty tree is the SHA-256 of nothing", () => {
    const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    expect(encodeHex(emptyRoot())).toBe(empty);
    expect(encodeHex(new CompactRange().root())).toBe(empty);
    expect(encodeHex(emptyRoot(nodeCrypto.sha256))).toBe(empty);
  });

  test("the leaf of an empty entry is the SHA-256 of one zero byte", () => {
    const leaf = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    expect(encodeHex(leafHash(new Uint8Array(0)))).toBe(leaf);
  });
});

describe("a compact range", () => {
  test("has the naive tree's root at every size, and tells every perfect subtree once", () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const leaves = leavesOf(size);
        const range = new CompactRange();
        const told = new Map<string, string>();
        for (const leaf of leaves) {
          range.append(leaf, (level, index, hash) => {
            expect(told.has(`${level}/${index}`)).toBe(false);
            told.set(`${level}/${index}`, encodeHex(hash));
          });
        }
        expect(encodeHex(range.root())).toBe(encodeHex(naiveRoot(leaves)));
        for (const [key, hash] of told) {
          const [level, index] = key.split("/").map(Number) as [number, number];
          expect(hash).toBe(encodeHex(subtreeOf(leaves)(level, index)));
        }
        for (let level = 0; 2 ** level <= size; level++) {
          const count = [...told.keys()].filter((key) => key.startsWith(`${level}/`)).length;
          expect(count).toBe(Math.floor(size / 2 ** level));
        }
      }),
      { numRuns: runs(30) },
    );
  });

  test("goes on from its serialised right edge", () => {
    fc.assert(
      fc.property(sizes, fc.nat(50), (size, more) => {
        const leaves = leavesOf(size + more);
        const before = new CompactRange();
        for (const leaf of leaves.slice(0, size)) before.append(leaf);
        const after = CompactRange.from(before.size, before.edge());
        for (const leaf of leaves.slice(size)) after.append(leaf);
        expect(encodeHex(after.root())).toBe(encodeHex(naiveRoot(leaves)));
      }),
      { numRuns: runs(30) },
    );
  });

  test("refuses an edge that does not fit its size", () => {
    expect(() => CompactRange.from(3, new CompactRange().edge())).toThrow(RangeError);
    expect(() => CompactRange.from(1, ["AAAA"])).toThrow(RangeError);
    expect(() => CompactRange.from(-1, [])).toThrow(RangeError);
  });

  test("takes pruned subtrees in place of their leaves", () => {
    fc.assert(
      fc.property(sizes, sizes, (one, two) => {
        const [from, size] = one < two ? [one, two] : [two, one];
        const leaves = leavesOf(size);
        const range = new CompactRange();
        for (const leaf of leaves.slice(0, from)) range.append(leaf);
        for (const { level, index } of prunedSubtrees(from, size)) {
          range.appendSubtree(level, subtreeOf(leaves)(level, index));
        }
        expect(encodeHex(range.root())).toBe(encodeHex(naiveRoot(leaves)));
      }),
      { numRuns: runs(30) },
    );
  });

  test("takes no subtree at a place where none can be", () => {
    const range = new CompactRange();
    range.append(leafHash(new Uint8Array(0)));
    expect(() => range.appendSubtree(1, new Uint8Array(32))).toThrow(RangeError);
  });
});

describe("proofs", () => {
  test("of inclusion lead to the root from the right leaf at the right index only", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 130 }), fc.nat(), async (size, any) => {
        const index = any % size;
        const leaves = leavesOf(size);
        const root = encodeHex(await rootOf(size, subtreeOf(leaves)));
        const path = await inclusionProof(index, size, subtreeOf(leaves));
        const rootFrom = (leaf: number, at: number, proof = path): string => {
          const found = rootFromInclusion(leaves[leaf]!, at, size, proof);
          return found === undefined ? "none" : encodeHex(found);
        };
        expect(rootFrom(index, index)).toBe(root);
        expect(rootFrom(index, index, [...path, leaves[0]!])).not.toBe(root);
        if (size === 1) return;
        expect(rootFrom((index + 1) % size, index)).not.toBe(root);
        expect(rootFrom(index, (index + 1) % size)).not.toBe(root);
        expect(rootFrom(index, index, path.slice(1))).not.toBe(root);
      }),
      { numRuns: runs(40) },
    );
  });

  test("of consistency hold between every two sizes, and not for another root", async () => {
    for (const size of [1, 2, 3, 7, 8, 13, 64, 70]) {
      const leaves = leavesOf(size);
      const root = naiveRoot(leaves);
      for (let old = 0; old <= size; old++) {
        const oldRoot = naiveRoot(leaves.slice(0, old));
        const path = await consistencyProof(old, size, subtreeOf(leaves));
        expect(verifyConsistency(old, size, oldRoot, root, path)).toBe(true);
        const other = oldRoot.with(0, oldRoot[0]! ^ 1);
        expect(verifyConsistency(old, size, other, root, path)).toBe(false);
        // The empty tree leads to every tree.
        if (old > 0) expect(verifyConsistency(old, size, oldRoot, other, path)).toBe(false);
        expect(verifyConsistency(old, size, oldRoot, root, [...path, root])).toBe(false);
        if (path.length > 0) expect(verifyConsistency(old, size, oldRoot, root, path.slice(1))).toBe(false);
      }
    }
  });

  test("of impossible things are a RangeError", async () => {
    await expect(inclusionProof(3, 3, subtreeOf([]))).rejects.toThrow("no leaf 3");
    await expect(consistencyProof(4, 3, subtreeOf([]))).rejects.toThrow("no tree of 3");
    expect(rootFromInclusion(new Uint8Array(32), 3, 3, [])).toBeUndefined();
  });
});
