/** One published log of a fixed size, read from the store: entries, hashes of subtrees, chains. */

import {
  decodeEntryBundle,
  decodeTile,
  nodeHash,
  parseReceipt,
  type ReceiptClaims,
  type SubtreeHash,
  tileWidth,
} from "@companyos/receipts";
import type { Storage } from "@companyos/storage";
import { LRUCache } from "lru-cache";

import { NotaryError } from "../writer/errors.ts";
import { readTile } from "./tiles.ts";

export interface Entry {
  readonly leaf: string;
  readonly claims: ReceiptClaims;
}

export class LogReader {
  readonly size: number;
  readonly #storage: Storage;
  /** A bundle of 256 leaves takes some 350 kB. */
  readonly #bundles = new LRUCache<number, Uint8Array[]>({
    max: 32,
    ignoreFetchAbort: true,
    fetchMethod: (index) => this.#readBundle(index),
  });
  /** By `level/index`. */
  readonly #tiles = new LRUCache<string, Uint8Array[]>({
    max: 256,
    ignoreFetchAbort: true,
    fetchMethod: (tile) => this.#readTile(tile),
  });

  constructor(storage: Storage, size: number) {
    this.#storage = storage;
    this.size = size;
  }

  /** The leaf at `index` and its clear claims. */
  async entry(index: number): Promise<Entry> {
    const bundle = Math.floor(index / tileWidth);
    const entries = await this.#bundles.forceFetch(bundle);
    const leaf = new TextDecoder().decode(entries[index % tileWidth]);
    return { leaf, claims: parseReceipt(`${leaf}~`).claims };
  }

  /** Receipts of one chain from the one at `last` backwards along `prev`, newest first. */
  async *back(last: number): AsyncGenerator<Entry> {
    for (let index = last; index >= 0; ) {
      const entry = await this.entry(index);
      yield entry;
      index = entry.claims.prev;
    }
  }

  readonly subtree: SubtreeHash = async (level, index) => {
    const tileLevel = Math.floor(level / 8);
    const span = 2 ** (level - 8 * tileLevel);
    const first = index * span;
    const hashes = await this.#tiles.forceFetch(`${tileLevel}/${Math.floor(first / tileWidth)}`);
    let row = hashes.slice(first % tileWidth, (first % tileWidth) + span);
    while (row.length > 1) row = row.flatMap((hash, i) => (i % 2 ? [] : [nodeHash(hash, row[i + 1]!)]));
    return row[0]!;
  };

  async #readTile(tile: string): Promise<Uint8Array[]> {
    const [level, index] = tile.split("/").map(Number) as [number, number];
    const bytes = await readTile(this.#storage, level, index, this.#width(level, index));
    return (bytes && decodeTile(bytes)) ?? missing(`tile ${tile}`);
  }

  async #readBundle(index: number): Promise<Uint8Array[]> {
    const bytes = await readTile(this.#storage, "entries", index, this.#width(0, index));
    return (bytes && decodeEntryBundle(bytes)) ?? missing(`entry bundle ${index}`);
  }

  #width(level: number, index: number): number {
    return Math.min(tileWidth, Math.floor(this.size / tileWidth ** level) - index * tileWidth);
  }
}

function missing(what: string): never {
  throw new NotaryError("unavailable", `${what} of the published log cannot be read`);
}
