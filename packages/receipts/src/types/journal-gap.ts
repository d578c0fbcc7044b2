import { ledger } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

/** Reason of the only `journal.gap` that a sender may make: of responses that went out and were counted, not recorded. */
export const unrecordedReason = "JOURNAL_UNRECORDED";

export const journalGap = {
  name: "journal.gap",
  title: "Records or receipts are missing, and how many",
  senders: ["webhook"],
  // Gaps in what it did record are the notary's to tell.
  senderSays: { decision: "none", reason: unrecordedReason },
  disclosures: ledger,
  requires: ["reason", "count"],
  discloses: ["details"],
} as const satisfies ReceiptTypeEntry;
