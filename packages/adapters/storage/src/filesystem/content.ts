import { StorageError } from "../port.ts";
import { storageError } from "./errors.ts";
import type { OpenFile } from "./files.ts";

const chunkBytes = 64 << 10;

/** Streams bytes `from … to − 1` of an open file; closes it at the end, on an error and when cancelled. */
export function contentOf(
  file: OpenFile,
  { from, to }: { readonly from: number; readonly to: number },
  key: string,
): ReadableStream<Uint8Array> {
  let at = from;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const chunk = at < to ? await file.read(at, Math.min(chunkBytes, to - at)) : undefined;
          if (chunk?.length === 0)
            throw new StorageError("CORRUPT", `${key} became shorter while it was read`);
          if (chunk) controller.enqueue(chunk);
          at += chunk?.length ?? 0;
          if (at < to) return;
          await file.close();
          controller.close();
        } catch (error) {
          await file.close().catch(() => {});
          controller.error(storageError(error, `reading ${key}`));
        }
      },
      cancel: () => file.close(),
    },
    { highWaterMark: 0 },
  );
}
