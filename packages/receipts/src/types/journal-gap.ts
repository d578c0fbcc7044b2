import { ledger } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

/** Reason of a `journal.gap` that a sender makes: of responses that went out and were counted, not recorded. */
export const unrecordedReason = "JOURNAL_UNRECORDED";
/** The same in a log's own chain, of Tenants that are gone and whose home had no log: of nobody that this log knows. */
export const withoutHomeReason = "JOURNAL_UNRECORDED_WITHOUT_HOME";
export type UnrecordedReason = typeof unrecordedReason | typeof withoutHomeReason;

export const journalGap = {
  name: "journal.gap",
  title: "Records or receipts are missing, and how many",
  senders: ["webhook"],
  // Gaps in what it did record are the notary's to tell.
  senderSays: { decision: "none", reasons: [unrecordedReason, withoutHomeReason] },
  disclosures: ledger,
  requires: ["reason", "count"],
  discloses: ["details"],
} as const satisfies ReceiptTypeEntry;
