/** The few ways the writer touches the store, each safe to repeat. */

import { hash } from "node:crypto";

import type { Storage } from "@companyos/storage";

import { NotaryError } from "./errors.ts";
import { decodeHead, type Head } from "./head.ts";
import { headKey } from "./layout.ts";

export function digestOf(bytes: Uint8Array): string {
  return hash("sha256", bytes, "base64url");
}

/**
 * Makes `key` hold exactly these bytes. Throws `halted` when it holds others: the same log cannot have two
 * contents in one place, so either the store or a writer is broken.
 */
export async function putExactly(storage: Storage, key: string, bytes: Uint8Array): Promise<void> {
  if (await storage.putIfAbsent(key, bytes)) return;
  const there = await storage.get(key);
  if (there !== undefined && Buffer.compare(there.bytes, bytes) === 0) return;
  // It may have been deleted between the two calls (partials only): try once more.
  if (there === undefined && (await storage.putIfAbsent(key, bytes))) return;
  throw new NotaryError("halted", `${key} holds other bytes than this log: compare it with the batches`);
}

export interface StoredHead {
  readonly head: Head;
  readonly tag: string;
  readonly bytes: Uint8Array;
}

export async function readHead(storage: Storage, origin: string): Promise<StoredHead | undefined> {
  const stored = await storage.get(headKey);
  if (stored === undefined) return undefined;
  return { head: decodeHead(stored.bytes, origin), tag: stored.tag, bytes: stored.bytes };
}

/**
 * The commit (RECEIPTS.md §3 steps 5 and 6). Any doubt is settled by reading the head: it carries our nonce →
 * committed; it is still the one we started from → the same bytes again; else another writer was first.
 * Throws `lost`, or `unavailable` when the head cannot be read either: load everything again before going on.
 */
export async function commitHead(
  storage: Storage,
  before: StoredHead | undefined,
  head: Head,
  bytes: Uint8Array,
  attempts = 5,
): Promise<StoredHead> {
  let doubt: unknown;
  for (let attempt = 0; attempt < attempts; attempt++) {
    try {
      const result = await storage.cas(headKey, before?.tag ?? null, bytes);
      if (result.ok) return { head, tag: result.tag, bytes };
    } catch (error) {
      doubt = error;
    }
    let now: StoredHead | undefined;
    try {
      now = await readHead(storage, head.origin);
    } catch (error) {
      if ((error as { code?: string }).code === "halted") throw error;
      doubt = error;
      continue;
    }
    if (now?.head.nonce === head.nonce) return now;
    if (now?.tag !== before?.tag) {
      throw new NotaryError("lost", `another writer committed generation ${now?.head.g ?? 0} first`);
    }
  }
  throw new NotaryError("unavailable", `cannot tell whether generation ${head.g} was committed`, {
    cause: doubt,
  });
}
