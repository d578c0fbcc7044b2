/** What is published: waiting for it, but not for ever. */

import { type Checkpoint, parseCheckpoint } from "@companyos/receipts";
import type { Storage } from "@companyos/storage";
import { NotaryError } from "../writer/errors.ts";
import { checkpointKey } from "../writer/layout.ts";
import type { Writer } from "../writer/writer.ts";

/** Resolves when a checkpoint of at least `size` is out. Throws `unavailable` after `timeoutMs` (default 30,000). */
export async function published(writer: Writer, size: number, timeoutMs = 30_000): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new NotaryError("unavailable", "no checkpoint covers this yet: try again later");
    timer = setTimeout(() => reject(error), timeoutMs);
  });
  try {
    await Promise.race([writer.published(size), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The newest checkpoint, and its note. There is one once something is published. */
export async function closingCheckpoint(storage: Storage): Promise<Checkpoint & { readonly note: string }> {
  const note = new TextDecoder().decode((await storage.get(checkpointKey))!.bytes);
  return { ...parseCheckpoint(note.slice(0, note.indexOf("\n\n") + 1)), note };
}
