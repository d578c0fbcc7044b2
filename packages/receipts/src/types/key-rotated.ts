import { ledger } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const keyRotated = {
  name: "key.rotated",
  title: "A key of this log was replaced",
  senders: [],
  disclosures: ledger,
  requires: ["reason"],
  discloses: ["details"],
  endorses: true,
} as const satisfies ReceiptTypeEntry;
