import { type Sha256, sha256 } from "./crypto.ts";
import { decodeBase64url, encodeBase64url } from "./encoding.ts";
import { emptyRoot, nodeHash } from "./merkle.ts";

/** Called with every perfect subtree when it becomes complete: (level, index, hash). Level 0 is the leaves. */
export type OnNode = (level: number, index: number, hash: Uint8Array) => void;

/** 2^level for levels beyond 31 too. */
const span = (level: number): number => 2 ** level;

/**
 * The right edge of a growing Merkle tree: roots of the maximal perfect subtrees, left to right. Holds
 * O(log size) hashes, appends in amortised constant time.
 */
export class CompactRange {
  #size = 0;
  readonly #nodes: Uint8Array[] = [];
  readonly #hash: Sha256;

  constructor(hash: Sha256 = sha256) {
    this.#hash = hash;
  }

  /** From what `edge()` gave. RangeError when the number of hashes does not fit the size. */
  static from(size: number, edge: readonly string[], hash: Sha256 = sha256): CompactRange {
    const range = new CompactRange(hash);
    if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`${size} is no log size`);
    for (const text of edge) {
      const bytes = decodeBase64url(text);
      if (bytes?.length !== 32) throw new RangeError("a right edge consists of 32-byte hashes in base64url");
      range.#nodes.push(bytes);
    }
    if (edge.length !== bitCount(size)) {
      throw new RangeError(`a tree of ${size} leaves has ${bitCount(size)} hashes on its right edge`);
    }
    range.#size = size;
    return range;
  }

  get size(): number {
    return this.#size;
  }

  /** base64url hashes, largest subtree first; with `size` all that `from` needs. */
  edge(): string[] {
    return this.#nodes.map(encodeBase64url);
  }

  clone(): CompactRange {
    const copy = new CompactRange(this.#hash);
    copy.#size = this.#size;
    copy.#nodes.push(...this.#nodes);
    return copy;
  }

  append(leafHash: Uint8Array, onNode?: OnNode): void {
    this.appendSubtree(0, leafHash, onNode);
  }

  /** Appends a perfect subtree of 2^level leaves. RangeError unless the size is a multiple of that. */
  appendSubtree(level: number, hash: Uint8Array, onNode?: OnNode): void {
    let index = this.#size / span(level);
    if (!Number.isInteger(index))
      throw new RangeError(`no subtree of level ${level} starts at ${this.#size}`);
    let node = hash;
    let height = level;
    onNode?.(height, index, node);
    while (index % 2 === 1) {
      node = nodeHash(this.#nodes.pop()!, node, this.#hash);
      index = (index - 1) / 2;
      height++;
      onNode?.(height, index, node);
    }
    this.#nodes.push(node);
    this.#size += span(level);
  }

  root(): Uint8Array {
    let root = this.#nodes.at(-1);
    if (root === undefined) return emptyRoot(this.#hash);
    for (let i = this.#nodes.length - 2; i >= 0; i--) root = nodeHash(this.#nodes[i]!, root, this.#hash);
    return root;
  }
}

function bitCount(n: number): number {
  let count = 0;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}
