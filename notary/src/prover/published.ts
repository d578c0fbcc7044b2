/** Waiting for a checkpoint, but not for ever. */

import { NotaryError } from "../writer/errors.ts";
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
