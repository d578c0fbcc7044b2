/**
 * Checkpoints (RECEIPTS.md §3 step 9): first everything a reader of this exact size needs, then the checkpoint,
 * and never a smaller one after a larger one.
 */

import { parseCheckpoint } from "@companyos/receipts";
import type { Storage } from "@companyos/storage";

import { NotaryError } from "./errors.ts";
import { checkpointKey, tileKey } from "./layout.ts";
import { putExactly } from "./store.ts";

/** What to publish: a size that is committed, its root, and the partial tiles and bundle of that size. */
export interface Publication {
  readonly size: number;
  readonly root: Uint8Array;
  readonly partials: readonly {
    readonly level: number | "entries";
    readonly index: number;
    readonly width: number;
    readonly bytes: Uint8Array;
  }[];
}

/** Size of the checkpoint that is out; 0 when there is none. */
export async function publishedSize(storage: Storage): Promise<number> {
  const stored = await storage.get(checkpointKey);
  return stored === undefined ? 0 : sizeOf(stored.bytes);
}

/**
 * Publishes unless as much is out already; returns the size that is out afterwards. `sign` makes the checkpoint's
 * signed note. Throws `halted` when a larger log is out than was committed: the store was rolled back.
 */
export async function publish(
  storage: Storage,
  publication: Publication,
  sign: (size: number, root: Uint8Array) => Promise<string>,
): Promise<number> {
  for (const { level, index, width, bytes } of publication.partials) {
    await putExactly(storage, tileKey(level, index, width), bytes);
  }
  const note = new TextEncoder().encode(await sign(publication.size, publication.root));
  for (;;) {
    const out = await storage.get(checkpointKey);
    const size = out === undefined ? 0 : sizeOf(out.bytes);
    // Another writer may have gone on from our commit and published more: larger is fine, it is the same log.
    if (size >= publication.size) return size;
    if ((await storage.cas(checkpointKey, out?.tag ?? null, note)).ok) return publication.size;
  }
}

function sizeOf(bytes: Uint8Array): number {
  const text = new TextDecoder().decode(bytes);
  try {
    return parseCheckpoint(text.slice(0, text.indexOf("\n\n") + 1)).size;
  } catch (cause) {
    throw new NotaryError("halted", "log/checkpoint is not a checkpoint: restore the store", { cause });
  }
}
