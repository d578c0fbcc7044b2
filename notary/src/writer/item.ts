/** One receipt that is to be logged, and who waits for it. */

import type { JournalRecord } from "@companyos/outbox/wire";
import type { EndorsedUsage, ReceiptEvent } from "@companyos/receipts";
import type { Issued } from "./issue.ts";

export interface Item {
  /** Undefined: the notary's own journal. */
  readonly journal:
    | { readonly id: string; readonly owner: string; readonly record: JournalRecord }
    | undefined;
  readonly event: ReceiptEvent;
  /** The key that this `key.endorsed` endorses. */
  readonly endorses?: { readonly kid: string; readonly usage: EndorsedUsage } | undefined;
  /** When it arrived, by `performance.now`. */
  readonly since: number;
  /** What each attempt made of it, by batch key: an attempt that timed out may turn out to be committed. */
  readonly attempts: Map<string, Issued>;
  readonly committed: Promise<Issued | undefined>;
  /** Undefined: another writer logged it. */
  resolve(issued: Issued | undefined): void;
  reject(error: unknown): void;
}

export function newItem(fields: Pick<Item, "journal" | "event" | "since" | "endorses">): Item {
  const { promise, resolve, reject } = Promise.withResolvers<Issued | undefined>();
  // Senders may be gone when it settles.
  promise.catch(() => {});
  return { ...fields, attempts: new Map(), committed: promise, resolve, reject };
}
