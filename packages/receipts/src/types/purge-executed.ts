import { change } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const purgeExecuted = {
  name: "purge.executed",
  title: "A purge was carried out",
  senders: ["operator"],
  disclosures: change,
  requires: [],
  discloses: [],
} as const satisfies ReceiptTypeEntry;
