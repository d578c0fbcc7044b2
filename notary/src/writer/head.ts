/**
 * The head: the one mutable object of a log. Replacing it by compare-and-swap is the commit; who reads it
 * has everything needed to go on (RECEIPTS.md §3 step 1). Private and unsigned.
 */

import { NotaryError } from "./errors.ts";

/** How far one journal has been logged. */
export interface JournalMark {
  /** The service account that opened the journal: nobody else may append to it. */
  readonly owner: string;
  /** Offset of the last record that is in the log; offsets start at 0. */
  readonly n: number;
  /** `recordDigest` of that record. */
  readonly digest: string;
}

export interface Head {
  readonly v: 1;
  readonly origin: string;
  /** Generation: rises by one with every commit. */
  readonly g: number;
  /** SHA-256 of the parent head's bytes, base64url; null for the first. */
  readonly parent: string | null;
  readonly size: number;
  /** base64 */
  readonly root: string;
  /** Roots of the maximal perfect subtrees, largest first; base64. */
  readonly edge: readonly string[];
  /** By journal id: 128 random bits, base64url; it is the journal's pseudonym in the log, too. */
  readonly journals: Readonly<Record<string, JournalMark>>;
  /** Id of the journal of the notary's own events. */
  readonly own: string;
  /** iat of the last receipt. */
  readonly iat: number;
  /** The snapshot from which batches are replayed; null: from the empty log. */
  readonly snapshot: string | null;
  /** The batch this commit added, and its SHA-256 (base64url). */
  readonly batch: string;
  readonly batchDigest: string;
  /** 128 random bits, hex: tells the writer whether a compare-and-swap that timed out was its own. */
  readonly nonce: string;
}

export function encodeHead(head: Head): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(head));
}

/** Throws `halted` when the bytes are not a head of this log. */
export function decodeHead(bytes: Uint8Array, origin: string): Head {
  let head: Head;
  try {
    head = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as Head;
  } catch (cause) {
    throw new NotaryError("halted", "state/head is not JSON: restore the store from a good copy", { cause });
  }
  const sound =
    head.v === 1 &&
    Number.isSafeInteger(head.g) &&
    Number.isSafeInteger(head.size) &&
    typeof head.journals === "object" &&
    Array.isArray(head.edge) &&
    typeof head.batch === "string";
  if (!sound) throw new NotaryError("halted", "state/head misses fields: written by another version?");
  if (head.origin !== origin) {
    throw new NotaryError(
      "halted",
      `this store belongs to log ${head.origin}, not ${origin}: check storeDir`,
    );
  }
  return head;
}
