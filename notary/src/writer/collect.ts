/** What is not needed any more (RECEIPTS.md §3 step 10). Each step may be cut off anywhere and done again. */

import { tilesOfLevel, tileWidth } from "@companyos/receipts";
import type { Storage } from "@companyos/storage";

import type { Head } from "./head.ts";
import { batchPrefix, parseStateKey, snapshotGeneration, snapshotPrefix, tileKey } from "./layout.ts";

const hour = 3_600_000;

/** Remembers since when a batch that nothing refers to has been seen. */
export class BatchCollector {
  readonly #storage: Storage;
  /** By `performance.now`. */
  readonly #strays = new Map<string, number>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** The snapshot that was collected up to. */
  #collectedFor: string | null = null;

  /**
   * `head` is committed, everything up to it published; `recent`: keys of the last batches, oldest first. Batches and
   * snapshots before the head's snapshot go at once, strays when seen for an hour. Once for each snapshot.
   */
  async collect(head: Head, recent: readonly string[]): Promise<void> {
    if (head.snapshot === this.#collectedFor) return;
    // All batches since the snapshot are among the recent ones, or we do not collect.
    const since = head.g - snapshotGeneration(head.snapshot);
    if (since > recent.length) return;
    await this.#collect(head, new Set(recent.slice(-since)));
    this.#collectedFor = head.snapshot;
  }

  /** `chain`: keys of the batches that lead from the head's snapshot to it. */
  async #collect(head: Head, chain: ReadonlySet<string>): Promise<void> {
    const from = head.snapshot === null ? 0 : (parseStateKey(head.snapshot)?.g ?? 0);
    for await (const key of this.#storage.list(batchPrefix)) {
      const parsed = parseStateKey(key);
      // Above the head: a writer may be about to commit it.
      if (parsed === undefined || parsed.g > head.g || chain.has(key)) continue;
      if (parsed.g <= from || this.#strayedFor(key) > hour) await this.#remove(key);
    }
    for await (const key of this.#storage.list(snapshotPrefix)) {
      const parsed = parseStateKey(key);
      if (parsed === undefined || parsed.g >= head.g || key === head.snapshot) continue;
      if (parsed.g < from || this.#strayedFor(key) > hour) await this.#remove(key);
    }
  }

  #strayedFor(key: string): number {
    const now = performance.now();
    const since = this.#strays.get(key) ?? now;
    this.#strays.set(key, since);
    return now - since;
  }

  async #remove(key: string): Promise<void> {
    await this.#storage.delete(key);
    this.#strays.delete(key);
  }
}

/**
 * Removes the partials of tiles and bundles that became full between two published sizes. The first of them at
 * each level is the only one that can have any; with `oldSize` = `size` the last full one is looked at again.
 */
export async function collectPartials(storage: Storage, oldSize: number, size: number): Promise<void> {
  for (let level = 0; tileWidth ** (level + 1) <= size; level++) {
    const { full } = tilesOfLevel(size, level);
    const index = Math.min(tilesOfLevel(oldSize, level).full, full - 1);
    for (const kind of level === 0 ? (["entries", level] as const) : [level]) {
      for await (const key of storage.list(`${tileKey(kind, index)}.p/`)) await storage.delete(key);
    }
  }
}
