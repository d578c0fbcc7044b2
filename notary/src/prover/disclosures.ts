/** Unseals disclosures for whoever may see them. Only the prover's side has the private wrapping keys. */

import type { Keys, Unsealer } from "@companyos/keys";
import { tileWidth } from "@companyos/receipts";
import type { Storage } from "@companyos/storage";

import { decodeBlocks, openBlock, type SealedBlock } from "../writer/disclosures.ts";
import { disclosurePrefix } from "../writer/layout.ts";
import { Kept } from "./kept.ts";

export class DisclosureReader {
  readonly #storage: Storage;
  readonly #keys: Pick<Keys, "unsealer">;
  readonly #origin: string;
  /** Data keys live for an hour and serve many blocks. */
  readonly #dataKeys = new Kept<string, Promise<Uint8Array>>(256);
  readonly #opened = new Kept<string, Promise<Map<number, readonly string[]>>>(8);
  /** Sealed, so that the many chains of one name in a bundle are read once and opened each. */
  readonly #blocks = new Kept<number, Promise<SealedBlock[]>>(4);

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
    const opened = await this.#opened.get(`${sub} ${bundle}`, () => this.#open(sub, bundle));
    const found = opened.get(index);
    if (found !== undefined) return found;
    // Written since we looked.
    this.#blocks.forget(bundle);
    const fresh = await this.#open(sub, bundle);
    for (const [at, disclosures] of fresh) opened.set(at, disclosures);
    return fresh.get(index) ?? [];
  }

  async #open(sub: string, bundle: number): Promise<Map<number, readonly string[]>> {
    const all = new Map<number, readonly string[]>();
    const blocks = await this.#blocks.get(bundle, () => this.#read(bundle));
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
      unwrap: (wrapped) => this.#dataKeys.get(wrapped, () => unsealer.unwrap(wrapped)),
    };
  }
}
