/** Tiles and entry bundles of any width, read from the store. */

import { tileWidth } from "@companyos/receipts";
import type { Storage, StoredStream } from "@companyos/storage";

import { tileKey } from "../writer/layout.ts";

/** What reading tiles takes of a store. */
export type TileStorage = Pick<Storage, "get" | "getStream">;

/** A tile or bundle of exactly this width; undefined when the log does not have it. */
export async function readTile(
  storage: TileStorage,
  level: number | "entries",
  index: number,
  width: number,
): Promise<Uint8Array | undefined> {
  const full = await storage.get(tileKey(level, index));
  if (full !== undefined) return width === tileWidth ? full.bytes : cut(level, full.bytes, width);
  if (width === tileWidth) return undefined;
  const partial = await storage.get(tileKey(level, index, width));
  if (partial !== undefined) return partial.bytes;
  // It may have become full, and the partial collected, between the two.
  const now = await storage.get(tileKey(level, index));
  return now && cut(level, now.bytes, width);
}

/**
 * An entry bundle of exactly this width as a stream: it may have some MiB, and its reader may be slow. Read it to the
 * end or cancel it.
 */
export async function streamBundle(
  storage: TileStorage,
  index: number,
  width: number,
): Promise<StoredStream | undefined> {
  const stored = await storage.getStream(tileKey("entries", index, width));
  if (stored !== undefined) return stored;
  // Its partial was collected: it is the beginning of the full one.
  const bytes = await readTile(storage, "entries", index, width);
  return bytes && { size: bytes.length, bytes: ReadableStream.from([bytes]) };
}

function cut(level: number | "entries", bytes: Uint8Array, width: number): Uint8Array {
  if (level !== "entries") return bytes.subarray(0, width * 32);
  let end = 0;
  for (let entry = 0; entry < width; entry++) end += 2 + ((bytes[end]! << 8) | bytes[end + 1]!);
  return bytes.subarray(0, end);
}
