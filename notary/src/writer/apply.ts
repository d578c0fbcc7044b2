/** Full bundles, tiles and sealed disclosures of a committed batch, put where they belong. Safe to repeat. */

import type { Storage } from "@companyos/storage";

import type { Batch } from "./batch.ts";
import { tileKey } from "./layout.ts";
import { putExactly } from "./store.ts";
import type { FullTile } from "./tail.ts";

/** Throws `halted` when something else is there already. */
export async function applyBatch(storage: Storage, batch: Batch, full: readonly FullTile[]): Promise<void> {
  for (const { key, bytes } of batch.sealed) {
    // Never compared: a redaction may have rewritten the block since.
    await storage.putIfAbsent(key, bytes);
  }
  for (const { level, index, bytes } of full) await putExactly(storage, tileKey(level, index), bytes);
}
