import { type Sha256, sha256 } from "./crypto.ts";
import { sameBytes } from "./encoding.ts";

/** RFC 6962, section 2.1: Merkle tree hashes, inclusion and consistency proofs. */

/** Root of a tree without leaves. */
export function emptyRoot(hash: Sha256 = sha256): Uint8Array {
  return hash(new Uint8Array(0));
}

/** SHA-256(0x00 ‖ entry). */
export function leafHash(entry: Uint8Array, hash: Sha256 = sha256): Uint8Array {
  const input = new Uint8Array(entry.length + 1);
  input.set(entry, 1);
  return hash(input);
}

const nodeInput = new Uint8Array(65);
nodeInput[0] = 1;

/** SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array, hash: Sha256 = sha256): Uint8Array {
  nodeInput.set(left, 1);
  nodeInput.set(right, 33);
  return hash(nodeInput);
}

/** Hash of the perfect subtree over leaves [index · 2^level, (index + 1) · 2^level). */
export type SubtreeHash = (level: number, index: number) => Uint8Array | Promise<Uint8Array>;

/** Largest power of two below n (n > 1). */
function splitOf(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

async function rangeHash(from: number, to: number, subtree: SubtreeHash): Promise<Uint8Array> {
  const length = to - from;
  const level = Math.log2(length);
  if (Number.isInteger(level)) return subtree(level, from / length);
  const split = from + splitOf(length);
  return nodeHash(await rangeHash(from, split, subtree), await rangeHash(split, to, subtree));
}

/** Root over the first `size` leaves, from perfect subtrees. */
export async function rootOf(size: number, subtree: SubtreeHash): Promise<Uint8Array> {
  return size === 0 ? emptyRoot() : rangeHash(0, size, subtree);
}

/** Audit path of leaf `index` in a tree of `size` leaves, lowest first (RFC 6962, 2.1.1). */
export async function inclusionProof(
  index: number,
  size: number,
  subtree: SubtreeHash,
): Promise<Uint8Array[]> {
  if (!(index >= 0 && index < size)) throw new RangeError(`no leaf ${index} in a tree of ${size}`);
  const path: Uint8Array[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const split = from + splitOf(to - from);
    if (index < split) {
      path.push(await rangeHash(split, to, subtree));
      to = split;
    } else {
      path.push(await rangeHash(from, split, subtree));
      from = split;
    }
  }
  return path.reverse();
}

/** Root that an audit path leads to; undefined when the path has the wrong length (RFC 9162, 2.1.3.2). */
export function rootFromInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Uint8Array | undefined {
  if (!(index >= 0 && index < size)) return undefined;
  let node = index;
  let last = size - 1;
  let root = leaf;
  for (const sibling of path) {
    if (last === 0 || sibling.length !== 32) return undefined;
    if (node % 2 === 1 || node === last) {
      root = nodeHash(sibling, root);
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      root = nodeHash(root, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? root : undefined;
}

/** Proof that the tree of `size` leaves continues that of `oldSize` (RFC 6962, 2.1.2). Empty when nothing is to prove. */
export async function consistencyProof(
  oldSize: number,
  size: number,
  subtree: SubtreeHash,
): Promise<Uint8Array[]> {
  if (!(oldSize >= 0 && oldSize <= size))
    throw new RangeError(`no tree of ${size} continues one of ${oldSize}`);
  if (oldSize === 0 || oldSize === size) return [];
  const path: Uint8Array[] = [];
  let from = 0;
  let to = size;
  while (oldSize !== to) {
    const split = from + splitOf(to - from);
    if (oldSize <= split) {
      path.push(await rangeHash(split, to, subtree));
      to = split;
    } else {
      path.push(await rangeHash(from, split, subtree));
      from = split;
    }
  }
  // The old root itself is known to the verifier when the old tree is a perfect subtree.
  if (from !== 0) path.push(await rangeHash(from, to, subtree));
  return path.reverse();
}

/** Whether the proof leads from the old root to the new one (RFC 9162, 2.1.4.2). */
export function verifyConsistency(
  oldSize: number,
  size: number,
  oldRoot: Uint8Array,
  root: Uint8Array,
  path: readonly Uint8Array[],
): boolean {
  if (oldSize < 0 || oldSize > size || path.some((hash) => hash.length !== 32)) return false;
  if (oldSize === size) return path.length === 0 && sameBytes(oldRoot, root);
  if (oldSize === 0) return path.length === 0 && sameBytes(oldRoot, emptyRoot());
  let node = oldSize - 1;
  let last = size - 1;
  while (node % 2 === 1) {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  const hashes = node === 0 ? [oldRoot, ...path] : [...path];
  const first = hashes.shift();
  if (first === undefined) return false;
  let oldHash = first;
  let newHash = first;
  for (const hash of hashes) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      oldHash = nodeHash(hash, oldHash);
      newHash = nodeHash(hash, newHash);
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      newHash = nodeHash(newHash, hash);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && sameBytes(oldHash, oldRoot) && sameBytes(newHash, root);
}
