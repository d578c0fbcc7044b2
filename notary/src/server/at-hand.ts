import type { StoredObject } from "@companyos/storage";
import { LRUCache } from "lru-cache";
import type { TileStorage } from "../prover/tiles.ts";
import { checkpointKey, tileKey } from "../writer/layout.ts";

export interface AtHandOptions {
  readonly storage: TileStorage;
  /** Size of the last checkpoint that this process knows of: when it changes, the one at hand is read anew. */
  readonly published: () => number;
  /** Milliseconds; default: since the process began. */
  readonly now?: () => number;
}

/** How late the checkpoint of another writer on the same store may be told, ms. */
const keptMs = 1_000;
/** Of tiles; a full one has 8 KiB. */
const maxBytes = 4 << 20;
const entries = tileKey("entries", 0).replace(/[^/]*$/, "");

/**
 * The store for whoever reads the public log: they may be anybody, and to read a checkpoint from a folder is to sync it.
 * Tiles of hashes never change and stay at hand. A checkpoint does for a second: nobody could tell it from one that was
 * asked for that much sooner.
 */
export function atHand({ storage, published, now = () => performance.now() }: AtHandOptions): TileStorage {
  const tiles = new LRUCache<string, StoredObject>({
    maxSize: maxBytes,
    sizeCalculation: ({ bytes }) => Math.max(1, bytes.length),
    ignoreFetchAbort: true,
    fetchMethod: (key) => storage.get(key),
  });
  let last:
    | { readonly size: number; readonly at: number; readonly read: Promise<StoredObject | undefined> }
    | undefined;

  async function checkpoint(): Promise<StoredObject | undefined> {
    const [size, at] = [published(), now()];
    if (!last || last.size !== size || at - last.at >= keptMs)
      last = { size, at, read: storage.get(checkpointKey) };
    const mine = last;
    try {
      return await mine.read;
    } catch (error) {
      // What could not be read is asked for anew.
      if (last === mine) last = undefined;
      throw error;
    }
  }

  return {
    get(key) {
      if (key === checkpointKey) return checkpoint();
      return key.startsWith(entries) ? storage.get(key) : tiles.fetch(key);
    },
    getStream: (key, range) => storage.getStream(key, range),
  };
}
