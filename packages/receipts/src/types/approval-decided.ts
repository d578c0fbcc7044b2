import { change } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const approvalDecided = {
  name: "approval.decided",
  title: "An approval was given or refused",
  senders: ["operator"],
  disclosures: change,
  requires: [],
  discloses: [],
} as const satisfies ReceiptTypeEntry;
