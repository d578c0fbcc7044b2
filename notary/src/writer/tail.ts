/**
 * The right-hand edge of the log in memory: entries of the last, unfinished bundle and the hashes of the last,
 * unfinished tile of every level. Appending hands out each bundle and tile as it becomes full; everything a
 * checkpoint of this exact size needs (partial tiles, root) is read from here.
 */

import {
  emptyRoot,
  encodeEntryBundle,
  encodeTile,
  leafHash,
  nodeHash,
  tileWidth as width,
} from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";

const { sha256 } = nodeCrypto;
const hashLeaf = (entry: Uint8Array) => leafHash(entry, sha256);
const hashNode = (left: Uint8Array, right: Uint8Array) => nodeHash(left, right, sha256);

export interface FullTile {
  readonly level: number | "entries";
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** What a snapshot keeps of the tail; everything else follows. */
export interface TailParts {
  readonly size: number;
  /** Entries of the unfinished bundle. */
  readonly entries: readonly Uint8Array[];
  /** Hashes of the unfinished tile of each level, from level 1 up (level 0 follows from the entries). */
  readonly upper: readonly (readonly Uint8Array[])[];
}

export class Tail {
  #size = 0;
  #entries: Uint8Array[] = [];
  /** Level → hashes of its unfinished tile (0..255 of them). */
  #levels: Uint8Array[][] = [];

  static from(parts: TailParts): Tail {
    const tail = new Tail();
    tail.#size = parts.size;
    tail.#entries = [...parts.entries];
    tail.#levels = [parts.entries.map(hashLeaf), ...parts.upper.map((hashes) => [...hashes])];
    let rest = parts.size;
    for (const level of tail.#levels) {
      if (level.length !== rest % width) throw new TypeError("snapshot: a level does not fit the log's size");
      rest = Math.floor(rest / width);
    }
    if (rest !== 0) throw new TypeError("snapshot: a level is missing");
    return tail;
  }

  get size(): number {
    return this.#size;
  }

  parts(): TailParts {
    return {
      size: this.#size,
      entries: [...this.#entries],
      upper: this.#levels.slice(1).map((level) => [...level]),
    };
  }

  /** A copy that can be appended to and thrown away. */
  fork(): Tail {
    const copy = new Tail();
    copy.#size = this.#size;
    copy.#entries = [...this.#entries];
    copy.#levels = this.#levels.map((level) => [...level]);
    return copy;
  }

  /** Adds one entry; returns the bundle and the tiles that it filled, lowest first. */
  append(entry: Uint8Array): FullTile[] {
    const full: FullTile[] = [];
    this.#entries.push(entry);
    let hash = hashLeaf(entry);
    let index = this.#size;
    this.#size++;
    for (let level = 0; ; level++) {
      let hashes = this.#levels[level];
      if (hashes === undefined) {
        hashes = [];
        this.#levels[level] = hashes;
      }
      hashes.push(hash);
      index = Math.floor(index / width);
      if (hashes.length < width) return full;
      if (level === 0) {
        full.push({ level: "entries", index, bytes: encodeEntryBundle(this.#entries) });
        this.#entries = [];
      }
      full.push({ level, index, bytes: encodeTile(hashes) });
      hash = perfectRoot(hashes);
      this.#levels[level] = [];
    }
  }

  /** The partial bundle and tiles of exactly this size; levels that end on a tile boundary have none. */
  partials(): { level: number | "entries"; index: number; width: number; bytes: Uint8Array }[] {
    const partials: { level: number | "entries"; index: number; width: number; bytes: Uint8Array }[] = [];
    let count = this.#size;
    for (const [level, hashes] of this.#levels.entries()) {
      const index = Math.floor(count / width);
      if (hashes.length > 0) {
        if (level === 0) {
          const bytes = encodeEntryBundle(this.#entries);
          partials.push({ level: "entries", index, width: hashes.length, bytes });
        }
        partials.push({ level, index, width: hashes.length, bytes: encodeTile(hashes) });
      }
      count = index;
    }
    return partials;
  }

  /** Roots of the maximal perfect subtrees, largest first: the right edge (RFC 6962 decomposition of the size). */
  edge(): Uint8Array[] {
    const roots: Uint8Array[] = [];
    for (const hashes of this.#levels.toReversed()) {
      let at = 0;
      for (let bit = width / 2; bit >= 1; bit /= 2) {
        if ((hashes.length & bit) === 0) continue;
        roots.push(perfectRoot(hashes.slice(at, at + bit)));
        at += bit;
      }
    }
    return roots;
  }
}

/** Root of 2^k hashes. */
function perfectRoot(hashes: readonly Uint8Array[]): Uint8Array {
  let row = hashes;
  while (row.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < row.length; i += 2) above.push(hashNode(row[i]!, row[i + 1]!));
    row = above;
  }
  return row[0]!;
}

/** Root of a whole log from its right edge. */
export function rootOfEdge(edge: readonly Uint8Array[]): Uint8Array {
  if (edge.length === 0) return emptyRoot(sha256);
  return edge.reduceRight((right, left) => hashNode(left, right));
}
