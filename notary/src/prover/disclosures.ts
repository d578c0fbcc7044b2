/** Unseals disclosures. Only the prover uses the private wrapping keys. */

import type { Keys, Unsealer } from "@companyos/keys";
import { tileWidth } from "@companyos/receipts";
import type { Storage } from "@companyos/storage";
import { LRUCache } from "lru-cache";

import { decodeBlocks, openBlock, type SealedBlock } from "../writer/disclosures.ts";
import { disclosurePrefix } from "../writer/layout.ts";

export class DisclosureReader {
  readonly #storage: Storage;
  readonly #keys: Pick<Keys, "unsealer">;
  readonly #origin: string;
  /** Data keys live for an hour and serve many blocks. */
  readonly #dataKeys = new LRUCache<string, Uint8Array, Unsealer>({
    max: 256,
    ignoreFetchAbort: true,
    fetchMethod: (wrapped, _stale, { context }) => context.unwrap(wrapped),
  });
  /** By `sub bundle`. */
  readonly #opened = new LRUCache<string, Map<number, readonly string[]>>({
    max: 8,
    ignoreFetchAbort: true,
    fetchMethod: (chain) => {
      const [sub, bundle] = chain.split(" ") as [string, string];
      return this.#open(sub, Number(bundle));
    },
  });
  /** Sealed, so that the many chains of one name in a bundle are read once and opened each. */
  readonly #blocks = new LRUCache<number, SealedBlock[]>({
    max: 4,
    ignoreFetchAbort: true,
    fetchMethod: (bundle) => this.#read(bundle),
  });

  constructor(storage: Storage, keys: Pick<Keys, "unsealer">, origin: string) {
    this.#storage = storage;
    this.#keys = keys;
    this.#origin = origin;
  }

  /**
   * Encoded disclosures of the receipt at `index` of chain `sub`; empty when they are gone: purged, or their key
   * destroyed.
   */
  async of(sub: string, index: number): Promise<readonly string[]> {
    const bundle = Math.floor(index / tileWidth);
    const opened = await this.#opened.forceFetch(`${sub} ${bundle}`);
    const found = opened.get(index);
    if (found !== undefined) return found;
    // Written since we looked.
    this.#blocks.delete(bundle);
    const fresh = await this.#open(sub, bundle);
    for (const [at, disclosures] of fresh) opened.set(at, disclosures);
    return fresh.get(index) ?? [];
  }

  async #open(sub: string, bundle: number): Promise<Map<number, readonly string[]>> {
    const all = new Map<number, readonly string[]>();
    const blocks = await this.#blocks.forceFetch(bundle);
    for (const block of blocks.filter((block) => block.sub === sub)) {
      for (const [index, disclosures] of await this.#openBlock(block)) all.set(index, disclosures);
    }
    return all;
  }

  async #read(bundle: number): Promise<SealedBlock[]> {
    const blocks: SealedBlock[] = [];
    for await (const key of this.#storage.list(disclosurePrefix(bundle))) {
      const stored = await this.#storage.get(key);
      if (stored) blocks.push(...decodeBlocks(stored.bytes));
    }
    return blocks;
  }

  async #openBlock(block: SealedBlock): Promise<Map<number, string[]>> {
    try {
      return await openBlock(this.#origin, block, (name) => this.#unsealer(name));
    } catch (error) {
      if ((error as { code?: string }).code === "DESTROYED") return new Map();
      throw error;
    }
  }

  async #unsealer(name: string): Promise<Unsealer> {
    const unsealer = await this.#keys.unsealer(name);
    return {
      kid: unsealer.kid,
      unwrap: (wrapped) => this.#dataKeys.forceFetch(wrapped, { context: unsealer }),
    };
  }
}
